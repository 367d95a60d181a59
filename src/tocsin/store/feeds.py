"""Imported calendars of schedules: where they are, and the last good copy of each.

Addresses are sealed: many calendars have no other secret. A copy is as large as its calendar; its text is
turned into values once, and kept for as long as it is among the newest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import delete, func, select, update

from tocsin.core.feed import REFRESH_EVERY, Calendar, Feed, FeedHealth
from tocsin.core.ids import FeedId, ScheduleId, WorkspaceId
from tocsin.store import workspaces
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import upsert_many
from tocsin.store.codec import dump, load
from tocsin.store.columns import from_json, instant, instant_or_none, micros, storable, to_json
from tocsin.store.statements import Statement, among, number, words
from tocsin.store.tables import feed_copies, schedule_feeds, schedules
from tocsin.store.transaction import Row, Tx

COPIES_KEPT = 64
PROBLEM_LENGTH_MAX = 300

_f, _c = schedule_feeds.c, feed_copies.c
_OF_SCHEDULES = Statement(
    select(_f.id, _f.schedule_id, _f.url_sealed, _f.overrides, _c.calendar)
    .join(feed_copies, _c.feed_id == _f.id, isouter=True)
    .where(among(_f.schedule_id, "schedules"))
    .order_by(_f.schedule_id, _f.position)
)
_HEALTH = Statement(
    select(_c.feed_id, _c.checked_at, _c.read_at, _c.problem, _c.skipped, _c.remark).where(
        among(_c.feed_id, "feeds")
    )
)
_PUT = upsert_many(schedule_feeds, keys=("id",))
_DROP = Statement(delete(schedule_feeds).where(among(_f.id, "ids")))
_BEGIN = into(feed_copies, unless=("feed_id",))
_NEXT_DUE = Statement(select(func.min(_c.due_at)))
_DUE = Statement(
    select(_f.id, _f.schedule_id, _f.url_sealed, _c.digest)
    .join(feed_copies, _c.feed_id == _f.id)
    .where(_c.due_at <= number("now"))
    .order_by(_c.due_at, _f.id)
    .limit(number("limit"))
)
_POSTPONE = Statement(
    update(feed_copies)
    .where(_c.feed_id == number("feed"), _c.due_at <= number("now"))
    .values(due_at=number("due"))
)
_FAILED = Statement(
    update(feed_copies)
    .where(_c.feed_id == number("feed"))
    .values(checked_at=number("at"), problem=words("problem"))
)
_SAME = Statement(
    update(feed_copies)
    .where(_c.feed_id == number("feed"))
    .values(checked_at=number("at"), read_at=number("at"), problem="")
)
_READ = Statement(
    update(feed_copies)
    .where(_c.feed_id == number("feed"))
    .values(
        checked_at=number("at"),
        read_at=number("at"),
        problem="",
        skipped=number("skipped"),
        remark=words("remark"),
        digest=words("digest"),
        calendar=words("calendar"),
        due_at=number("due"),
    )
)
_WORKSPACE = Statement(
    select(schedules.c.workspace_id)
    .join(schedule_feeds, _f.schedule_id == schedules.c.id)
    .where(_f.id == number("feed"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed that is to be read again; *digest* is of what it last said."""

    id: FeedId
    schedule: ScheduleId
    url: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a feed said: *digest* tells it from what it said before."""

    calendar: Calendar
    digest: str
    skipped: int = 0
    remark: str = ""


def of_schedules(tx: Tx, schedule_ids: Collection[int]) -> dict[int, list[Feed]]:
    """Read the feeds of each schedule, in order, with their last good copies."""
    found: dict[int, list[Feed]] = {each: [] for each in schedule_ids}
    for identifier, schedule, url, overrides, calendar in tx.rows(
        _OF_SCHEDULES, schedules=list(schedule_ids)
    ):
        feed = Feed(
            id=identifier,
            url=tx.vault.open(url, _place(identifier)),
            overrides=bool(overrides),
            calendar=None if calendar is None else _calendar(calendar),
        )
        found[schedule].append(feed)
    return found


def put(tx: Tx, schedule: ScheduleId, new: Sequence[Feed], was: Sequence[Feed], *, now: datetime) -> None:
    """Store the feeds of a schedule, each to be read at once; what is known of those that stay is kept."""
    gone = {feed.id for feed in was} - {feed.id for feed in new}
    if gone:
        tx.run(_DROP, ids=sorted(gone))
    before = {feed.id: (place, feed.url, feed.overrides) for place, feed in enumerate(was)}
    rows: list[Row] = []
    copies: list[Row] = []
    for place, feed in enumerate(new):
        if before.get(feed.id) != (place, feed.url, feed.overrides):
            sealed = tx.vault.seal(feed.url, _place(feed.id))
            rows.append((feed.id, schedule, place, sealed, int(feed.overrides)))
        if feed.id not in before:
            copies.append((feed.id, micros(now), None, None, "", 0, "", "", None))
    if rows:
        tx.run_many(_PUT, rows)
    if copies:
        tx.run_many(_BEGIN, copies)
        tx.wake("feeds")


def health(tx: Tx, feeds: Collection[FeedId]) -> dict[FeedId, FeedHealth]:
    """Tell how it goes with each of *feeds*."""
    rows = tx.rows(_HEALTH, feeds=list(feeds)) if feeds else []
    return {
        feed: FeedHealth(
            checked_at=instant_or_none(checked_at),
            read_at=instant_or_none(read_at),
            problem=problem,
            skipped=skipped,
            remark=remark,
        )
        for feed, checked_at, read_at, problem, skipped, remark in rows
    }


def next_due(tx: Tx) -> datetime | None:
    """Tell when the next feed is to be read; None when there are none."""
    found: int | None = tx.scalar(_NEXT_DUE)
    return None if found is None else instant(found)


def claim(tx: Tx, *, now: datetime, again_at: datetime, limit: int) -> list[DueFeed]:
    """Take the feeds that are due; nobody else takes them before *again_at*, when they are due again."""
    found = []
    for identifier, schedule, url, digest in tx.rows(_DUE, now=micros(now), limit=limit):
        if tx.run(_POSTPONE, feed=identifier, now=micros(now), due=micros(again_at)):
            plain = tx.vault.open(url, _place(identifier))
            found.append(DueFeed(id=identifier, schedule=schedule, url=plain, digest=digest))
    return found


def failed(tx: Tx, feed: FeedId, problem: str, *, now: datetime) -> None:
    """Note that a feed could not be read, and why; the last good copy stays."""
    tx.run(_FAILED, feed=feed, at=micros(now), problem=storable(problem)[:PROBLEM_LENGTH_MAX])


def same(tx: Tx, feed: FeedId, *, now: datetime) -> None:
    """Note that a feed says what it said before."""
    tx.run(_SAME, feed=feed, at=micros(now))


def read(tx: Tx, feed: FeedId, copy: Copy, *, now: datetime) -> None:
    """Store what a feed says now, which changes its workspace's configuration; it is due again later."""
    workspace: WorkspaceId | None = tx.scalar(_WORKSPACE, feed=feed)
    if workspace is None:
        return
    workspaces.changed(tx, workspace)
    tx.run(
        _READ,
        feed=feed,
        at=micros(now),
        skipped=copy.skipped,
        remark=storable(copy.remark)[:PROBLEM_LENGTH_MAX],
        digest=copy.digest,
        due=micros(now + REFRESH_EVERY),
        calendar=storable(to_json(dump(Calendar, copy.calendar))),
    )


def _place(feed: int) -> str:
    return f"schedule_feeds.url:{feed}"


@lru_cache(COPIES_KEPT)
def _calendar(text: str) -> Calendar:
    return load(Calendar, from_json(text))
