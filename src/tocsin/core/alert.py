"""The trouble behind events of one dedup key in one service, and what people did about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from tocsin.core.alert_values import Acknowledgement, AlertStatus, PolicyMemory, Routing, Snooze
from tocsin.core.because import Because, moment
from tocsin.core.because_alert import (
    AcknowledgementEnded,
    AlertAcknowledged,
    AlertCommented,
    AlertOpened,
    AlertResolved,
    AlertUnacknowledged,
    AlreadyAcknowledged,
    DrillMeetsTrouble,
    DrillTurnedReal,
    NothingOpen,
    PartOver,
    SaidTooEarly,
    SeverityFell,
    SeverityRose,
)
from tocsin.core.errors import Conflict, Invalid, check_text
from tocsin.core.event import TITLE_LENGTH_MAX, Event, EventStatus, Metric, Severity, clip
from tocsin.core.evolve import carrier, evolve, quickly_made
from tocsin.core.ids import AlertId, IntegrationId, RuleId, ServiceId, UserId, WorkspaceId
from tocsin.core.parts import with_part, without_part
from tocsin.core.reminders import Reminders, first

__all__ = [
    "COMMENT_LENGTH_MAX",
    "Acknowledgement",
    "Alert",
    "AlertStatus",
    "Change",
    "Folded",
    "PolicyMemory",
    "Routing",
    "Snooze",
    "acknowledge",
    "expire",
    "fold",
    "is_acknowledged",
    "resolve",
    "unacknowledge",
]

COMMENT_LENGTH_MAX: Final = 1_000
REASONS_KEPT: Final = 1_000  # of those for which alerts were opened lately


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Trouble, from its first event to its resolve. What it says is what its newest firing event said.

    A repeat of a firing alert never makes a second one; a firing event after a resolve opens a new one.
    *parts* are those parts of the trouble that fire, where its events name any, and *rules* what its newest
    event has been found to fit: see ``core.event.Event``. Of one that is *erased* nothing is kept. *version*
    counts changes, for guarded updates.
    """

    id: AlertId
    workspace: WorkspaceId
    service: ServiceId
    integration: IntegrationId | None
    dedup_key: str
    status: AlertStatus
    severity: Severity
    worst_severity: Severity
    severity_since: datetime
    title: str
    message: str = ""
    source: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    event_type: str = ""
    metric: Metric | None = None
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    opened_at: datetime
    last_seen_at: datetime
    events: int = 1
    acknowledgement: Acknowledgement | None = None
    resolved_at: datetime | None = None
    resolved_by: UserId | None = None
    routing: Routing | None = None
    memory: tuple[PolicyMemory, ...] = ()
    drill: bool = False
    snooze: Snooze | None = None
    parts: tuple[str, ...] = ()
    rules: tuple[RuleId, ...] = ()
    erased: bool = False
    version: int = 1


# An alert says what its event says; what is given here is its own.
_OWN = ("id", "status", "worst_severity", "severity_since", "title", "last_seen_at", "parts")
_of_event = carrier(Alert, Event, given=(*_OWN, "opened_at"))
_said_again = carrier(Alert, Event, Alert, given=(*_OWN, "events", "drill", "version"))


