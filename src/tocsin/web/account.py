"""``/me/account``: what I sign in with, and where I am signed in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import passwords, people, sessions, signing_in
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.signing_in import Ways
from tocsin.core.credential import Session
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import IdentityId, PasskeyId, SessionId
from tocsin.core.spelling import native
from tocsin.httpkit.limits import Tries
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.agents import browser_of
from tocsin.web.browsers import Browsers, signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier
from tocsin.web.passkeys import Passkeys
from tocsin.web.rendering import page
from tocsin.web.signing import TRIES, WITHIN
from tocsin.world import Tx

HOME: Final = "/me/account"
DONE: Final = {
    "password": "Your password is changed, and every other session has ended.",
    "others": "Every other session has ended.",
    "passkey": "The passkey is kept. You can sign in with it from now on.",
    "removed": "That can no longer be signed in with.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A browser in which somebody has signed in; *this* is the one that asks."""

    id: str
    browser: str
    session: Session
    this: bool


class Account:
    """The page of what somebody signs in with, and what its forms do."""

    def __init__(self, browsers: Browsers, passkeys: Passkeys, *, elsewhere: str = "") -> None:
        self._browsers = browsers
        self._passkeys = passkeys
        self._elsewhere = elsewhere
        self._tries = Tries("change password", TRIES, WITHIN)

    def routes(self) -> Routes:
        """Make the routes."""
        own = Routes(HOME, tag="Pages")
        own.get("", permission=Permission.READ, summary="Show how I sign in", hidden=True)(self.look)
        for path, summary, handler in (
            ("/password", "Change my password", self.change_password),
            ("/others", "Sign me out everywhere else", self.end_others),
            ("/sign-out", "End a session", self.end_session),
            ("/unlink", "Unlink a provider", self.unlink),
            ("/passkeys/begin", "Ask for a new passkey", self.begin_passkey),
            ("/passkeys", "Keep a new passkey", self.keep_passkey),
            ("/passkeys/remove", "Take a passkey away", self.remove_passkey),
        ):
            own.post(path, permission=Permission.READ, summary=summary, hidden=True, body_limit=LENGTH_MAX)(
                handler
            )
        return own

    async def look(self, call: Call) -> Response:
        """Show the page."""
        return await self._show(call)

    async def change_password(self, call: Call, body: bytes) -> Response:
        """Change my password, which ends every session but this one, which begins anew."""
        form, user = fields(body), signed_in(call.request).user
        await self._tries.take(call.world.database, user.id, call.now)
        try:
            known = await call.ask(signing_in.password_hash)
            old, new = form.get("password", ""), form.get("new_password", "")
            await _must_be(old, known)
            passwords.check_password(new, "new_password")
            hashed = await asyncio.to_thread(passwords.hash_password, new, call.world.entropy)
            await call.act(people.change, user.id, lambda was: was, password_hash=hashed, now=call.now)
        except Invalid as error:
            return await self._show(call, problem=str(error))
        browser, entropy = call.request.headers.get("user-agent", ""), call.world.entropy
        token = await call.world.database.write(
            lambda tx: sessions.begin(tx, user, browser=browser, entropy=entropy, now=call.now)
        )
        return self._browsers.remember(RedirectResponse(f"{HOME}?done=password", 303), token)

    async def end_others(self, call: Call) -> Response:
        """Sign me out everywhere but here."""
        await call.act(sessions.end_others, signed_in(call.request).session.id)
        return RedirectResponse(f"{HOME}?done=others", 303)

    async def end_session(self, call: Call, body: bytes) -> Response:
        """Sign me out somewhere."""
        session = identifier(fields(body).get("session", ""), "session")
        await call.act(sessions.end, SessionId(session))
        return RedirectResponse(HOME, 303)

    async def unlink(self, call: Call, body: bytes) -> Response:
        """Let a provider vouch for me no more, until I come from there again."""
        identity = IdentityId(identifier(fields(body).get("identity", ""), "identity"))
        try:
            await call.act(signing_in.unlink, identity, now=call.now)
        except Conflict as error:
            return await self._show(call, problem=str(error))
        return RedirectResponse(f"{HOME}?done=removed", 303)

    async def begin_passkey(self, call: Call) -> Response:
        """Ask this browser for a new passkey."""
        ways = await call.ask(signing_in.ways)
        return self._passkeys.ask_to_make(signed_in(call.request).user, list(ways.passkeys), call.now)

    async def keep_passkey(self, call: Call, body: bytes) -> Response:
        """Keep the passkey that this browser has made."""
        form = fields(body)
        label = form.get("label", "") or browser_of(call.request.headers.get("user-agent", ""))
        try:
            made = await self._passkeys.made(call.request, form.get("answer", ""), call.now)
            await call.act(
                signing_in.add_passkey,
                credential=made.credential,
                key=made.key,
                count=made.count,
                label=label,
                now=call.now,
            )
        except (Invalid, Conflict) as error:
            return await self._show(call, problem=str(error))
        return RedirectResponse(f"{HOME}?done=passkey", 303)

    async def remove_passkey(self, call: Call, body: bytes) -> Response:
        """Take a passkey away."""
        passkey = PasskeyId(identifier(fields(body).get("passkey", ""), "passkey"))
        try:
            await call.act(signing_in.remove_passkey, passkey, now=call.now)
        except Conflict as error:
            return await self._show(call, problem=str(error))
        return RedirectResponse(f"{HOME}?done=removed", 303)

    async def _show(self, call: Call, *, problem: str = "") -> Response:
        this = signed_in(call.request).session.id
        ways, mine = await call.ask(_look, call)
        return page(
            "account.html",
            now=call.now,
            user=signed_in(call.request).user,
            status=400 if problem else 200,
            ways=ways,
            native=native,
            sessions=[_view(each, this) for each in mine],
            elsewhere=self._elsewhere,
            possible=self._passkeys.possible,
            may_change=call.actor.may(Permission.RESPOND),
            done=DONE.get(call.request.query_params.get("done", ""), ""),
            problem=problem,
        )


async def _must_be(password: str, known: str | None) -> None:
    """Raise Invalid unless *password* is the one behind the hash that is *known*, if one is."""
    if known and not await asyncio.to_thread(passwords.is_password, password, known):
        raise Invalid("password", "is not your present one", "must be, so that nobody else changes it")


def _look(tx: Tx, actor: Actor, call: Call) -> tuple[Ways, Sequence[Session]]:
    return signing_in.ways(tx, actor), sessions.mine(tx, actor, now=call.now)


def _view(session: Session, this: SessionId) -> SignedIn:
    return SignedIn(
        id=native("session", session.id),
        browser=browser_of(session.browser),
        session=session,
        this=session.id == this,
    )
