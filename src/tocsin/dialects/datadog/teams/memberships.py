"""``/api/v2/team/{team_id}/memberships``: who is in a team, and as what."""

from http import HTTPStatus

from msgspec import UNSET

from tocsin.actions import people, teams
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import TeamId, UserId
from tocsin.core.people import TeamRole, User
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.errors import Refused
from tocsin.dialects.datadog.handling import PREFIX, read_body, seeing, seen
from tocsin.dialects.datadog.jsonapi import MEDIA
from tocsin.dialects.datadog.people.routes import kept_beside, no_user, user_in_path
from tocsin.dialects.datadog.people.translate import show_account
from tocsin.dialects.datadog.people.wire import AccountObject
from tocsin.dialects.datadog.spelled import reference
from tocsin.dialects.datadog.teams.routes import ONE, team_in, team_in_path
from tocsin.dialects.datadog.teams.translate import show_membership
from tocsin.dialects.datadog.teams.wire import (
    CreateMembership,
    MembershipAttributes,
    MembershipDocument,
    MembershipList,
    MembersQuery,
    UpdateMembership,
    UserMemberships,
    stretch,
)
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Team memberships")

_MEMBER = ONE | {"user_id": "the user's id"}
_CREATE: JsonReader[CreateMembership] = JsonReader(CreateMembership)
_UPDATE: JsonReader[UpdateMembership] = JsonReader(UpdateMembership)


@ROUTES.get(
    "/team/{team_id}/memberships",
    permission=Permission.READ,
    summary="List a team's members",
    description="By name unless `sort` says otherwise; managers are not known here.",
    media=MEDIA,
    raises=(NotFound,),
    params=ONE,
)
async def get_team_memberships(call: Call, query: MembersQuery) -> MembershipList:
    """List the members of a team, a page of them."""
    return await seen(call, _listed, team_in_path(call), query)


@ROUTES.post(
    "/team/{team_id}/memberships",
    permission=Permission.ADMIN,
    summary="Let a user into a team",
    body_later=CreateMembership,
    media=MEDIA,
    raises=(NotFound, Conflict),
    params=ONE,
)
async def create_team_membership(call: Call) -> MembershipDocument:
    """Let a user into a team."""
    team_id = team_in_path(call)
    await seen(call, _team, team_id)
    given = (await read_body(call, _CREATE)).data
    path = "data.relationships.user.data.id"
    user_id = UserId(reference(given.relationships.user.data.id, "user", path))

    def create(tx: Tx, actor: Actor) -> MembershipDocument:
        if user_id in teams.get(tx, seeing(actor), team_id).members:
            detail = f"users already present on the team [{to_uuid(user_id)}]"
            raise Refused(HTTPStatus.CONFLICT, detail, as_object=True)
        return _put(tx, actor, call, team_id, user_id, role=_role(given.attributes))

    return await call.act(create)


@ROUTES.patch(
    "/team/{team_id}/memberships/{user_id}",
    permission=Permission.ADMIN,
    summary="Change what a member is",
    body_later=UpdateMembership,
    media=MEDIA,
    raises=(NotFound,),
    params=_MEMBER,
)
async def update_team_membership(call: Call) -> MembershipDocument:
    """Change what a member is."""
    team_id = team_in_path(call)
    user_id = await _member(call, team_id)
    given = (await read_body(call, _UPDATE)).data.attributes

    def update(tx: Tx, actor: Actor) -> MembershipDocument:
        team = teams.get(tx, seeing(actor), team_id)
        if user_id not in team.members:
            raise no_user(to_uuid(user_id))
        unset = given is None or given.role is UNSET
        role = team.roles.get(user_id, TeamRole.MEMBER) if unset else _role(given)
        return _put(tx, actor, call, team_id, user_id, role=role)

    return await call.act(update)


@ROUTES.delete(
    "/team/{team_id}/memberships/{user_id}",
    permission=Permission.ADMIN,
    summary="Take a user out of a team",
    raises=(NotFound,),
    params=_MEMBER,
)
async def delete_team_membership(call: Call) -> None:
    """Take a user out of a team."""
    team_id = team_in_path(call)
    user_id = await _member(call, team_id)
    try:
        await call.act(teams.take_member, team_id, user_id, now=call.now)
    except NotFound:
        raise no_user(to_uuid(user_id)) from None


@ROUTES.get(
    "/users/{user_id}/memberships",
    permission=Permission.READ,
    summary="List the teams that a user is in",
    description="The oldest team first.",
    media=MEDIA,
    raises=(NotFound,),
    params={"user_id": "the user's id"},
)
async def get_user_memberships(call: Call) -> UserMemberships:
    """List what a user is a member of."""
    user_id = user_in_path(call)

    def listed(_tx: Tx, _actor: Actor, directory: Directory) -> UserMemberships:
        if user_id not in directory.users:
            raise no_user(call.params["user_id"])
        mine = [team for team in directory.teams.values() if user_id in team.members]
        return UserMemberships([show_membership(team, user_id) for team in sorted(mine, key=lambda t: t.id)])

    return await seen(call, listed)


async def _member(call: Call, team_id: TeamId) -> UserId:
    """Find the member in the path; refuse as not found whoever is not in the team."""

    def check(_tx: Tx, _actor: Actor, directory: Directory) -> UserId:
        team = team_in(directory, team_id)
        user_id = user_in_path(call)
        if user_id not in team.members:
            raise no_user(call.params["user_id"])
        return user_id

    return await seen(call, check)


def _team(_tx: Tx, _actor: Actor, directory: Directory, team_id: TeamId) -> None:
    team_in(directory, team_id)


def _role(given: MembershipAttributes | None) -> TeamRole:
    return TeamRole.ADMIN if given is not None and given.role == "admin" else TeamRole.MEMBER


def _put(
    tx: Tx, actor: Actor, call: Call, team_id: TeamId, user_id: UserId, *, role: TeamRole
) -> MembershipDocument:
    team = teams.put_member(tx, actor, team_id, user_id, role, now=call.now)
    user = people.get(tx, seeing(actor), user_id)
    return MembershipDocument(show_membership(team, user_id), _accounts(tx, actor, [user]))


def _listed(
    tx: Tx, actor: Actor, directory: Directory, team_id: TeamId, query: MembersQuery
) -> MembershipList:
    team = team_in(directory, team_id)
    part = query.keyword.casefold()
    members = [directory.users[member] for member in team.members if member in directory.users]
    found = [user for user in members if part in user.name.casefold() or part in user.email.casefold()]
    by_name = query.sort.removeprefix("-") in {"name", "manager_name"}
    found.sort(
        key=lambda user: ((user.name.casefold() if by_name else "") or user.email, user.id),
        reverse=query.sort.startswith("-"),
    )
    page = found[query.number * query.size :][: query.size]
    return MembershipList(
        [show_membership(team, user.id) for user in page],
        _accounts(tx, actor, page),
        stretch(number=query.number, size=query.size, total=len(found)),
    )


def _accounts(tx: Tx, actor: Actor, users: list[User]) -> list[AccountObject]:
    kept = kept_beside(tx, actor, [user.id for user in users])
    return [show_account(user, kept.get(user.id, {})) for user in users]