class Change(StrEnum):
    """What an event made of an alert."""

    OPENED = "opened"
    REPEATED = "repeated"
    RISEN = "risen"
    FALLEN = "fallen"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    IGNORED = "ignored"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The *alert* as an event left it, None only when there was none; a plain repeat needs no *because*."""

    alert: Alert | None
    change: Change
    because: tuple[Because, ...] = ()


def fold(  # noqa: PLR0911 - one for each thing that an event can come to
    alert: Alert | None,
    event: Event,
    now: datetime,
    *,
    alert_id: AlertId,
    held_until: datetime | None = None,
) -> Folded:
    """Take *event* in: *alert* is the open one of its dedup key, or None; a new one gets *alert_id*.

    An event without a dedup key never joins an alert, and a drill's never one that is real. One that is
    older than the newest firing event (by *occurred_at*, which no source can set to the future) still
    counts, but changes what the alert says only when it is worse: losing a page is worse than an old text.
    For the same reason a resolve or acknowledgement that is older is ignored: it may mean earlier trouble.
    What is acknowledged is so until *held_until*.
    """
    if alert is None or alert.status is AlertStatus.RESOLVED or not event.dedup_key:
        if event.status is EventStatus.FIRING:
            return _opened(event, now, alert_id)
        if event.opens:
            return _opened_settled(event, now, alert_id)
        return _ignored(alert, NothingOpen(status=event.status, dedup_key=event.dedup_key))
    if event.drill and not alert.drill:
        return _ignored(alert, DrillMeetsTrouble(dedup_key=event.dedup_key))
    if event.status is EventStatus.FIRING:
        return _fired_again(alert, event, now)
    if event.occurred_at < alert.last_seen_at and not event.opens:  # its time is ours, whichever node's
        said, seen = event.occurred_at, alert.last_seen_at
        return _ignored(alert, SaidTooEarly(status=event.status, occurred_at=said, last_seen_at=seen))
    if event.opens:
        alert = _changed(alert, events=alert.events + 1, rules=event.rules)
    if event.status is EventStatus.RESOLVED:
        parts = without_part(alert.parts, event.part)
        if parts and event.part:
            part_over = _changed(alert, parts=parts)
            return Folded(alert=part_over, change=Change.REPEATED, because=(PartOver(left=len(parts)),))
        because = AlertResolved(by_name=event.source, how="event")
        return Folded(alert=_resolved(alert, None, now), change=Change.RESOLVED, because=(because,))
    return _acknowledged_by_source(alert, event, now, held_until)


def is_acknowledged(alert: Alert, now: datetime) -> bool:
    """Tell whether somebody has *alert* at *now*; an acknowledgement does not contain its last moment."""
    held = alert.acknowledgement
    return held is not None and (held.until is None or now < held.until)


def acknowledge(
    alert: Alert,
    *,
    by: UserId | None,
    by_name: str,
    until: datetime | None,
    comment: str,
    how: str,
    reminders: Reminders | None = None,
    now: datetime,
) -> tuple[Alert, tuple[Because, ...]]:
    """Acknowledge *alert* until *until*, or until it is resolved when that is None; the newest word counts.

    Whoever has it is asked by *reminders* whether they still have it, if there are any. Raises Conflict when
    it is resolved, and Invalid when *until* has passed or *comment* is too long.
    """
    _must_fire(alert, "acknowledged")
    if until is not None and until <= now:
        raise Invalid("until", f"is {moment(until)}, which has passed", "must be in the future")
    check_text(comment, "comment", longest=COMMENT_LENGTH_MAX)
    reminder = first(reminders, by, now)
    held = Acknowledgement(
        by=by, by_name=by_name, at=now, until=until, comment=comment, how=how, reminder=reminder
    )
    because = AlertAcknowledged(by_name=by_name, how=how, until=until, comment=comment)
    woken = {} if alert.snooze is None else {"snooze": None, "routing": None}
    return _changed(alert, acknowledgement=held, **woken), (because,)


def unacknowledge(
    alert: Alert,
    *,
    by: UserId | None,  # noqa: ARG001 - every command says who and when
    by_name: str,
    comment: str = "",
    now: datetime,  # noqa: ARG001 - every command says who and when
) -> tuple[Alert, tuple[Because, ...]]:
    """Take the acknowledgement of *alert* back; harmless without one. Raises Conflict when it is resolved.

    A *comment* goes into the story, also when there is nothing to take back.
    """
    _must_fire(alert, "unacknowledged")
    check_text(comment, "comment", longest=COMMENT_LENGTH_MAX)
    held = alert.acknowledgement
    if held is None:
        return alert, (AlertCommented(by_name=by_name, comment=comment),) if comment else ()
    because = AlertUnacknowledged(by_name=by_name, acknowledged_by=held.by_name, comment=comment)
    return _changed(alert, acknowledgement=None), (because,)


def resolve(
    alert: Alert, *, by: UserId | None, by_name: str, now: datetime
) -> tuple[Alert, tuple[Because, ...]]:
    """Resolve *alert*, in nobody's name when *by* is None; harmless again. Who acknowledged it is kept."""
    if alert.status is AlertStatus.RESOLVED:
        return alert, ()
    because = AlertResolved(by_name=by_name, how="plan" if by is None else "person")
    return _resolved(alert, by, now), (because,)


def expire(alert: Alert, now: datetime) -> tuple[Alert, tuple[Because, ...]]:
    """End the acknowledgement of *alert* if its time has come and it fires; at any other time harmless."""
    held = alert.acknowledgement
    if held is None or held.until is None or now < held.until or alert.status is AlertStatus.RESOLVED:
        return alert, ()
    because = AcknowledgementEnded(by_name=held.by_name, until=held.until)
    return _changed(alert, acknowledgement=None), (because,)


def _ignored(alert: Alert | None, because: Because) -> Folded:
    return Folded(alert=alert, change=Change.IGNORED, because=(because,))


