"""Questions about nights that have not happened, answered by the deciders; nothing is written or sent."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.alert import Alert, Change, expire, fold
from tocsin.core.because import Because
from tocsin.core.directory import Directory
from tocsin.core.escalation import Page
from tocsin.core.event import Event, EventStatus
from tocsin.core.foreseen import Around, Moment, Rejudged, judge_in
from tocsin.core.ids import UNMADE, AlertId, EventId, PageId
from tocsin.core.night import Night
from tocsin.core.verdict import Judgement, Quiet, Routed

MOMENTS_MAX: Final = 200  # what a plan with many repeats does after that, it did before
HORIZON: Final = timedelta(days=7)

_JUDGED = (Change.OPENED, Change.RISEN, Change.FALLEN, Change.REPEATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a page would go if nobody answered.

    *page* is as it stands at the end. One that is there already has its *id*; the others would begin.
    *routed* is the verdict that begins it, starts it over or lets the alert join it, None for one that goes
    on as it is. *goes_on* tells that it would have more to do after the last of the *moments*.
    """

    id: PageId | None
    page: Page
    routed: Routed | None
    moments: tuple[Moment, ...]
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What an event would come to: the alert, what each policy and rule says, and how each page goes.

    *alert* is None when the event speaks of trouble that is not open; *because* says what it does to the
    alert. *afresh* is what the policies would say if they had not been asked before, where that differs.
    *again* tells when and why they are asked again. *until* is where the telling ends, None when everything
    comes to rest before.
    """

    at: datetime
    alert: Alert | None
    change: Change
    because: tuple[Because, ...]
    judgement: Judgement | None = None
    afresh: Judgement | None = None
    again: tuple[Rejudged, ...] = ()
    runs: tuple[Run, ...] = ()
    until: datetime | None = None


def explain(directory: Directory, event: Event, at: datetime, around: Around | None = None) -> Explanation:
    """Tell what *event* would come to, received at *at*, with *around* as it is.

    It ends with the plans, after MOMENTS_MAX moments, or HORIZON later.
    """
    around = around or Around()
    known, ended = expire(around.known, at) if around.known is not None else (None, ())
    held_until = _held_until(directory, around, at)
    folded = fold(known, event, at, alert_id=AlertId(UNMADE), held_until=held_until)
    because = (*ended, *folded.because)
    if folded.alert is None:
        return Explanation(at=at, alert=None, change=folded.change, because=because)
    opened = folded.change is Change.OPENED
    start = folded.alert if opened or around.known is None else around.known
    night = Night(directory, start, at, around, imagined=folded.change is not Change.IGNORED)
    judgement = None
    if folded.change in _JUDGED:
        judgement = judge_in(directory, folded.alert, at, said_at=folded.alert.last_seen_at)
    night.change(judgement.alert if judgement is not None else folded.alert)
    explained = night.alert
    if judgement is not None:
        night.act(judgement, folded.change)
    night.settle()
    until = night.go_on(until=at + HORIZON, moments=MOMENTS_MAX)
    return Explanation(
        at=at,
        alert=explained,
        change=folded.change,
        because=because,
        judgement=judgement,
        afresh=_afresh(directory, judgement, at),
        again=tuple(night.again),
        runs=_runs(night),
        until=until,
    )


def event_of(alert: Alert, at: datetime) -> Event:
    """Make the event by which *alert* would be reported once more at *at*, as it was the last time."""
    return Event(
        id=EventId(UNMADE),
        workspace=alert.workspace,
        service=alert.service,
        integration=alert.integration,
        dedup_key=alert.dedup_key,
        status=EventStatus.FIRING,
        severity=alert.severity,
        title=alert.title,
        message=alert.message,
        source=alert.source,
        labels=alert.labels,
        occurred_at=at,
        received_at=at,
        links=alert.links,
        event_type=alert.event_type,
        metric=alert.metric,
        host=alert.host,
        monitor_id=alert.monitor_id,
        monitor_name=alert.monitor_name,
        monitor_labels=alert.monitor_labels,
        dimensions=alert.dimensions,
        drill=alert.drill,
    )


def _held_until(directory: Directory, around: Around, at: datetime) -> datetime | None:
    """Tell how long the rules of the pages let an acknowledgement hold."""
    rules = [page.rule for page in around.pages if page.rule is not None]
    limits = [directory.held_for[rule] for rule in rules if rule in directory.held_for]
    return at + min(limits) if limits else None


def _afresh(directory: Directory, judgement: Judgement | None, at: datetime) -> Judgement | None:
    if judgement is None or not any(isinstance(verdict, Quiet) for verdict in judgement.verdicts):
        return None
    return judge_in(directory, replace(judgement.alert, memory=(), acknowledgement=None), at)


def _runs(night: Night) -> tuple[Run, ...]:
    return tuple(
        Run(
            id=page_id if page_id > 0 else None,
            page=page,
            routed=night.routed.get(page_id),
            moments=tuple(night.moments[page_id]),
            goes_on=page.wake_at is not None,
        )
        for page_id, page in night.pages.items()
    )
