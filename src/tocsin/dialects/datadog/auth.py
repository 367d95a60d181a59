"""Who asks: a pair of keys in two headers, ``DD-API-KEY`` and ``DD-APPLICATION-KEY``.

A header that is missing is refused with 401, a key that is wrong, revoked or of another pair with 403. Scopes
belong to the pair; see ``actions.scopes``.
"""

from datetime import datetime

from starlette.requests import Request

from tocsin.actions import tokens
from tocsin.actions.actor import Actor
from tocsin.actions.tokens import Pair
from tocsin.core.errors import Forbidden, Unauthorized
from tocsin.httpkit.auth_token import Headers
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.world import World

API_KEY = b"dd-api-key"
APPLICATION_KEY = b"dd-application-key"
KEY_LENGTH_MAX = 500


class KeyPairs(Remembered[Pair]):
    """The pairs of keys that open this door."""

    def __init__(self, world: World) -> None:
        super().__init__(world, tokens.of_pair)
        self.uses = Uses(world)

    async def by_both(self, request: Request) -> Actor:
        """Say who sent *request* with both keys of a pair."""
        first, second = _key(request, API_KEY), _key(request, APPLICATION_KEY)
        pair = await self._opened(first)
        if not pair.is_whole(second):
            raise Forbidden("the application key is wrong, or it belongs to another API key")
        return pair.actor

    def recognise(self, headers: Headers) -> Actor | None:
        """Say who sends *headers*, if their pair of keys is remembered."""
        first = second = b""
        for name, value in headers:
            if name == API_KEY:
                first = value
            elif name == APPLICATION_KEY:
                second = value
        pair = self.known_to_open(first) if first and second else None
        return pair.actor if pair is not None and pair.is_whole(second) else None

    async def by_api_key(self, request: Request) -> Actor:
        """Say whose API key came with *request*, where that alone is asked for: it proves nothing more."""
        return (await self._opened(_key(request, API_KEY))).actor

    def read_anew(self, found: Pair, now: datetime) -> None:
        """Note now and then that a pair is used."""
        self.uses.note(found.actor.key, now)

    async def _opened(self, first: bytes) -> Pair:
        pair = await self.opened_by(first) if len(first) <= KEY_LENGTH_MAX else None
        if pair is None:
            raise Forbidden("the API key is wrong, or it was revoked")
        return pair


def claims(request: Request) -> bool:
    """Tell whether *request* comes from a client of this API, by its headers."""
    return any(name == API_KEY for name, _ in request.scope["headers"])


def _key(request: Request, header: bytes) -> bytes:
    for name, value in request.scope["headers"]:
        if name == header and (key := bytes(value).strip()):
            return key
    raise Unauthorized(f"there is no {header.decode().upper()} header")
