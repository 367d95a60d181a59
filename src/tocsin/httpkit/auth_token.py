"""Bearer tokens: who is behind one, asked of the database once in a while and remembered in between.

A token is looked up by its SHA-256. What was found is remembered for REMEMBER at most, and forgotten at once
when a commit on any node says that some configuration has changed; so a revoked token is refused at once, or
after REMEMBER where the word did not get through. What was not found is not remembered: a new token works
at once.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request

from tocsin.actions.actor import Actor
from tocsin.core.errors import Unauthorized
from tocsin.world import Tx, World

REMEMBER = timedelta(seconds=30)
REMEMBERED_MAX = 10_000
TOKEN_LENGTH_MAX = 500

Find = Callable[[Tx, str], Actor | None]  # by the SHA-256 of a token, in hexadecimal


class Tokens:
    """The tokens of one kind, which *find* knows how to look up."""

    def __init__(self, world: World, find: Find) -> None:
        self._world = world
        self._find = find
        self._known: dict[str, tuple[Actor, datetime]] = {}
        self._generation = 0
        self._stop = world.wake(self._woken)

    def close(self) -> None:
        """Stop listening for changes."""
        self._stop()

    async def bearer(self, request: Request) -> Actor:
        """Say who sent *request* with a bearer token; raise Unauthorized for none or a wrong one."""
        return await self.of_header(request.headers.get("authorization", "").encode("latin-1"))

    async def of_header(self, authorization: bytes) -> Actor:
        """Do the same for the value of an Authorization header."""
        return await self.of_token(bearer_token(authorization))

    async def of_token(self, token: bytes) -> Actor:
        """Say who is behind *token*; raise Unauthorized when nobody is."""
        digest = hashlib.sha256(token).hexdigest()
        now = self._world.now()
        known = self._known.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        generation = self._generation
        actor = await self._world.database.read(lambda tx: self._find(tx, digest), short=True)
        if actor is None:
            raise Unauthorized("the token is wrong, or it was revoked")
        # What was read before a change became known may be from before that change.
        if generation == self._generation:
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            self._known[digest] = (actor, now + REMEMBER)
        return actor

    def _woken(self, what: frozenset[str]) -> None:
        if "config" in what:
            self._generation += 1
            self._known = {}


def bearer_token(authorization: bytes) -> bytes:
    """Take the token out of an Authorization header; raise Unauthorized when it has none."""
    scheme, _, token = authorization.strip().partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        raise Unauthorized("there is no bearer token; send Authorization: Bearer <token>")
    if len(token) > TOKEN_LENGTH_MAX or not token.isascii() or b" " in token:
        raise Unauthorized("the token is wrong, or it was revoked")
    return token
