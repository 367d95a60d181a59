"""``/api/v2/users`` and ``/api/v2/user_invitations``: people, who are disabled and never deleted."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from tocsin.actions import extras, people
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import UserId
from tocsin.core.people import User
from tocsin.core.spelling import from_uuid, to_uuid
from tocsin.dialects.datadog.errors import Refused
from tocsin.dialects.datadog.handling import PREFIX, read_body, seen
from tocsin.dialects.datadog.jsonapi import to_one
from tocsin.dialects.datadog.objects import DIALECT
from tocsin.dialects.datadog.people.translate import (
    KIND,
    STATUSES,
    drafted,
    edited,
    kept_of,
    modified_at,
    show_account,
)
from tocsin.dialects.datadog.people.wire import (
    Counted,
    CreateUser,
    InvitationAttributes,
    InvitationList,
    InvitationObject,
    InvitationUser,
    SendInvitations,
    UpdateUser,
    UserDocument,
    UserList,
    UsersMeta,
    UsersQuery,
)
from tocsin.dialects.datadog.spelled import SHOWN_MAX
from tocsin.dialects.datadog.times import show_utc
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Users")

INVITED_FOR: Final = timedelta(days=2)
_USER = {"user_id": "the user's id"}
_CREATE: JsonReader[CreateUser] = JsonReader(CreateUser)
_UPDATE: JsonReader[UpdateUser] = JsonReader(UpdateUser)
_INVITE: JsonReader[SendInvitations] = JsonReader(SendInvitations)
_SORTS = ("name", "email", "modified_at")

Kept = Mapping[int, Mapping[str, Any]]


@ROUTES.get(
    "/users",
    permission=Permission.READ,
    summary="List users",
    description="By name unless `sort` says otherwise; disabled ones too.",
)
async def list_users(call: Call, query: UsersQuery) -> UserList:
    """List users, a page of them."""
    return await seen(call, _listed, query)


@ROUTES.post(
    "/users",
    permission=Permission.ADMIN,
    summary="Create a user",
    description="Their address is a notification channel at once. Roles of the vendor mean nothing here.",
    status=201,
    body_later=CreateUser,
)
async def create_user(call: Call) -> UserDocument:
    """Create a user."""
    given = (await read_body(call, _CREATE)).data.attributes

    def create(tx: Tx, actor: Actor) -> UserDocument:
        made = people.create(tx, actor, drafted(given), now=call.now)
        kept = kept_of({}, given.title, None)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=KIND)
        return UserDocument(show_account(made, kept))

    try:
        return await call.act(create)
    except Conflict as error:
        raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None


@ROUTES.get(
    "/users/{user_id}",
    permission=Permission.READ,
    summary="Read a user",
    raises=(NotFound,),
    params=_USER,
)
async def get_user(call: Call) -> UserDocument:
    """Read a user."""
    return await seen(call, _read, user_in_path(call))


@ROUTES.patch(
    "/users/{user_id}",
    permission=Permission.RESPOND,
    summary="Change a user",
    description="Name, title, address, and whether they are disabled.",
    body_later=UpdateUser,
    raises=(NotFound, Conflict),
    params=_USER,
)
async def update_user(call: Call) -> UserDocument:
    """Change a user."""
    user_id = user_in_path(call)
    await seen(call, _read, user_id)
    given = (await read_body(call, _UPDATE)).data
    if given.id.lower() != call.params["user_id"].lower():
        problem = "UUID's in the URL and request body do not match"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, problem)

    def update(tx: Tx, actor: Actor) -> UserDocument:
        changed = people.change(tx, actor, user_id, lambda was: edited(was, given.attributes), now=call.now)
        was = extras.kept(tx, actor, (user_id,), dialect=DIALECT, kind=KIND).get(user_id, {})
        kept = kept_of(was, given.attributes.title, call.now)
        extras.keep(tx, actor, user_id, kept, dialect=DIALECT, kind=KIND)
        return UserDocument(show_account(changed, kept))

    return await call.act(update)


@ROUTES.delete(
    "/users/{user_id}",
    permission=Permission.ADMIN,
    summary="Disable a user",
    description="They keep their turns and are passed over; who is disabled stays so.",
    raises=(NotFound, Conflict),
    params=_USER,
)
async def disable_user(call: Call) -> None:
    """Disable a user."""
    user_id = user_in_path(call)
    await seen(call, _read, user_id)
    await call.act(people.deactivate, user_id, now=call.now)


@ROUTES.post(
    "/user_invitations",
    permission=Permission.ADMIN,
    summary="Invite users",
    description="Nothing is sent: people here are let in by whoever gives them a key or a password.",
    status=201,
    body_later=SendInvitations,
)
async def send_invitations(call: Call) -> InvitationList:
    """Answer as if users were invited."""
    given = (await read_body(call, _INVITE)).data
    invited = [from_uuid(each.relationships.user.data.id) for each in given]

    def known(_tx: Tx, _actor: Actor, directory: Directory) -> None:
        for each, user in zip(given, invited, strict=True):
            if user is None or UserId(user) not in directory.users:
                raise no_user(each.relationships.user.data.id)

    await seen(call, known)
    until = show_utc(call.now + INVITED_FOR)
    sent = []
    for user in invited:
        identifier = to_uuid(call.world.new_id())
        attributes = InvitationAttributes(
            uuid=identifier, invite_type="openid_invite", created_at=show_utc(call.now), expires_at=until
        )
        sent.append(InvitationObject(identifier, attributes, InvitationUser(to_one("users", user or 0))))
    return InvitationList(sent)


def user_in_path(call: Call) -> UserId:
    """Read the user's id from the path; refuse what is none of ours as not found."""
    text = call.params["user_id"]
    found = from_uuid(text)
    if found is None:
        raise no_user(text)
    return UserId(found)


