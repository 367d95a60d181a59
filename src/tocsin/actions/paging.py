"""Due timers: pages go forward, acknowledgements and silences end, people are asked if they still have it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.actions import heartbeats
from tocsin.actions.alert_timers import REMINDER, time_acknowledgement, time_snooze
from tocsin.actions.ingest import page_again, rejudge, route_anew
from tocsin.actions.ledger import Ledger
from tocsin.actions.reminding import remind
from tocsin.actions.silences import time_silence
from tocsin.core import alert as trouble
from tocsin.core.alert_by_hand import wake_in_time
from tocsin.core.ids import AlertId, PageId, WorkspaceId
from tocsin.store import alerts, directories, pages, timers
from tocsin.store.timers import Timer
from tocsin.store.transaction import TryAgain, Tx

TIMERS_AT_ONCE_MAX = 200
SET_ASIDE_FOR = tuple(timedelta(seconds=pause) for pause in (1, 5, 30, 120, 600))  # by how often it failed
LOOK_AGAIN_AFTER = timedelta(seconds=10)  # no clock is further behind, and no transaction is longer
JUDGED_AT_ONCE_MAX = 1_000  # firing alerts read at once when a silence begins or ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one look at the timers came to: how many were acted on or set aside, and when the next is due.

    *lateness* is that of the one that was due longest, None when none was.
    """

    acted: int
    lateness: timedelta | None = None
    set_aside: tuple[tuple[Timer, Exception], ...] = ()
    next_due: datetime | None


def turn(tx: Tx, *, now: datetime, limit: int = TIMERS_AT_ONCE_MAX) -> Turn:
    """Act on up to *limit* timers that are due, the longest due first.

    One that fails is undone by itself, put off, and never stops the others.
    """
    due = timers.claim_due(tx, now=now, limit=limit)
    set_aside: list[tuple[Timer, Exception]] = []
    if due:
        try:
            with tx.savepoint():
                fire(tx, due, now)
        except TryAgain:
            raise
        except Exception:  # noqa: BLE001 - one of them is poisoned; which one is seen below
            set_aside = _one_by_one(tx, due, now)
    late = now - min(timer.due for timer in due) if due else None
    return Turn(acted=len(due), lateness=late, set_aside=tuple(set_aside), next_due=timers.next_due(tx))


def turn_singly(tx: Tx, *, now: datetime, limit: int = TIMERS_AT_ONCE_MAX) -> Turn:
    """Do the same one by one, and set aside also those that lose a race: for when `turn` lost them all."""
    due = timers.claim_due(tx, now=now, limit=limit)
    set_aside = _one_by_one(tx, due, now, races=())
    return Turn(acted=len(due), set_aside=tuple(set_aside), next_due=timers.next_due(tx))


def next_due(tx: Tx) -> datetime | None:
    """Tell when the earliest timer is due, in the past or to come."""
    return timers.next_due(tx)


def fire(tx: Tx, due: Sequence[Timer], now: datetime) -> None:
    """Act on *due*, which this transaction has claimed, and delete or move every one of them."""
    by_kind: dict[tuple[WorkspaceId, str], list[int]] = {}
    for timer in due:
        by_kind.setdefault((timer.workspace, timer.kind), []).append(timer.subject)
    for (workspace, kind), subjects in sorted(by_kind.items()):
        ledger = Ledger(tx, directories.current(tx, workspace), now)
        _KINDS[kind](ledger, sorted(subjects))
        ledger.settle()


def _one_by_one(
    tx: Tx, due: Sequence[Timer], now: datetime, *, races: tuple[type[Exception], ...] = (TryAgain,)
) -> list[tuple[Timer, Exception]]:
    """Act on each of *due* by itself and set aside those that fail; after *races* all is to be done anew."""
    failed: list[tuple[Timer, Exception]] = []
    for timer in due:
        try:
            with tx.savepoint():
                fire(tx, (timer,), now)
        except races:
            raise
        except Exception as error:  # noqa: BLE001 - it is shown on the timer, in the log and in a metric
            pause = SET_ASIDE_FOR[min(timer.attempts, len(SET_ASIDE_FOR) - 1)]
            timers.set_aside(tx, timer, error=f"{type(error).__name__}: {error}", until=now + pause)
            failed.append((timer, error))
    return failed


def _pages(ledger: Ledger, subjects: Sequence[int]) -> None:
    """Take what is due on each page; one that has nothing to do any more loses its timer."""
    loaded = pages.get_many(ledger.tx, [PageId(subject) for subject in subjects], lock=True)
    for page in loaded:
        ledger.pages[page.id] = page
        ledger.put(page)  # so that its timer is moved or cancelled, whatever comes of it
    gone = set(subjects) - {page.id for page in loaded}
    timers.cancel_many(ledger.tx, [("page", subject) for subject in sorted(gone)])


def _acknowledgements(ledger: Ledger, subjects: Sequence[int]) -> None:
    """End the acknowledgements of these alerts; one that somebody has prolonged meanwhile is timed anew."""
    found = alerts.get_many(ledger.tx, [AlertId(subject) for subject in subjects], lock=True)
    timers.cancel_many(ledger.tx, [("ack_end", subject) for subject in subjects])
    released = []
    for alert in found:
        expired, because = trouble.expire(alert, ledger.now)
        if expired is alert:
            time_acknowledgement(ledger.tx, alert)
        else:
            ledger.change(expired, was=alert, because=because)
            released.append(expired)
    route_anew(ledger, released)


def _snoozes(ledger: Ledger, subjects: Sequence[int]) -> None:
    """End the silences of these alerts; one that was prolonged meanwhile is timed anew."""
    found = alerts.get_many(ledger.tx, [AlertId(subject) for subject in subjects], lock=True)
    timers.cancel_many(ledger.tx, [("snooze_end", subject) for subject in subjects])
    for alert in found:
        woken, because = wake_in_time(alert, ledger.now)
        if woken is alert:
            time_snooze(ledger.tx, alert)
        else:
            ledger.change(woken, was=alert, because=because)
            page_again(ledger, woken)


def _silences(ledger: Ledger, subjects: Sequence[int]) -> None:
    """Judge every firing alert anew, because what these silences cover has changed, and time the next change.

    What comes under a silence stops paging; what still fires when one ends pages, and says why. A moment
    later all is looked at once more, under the workspace's own id: an event may have been judged by a clock
    that is behind, or in a transaction that was not over.
    """
    workspace = ledger.directory.workspace
    timers.cancel_many(ledger.tx, [("silence", subject) for subject in subjects])
    for silence in ledger.directory.silences:
        if silence.id in subjects:
            time_silence(ledger.tx, silence, ledger.now)
    if any(subject != workspace for subject in subjects):
        timers.put(ledger.tx, "silence", workspace, workspace, ledger.now + LOOK_AGAIN_AFTER)
    last = AlertId(0)
    while True:
        some = alerts.firing(ledger.tx, ledger.directory.workspace, after=last, limit=JUDGED_AT_ONCE_MAX)
        rejudge(ledger, some)
        if len(some) < JUDGED_AT_ONCE_MAX:
            return
        last = some[-1].id


_KINDS: dict[str, Callable[[Ledger, Sequence[int]], None]] = {
    "page": _pages,
    "ack_end": _acknowledgements,
    REMINDER: remind,
    "snooze_end": _snoozes,
    heartbeats.TIMER: heartbeats.miss,
    "silence": _silences,
}
