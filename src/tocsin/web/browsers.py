"""Who is behind a browser: the cookie of a session, and no request that another site made it send."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tocsin.actions import sessions
from tocsin.actions.actor import Actor
from tocsin.actions.sessions import SignedIn
from tocsin.core.directory import Directory
from tocsin.core.errors import Forbidden, TocsinError, Unauthorized
from tocsin.core.ids import KeyId, SessionId
from tocsin.core.people import User, UserStatus
from tocsin.httpkit.bodies import read_body
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.web.forms import LENGTH_MAX
from tocsin.world import World

COOKIE: Final = "tocsin_session"
COOKIE_AGE_S: Final = 400 * 86_400  # no browser keeps one for longer
_TOKEN_LENGTH: Final = 64
_SIGNED_IN: Final = "tocsin.web.signed_in"


@dataclass(slots=True, unsafe_hash=True, kw_only=True)
class SignInAgain(Unauthorized):
    """Nobody has signed in, or not any more; *typed* is the form that they have just sent."""

    typed: str


class Browsers(Remembered[SignedIn]):
    """The sessions that open the pages; cookies are for HTTPS alone when that is how people come."""

    def __init__(self, world: World, *, https: bool) -> None:
        super().__init__(world, sessions.of_cookie)
        self._now = world.now
        self._https = https
        self.uses = Uses(world, lambda tx, key, now: sessions.seen(tx, SessionId(key), now))

    async def authenticate(self, request: Request) -> Actor:
        """Say who looks at a page, or presses a button on one of ours."""
        if request.method not in {"GET", "HEAD"}:
            must_be_ours(request)
        signed_in = await self.find(request)
        if signed_in is None:
            typed = await _typed(request)
            raise SignInAgain(typed=typed) if typed else Unauthorized("nobody has signed in")
        request.scope[_SIGNED_IN] = signed_in
        return signed_in.actor

    async def find(self, request: Request) -> SignedIn | None:
        """Find who is behind the cookie of *request*, if anybody is."""
        token = request.cookies.get(COOKIE, "")
        if len(token) != _TOKEN_LENGTH or not token.isascii():
            return None
        found = await self.opened_by(token.encode())
        return found if found is not None and found.session.expires_at > self._now() else None

    def read_anew(self, found: SignedIn, now: datetime) -> None:
        """Note now and then that a session is used, so that it lasts."""
        self.uses.note(KeyId(found.session.id), now)

    def remember(self, response: Response, token: str) -> Response:
        """Let the browser keep *token*."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_AGE_S,  # how long a session lasts is ours to say
            httponly=True,
            samesite="lax",
            secure=self._https,
        )
        return response

    def forget(self, response: Response) -> Response:
        """Let the browser forget who it was."""
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._https)
        return response


def signed_in(request: Request) -> SignedIn:
    """Give who has signed in, on a route that asks for somebody."""
    found: SignedIn = request.scope[_SIGNED_IN]
    return found


def must_be_still(directory: Directory, user: User) -> None:
    """Raise Unauthorized unless *user*, who opened a page a while ago, is still there and may do the same."""
    known = directory.users.get(user.id)
    if known is None or known.status is UserStatus.DEACTIVATED or known.role is not user.role:
        raise Unauthorized("nobody has signed in")


async def _typed(request: Request) -> str:
    """Read the form of a request that will be refused, so that what was typed is not lost with it."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return ""
    try:
        body = await read_body(request.scope["headers"], request.receive, limit=LENGTH_MAX)
        return body.decode("utf-8")
    except (TocsinError, UnicodeDecodeError):
        return ""


def must_be_ours(request: Request) -> None:
    """Refuse a request that a page of another site made the browser send."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = site in {"same-origin", "none"} if site is not None else origin in {None, _origin(request)}
    if not ours:
        raise Forbidden("answer a form of another site")


def _origin(request: Request) -> str:
    scheme = request.scope["scheme"]
    return f"{scheme}://{request.headers.get('host', '')}"
