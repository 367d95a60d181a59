"""Imported calendars: read again and again by the engine, and how it goes with them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from tocsin.actions.actor import Actor, Permission
from tocsin.core.feed import REFRESH_EVERY, FeedHealth
from tocsin.core.ids import FeedId
from tocsin.core.schedule import Schedule
from tocsin.store import feeds
from tocsin.store.feeds import Copy, DueFeed
from tocsin.store.transaction import Tx

__all__ = ["Copy", "DueFeed", "claim", "failed", "health", "keep_copies", "next_due", "read"]

CLAIMED_MAX = 10


def health(tx: Tx, actor: Actor, schedules: Collection[Schedule]) -> Mapping[FeedId, FeedHealth]:
    """Tell how it goes with the feeds of *schedules*, which the caller has just read."""
    actor.must(Permission.READ)
    return feeds.health(tx, [feed.id for schedule in schedules for feed in schedule.feeds])


def keep_copies(tx: Tx, schedule: Schedule, copies: Mapping[str, Copy], *, now: datetime) -> None:
    """Keep what the feeds of *schedule*, just stored, say: those that were read already, by address."""
    for feed in schedule.feeds:
        copy = copies.get(feed.url)
        if copy is not None:
            feeds.read(tx, feed.id, copy, now=now)


def next_due(tx: Tx) -> datetime | None:
    """Tell when the next feed is to be read, of whichever workspace."""
    return feeds.next_due(tx)


def claim(tx: Tx, *, now: datetime, every: timedelta = REFRESH_EVERY) -> list[DueFeed]:
    """Take some of the feeds that are due; until they are due again, they are nobody else's."""
    return feeds.claim(tx, now=now, again_at=now + every, limit=CLAIMED_MAX)


def read(tx: Tx, feed: DueFeed, copy: Copy, *, now: datetime) -> None:
    """Store what a feed says now; if that is what it said before, no more than that it was read."""
    if copy.digest == feed.digest:
        feeds.same(tx, feed.id, now=now)
    else:
        feeds.read(tx, feed.id, copy, now=now)


def failed(tx: Tx, feed: DueFeed, problem: str, *, now: datetime) -> None:
    """Note that a feed could not be read; the last good copy stays."""
    feeds.failed(tx, feed.id, problem, now=now)
