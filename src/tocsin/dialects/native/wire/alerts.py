"""Alerts as JSON has them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from tocsin.core.alert import COMMENT_LENGTH_MAX, Acknowledgement, Alert, AlertStatus, Routing, Snooze
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.reminders import Reminder
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.events import MetricView
from tocsin.dialects.native.wire.naming import PersonName, ServiceName, name_person, name_service
from tocsin.dialects.native.wire.shapes import (
    SPAN_MAX_S,
    Body,
    Id,
    Instant,
    View,
    instant_or_none,
)
from tocsin.dialects.native.wire.spelled import spelled

AT_ONCE_MAX = 500


class Standing(StrEnum):
    """How an alert stands: what fires is open until somebody acknowledges it, and after that as well."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class ReminderView(View):
    """When whoever has it is asked whether they still do, or was, and by when they are to answer."""

    ask_at: datetime | None
    asked_at: datetime | None
    answer_by: datetime | None


class AcknowledgementView(View):
    """Who said "I have it", when, how and until when; *by* is null when a source said it."""

    by: PersonName | None
    by_name: str
    at: datetime
    until: datetime | None
    comment: str
    how: str
    reminder: ReminderView | None


class SnoozeView(View):
    """Who said "not now", when and until when; null is until it is resolved."""

    by: PersonName | None
    by_name: str
    at: datetime
    until: datetime | None


class AlertView(View):
    """Trouble, from its first event to its resolve."""

    id: str
    service: ServiceName
    integration_id: str | None
    status: Standing
    severity: Severity
    worst_severity: Severity
    severity_since: datetime
    title: str
    message: str
    source: str
    labels: Mapping[str, str]
    links: tuple[str, ...]
    event_type: str
    metric: MetricView | None
    host: str
    monitor_id: str
    monitor_name: str
    monitor_labels: tuple[str, ...]
    dimensions: Mapping[str, str]
    dedup_key: str
    opened_at: datetime
    last_seen_at: datetime
    event_count: int
    acknowledgement: AcknowledgementView | None
    resolved_at: datetime | None
    resolved_by: PersonName | None
    routing: Annotated[
        Routing | None, Meta(description="what became of it: routed, silenced, unrouted or withdrawn")
    ]
    drill: bool
    snooze: SnoozeView | None


class AlertList(View):
    """A stretch of a list of alerts, the newest first."""

    alerts: list[AlertView]
    next: str | None
    total: int


class AlertsView(View):
    """Some alerts."""

    alerts: list[AlertView]


class AcknowledgeBody(Body):
    """Until when, and with what words; without an end it holds until the alert is resolved."""

    until: Annotated[Instant, Meta(description="an RFC 3339 time in the future")] | None = None
    for_s: (
        Annotated[int, Meta(ge=1, le=SPAN_MAX_S, description="seconds from now, in place of until")] | None
    ) = None
    comment: Annotated[str, Meta(max_length=COMMENT_LENGTH_MAX)] | None = None


class AlertIdsBody(Body):
    """Which alerts."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=AT_ONCE_MAX)]


class AcknowledgeManyBody(AcknowledgeBody, kw_only=True):
    """Which alerts to acknowledge, until when, and with what words."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=AT_ONCE_MAX)]


def words(body: AcknowledgeBody, now: datetime) -> dict[str, Any]:
    """Read until when, and with what words, somebody acknowledges."""
    if body.until is not None and body.for_s is not None:
        raise Invalid("until", "stands beside for_s, which says the same", "must be given alone")
    until = instant_or_none(body.until, "until")
    if body.for_s is not None:
        until = now + timedelta(seconds=body.for_s)
    return {"until": until, "comment": body.comment or ""}


def show_alert(alert: Alert, directory: Directory) -> AlertView:
    """Write one alert."""
    return AlertView(
        id=native("alert", alert.id),
        service=name_service(alert.service, directory),
        integration_id=spelled("integration", alert.integration),
        status=standing_of(alert),
        severity=alert.severity,
        worst_severity=alert.worst_severity,
        severity_since=alert.severity_since,
        title=alert.title,
        message=alert.message,
        source=alert.source,
        labels=alert.labels,
        links=alert.links,
        event_type=alert.event_type,
        metric=MetricView.of(alert.metric),
        host=alert.host,
        monitor_id=alert.monitor_id,
        monitor_name=alert.monitor_name,
        monitor_labels=alert.monitor_labels,
        dimensions=alert.dimensions,
        dedup_key=alert.dedup_key,
        opened_at=alert.opened_at,
        last_seen_at=alert.last_seen_at,
        event_count=alert.events,
        acknowledgement=_acknowledgement(alert.acknowledgement, directory),
        resolved_at=alert.resolved_at,
        resolved_by=name_person(alert.resolved_by, directory),
        routing=alert.routing,
        drill=alert.drill,
        snooze=_snooze(alert.snooze, directory),
    )


def standing_of(alert: Alert) -> Standing:
    """Tell how *alert* stands."""
    if alert.status is AlertStatus.RESOLVED:
        return Standing.RESOLVED
    return Standing.FIRING if alert.acknowledgement is None else Standing.ACKNOWLEDGED


def _snooze(snooze: Snooze | None, directory: Directory) -> SnoozeView | None:
    if snooze is None:
        return None
    by = name_person(snooze.by, directory)
    return SnoozeView(by=by, by_name=snooze.by_name, at=snooze.at, until=snooze.until)


def _acknowledgement(held: Acknowledgement | None, directory: Directory) -> AcknowledgementView | None:
    if held is None:
        return None
    return AcknowledgementView(
        by=name_person(held.by, directory),
        by_name=held.by_name,
        at=held.at,
        until=held.until,
        comment=held.comment,
        how=held.how,
        reminder=_reminder(held.reminder),
    )


def _reminder(reminder: Reminder | None) -> ReminderView | None:
    if reminder is None:
        return None
    ask_at, asked_at, answer_by = reminder.ask_at, reminder.asked_at, reminder.answer_by
    return ReminderView(ask_at=ask_at, asked_at=asked_at, answer_by=answer_by)
