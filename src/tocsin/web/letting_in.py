"""``/login/link``, ``/login/forgot``: links that let somebody in once, to choose what they sign in with."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from starlette.responses import RedirectResponse, Response

from tocsin.actions import passwords, sessions, sign_in_links, signing_in
from tocsin.actions.actor import Actor
from tocsin.actions.sessions import HOW
from tocsin.actions.sign_in_links import Followed
from tocsin.core.errors import Conflict, Invalid, TocsinError
from tocsin.core.people import User
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import Tries
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.agents import browser_of
from tocsin.web.browsers import Browsers, must_be_ours
from tocsin.web.forms import LENGTH_MAX, fields, said
from tocsin.web.passkeys import Made, Passkeys
from tocsin.web.rendering import page
from tocsin.web.signing import FIRST_PAGE, TRIES_OF_ADDRESS, WITHIN, address_of
from tocsin.world import Tx

LINK: Final = "/login/link/{token}"
FORGOT: Final = "/login/forgot"
MAILS: Final = 5  # that somebody may have asked for one e-mail address
MAILS_WITHIN: Final = timedelta(hours=1)
_log = structlog.get_logger(__name__)


class LettingIn:
    """Lets people into *browsers* by links; *mail* tells whether this server sends any."""

    def __init__(self, browsers: Browsers, passkeys: Passkeys, *, mail: bool) -> None:
        self._browsers = browsers
        self._passkeys = passkeys
        self._mail = mail
        self._by_address = Tries("links by address", TRIES_OF_ADDRESS, WITHIN)
        self._by_email = Tries("links by e-mail", MAILS, MAILS_WITHIN)
        self._mailing: set[asyncio.Task[None]] = set()

    def routes(self) -> Routes:
        """Make the routes."""
        own = Routes("", tag="Pages")
        options: dict[str, Any] = {"permission": None, "hidden": True}
        own.get(LINK, summary="Show what a link is for", **options)(self.look)
        own.get(FORGOT, summary="Ask whose password was forgotten", **options)(self.ask)
        options["body_limit"] = LENGTH_MAX
        own.post(LINK, summary="Choose a password by a link", **options)(self.choose)
        own.post(f"{LINK}/passkey/begin", summary="Ask for a passkey by a link", **options)(self.begin)
        own.post(f"{LINK}/passkey", summary="Keep a passkey by a link", **options)(self.keep)
        own.post(FORGOT, summary="Mail a link for a new password", **options)(self.mail)
        return own

    async def look(self, call: Call) -> Response:
        """Show whom the link lets in, and what they can choose; looking uses nothing up."""
        found = await self._follow(call)
        return self._gone(call) if found is None else self._show(call, found)

    async def choose(self, call: Call, body: bytes) -> Response:
        """Choose a password, and go in."""
        must_be_ours(call.request)
        found = await self._follow(call)
        if found is None:
            return self._gone(call)
        password = fields(body).get("password", "")
        try:
            passwords.check_password(password)
        except Invalid as error:
            return self._show(call, found, problem=said(error))
        hashed = await asyncio.to_thread(passwords.hash_password, password, call.world.entropy)
        return await self._enter(call, password_hash=hashed)

    async def begin(self, call: Call) -> Response:
        """Ask this browser for a passkey."""
        must_be_ours(call.request)
        found = await self._follow(call)
        return self._gone(call) if found is None else self._passkeys.ask_to_make(found.user, [], call.now)

    async def keep(self, call: Call, body: bytes) -> Response:
        """Keep the passkey that this browser has made, and go in."""
        must_be_ours(call.request)
        found = await self._follow(call)
        if found is None:
            return self._gone(call)
        try:
            made = await self._passkeys.made(call.request, fields(body).get("answer", ""), call.now)
        except Invalid as error:
            return self._show(call, found, problem=said(error))
        return await self._enter(call, passkey=made)

    async def ask(self, call: Call) -> Response:
        """Ask for the e-mail address of whoever has forgotten their password."""
        return self._forgot(call)

    async def mail(self, call: Call, body: bytes) -> Response:
        """Mail a link to whoever has that address, and say the same, as fast, where nobody has."""
        must_be_ours(call.request)
        email = fields(body).get("email", "")
        if not self._mail or not email:
            return self._forgot(call)
        try:
            await self._by_address.take(call.world.database, address_of(call.request), call.now)
            await self._by_email.take(call.world.database, email.casefold(), call.now)
        except TooMany as error:
            minutes = -(-error.retry_after_s // 60)
            problem = f"There were too many tries. Try again in {minutes} minutes."
            return self._forgot(call, email=email, problem=problem, status=429)
        task = asyncio.create_task(self._send(call, email, call.now))
        self._mailing.add(task)
        task.add_done_callback(self._mailing.discard)
        return self._forgot(call, email=email, sent=True)

    async def _send(self, call: Call, email: str, now: datetime) -> None:
        try:
            await call.world.database.write(
                lambda tx: sign_in_links.mail_new_password(tx, email, entropy=call.world.entropy, now=now)
            )
        except TocsinError as error:
            _log.warning("nobody is mailed a new password", problem=str(error))

    async def _follow(self, call: Call) -> Followed | None:
        await self._by_address.take(call.world.database, address_of(call.request), call.now)
        token = call.params["token"]
        return await call.world.database.read(lambda tx: sign_in_links.followed(tx, token, now=call.now))

    async def _enter(
        self, call: Call, *, password_hash: str | None = None, passkey: Made | None = None
    ) -> Response:
        """Use the link up, and begin a session of whoever it lets in."""
        try:
            token = await call.world.database.write(lambda tx: _let_in(tx, call, password_hash, passkey))
        except Conflict:
            return self._gone(call)
        return self._browsers.remember(RedirectResponse(FIRST_PAGE, 303), token)

    def _show(self, call: Call, found: Followed, *, problem: str = "") -> Response:
        return page(
            "let_in.html",
            now=call.now,
            status=400 if problem else 200,
            who=found.user,
            link=found.link,
            path=call.request.scope["path"],
            passkeys=self._passkeys.possible,
            problem=problem,
        )

    def _gone(self, call: Call) -> Response:
        return page("link_gone.html", now=call.now, status=410, mail=self._mail)

    def _forgot(
        self, call: Call, *, email: str = "", sent: bool = False, problem: str = "", status: int = 200
    ) -> Response:
        values: dict[str, Any] = {"email": email, "sent": sent, "problem": problem, "mail": self._mail}
        return page("forgot.html", now=call.now, status=status, **values)


def _let_in(tx: Tx, call: Call, password_hash: str | None, passkey: Made | None) -> str:
    """Use the link up, keep what was chosen, and return what the cookie of the new session is to hold."""
    user: User = sign_in_links.use(tx, call.params["token"], password_hash=password_hash, now=call.now)
    browser = call.request.headers.get("user-agent", "")
    if passkey is not None:
        signing_in.add_passkey(
            tx,
            Actor.of_user(user, how=HOW),
            credential=passkey.credential,
            key=passkey.key,
            count=passkey.count,
            label=browser_of(browser),
            now=call.now,
        )
    return sessions.begin(tx, user, browser=browser, entropy=call.world.entropy, now=call.now)
