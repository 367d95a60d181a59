"""Bearer tokens: who is behind one, asked of the database once in a while and remembered in between.

A token is looked up by its SHA-256. What was found is remembered for REMEMBER at most, and forgotten at once
when a commit on any node says that some configuration has changed; so a revoked token is refused at once, or
after REMEMBER where the word did not get through. What was not found is not remembered: a new token works
at once.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request

from tocsin.actions import tokens
from tocsin.actions.actor import Actor
from tocsin.core.errors import TocsinError, Unauthorized
from tocsin.core.ids import KeyId
from tocsin.world import Tx, World

REMEMBER = timedelta(seconds=30)
NOTE_EVERY = timedelta(minutes=10)
REMEMBERED_MAX = 10_000
TOKEN_LENGTH_MAX = 500

Find = Callable[[Tx, str], Actor | None]  # by the SHA-256 of a token, in hexadecimal
Used = Callable[[Tx, KeyId, datetime], None]


class Tokens:
    """The tokens of one kind: *find* knows how to look one up, *used* how to note that it was used."""

    def __init__(self, world: World, find: Find = tokens.of_token, used: Used = tokens.used) -> None:
        self._world = world
        self._find = find
        self._used = used
        self._known: dict[str, tuple[Actor, datetime]] = {}
        self._noted: dict[KeyId, datetime] = {}
        self._noting: set[asyncio.Task[None]] = set()
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
        if actor.key is not None and now >= self._noted.get(actor.key, now):
            self._note(actor.key, now)
        return actor

    def _note(self, key: KeyId, now: datetime) -> None:
        """Let the key's last use be written down, behind the caller's back and now and then only."""
        if len(self._noted) >= REMEMBERED_MAX:
            self._noted.clear()
        self._noted[key] = now + NOTE_EVERY
        task = asyncio.create_task(self._write_down(key, now))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _write_down(self, key: KeyId, now: datetime) -> None:
        with contextlib.suppress(TocsinError):  # the next use will be noted instead
            await self._world.database.write(lambda tx: self._used(tx, key, now))

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
