"""``/workspace/member_group``: teams."""

import re
from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from tocsin.actions import history, teams
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import InUse, Invalid, NotFound
from tocsin.core.ids import UNMADE, TeamId, UserId, WorkspaceId
from tocsin.core.people import Team, TeamRole, User, UserStatus
from tocsin.dialects.guance import envelope
from tocsin.dialects.guance.envelope import Enveloped
from tocsin.dialects.guance.handling import ALL, PREFIX, Search, all_of, id_in_path, id_of, matching, reworded
from tocsin.dialects.guance.spelled import MEMBER, TEAM, read, spelled
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/workspace/member_group", tag="Teams")

KIND: Final = "team"
NAME_LENGTH_MAX: Final = 48
ONE: Final = {"uuid": "the team's id, group_…"}
_WORDS: Final = ((re.compile(r"^members"), "accountUUIDs"),)

Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
Accounts = Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=1_000)]


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A team to make."""

    name: Name
    accountUUIDs: Accounts = []  # noqa: N815 - the names are the vendor's


class ChangedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What a team is to be; what is left out stays."""

    name: Name | UnsetType = UNSET
    accountUUIDs: Accounts | UnsetType = UNSET  # noqa: N815 - the names are the vendor's


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """Which teams are wanted."""

    search: Search = ""


class OneGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Which team is wanted."""

    groupUUID: str  # noqa: N815 - the names are the vendor's


@ROUTES.post("/add", permission=Permission.ADMIN, summary="Create a team", answer=Enveloped[dict[str, Any]])
async def add_group(call: Call, body: NewGroup) -> Response:
    """Create a team."""
    members = _members(body.accountUUIDs)
    draft = Team(
        id=TeamId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        handle="",
        members=members,
        roles=dict.fromkeys(members, TeamRole.MEMBER),
    )
    try:
        made = await call.act(teams.create, draft, now=call.now)
    except Invalid as error:
        raise reworded(error, _WORDS) from None
    return envelope.ok(call, {"uuid": spelled("team", made.id)})


@ROUTES.get("/list", permission=Permission.READ, summary="List teams", answer=Enveloped[list[dict[str, Any]]])
async def list_groups(call: Call, query: Searched) -> Response:
    """List teams."""

    def find(tx: Tx, actor: Actor) -> list[dict[str, Any]]:
        users = history.directory(tx, actor).users
        found = matching(all_of(teams.list_(tx, actor, limit=ALL)), query.search, lambda team: team.name)
        return [_row(team, users) for team in found]

    return envelope.ok(call, await call.ask(find))


@ROUTES.get(
    "/get",
    permission=Permission.READ,
    summary="Read who is in a team, and who is not",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
)
async def get_group(call: Call, query: OneGroup) -> Response:
    """Read who is in a team, and who is not."""
    number = TeamId(id_of(query.groupUUID, TEAM, KIND))

    def find(tx: Tx, actor: Actor) -> dict[str, Any]:
        team, users = teams.get(tx, actor, number), history.directory(tx, actor).users
        there = [user for user in users.values() if user.status is not UserStatus.DEACTIVATED]
        return {
            "name": team.name,
            "uuid": spelled("team", team.id),
            "groupMembers": [_somebody(users[each]) for each in team.members if each in users],
            "membersNotInGroup": [_somebody(user) for user in there if user.id not in team.members],
        }

    return envelope.ok(call, await call.ask(find))


@ROUTES.post(
    "/{uuid}/modify",
    permission=Permission.ADMIN,
    summary="Change a team",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def modify_group(call: Call, body: ChangedGroup) -> Response:
    """Change a team."""
    number = TeamId(id_in_path(call, TEAM, KIND))
    members = None if body.accountUUIDs is UNSET else _members(body.accountUUIDs)

    def edit(was: Team) -> Team:
        new = replace(was, name=was.name if body.name is UNSET else body.name)
        if members is None:
            return new
        roles = {each: was.roles.get(each, TeamRole.MEMBER) for each in members}
        return replace(new, members=members, roles=roles)

    try:
        changed = await call.act(teams.change, number, edit, now=call.now)
    except Invalid as error:
        raise reworded(error, _WORDS) from None
    return envelope.ok(call, {"uuid": spelled("team", changed.id), "name": changed.name})


@ROUTES.get(
    "/{uuid}/delete",
    permission=Permission.ADMIN,
    summary="Delete a team, as the vendor's client does",
    answer=Enveloped[bool],
    raises=(NotFound, InUse),
    params=ONE,
)
async def delete_group_by_get(call: Call) -> Response:
    """Delete a team."""
    return await _delete(call)


@ROUTES.post(
    "/{uuid}/delete",
    permission=Permission.ADMIN,
    summary="Delete a team",
    description="Refused while a strategy tells it anything.",
    answer=Enveloped[bool],
    raises=(NotFound, InUse),
    params=ONE,
)
async def delete_group(call: Call) -> Response:
    """Delete a team."""
    return await _delete(call)


async def _delete(call: Call) -> Response:
    number = TeamId(id_in_path(call, TEAM, KIND))
    await call.act(teams.delete, number, let_go=True, now=call.now)
    return envelope.ok(call, content=True)


def _members(names: list[str]) -> tuple[UserId, ...]:
    found = []
    for place, name in enumerate(names):
        number = read(name, MEMBER)
        if number is None:
            raise Invalid(f"accountUUIDs[{place}]", f"is {name[:60]!r}", "must be the id of a member, acnt_…")
        found.append(UserId(number))
    return tuple(dict.fromkeys(found))


def _row(team: Team, users: Any) -> dict[str, Any]:
    names = [users[each].display_name for each in team.members if each in users]
    return {
        "uuid": spelled("team", team.id),
        "name": team.name,
        "member_count": len(names),
        "member_name_list": names,
    }


def _somebody(user: User) -> dict[str, Any]:
    return {"uuid": spelled("user", user.id), "name": user.display_name, "email": user.email}