def no_user(text: str) -> Refused:
    """Say that there is no such user."""
    return Refused(HTTPStatus.NOT_FOUND, f"{text[:SHOWN_MAX]} not found")


def kept_beside(tx: Tx, actor: Actor, users: list[UserId]) -> Kept:
    """Give what is kept of these users beside the domain."""
    return extras.kept(tx, actor, users, dialect=DIALECT, kind=KIND)


def _read(tx: Tx, actor: Actor, directory: Directory, user_id: UserId) -> UserDocument:
    user = directory.users.get(user_id)
    if user is None:
        raise no_user(to_uuid(user_id))
    return UserDocument(show_account(user, kept_beside(tx, actor, [user_id]).get(user_id, {})))


def _listed(tx: Tx, actor: Actor, directory: Directory, query: UsersQuery) -> UserList:
    wanted = _statuses(query.status)
    part = query.filter.casefold()
    found = [
        user
        for user in directory.users.values()
        if (not wanted or STATUSES[user.status].lower() in wanted)
        and (part in user.name.casefold() or part in user.email.casefold())
    ]
    by = query.sort.removeprefix("-")
    if by not in _SORTS:
        raise Invalid("sort", f"is {query.sort!r}", f"must be {', '.join(_SORTS)}, - before it to reverse")
    kept = kept_beside(tx, actor, [user.id for user in found]) if by == "modified_at" else {}
    downwards = query.sort.startswith("-") != (query.sort_dir == "desc")
    found.sort(key=_key(by, kept), reverse=downwards)
    page = found[query.number * query.size :][: query.size]
    kept = kept or kept_beside(tx, actor, [user.id for user in page])
    return UserList(
        [show_account(user, kept.get(user.id, {})) for user in page],
        UsersMeta(Counted(len(directory.users), len(found))),
    )


def _key(by: str, kept: Kept) -> Callable[[User], tuple[str, int]]:
    def key(user: User) -> tuple[str, int]:
        match by:
            case "email":
                return user.email, user.id
            case "modified_at":
                return modified_at(user, kept.get(user.id, {})), user.id
            case _:
                return user.name.casefold() or user.email, user.id

    return key


def _statuses(text: str) -> set[str]:
    wanted = {part.strip().lower() for part in text.split(",")} - {""}
    known = {status.lower() for status in STATUSES.values()}
    if not wanted <= known:
        remedy = f"must be of {', '.join(STATUSES.values())}"
        raise Invalid("filter[status]", f"is {text!r}", remedy)
    return wanted
