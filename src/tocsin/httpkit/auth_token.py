"""Bearer tokens: who is behind one. What was found is remembered for a while; see ``httpkit.remembered``."""

from collections.abc import Callable, Iterable
from datetime import datetime

from starlette.requests import Request

from tocsin.actions import tokens
from tocsin.actions.actor import Actor
from tocsin.core.errors import Unauthorized
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Used, Uses
from tocsin.world import Tx, World

TOKEN_LENGTH_MAX = 500

_BEARER = b"Bearer "

Headers = Iterable[tuple[bytes, bytes]]
Find = Callable[[Tx, str], Actor | None]  # by the SHA-256 of a token, in hexadecimal


class Tokens(Remembered[Actor]):
    """The tokens of one kind: *find* knows how to look one up, *used* how to note that it was used."""

    def __init__(self, world: World, find: Find = tokens.of_token, used: Used = tokens.used) -> None:
        super().__init__(world, find)
        self.uses = Uses(world, used)

    async def bearer(self, request: Request) -> Actor:
        """Say who sent *request* with a bearer token; raise Unauthorized for none or a wrong one."""
        return await self.of_header(request.headers.get("authorization", "").encode("latin-1"))

    def recognise(self, headers: Headers) -> Actor | None:
        """Say who sends *headers*, if their token is remembered."""
        for name, value in headers:
            if name == b"authorization" and value[:7] == _BEARER:
                return self.known_to_open(value[7:])
        return None

    async def of_header(self, authorization: bytes) -> Actor:
        """Do the same for the value of an Authorization header."""
        return await self.of_token(bearer_token(authorization))

    async def of_token(self, token: bytes) -> Actor:
        """Say who is behind *token*; raise Unauthorized when nobody is."""
        actor = await self.opened_by(token)
        if actor is None:
            raise Unauthorized("the token is wrong, or it was revoked")
        return actor

    def read_anew(self, found: Actor, now: datetime) -> None:
        """Note now and then that a key is used."""
        self.uses.note(found.key, now)


def bearer_token(authorization: bytes) -> bytes:
    """Take the token out of an Authorization header; raise Unauthorized when it has none."""
    scheme, _, token = authorization.strip().partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        raise Unauthorized("there is no bearer token; send Authorization: Bearer <token>")
    if len(token) > TOKEN_LENGTH_MAX or not token.isascii() or b" " in token:
        raise Unauthorized("the token is wrong, or it was revoked")
    return token
