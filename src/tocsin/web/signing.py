"""Signing in with address and password, and out; and going on with what was typed when a session ended."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tocsin.actions import first_start, passwords, sessions, signing_in
from tocsin.actions.sessions import Candidate
from tocsin.core.errors import Invalid, Unauthorized
from tocsin.core.people import User
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import Tries
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import Browsers, SignInAgain, must_be_ours, signed_in
from tocsin.web.forms import LENGTH_MAX, back_to, fields
from tocsin.web.passkeys import Passkeys, credential_of
from tocsin.web.rendering import page
from tocsin.web.resuming import TYPED_MAX, resume, without_secrets

TRIES: Final = 10
TRIES_OF_ADDRESS: Final = 50  # there may be an office behind one
WITHIN: Final = timedelta(minutes=5)
LOGIN: Final = "/login"
SETUP: Final = "/setup"
FIRST_PAGE: Final = "/now"


@cache
def _nobody() -> str:
    """Give what a password is compared with where there is nobody of that address: it must take as long."""
    return passwords.hash_password("nobody has this password", lambda size: b"\0" * size)


class Signing:
    """Lets people in and out of *browsers*; *elsewhere* is what they call another place to sign in."""

    def __init__(self, browsers: Browsers, passkeys: Passkeys, *, elsewhere: str = "") -> None:
        self._browsers = browsers
        self._passkeys = passkeys
        self._elsewhere = elsewhere
        self._new = True  # as far as we know
        self._by_email = Tries("sign in by e-mail", TRIES, WITHIN)
        self._by_address = Tries("sign in by address", TRIES_OF_ADDRESS, WITHIN)

    def routes(self) -> Routes:
        """Make the routes of signing in and out."""
        own = Routes("", tag="Pages")
        own.get(LOGIN, permission=None, summary="Ask who somebody is", hidden=True)(self.ask)
        posting: dict[str, Any] = {"permission": None, "hidden": True}
        own.post(LOGIN, summary="Sign in", body_limit=TYPED_MAX + LENGTH_MAX, **posting)(self.sign_in)
        own.post("/login/passkey/begin", summary="Ask for a passkey", **posting)(self.begin_passkey)
        options = posting | {"body_limit": TYPED_MAX + LENGTH_MAX}
        own.post("/login/passkey", summary="Sign in with a passkey", **options)(self.use_passkey)
        own.post("/logout", summary="Sign out", body_limit=LENGTH_MAX, **posting)(self.sign_out)
        return own

    async def ask(self, call: Call) -> Response:
        """Show the form, unless they have signed in already."""
        form = {"next": call.request.query_params.get("next", "")}
        if await self._browsers.find(call.request) is not None:
            return RedirectResponse(back_to(form["next"], FIRST_PAGE), 303)
        if self._new and await call.world.database.read(first_start.is_needed):
            return RedirectResponse(SETUP, 303)
        self._new = False
        return self._show(call, form)

    async def sign_in(self, call: Call, body: bytes) -> Response:
        """Let somebody in who knows their password."""
        must_be_ours(call.request)
        form = fields(body)
        email = form.get("email", "")
        try:
            await self._by_address.take(call.world.database, address_of(call.request), call.now)
            await self._by_email.take(call.world.database, email.casefold(), call.now)
        except TooMany as error:
            minutes = -(-error.retry_after_s // 60)
            problem = f"There were too many tries. Try again in {minutes} minutes."
            return self._show(call, form, problem=problem, status=429)
        found = await call.world.database.read(lambda tx: sessions.candidates(tx, email))
        user = await asyncio.to_thread(_who, found, form.get("password", ""))
        if user is None:
            problem = "This address and this password do not belong together."
            return self._show(call, form, problem=problem, status=401)
        return await self.enter(call, user, form)

    async def begin_passkey(self, call: Call) -> Response:
        """Ask a browser for any passkey that it has for us."""
        must_be_ours(call.request)
        await self._by_address.take(call.world.database, address_of(call.request), call.now)
        return self._passkeys.ask_to_use(call.now)

    async def use_passkey(self, call: Call, body: bytes) -> Response:
        """Let somebody in whose passkey has signed."""
        must_be_ours(call.request)
        form = fields(body)
        answer, database = form.get("answer", ""), call.world.database
        try:
            challenge = await self._passkeys.challenge(call.request, call.now)
            credential = credential_of(answer)
            known = await database.read(lambda tx: signing_in.passkey_of(tx, credential))
            if known is None:
                return self._show(call, form, problem="This passkey is nobody's here any more.", status=401)
            passkey, user = known
            count = await asyncio.to_thread(self._passkeys.used, answer, challenge, passkey)
        except Invalid:
            problem = "The passkey could not be checked, or it took too long. Try once more."
            return self._show(call, form, problem=problem, status=401)
        await database.write(lambda tx: signing_in.passkey_used(tx, passkey, count=count, now=call.now))
        return await self.enter(call, user, form)

    async def sign_out(self, call: Call) -> Response:
        """End the session, if there is one."""
        must_be_ours(call.request)
        if await self._browsers.find(call.request) is not None:
            actor = await self._browsers.authenticate(call.request)
            session = signed_in(call.request).session.id
            await call.world.database.write(lambda tx: sessions.end(tx, actor, session))
        return self._browsers.forget(RedirectResponse(LOGIN, 303))

    async def enter(self, call: Call, user: User, form: Mapping[str, str]) -> Response:
        """Begin a session of *user*, and lead to where *form* says, or show again what it carries."""
        browser, entropy, now = call.request.headers.get("user-agent", ""), call.world.entropy, call.now
        token = await call.world.database.write(
            lambda tx: sessions.begin(tx, user, browser=browser, entropy=entropy, now=now)
        )
        path, typed = back_to(form.get("resume", ""), ""), form.get("typed", "")
        if not path or not typed:
            onward = back_to(form.get("next", ""), FIRST_PAGE)
            return self._browsers.remember(RedirectResponse(onward, 303), token)
        shown = resume(path, typed, user=user, onward=back_to(form.get("next", ""), FIRST_PAGE), now=now)
        return self._browsers.remember(shown, token)

    def _show(self, call: Call, form: Mapping[str, str], *, problem: str = "", status: int = 200) -> Response:
        return self._asking(call.now, form, problem=problem, status=status)

    def again(self, error: Unauthorized, request: Request, now: datetime) -> Response:
        """Ask whoever is not signed in to do so; what they have just typed into a form is carried along."""
        if not isinstance(error, SignInAgain):
            return to_login(request)
        form = {
            "next": _page_before(request),
            "resume": request.scope["path"],
            "typed": without_secrets(error.typed),
        }
        problem = "Your session has ended. Sign in again; what you typed is kept."
        return self._asking(now, form, problem=problem, status=401)

    def _asking(self, now: datetime, form: Mapping[str, str], *, problem: str, status: int) -> Response:
        """Show the form that asks who somebody is, with what *form* has of it already."""
        return page(
            "login.html",
            now=now,
            status=status,
            onward=back_to(form.get("next", ""), FIRST_PAGE),
            email=form.get("email", ""),
            resume=back_to(form.get("resume", ""), ""),
            typed=form.get("typed", ""),
            problem=problem,
            elsewhere=self._elsewhere,
            passkeys=self._passkeys.possible,
        )


def to_login(request: Request) -> Response:
    """Send whoever asks for a page to the form, and from there back to it."""
    path = request.scope["path"]
    onward = "" if request.method != "GET" or path in {"/", FIRST_PAGE} else f"?next={quote(path, safe='')}"
    return RedirectResponse(LOGIN + onward, 303)


def address_of(request: Request) -> str:
    """Give the network address that a request comes from."""
    return request.client.host if request.client is not None else ""


def _page_before(request: Request) -> str:
    """Give the page of ours that a form stood on."""
    parts = urlsplit(request.headers.get("referer", ""))
    ours = parts.netloc == request.headers.get("host", "")
    return back_to(parts.path, FIRST_PAGE) if ours else FIRST_PAGE


def _who(found: Sequence[Candidate], password: str) -> User | None:
    """Find whose password it is, in about the same time whether it is anybody's or not."""
    if not any(each.password_hash for each in found):
        passwords.is_password(password, _nobody())
    fitting = [each.user for each in found if passwords.is_password(password, each.password_hash)]
    return fitting[0] if fitting else None
