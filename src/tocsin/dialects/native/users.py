"""``/users``: people, their roles, and when they leave."""

import asyncio

from msgspec import UNSET
from starlette.responses import Response

from tocsin.actions import people
from tocsin.actions.actor import Permission
from tocsin.actions.passwords import check_password, hash_password
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import UserId
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
from tocsin.dialects.native.wire.users import (
    NewUser,
    UserChanges,
    UserList,
    UserView,
    drafted,
    edited,
    show_user,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Users")

USER = {"user_id": "the user's id"}
_LIST = "users"
_ANA = {
    "id": "usr_0cv1h8q4w2mn",
    "email": "ana@example.org",
    "name": "Ana Alba",
    "role": "responder",
    "status": "active",
    "time_zone": "Europe/Madrid",
    "created_at": "2026-03-06T09:00:00Z",
    "contact_methods": [
        {
            "id": "cm_0cv1h8q4w2mp",
            "channel": "email",
            "address": "ana@example.org",
            "label": "",
            "verified": True,
            "verified_at": "2026-03-06T09:00:00Z",
            "context": {},
        }
    ],
}


@ROUTES.get(
    "/users",
    permission=Permission.READ,
    summary="List users",
    description="The oldest first, deactivated ones too.",
    examples=(Example(title="One user", answer={"users": [_ANA], "next": None, "total": 1}),),
)
async def list_users(call: Call, query: Stretch) -> UserList:
    """List users."""
    listed = await call.ask(people.list_, after=beginning(_LIST, query), limit=query.limit)
    return UserList(
        users=[show_user(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/users",
    permission=Permission.ADMIN,
    summary="Add a user",
    description=(
        "The e-mail address becomes a contact method that counts as verified, because whoever manages people"
        " vouches for it: an address that is on call must work at once. Only an owner makes owners."
    ),
    status=201,
    answer=UserView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="Somebody who answers pages",
            body={"email": "ana@example.org", "name": "Ana Alba", "time_zone": "Europe/Madrid"},
            answer=_ANA,
        ),
    ),
)
async def add_user(call: Call, body: NewUser) -> Response:
    """Add a user."""
    password = await _hashed(call, body.password)
    return await call.once(
        created("/users", show_user), people.create, drafted(body), password_hash=password, now=call.now
    )


@ROUTES.get(
    "/users/me",
    permission=Permission.READ,
    summary="Read yourself",
    description="The user for whom the key acts.",
    tagged=True,
    raises=(NotFound,),
    examples=(Example(title="Yourself", answer=_ANA),),
)
async def read_myself(call: Call) -> UserView:
    """Read the user who asks."""
    return show_user(await call.glance(people.myself))


@ROUTES.get(
    "/users/{user_id}",
    permission=Permission.READ,
    summary="Read a user",
    description="With their contact methods; a deactivated one too.",
    tagged=True,
    raises=(NotFound,),
    params=USER,
    examples=(Example(title="A user", answer=_ANA),),
)
async def read_user(call: Call) -> UserView:
    """Read one user."""
    return show_user(await call.glance(people.get, user_of(call)))


@ROUTES.patch(
    "/users/{user_id}",
    permission=Permission.RESPOND,
    summary="Change a user",
    description=(
        "People change their own name, time zone and password; all else, and other people, is for those who"
        " manage people, and owners are for owners. A new e-mail address is no new contact method."
    ),
    tagged=True,
    raises=(NotFound, Conflict, PreconditionFailed),
    params=USER,
    examples=(Example(title="Another role", body={"role": "admin"}, answer={**_ANA, "role": "admin"}),),
)
async def change_user(call: Call, body: UserChanges) -> UserView:
    """Change one user."""
    password = await _hashed(call, None if body.password is UNSET else body.password)
    edit = careful(call, show_user, lambda was: edited(was, body))
    return show_user(await call.act(people.change, user_of(call), edit, password_hash=password, now=call.now))


@ROUTES.delete(
    "/users/{user_id}",
    permission=Permission.ADMIN,
    summary="Deactivate a user",
    description=(
        "They keep their turns, their history and their name, are passed over by every step from now on, and"
        ' their keys open nothing. `PATCH` with `{"status": "active"}` brings them back. The last owner'
        " stays."
    ),
    raises=(NotFound, Conflict, PreconditionFailed),
    params=USER,
)
async def deactivate_user(call: Call) -> None:
    """Deactivate one user."""
    await call.act(people.deactivate, user_of(call), sure=sure(call, show_user), now=call.now)


def user_of(call: Call) -> UserId:
    """Read the user's id from the path."""
    return UserId(named(call, "user"))


async def _hashed(call: Call, password: str | None) -> str | None:
    """Hash a password beside the loop: it is slow on purpose."""
    if password is None:
        return None
    check_password(password)
    return await asyncio.to_thread(hash_password, password, call.world.entropy)
