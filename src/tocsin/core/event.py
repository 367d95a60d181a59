"""What a source said, once: never changed, and kept as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tocsin.core.ids import EventId, IntegrationId, ServiceId, WorkspaceId


class EventStatus(StrEnum):
    """What an event says of the trouble that it names."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How bad it is, worst first; compare by *rank*."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    NODATA = "nodata"
    INFO = "info"

    @property
    def rank(self) -> int:
        """5 for critical down to 1 for info: the higher, the worse."""
        return _RANK[self]


_RANK = {severity: 5 - place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What was measured: *value* may be 0.0, which is a value like any other."""

    name: str
    value: float | None = None
    units: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a source said.

    *dedup_key* is the text that makes two events the same trouble; empty means "never the same as another".
    *occurred_at* is the source's word for when, *received_at* is ours. *details* is kept and never read.
    """

    id: EventId
    workspace: WorkspaceId
    service: ServiceId
    integration: IntegrationId | None = None
    dedup_key: str = ""
    status: EventStatus = EventStatus.FIRING
    severity: Severity = Severity.ERROR
    title: str = ""
    message: str = ""
    source: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    occurred_at: datetime
    received_at: datetime
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    event_type: str = ""
    metric: Metric | None = None
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    drill: bool = False
