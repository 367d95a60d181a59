"""When keys were last used: written down behind the callers' backs, and now and then only."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from tocsin.actions import tokens
from tocsin.core.errors import TocsinError
from tocsin.core.ids import KeyId
from tocsin.httpkit.remembered import REMEMBERED_MAX
from tocsin.world import Tx, World

NOTE_EVERY = timedelta(minutes=10)

Used = Callable[[Tx, KeyId, datetime], None]


class Uses:
    """The uses of keys of one kind; *used* knows how to write one down, *under_way* is what still writes."""

    def __init__(self, world: World, used: Used = tokens.used) -> None:
        self._world = world
        self._used = used
        self._noted: dict[KeyId, datetime] = {}
        self.under_way: set[asyncio.Task[None]] = set()

    def note(self, key: KeyId | None, now: datetime) -> None:
        """Note that *key* was used, unless that was done within NOTE_EVERY."""
        if key is None or now < self._noted.get(key, now):
            return
        if len(self._noted) >= REMEMBERED_MAX:
            self._noted.clear()
        self._noted[key] = now + NOTE_EVERY
        task = asyncio.create_task(self._write_down(key, now))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _write_down(self, key: KeyId, now: datetime) -> None:
        with contextlib.suppress(TocsinError):  # the next use will be noted instead
            await self._world.database.write(lambda tx: self._used(tx, key, now))
