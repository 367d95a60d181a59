"""Timers: a moment to look again at something, one for each kind and subject.

A timer says only that there may be something to do; what is done follows from its subject, read under a lock.
"""

from collections.abc import Iterable
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


_PUT = upsert_many(timers, keys=("kind", "subject_id"))
_ADD = into(timers, unless=("kind", "subject_id"))
_DUE = Statement(
    select(timers)
    .where(timers.c.due_at <= number("now"))
    .order_by(timers.c.due_at)
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
_SUBJECT_IS_LOCKED = frozenset({"page", "ack_end"})
_OF_THOSE = "WHERE kind = %(kind)s AND subject_id = ANY(%(ids)s)"
_FREE = f"(SELECT subject_id FROM timers {_OF_THOSE} FOR UPDATE SKIP LOCKED)"  # noqa: S608  # texts of ours
_CANCEL_FREE = Compiled(
    f"DELETE FROM timers WHERE kind = %(kind)s AND subject_id IN {_FREE}",  # noqa: S608  # texts of ours
    (("ids", "whole"),),
)
_MOVE_FREE = Compiled(
    "UPDATE timers SET due_at = new.due_at, attempts = 0, last_error = '' FROM"  # noqa: S608  # texts of ours
    " unnest(%(ids)s, %(dues)s) AS new(subject_id, due_at) WHERE timers.kind = %(kind)s"
    f" AND timers.subject_id = new.subject_id AND timers.subject_id IN {_FREE}",
    (("ids", "whole"), ("dues", "whole")),
)
_CANCEL_IF_FREE = TwoForms(_CANCEL.sqlite, _CANCEL_FREE)
_MOVE_IF_FREE = TwoForms(_MOVE_FREE, _MOVE_FREE)


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
        if tx.engine == "sqlite" or kind not in _SUBJECT_IS_LOCKED:
            tx.run_many(_PUT, rows)
        else:
            tx.run(_MOVE_IF_FREE, kind=kind, ids=[row[1] for row in rows], dues=[row[3] for row in rows])
            tx.run_many(_ADD, rows)


def cancel(tx: Tx, kind: str, subject: int) -> None:
    """Delete one timer, if it is there; a page or alert must be locked, or written, by this transaction."""
    cancel_many(tx, [(kind, subject)])


def cancel_many(tx: Tx, names: Iterable[Name]) -> None:
    """Delete timers; pages and alerts they are for must be locked, or written, by this transaction."""
    kinds: dict[str, list[int]] = {}
    for kind, subject in names:
        kinds.setdefault(kind, []).append(subject)
    for kind in sorted(kinds):
        cancelling = _CANCEL_IF_FREE if kind in _SUBJECT_IS_LOCKED else _CANCEL
        tx.run(cancelling, kind=kind, ids=sorted(kinds[kind]))


def claim_due(tx: Tx, *, now: datetime, limit: int) -> list[Timer]:
    """Take the *limit* longest due timers, locked for this transaction; other nodes pass them by.

    Act on each in this transaction, and move, cancel or set it aside.
    """
    return [_timer(row) for row in tx.rows(_DUE, now=micros(now), limit=limit)]


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


def _timer(row: Row) -> Timer:
    return Timer(
        kind=row[0],
        subject=row[1],
        workspace=WorkspaceId(row[2]),
        due=instant(row[3]),
        attempts=row[4],
        last_error=row[5],
    )
