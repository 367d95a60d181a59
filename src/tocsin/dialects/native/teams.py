"""``/teams``: people who are asked together."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import teams
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import TeamId
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    created,
    following,
    named,
    sure,
)
from tocsin.dialects.native.users import user_of
from tocsin.dialects.native.wire.shapes import Instant, instant_or_none
from tocsin.dialects.native.wire.teams import (
    MemberBody,
    NewTeam,
    TeamChanges,
    TeamList,
    TeamOnCallView,
    TeamView,
    drafted,
    edited,
    show_on_call,
    show_team,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Teams")

_TEAM = {"team_id": "the team's id"}
_MEMBER = _TEAM | {"user_id": "the user's id"}
_LIST = "teams"
_DATABASE = {
    "id": "team_0cv1h8q4w2m6",
    "name": "Database",
    "handle": "database",
    "description": "Looks after everything that stores",
    "members": [{"user_id": "usr_0cv1h8q4w2mn", "role": "admin"}],
    "created_at": "2026-03-06T09:00:00Z",
}


class AtQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instant that is asked about."""

    at: Annotated[Instant, Meta(description="then, not now")] | None = None


@ROUTES.get(
    "/teams",
    permission=Permission.READ,
    summary="List teams",
    description="The oldest first.",
    examples=(Example(title="One team", answer={"teams": [_DATABASE], "next": None, "total": 1}),),
)
async def list_teams(call: Call, query: Stretch) -> TeamList:
    """List teams."""
    listed = await call.ask(teams.list_, after=beginning(_LIST, query), limit=query.limit)
    return TeamList(
        teams=[show_team(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/teams",
    permission=Permission.ADMIN,
    summary="Add a team",
    description="Its handle is made of its name if you give none.",
    status=201,
    answer=TeamView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="A team of one",
            body={
                "name": "Database",
                "description": "Looks after everything that stores",
                "members": [{"user_id": "usr_0cv1h8q4w2mn", "role": "admin"}],
            },
            answer=_DATABASE,
        ),
    ),
)
async def add_team(call: Call, body: NewTeam) -> Response:
    """Add a team."""
    return await call.once(created("/teams", show_team), teams.create, drafted(body), now=call.now)


@ROUTES.get(
    "/teams/{team_id}",
    permission=Permission.READ,
    summary="Read a team",
    description="Members come in the order in which they joined.",
    tagged=True,
    raises=(NotFound,),
    params=_TEAM,
    examples=(Example(title="A team", answer=_DATABASE),),
)
async def read_team(call: Call) -> TeamView:
    """Read one team."""
    return show_team(await call.glance(teams.get, _team(call)))


@ROUTES.patch(
    "/teams/{team_id}",
    permission=Permission.ADMIN,
    summary="Change a team",
    description="`members` replaces all of them.",
    tagged=True,
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_TEAM,
    examples=(Example(title="Another name", body={"name": "Data"}, answer={**_DATABASE, "name": "Data"}),),
)
async def change_team(call: Call, body: TeamChanges) -> TeamView:
    """Change one team."""
    edit = careful(call, show_team, lambda was: edited(was, body))
    return show_team(await call.act(teams.change, _team(call), edit, now=call.now))


@ROUTES.delete(
    "/teams/{team_id}",
    permission=Permission.ADMIN,
    summary="Delete a team",
    description="Refused while a policy asks it, or a schedule, policy or service belongs to it.",
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_TEAM,
)
async def delete_team(call: Call) -> None:
    """Delete one team."""
    await call.act(teams.delete, _team(call), sure=sure(call, show_team), now=call.now)


@ROUTES.put(
    "/teams/{team_id}/members/{user_id}",
    permission=Permission.ADMIN,
    summary="Let a user into a team",
    description="Or give them another role in it.",
    tagged=True,
    raises=(NotFound,),
    params=_MEMBER,
    examples=(Example(title="A member", body={"role": "admin"}, answer=_DATABASE),),
)
async def put_team_member(call: Call, body: MemberBody) -> TeamView:
    """Let one user into one team."""
    team = await call.act(teams.put_member, _team(call), user_of(call), body.role, now=call.now)
    return show_team(team)


@ROUTES.delete(
    "/teams/{team_id}/members/{user_id}",
    permission=Permission.ADMIN,
    summary="Take a user out of a team",
    description="What asks the team does not ask them any more.",
    raises=(NotFound,),
    params=_MEMBER,
)
async def take_team_member(call: Call) -> None:
    """Take one user out of one team."""
    await call.act(teams.take_member, _team(call), user_of(call), now=call.now)


@ROUTES.get(
    "/teams/{team_id}/on-call",
    permission=Permission.READ,
    summary="Say who is on call for a team",
    description="On every schedule that belongs to the team.",
    raises=(NotFound,),
    params=_TEAM,
    examples=(
        Example(
            title="One person",
            answer={
                "team_id": "team_0cv1h8q4w2m6",
                "at": "2026-03-06T09:00:00Z",
                "on_call": [
                    {
                        "user": {
                            "id": "usr_0cv1h8q4w2mn",
                            "name": "Ana Alba",
                            "email": "ana@example.org",
                            "status": "active",
                        },
                        "schedule_id": "sch_0cv1h8q4w2mv",
                        "schedule_name": "Primary",
                        "starts_at": "2026-03-06T08:00:00Z",
                        "ends_at": "2026-03-13T08:00:00Z",
                    }
                ],
            },
        ),
    ),
)
async def read_team_on_call(call: Call, query: AtQuery) -> TeamOnCallView:
    """Say who is on call for one team."""
    at = instant_or_none(query.at, "at") or call.now
    found = await call.ask(teams.who_is_on_call, _team(call), at=at)
    return show_on_call(found.team, found.at, found.shifts, found.users)


def _team(call: Call) -> TeamId:
    return TeamId(named(call, "team"))
