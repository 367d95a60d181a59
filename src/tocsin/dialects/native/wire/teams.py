"""Teams over the wire, and who is on call for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, TeamId, UserId, WorkspaceId, made_at
from tocsin.core.people import Team, TeamRole, User
from tocsin.core.schedule import Schedule, Shift
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.shapes import Body, Description, Id, Name, View
from tocsin.dialects.native.wire.spelled import reference
from tocsin.dialects.native.wire.users import PersonView, show_person

Handle = Annotated[
    str, Meta(max_length=195, description="a to z, 0 to 9, - _ . ; made of the name if not given")
]


class TeamMember(Body):
    """Somebody in a team."""

    user_id: Id
    role: TeamRole = TeamRole.MEMBER


Members = Annotated[list[TeamMember], Meta(max_length=1_000, description="in the order in which they joined")]


class NewTeam(Body):
    """A new team."""

    name: Name
    handle: Handle = ""
    description: Description = ""
    members: Members = field(default_factory=list)


class TeamChanges(Body):
    """What to change about a team; *members* replaces all of them."""

    name: Name | UnsetType = UNSET
    handle: Handle | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    members: Members | UnsetType = UNSET


class MemberBody(Body):
    """What somebody is in a team."""

    role: TeamRole = TeamRole.MEMBER


class TeamView(View):
    """People who are asked together."""

    id: str
    name: str
    handle: str
    description: str
    members: list[TeamMember]
    created_at: datetime


class TeamList(View):
    """Some of the teams."""

    teams: list[TeamView]
    next: str | None
    total: int


class TeamShift(View):
    """Somebody on call for a team, and the schedule that says so."""

    user: PersonView
    schedule_id: str
    schedule_name: str
    starts_at: datetime | None
    ends_at: datetime | None


class TeamOnCallView(View):
    """Who is on call for a team at an instant."""

    team_id: str
    at: datetime
    on_call: list[TeamShift]


def drafted(body: NewTeam) -> Team:
    """Read a new team."""
    people = members(body.members)
    return Team(
        id=TeamId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        handle=body.handle,
        description=body.description,
        members=tuple(people),
        roles=people,
    )


def edited(was: Team, body: TeamChanges) -> Team:
    """Apply changes to a team."""
    people = dict(was.roles) if body.members is UNSET else members(body.members)
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        handle=was.handle if body.handle is UNSET else body.handle,
        description=was.description if body.description is UNSET else body.description,
        members=was.members if body.members is UNSET else tuple(people),
        roles=people,
    )


def members(given: Sequence[TeamMember]) -> dict[UserId, TeamRole]:
    """Read the members of a team, each once."""
    people: dict[UserId, TeamRole] = {}
    for place, each in enumerate(given):
        path = f"members[{place}].user_id"
        user = UserId(reference(each.user_id, "user", path))
        if user in people:
            raise Invalid(path, "is named before", "must be there once")
        people[user] = each.role
    return people


def show_team(team: Team) -> TeamView:
    """Write a team."""
    return TeamView(
        id=native("team", team.id),
        name=team.name,
        handle=team.handle,
        description=team.description,
        members=[
            TeamMember(user_id=native("user", each), role=team.roles.get(each, TeamRole.MEMBER))
            for each in team.members
        ],
        created_at=made_at(team.id),
    )


def show_on_call(
    team: Team, at: datetime, shifts: Iterable[tuple[Schedule, Shift]], users: Mapping[UserId, User]
) -> TeamOnCallView:
    """Write who is on call for a team."""
    return TeamOnCallView(
        team_id=native("team", team.id),
        at=at,
        on_call=[
            TeamShift(
                user=show_person(shift.user, users.get(shift.user)),
                schedule_id=native("schedule", schedule.id),
                schedule_name=schedule.name,
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
            )
            for schedule, shift in shifts
        ],
    )
