"""The watch: whether every alert that should reach somebody has something still to come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.actions import nodes
from tocsin.actions.alert_timers import REMINDER
from tocsin.actions.paging import SET_ASIDE_FOR
from tocsin.core.gaps import find
from tocsin.core.ids import AlertId, WorkspaceId
from tocsin.core.spelling import native
from tocsin.store import directories, timers, watching, workspaces
from tocsin.store.timers import Timer
from tocsin.store.transaction import Tx

GRACE = timedelta(seconds=10)  # an alert younger than this may still be in the making
SHOWN_MAX = 20

_SUBJECTS = {
    "page": "page",
    "ack_end": "alert",
    REMINDER: "alert",
    "snooze_end": "alert",
    "heartbeat": "integration",
    "silence": "silence",
}  # what the timers of each kind are about


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the watch saw: how overdue the oldest things are, and alerts that nobody is to be asked about.

    *overdue_notification* is that of the oldest message that waits, or whose sender has vanished. *unrouted*
    and *silenced* count firing alerts; *stranded* lists at most SHOWN_MAX. *unstaffed* are the roles of nodes
    that none has.
    """

    overdue_timer: timedelta
    overdue_notification: timedelta
    poisoned: int
    firing: int
    unrouted: int
    silenced: int
    stranded: tuple[tuple[WorkspaceId, AlertId], ...]
    unstaffed: tuple[str, ...] = ()


def look(tx: Tx, *, now: datetime) -> Findings:
    """Look at timers, outbox and firing alerts of all workspaces; nothing is changed."""
    oldest = watching.overdue(tx, put_off_until=now + SET_ASIDE_FOR[-1])
    counts = watching.firing(tx)

    def routed(word: str) -> int:
        return sum(count for (_workspace, routing), count in counts.items() if routing == word)

    return Findings(
        overdue_timer=_past(oldest.timer, now),
        overdue_notification=max(_past(oldest.queued, now), _past(oldest.leased, now)),
        poisoned=oldest.poisoned,
        firing=sum(counts.values()),
        unrouted=routed("unrouted"),
        silenced=routed("silenced"),
        stranded=tuple(watching.stranded(tx, opened_by=now - GRACE, limit=SHOWN_MAX)),
        unstaffed=nodes.unstaffed(tx),
    )


def gaps(tx: Tx, *, now: datetime) -> tuple[str, ...]:
    """Say, a sentence each, what in the configuration of any workspace keeps a page from somebody."""
    found: list[str] = []
    for workspace in workspaces.all_(tx):
        missing = find(directories.current(tx, workspace.id), now)
        found += [f"{workspace.name}: {each}" for each in missing]
    return tuple(found)


def failures(tx: Tx) -> tuple[str, ...]:
    """Say, a sentence each, which timers failed when they were last due and why; the worst ones first."""
    return tuple(
        f"{each.kind.replace('_', ' ')} of {_subject(each)} has failed {each.attempts}"
        f" {'time' if each.attempts == 1 else 'times'} and is tried again at"
        f" {each.due:%Y-%m-%d %H:%M:%S} UTC: {each.last_error}"
        for each in timers.failing(tx, limit=SHOWN_MAX)
    )


def _subject(timer: Timer) -> str:
    kind = "workspace" if timer.subject == timer.workspace else _SUBJECTS[timer.kind]  # all its silences
    return native(kind, timer.subject)


def _past(moment: datetime | None, now: datetime) -> timedelta:
    return max(timedelta(0), now - moment) if moment is not None else timedelta(0)
