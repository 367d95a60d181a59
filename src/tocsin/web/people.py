"""``/people``: who there is, how they are reached, what asks them, and what breaks when they go."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import history, people, sign_in_links, signing_in
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.passwords import check_password, hash_password
from tocsin.actions.sign_in_links import Invited
from tocsin.core.directory import Directory, can_be_asked
from tocsin.core.errors import Conflict, Forbidden, Invalid
from tocsin.core.identity import SignInLink
from tocsin.core.ids import UNMADE, UserId, WorkspaceId
from tocsin.core.leaving import breaks
from tocsin.core.masking import shown_address
from tocsin.core.people import ContactMethod, Importance, Role, User, UserStatus
from tocsin.core.schedule import who
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import plans
from tocsin.web.browsers import signed_in
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import LENGTH_MAX, Form, Values, fields, identifier, said
from tocsin.web.rendering import capital
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/people", tag="Pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody: the *ways* by which they are reached, and what they are *on_call* for now."""

    id: str
    user: User
    name: str
    gone: bool
    reachable: bool
    ways: Sequence[str]
    teams: Sequence[str]
    on_call: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All that the page of somebody shows; *ladders* are in words, *breaks* what their going would break.

    Those who manage people see whether they have anything to sign in with, and their *invitation*.
    """

    person: Person
    methods: Sequence[tuple[ContactMethod, str]]
    ladders: Mapping[str, str]
    asked_by: Sequence[str]
    breaks: Sequence[str]
    signs_in: bool = True
    invitation: SignInLink | None = None


@ROUTES.get("", permission=Permission.READ, summary="Show people", hidden=True)
async def show_people(call: Call) -> Response:
    """Show who there is."""
    found = await call.ask(_list, call.now)
    return _answer(call, "people.html", people=look_for(asked(call), found, _texts))


@ROUTES.get("/{user_id}", permission=Permission.READ, summary="Show somebody", hidden=True)
async def show_person(call: Call) -> Response:
    """Show how somebody is reached, and what asks them."""
    return await _show(call)


@ROUTES.post(
    "/{user_id}/password",
    permission=Permission.ADMIN,
    summary="Give somebody a password",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def give_password(call: Call, body: bytes) -> Response:
    """Give somebody a password; it signs them out everywhere."""
    password = fields(body).get("password", "")
    try:
        check_password(password)
        hashed = await asyncio.to_thread(hash_password, password, call.world.entropy)
        await call.act(people.change, _user(call), lambda was: was, password_hash=hashed, now=call.now)
    except Invalid as error:
        return await _show(call, problem=said(error), status=400)
    except Forbidden as error:
        return await _show(call, problem=f"{error}.", status=403)
    return _back(call)


@ROUTES.post("/{user_id}/invite", permission=Permission.ADMIN, summary="Invite somebody", hidden=True)
async def invite(call: Call) -> Response:
    """Invite somebody by a link, which is mailed where it can be, and shown once."""
    entropy, by_mail = call.world.entropy, call.kit.mail
    try:
        made = await call.act(
            sign_in_links.invite, _user(call), by_mail=by_mail, entropy=entropy, now=call.now
        )
    except (Conflict, Forbidden) as error:
        return await _show(call, problem=_sentence(error), status=_status(error))
    return await _show(call, invited=made)


@ROUTES.post(
    "/{user_id}/invite/withdraw",
    permission=Permission.ADMIN,
    summary="Take an invitation back",
    hidden=True,
)
async def withdraw(call: Call) -> Response:
    """Let an invitation be good for nothing any more."""

    def take_back(tx: Tx, actor: Actor) -> None:
        sign_in_links.withdraw(tx, actor, _user(call), now=call.now)

    return await _changed(call, take_back)


@ROUTES.post(
    "/{user_id}/deactivate",
    permission=Permission.ADMIN,
    summary="Let somebody go",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def deactivate(call: Call, body: bytes) -> Response:
    """Let somebody go; where that breaks anything, only if it was said that it is meant."""
    meant = bool(fields(body).get("sure"))

    def let_go(tx: Tx, actor: Actor) -> None:
        broken = breaks(history.directory(tx, actor), people.get(tx, actor, _user(call)), call.now)
        if broken and not meant:
            raise Conflict("nothing was changed: say that you know what this breaks, or mend that first")
        people.deactivate(tx, actor, _user(call), now=call.now)

    return await _changed(call, let_go)


@ROUTES.post(
    "/{user_id}/activate", permission=Permission.ADMIN, summary="Let somebody be there again", hidden=True
)
async def activate(call: Call) -> Response:
    """Let somebody who was deactivated be there again."""

    def there(was: User) -> User:
        return replace(was, status=UserStatus.ACTIVE)

    def back(tx: Tx, actor: Actor) -> None:
        people.change(tx, actor, _user(call), there, now=call.now)

    return await _changed(call, back)


async def _changed(call: Call, change: Any) -> Response:
    try:
        await call.act(change)
    except (Conflict, Forbidden) as error:
        return await _show(call, problem=_sentence(error), status=_status(error))
    return _back(call)


def _status(error: Conflict | Forbidden) -> int:
    return 409 if isinstance(error, Conflict) else 403


def _sentence(error: Conflict | Forbidden) -> str:
    return f"{capital(str(error))}."


def _back(call: Call) -> Response:
    return RedirectResponse(f"/people/{native('user', _user(call))}?said=saved", 303)


def _user(call: Call) -> UserId:
    return UserId(identifier(call.params["user_id"], "user"))


async def _show(
    call: Call, *, problem: str = "", status: int = 200, invited: Invited | None = None
) -> Response:
    manages = call.actor.may(Permission.ADMIN)

    def look(tx: Tx, actor: Actor) -> Whole:
        user, directory = people.get(tx, actor, _user(call)), history.directory(tx, actor)
        active = user.status is not UserStatus.DEACTIVATED
        return Whole(
            person=_person(user, directory, _on_call(directory, call.now).get(user.id, [])),
            methods=[(each, shown_address(each.channel, each.address)) for each in user.contact_methods],
            ladders={each.value: plans.ways(user, each, directory.pace) for each in Importance},
            asked_by=people.asked_by(tx, actor, user.id),
            breaks=breaks(directory, user, call.now) if active else (),
            signs_in=not manages or signing_in.can_sign_in(tx, actor, user.id),
            invitation=sign_in_links.invitation(tx, actor, user.id, now=call.now) if manages else None,
        )

    link = f"{call.kit.public_url}/login/link/{invited.token}" if invited is not None else ""
    mailed = invited.mailed if invited is not None else ""
    values: dict[str, Any] = {"problem": problem, "link": link, "mailed": mailed, "mail": call.kit.mail}
    return _answer(call, "person.html", status=status, whole=await call.ask(look), **values)


_answer = partial(shown, to_change=Permission.ADMIN)


def _texts(each: Person) -> tuple[str, ...]:
    return (each.name, each.user.email, each.user.role.value, *each.ways, *each.teams, *each.on_call)


def _list(tx: Tx, actor: Actor, now: datetime) -> list[Person]:
    directory = history.directory(tx, actor)
    on_call = _on_call(directory, now)
    users = sorted(directory.users.values(), key=lambda user: (user.display_name.casefold(), user.id))
    found = [_person(user, directory, on_call.get(user.id, [])) for user in users]
    return sorted(found, key=lambda person: person.gone)


def _on_call(directory: Directory, now: datetime) -> dict[UserId, list[str]]:
    found: dict[UserId, list[str]] = {}
    for schedule in directory.schedules.values():
        for user in who(schedule, now):
            found.setdefault(user, []).append(schedule.name)
    return found


def _person(user: User, directory: Directory, on_call: Sequence[str]) -> Person:
    ways = {each.channel for each in user.contact_methods if each.verified_at is not None}
    return Person(
        id=native("user", user.id),
        user=user,
        name=user.display_name,
        gone=user.status is UserStatus.DEACTIVATED,
        reachable=can_be_asked(user),
        ways=sorted(ways),
        teams=sorted(team.name for team in directory.teams.values() if user.id in team.members),
        on_call=sorted(on_call),
    )


# --- the form -----------------------------------------------------------------------------------------

_ROLES: Final = (
    (Role.OWNER.value, "owner: may do everything"),
    (Role.ADMIN.value, "admin: configures, and manages people and keys"),
    (Role.RESPONDER.value, "responder: answers, and changes schedules"),
    (Role.VIEWER.value, "viewer: looks"),
)


def _form_of(user: User, _around: Around) -> Values:
    return {
        "name": [user.name],
        "email": [user.email],
        "role": [user.role.value],
        "time_zone": [user.time_zone],
    }


def _read(form: Form, around: Around, was: User | None) -> User:
    role = form("role") or Role.RESPONDER.value
    if role not in tuple(Role):
        raise Invalid("role", f"is {role[:50]!r}", f"must be one of {', '.join(Role)}")
    new = was or User(id=UserId(UNMADE), workspace=WorkspaceId(UNMADE), email="")
    return replace(
        new,
        name=form("name"),
        email=form("email"),
        role=Role(role),
        time_zone=form("time_zone") or around.zone,
    )


def _choices(_around: Around, _form: Form) -> Mapping[str, Any]:
    return {"roles": _ROLES}


KIND: Final = Kind(
    noun="person",
    kind="user",
    path="/people",
    template="person_form.html",
    permission=Permission.ADMIN,
    blank=lambda call: {"role": ["responder"], "time_zone": [signed_in(call.request).user.time_zone]},
    form_of=_form_of,
    read=_read,
    get=people.get,
    create=lambda tx, actor, draft, call: people.create(tx, actor, draft, now=call.now),
    change=people.change,
    choices=_choices,
)
FORMS: Final = editing_routes(KIND)
