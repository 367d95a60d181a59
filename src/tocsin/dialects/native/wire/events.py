"""Events as JSON has them. What comes in is read by the source of that name; here it is only described."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tocsin.core.directory import Directory
from tocsin.core.event import Event, EventStatus, Metric, Severity
from tocsin.core.ids import AlertId
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.naming import ServiceName, name_service
from tocsin.dialects.native.wire.shapes import View
from tocsin.dialects.native.wire.spelled import spelled

EVENTS_MAX = 1_000

Scalar = str | float | bool | None
Word = Annotated[str, Meta(description="cut visibly at 255 characters")]


class MetricBody(Struct, kw_only=True):
    """What was measured."""

    name: str
    value: float | None = None
    units: str | None = None


class EventBody(Struct, kw_only=True):
    """What a source says. null is as good as absent; a field that is not known is kept among the details."""

    dedup_key: Annotated[
        str | None,
        Meta(description="what makes two events the same trouble; without one, each is an alert of its own"),
    ] = None
    status: Annotated[
        Literal["firing", "acknowledged", "resolved"] | None, Meta(description="firing if not given")
    ] = None
    severity: Annotated[
        Literal["critical", "error", "warning", "nodata", "info", "ok"] | None,
        Meta(description="error if not given; ok resolves"),
    ] = None
    title: Annotated[str | None, Meta(description="one line")] = None
    message: Annotated[str | None, Meta(description="more words")] = None
    source: Word | None = None
    service: Annotated[str | None, Meta(description="id or slug; the key's own service if not given")] = None
    project_id: Annotated[str | None, Meta(description="the same, for senders that call it a project")] = None
    labels: dict[str, Scalar] | None = None
    occurred_at: Annotated[
        datetime | None, Meta(description="an RFC 3339 time with its offset; now if not given")
    ] = None
    links: Annotated[list[str] | None, Meta(description="http and https addresses")] = None
    images: Annotated[list[str] | None, Meta(description="addresses of pictures")] = None
    details: Annotated[dict[str, Any] | None, Meta(description="whatever is to be kept with it")] = None
    event_type: Word | None = None
    metric: MetricBody | None = None
    host: Word | None = None
    monitor_id: Word | None = None
    monitor_name: Word | None = None
    monitor_labels: list[Scalar] | None = None
    dimensions: Annotated[dict[str, Scalar] | None, Meta(description="what it was measured over")] = None


class EventsBody(EventBody, kw_only=True):
    """One event, or ``events`` and nothing else."""

    events: Annotated[list[EventBody], Meta(min_length=1, max_length=EVENTS_MAX)] | UnsetType = UNSET


class AcceptedEvent(View):
    """An event that is on disk."""

    id: str


class AcceptedEvents(View):
    """The events that are on disk, in the order in which they came."""

    events: list[AcceptedEvent]


class MetricView(View):
    """What was measured."""

    name: str
    value: float | None
    units: str

    @classmethod
    def of(cls, metric: Metric | None) -> "MetricView | None":
        """Write *metric*, if there is one."""
        if metric is None:
            return None
        return cls(name=metric.name, value=metric.value, units=metric.units)


class EventView(View):
    """What a source said, once; *alert_id* is the alert that it belongs to, if there is one."""

    id: str
    alert_id: str | None
    service: ServiceName
    integration_id: str | None
    dedup_key: str
    status: EventStatus
    severity: Severity
    title: str
    message: str
    source: str
    labels: Mapping[str, str]
    occurred_at: datetime
    received_at: datetime
    links: tuple[str, ...]
    images: tuple[str, ...]
    details: Mapping[str, Any]
    event_type: str
    metric: MetricView | None
    host: str
    monitor_id: str
    monitor_name: str
    monitor_labels: tuple[str, ...]
    dimensions: Mapping[str, str]
    drill: bool


class EventList(View):
    """A stretch of a list of events, the newest first."""

    events: list[EventView]
    next: str | None
    total: Annotated[int, Meta(description="how many there are; no more than 10,000 are counted")]


def show_event(event: Event, alert: AlertId | None, directory: Directory) -> EventView:
    """Write one event."""
    return EventView(
        id=native("event", event.id),
        alert_id=spelled("alert", alert),
        service=name_service(event.service, directory),
        integration_id=spelled("integration", event.integration),
        dedup_key=event.dedup_key,
        status=event.status,
        severity=event.severity,
        title=event.title,
        message=event.message,
        source=event.source,
        labels=event.labels,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        links=event.links,
        images=event.images,
        details=event.details,
        event_type=event.event_type,
        metric=MetricView.of(event.metric),
        host=event.host,
        monitor_id=event.monitor_id,
        monitor_name=event.monitor_name,
        monitor_labels=event.monitor_labels,
        dimensions=event.dimensions,
        drill=event.drill,
    )
