"""Timers: a moment to look again at something, one for each kind and subject.

A timer says only that there may be something to do; what is done follows from its subject, read under a lock.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from tocsin.core.ids import WorkspaceId
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import upsert_many
from tocsin.store.columns import instant, instant_or_none, micros, storable
from tocsin.store.statements import Compiled, Statement, TwoForms, among, number, words
from tocsin.store.tables import timers
from tocsin.store.transaction import Row, Tx

ERROR_LENGTH_MAX = 2_000

Timing = tuple[str, int, WorkspaceId, datetime]  # kind, subject, workspace, due
Name = tuple[str, int]  # kind and subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A moment at which to look at *subject*, which *kind* says how to do; it failed *attempts* times."""

    kind: str
    subject: int
    workspace: WorkspaceId
    due: datetime
    attempts: int = 0
    last_error: str = ""


_PUT = upsert_many(timers, keys=("subject_id", "kind"))
_ADD = into(timers, unless=("subject_id", "kind"))
_DUE = Statement(
    select(timers)
    .where(timers.c.due_at <= number("now"))
    .order_by(timers.c.due_at)
    .limit(number("limit"))
    .with_for_update(skip_locked=True)
)
_JUST_DUE = Statement(
    select(timers)
    .where(timers.c.due_at <= number("now"))
    .order_by(timers.c.due_at.desc())
    .limit(number("limit"))
    .with_for_update(skip_locked=True)
)
_NEXT = Statement(select(func.min(timers.c.due_at)))
_COUNT = Statement(select(func.count()).select_from(timers))
_OVERDUE = Statement(select(func.count()).select_from(timers).where(timers.c.due_at <= number("now")))
_SET_ASIDE = Statement(
    update(timers)
    .where(timers.c.kind == words("k"), timers.c.subject_id == number("s"))
    .values(due_at=number("until"), attempts=timers.c.attempts + 1, last_error=words("error"))
)
_FAILING = Statement(
    select(timers).where(timers.c.attempts > 0).order_by(timers.c.attempts.desc()).limit(number("limit"))
)
_CANCEL = Statement(delete(timers).where(timers.c.kind == words("kind"), among(timers.c.subject_id, "ids")))

# Whoever acts on a timer of these kinds locks its subject first thing, and we hold that subject: so we must
# not wait for a locked timer. Nor need we: they will see the subject as we leave it, and time it anew.
_SUBJECT_IS_LOCKED = frozenset({"page", "ack_end", "ack_reminder"})
_FREE = Compiled(
    "SELECT t.subject_id FROM unnest(%(ids)s) AS k(subject_id) CROSS JOIN LATERAL"
    " (SELECT timers.subject_id FROM timers WHERE timers.subject_id = k.subject_id"
    " AND timers.kind = %(kind)s FOR UPDATE SKIP LOCKED) AS t",
    (("ids", "whole"),),
)
_LOCK_FREE = TwoForms(_FREE, _FREE)


def put(tx: Tx, kind: str, subject: int, workspace: WorkspaceId, due: datetime) -> None:
    """Set or move one timer; a page or alert must be locked, or written, by this transaction."""
    put_many(tx, [(kind, subject, workspace, due)])


def put_many(tx: Tx, timings: Iterable[Timing]) -> None:
    """Set or move timers; of two for the same subject the later given counts.

    Pages and alerts among their subjects must be locked, or written, by this transaction.
    """
    newest = {(timing[0], timing[1]): timing for timing in timings}
    kinds: dict[str, list[Row]] = {}
    for kind, subject, workspace, due in sorted(newest.values(), key=lambda timing: timing[:2]):
        kinds.setdefault(kind, []).append((kind, subject, workspace, micros(due), 0, ""))
    for kind, rows in kinds.items():
        tx.wake("timers")
        if _need_not_wait(tx, kind):
            free = _free(tx, kind, [row[1] for row in rows])
            tx.run_many(_PUT, [row for row in rows if row[1] in free])
            tx.run_many(_ADD, [row for row in rows if row[1] not in free])
        else:
            tx.run_many(_PUT, rows)


def cancel(tx: Tx, kind: str, subject: int) -> None:
    """Delete one timer, if it is there; a page or alert must be locked, or written, by this transaction."""
    cancel_many(tx, [(kind, subject)])


def cancel_many(tx: Tx, names: Iterable[Name]) -> None:
    """Delete timers; pages and alerts they are for must be locked, or written, by this transaction."""
    kinds: dict[str, list[int]] = {}
    for kind, subject in names:
        kinds.setdefault(kind, []).append(subject)
    for kind in sorted(kinds):
        subjects: Collection[int] = sorted(kinds[kind])
        if _need_not_wait(tx, kind):
            subjects = _free(tx, kind, subjects)
        if subjects:
            tx.run(_CANCEL, kind=kind, ids=sorted(subjects))


def claim_due(tx: Tx, *, now: datetime, limit: int) -> list[Timer]:
    """Take *limit* timers that are due, locked for this transaction; other nodes pass them by.

    When there are more, half of them are those that have been due longest, and half those that have just come
    due: whoever let very many come due at once waits for that, and the others do not. Act on each in this
    transaction, and move, cancel or set it aside.
    """
    moment, half = micros(now), (limit + 1) // 2
    found = tx.rows(_DUE, now=moment, limit=half)
    if len(found) == half:
        found = [*found, *tx.rows(_JUST_DUE, now=moment, limit=limit - half)]
    unique = {(row[0], row[1]): row for row in found}
    return [_timer(row) for row in unique.values()]


def next_due(tx: Tx) -> datetime | None:
    """Tell when the earliest timer is due, in the past or to come."""
    return instant_or_none(tx.scalar(_NEXT))


def set_aside(tx: Tx, timer: Timer, *, error: str, until: datetime) -> None:
    """Put off a timer that this transaction has claimed and that failed, with the reason."""
    text = storable(error)[:ERROR_LENGTH_MAX]
    tx.run(_SET_ASIDE, k=timer.kind, s=timer.subject, until=micros(until), error=text)


def failing(tx: Tx, *, limit: int) -> list[Timer]:
    """List timers that failed, those first that failed most often."""
    return [_timer(row) for row in tx.rows(_FAILING, limit=limit)]


def counts(tx: Tx, *, now: datetime) -> tuple[int, int]:
    """Count all timers, and those that are due."""
    return tx.scalar(_COUNT), tx.scalar(_OVERDUE, now=micros(now))


def _need_not_wait(tx: Tx, kind: str) -> bool:
    return kind in _SUBJECT_IS_LOCKED and tx.engine == "postgresql"


def _free(tx: Tx, kind: str, subjects: Collection[int]) -> set[int]:
    """Lock the timers of these subjects that nobody acts on, and return whose they are."""
    return {row[0] for row in tx.rows(_LOCK_FREE, kind=kind, ids=list(subjects))}


def _timer(row: Row) -> Timer:
    return Timer(
        kind=row[0],
        subject=row[1],
        workspace=WorkspaceId(row[2]),
        due=instant(row[3]),
        attempts=row[4],
        last_error=row[5],
    )
