"""Reading imported calendars again, every few minutes, so that duty follows them."""

import asyncio
from datetime import datetime

import structlog

from tocsin.actions import feeds
from tocsin.actions.feeds import DueFeed
from tocsin.httpkit.feeds import Unread, fetch
from tocsin.world import World

_log = structlog.get_logger(__name__)


class Feeds:
    """Takes the feeds that are due and reads them; a feed that is down keeps its last good copy."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def turn(self) -> datetime | None:
        """Read the feeds that are due, some at once; return when the next one is."""
        database = self._world.database
        due = await database.read(feeds.next_due, short=True)
        now = self._world.now()
        if due is None or due > now:
            return due
        claimed = await database.write(lambda tx: feeds.claim(tx, now=now))
        await asyncio.gather(*map(self._read, claimed))
        return await database.read(feeds.next_due, short=True)

    async def _read(self, feed: DueFeed) -> None:
        database = self._world.database
        try:
            copy = await fetch(self._world.wire, feed.url, known=feed.digest)
        except Unread as error:
            problem = str(error)
            _log.warning("a calendar could not be read", schedule=feed.schedule, problem=problem)
            await database.write(lambda tx: feeds.failed(tx, feed, problem, now=self._world.now()))
        else:
            await database.write(lambda tx: feeds.read(tx, feed, copy, now=self._world.now()))
