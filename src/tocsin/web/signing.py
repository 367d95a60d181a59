"""Signing in with address and password, and out."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tocsin.actions import passwords, sessions
from tocsin.actions.sessions import Candidate
from tocsin.core.people import User
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import SlidingWindow
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import Browsers, must_be_ours, signed_in
from tocsin.web.forms import LENGTH_MAX, back_to, fields
from tocsin.web.rendering import page

TRIES: Final = 10
TRIES_OF_ADDRESS: Final = 50  # there may be an office behind one
WITHIN: Final = timedelta(minutes=5)
LOGIN: Final = "/login"
FIRST_PAGE: Final = "/now"

# What a password is compared with where there is nobody of that address: it must take as long.
_NOBODY: Final = passwords.hash_password("nobody has this password", lambda size: b"\0" * size)


def routes(browsers: Browsers, *, elsewhere: str = "") -> Routes:
    """Make the routes of signing in and out; *elsewhere* is what people call another place to sign in."""
    own = Routes("", tag="Pages")

    def show(call: Call, *, onward: str, email: str = "", problem: str = "", status: int = 200) -> Response:
        values: dict[str, Any] = {
            "onward": onward,
            "email": email,
            "problem": problem,
            "elsewhere": elsewhere,
        }
        return page("login.html", now=call.now, status=status, **values)

    by_email, by_address = SlidingWindow(TRIES, WITHIN), SlidingWindow(TRIES_OF_ADDRESS, WITHIN)

    @own.get(LOGIN, permission=None, summary="Ask who somebody is", hidden=True)
    async def ask(call: Call) -> Response:
        """Show the form, unless they have signed in already."""
        onward = back_to(call.request.query_params.get("next", ""), FIRST_PAGE)
        if await browsers.find(call.request) is not None:
            return RedirectResponse(onward, 303)
        return show(call, onward=onward)

    @own.post(LOGIN, permission=None, summary="Sign in", hidden=True, body_limit=LENGTH_MAX)
    async def sign_in(call: Call, body: bytes) -> Response:
        """Let somebody in who knows their password."""
        must_be_ours(call.request)
        form = fields(body)
        email, onward = form.get("email", ""), back_to(form.get("next", ""), FIRST_PAGE)
        problem = "This address and this password do not belong together."
        try:
            by_address.take(_address(call.request), call.now)
            by_email.take(email.casefold(), call.now)
        except TooMany as error:
            problem = f"There were too many tries. Try again in {-(-error.retry_after_s // 60)} minutes."
            return show(call, onward=onward, email=email, problem=problem, status=429)
        found = await call.world.database.read(lambda tx: sessions.candidates(tx, email))
        user = await asyncio.to_thread(_who, found, form.get("password", ""))
        if user is None:
            return show(call, onward=onward, email=email, problem=problem, status=401)
        browser, entropy, now = call.request.headers.get("user-agent", ""), call.world.entropy, call.now
        token = await call.world.database.write(
            lambda tx: sessions.begin(tx, user, browser=browser, entropy=entropy, now=now)
        )
        return browsers.remember(RedirectResponse(onward, 303), token)

    @own.post("/logout", permission=None, summary="Sign out", hidden=True, body_limit=LENGTH_MAX)
    async def sign_out(call: Call) -> Response:
        """End the session, if there is one."""
        must_be_ours(call.request)
        if await browsers.find(call.request) is not None:
            actor = await browsers.authenticate(call.request)
            session = signed_in(call.request).session.id
            await call.world.database.write(lambda tx: sessions.end(tx, actor, session))
        return browsers.forget(RedirectResponse(LOGIN, 303))

    return own


def to_login(request: Request) -> Response:
    """Send whoever asks for a page to the form, and from there back to it."""
    path = request.scope["path"]
    onward = "" if request.method != "GET" or path in {"/", FIRST_PAGE} else f"?next={quote(path, safe='')}"
    return RedirectResponse(LOGIN + onward, 303)


def _who(found: Sequence[Candidate], password: str) -> User | None:
    """Find whose password it is, in about the same time whether it is anybody's or not."""
    hashes = [each.password_hash for each in found if each.password_hash is not None]
    if not hashes:
        passwords.is_password(password, _NOBODY)
    fitting = [each.user for each in found if passwords.is_password(password, each.password_hash)]
    return fitting[0] if fitting else None


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