def _opened(event: Event, now: datetime, alert_id: AlertId) -> Folded:
    alert = _of_event(
        event,
        id=alert_id,
        status=AlertStatus.FIRING,
        worst_severity=event.severity,
        severity_since=now,
        title=event.title or _title(event),
        opened_at=now,
        last_seen_at=min(event.occurred_at, now),
        parts=(event.part,) if event.part else (),
    )
    because = _opened_by(event.severity, event.source)
    return Folded(alert=alert, change=Change.OPENED, because=(because,))


def _opened_settled(event: Event, now: datetime, alert_id: AlertId) -> Folded:
    """Open an alert for an event that says at once that it is over, or that somebody has it."""
    opened = _opened(event, now, alert_id)
    if (alert := opened.alert) is None:
        return opened
    if event.status is EventStatus.RESOLVED:
        over = AlertResolved(by_name=event.source, how="event")
        settled = _resolved(alert, None, now)
        return Folded(alert=settled, change=Change.OPENED, because=(*opened.because, over))
    held = _acknowledged_by_source(alert, event, now, None)
    return Folded(alert=held.alert, change=Change.OPENED, because=(*opened.because, *held.because))


@lru_cache(REASONS_KEPT)
def _opened_by(severity: Severity, source: str) -> AlertOpened:
    return AlertOpened(severity=severity, source=source)


def _fired_again(alert: Alert, event: Event, now: datetime) -> Folded:
    turned: tuple[Because, ...] = ()
    if alert.drill and not event.drill:
        # Whoever was told, was told of a drill: let the policies decide anew.
        alert = replace(alert, drill=False, memory=(), acknowledgement=None)
        turned = (DrillTurnedReal(source=event.source),)
    before, after = alert.severity.rank, event.severity.rank
    seen_at = min(event.occurred_at, now)
    if seen_at < alert.last_seen_at:
        if after <= before:
            counted = _changed(alert, events=alert.events + 1)
            return Folded(alert=counted, change=Change.REPEATED, because=turned)
        seen_at = alert.last_seen_at
    seen = _seen(alert, event, now if after != before else alert.severity_since, seen_at)
    if after == before:
        return Folded(alert=seen, change=Change.REPEATED, because=turned)
    if after > before:
        rose = SeverityRose(before=alert.severity, after=event.severity)
        return Folded(alert=seen, change=Change.RISEN, because=(*turned, rose))
    fell = SeverityFell(before=alert.severity, after=event.severity)
    return Folded(alert=seen, change=Change.FALLEN, because=(*turned, fell))


def _seen(alert: Alert, event: Event, since: datetime, seen_at: datetime) -> Alert:
    """Let *alert* say what *event* says."""
    severity, worst = event.severity, alert.worst_severity
    return _said_again(
        event,
        alert,
        id=alert.id,
        status=alert.status,
        worst_severity=severity if severity.rank > worst.rank else worst,
        severity_since=since,
        title=alert.title if event.opens else event.title or _title(event),
        last_seen_at=seen_at,
        events=alert.events + 1,
        drill=alert.drill,
        parts=with_part(alert.parts, event.part) if event.part else alert.parts,
        version=alert.version + 1,
    )


def _acknowledged_by_source(alert: Alert, event: Event, now: datetime, until: datetime | None) -> Folded:
    held = alert.acknowledgement
    if held is not None and is_acknowledged(alert, now):
        return _ignored(alert, AlreadyAcknowledged(by_name=held.by_name))
    changed, because = acknowledge(
        alert, by=None, by_name=event.source, until=until, comment="", how="event", now=now
    )
    return Folded(alert=changed, change=Change.ACKNOWLEDGED, because=because)


def _resolved(alert: Alert, by: UserId | None, now: datetime) -> Alert:
    status = AlertStatus.RESOLVED
    return _changed(alert, status=status, resolved_at=now, resolved_by=by, snooze=None, parts=())


def _must_fire(alert: Alert, done: str) -> None:
    if alert.status is AlertStatus.RESOLVED:
        raise Conflict(f"the alert is resolved; only a firing one can be {done}")


def _changed(alert: Alert, **changes: Any) -> Alert:
    return evolve(alert, version=alert.version + 1, **changes)


def _title(event: Event) -> str:
    """Find something to call an event that has no title."""
    first_line = event.message.strip().partition("\n")[0]
    return clip(first_line, TITLE_LENGTH_MAX) or event.monitor_name or event.dedup_key or "Untitled alert"
