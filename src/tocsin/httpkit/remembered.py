"""What a secret opens: asked of the database once in a while, and remembered in between.

A secret is looked up by its SHA-256. What was found is remembered for REMEMBER at most, and forgotten at once
when a commit on any node says that some configuration has changed; so what was revoked is refused at once, or
after REMEMBER where the word did not get through. What was not found is not remembered: a new secret works
at once.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from tocsin.world import Tx, World

REMEMBER = timedelta(seconds=30)
REMEMBERED_MAX = 10_000

T = TypeVar("T")


class Remembered(Generic[T]):
    """What secrets of one kind open; *find* looks one up by its SHA-256, in hexadecimal."""

    def __init__(self, world: World, find: Callable[[Tx, str], T | None]) -> None:
        self._world = world
        self._find = find
        self._known: dict[str, tuple[T, datetime]] = {}
        self._generation = 0
        self._stop = world.wake(self._woken)

    def close(self) -> None:
        """Stop listening for changes."""
        self._stop()

    def known_to_open(self, secret: bytes) -> T | None:
        """Give what *secret* opens if that is remembered."""
        known = self._known.get(hashlib.sha256(secret).hexdigest())
        return known[0] if known is not None and self._world.now() < known[1] else None

    async def opened_by(self, secret: bytes) -> T | None:
        """Give what *secret* opens, None when that is nothing."""
        known = self.known_to_open(secret)
        if known is not None:
            return known
        digest, now = hashlib.sha256(secret).hexdigest(), self._world.now()
        generation = self._generation
        found = await self._world.database.read(lambda tx: self._find(tx, digest), short=True)
        if found is None:
            return None
        # What was read before a change became known may be from before that change.
        if generation == self._generation:
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            self._known[digest] = (found, now + REMEMBER)
        self.read_anew(found, now)
        return found

    def read_anew(self, found: T, now: datetime) -> None:
        """Hear that *found* was read from the database at *now*."""

    def _woken(self, what: frozenset[str]) -> None:
        if "config" in what:
            self._generation += 1
            self._known = {}
