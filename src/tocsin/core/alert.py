"""The trouble behind events of one dedup key in one service, and what people did about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.core.event import Metric, Severity
from tocsin.core.ids import AlertId, AlertPolicyId, IntegrationId, ServiceId, UserId, WorkspaceId


class AlertStatus(StrEnum):
    """Whether the trouble is still there."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Routing(StrEnum):
    """What became of a firing alert the last time that it was judged."""

    ROUTED = "routed"
    SILENCED = "silenced"
    UNROUTED = "unrouted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """ "I have it": until *until*, or until the alert is resolved when that is None.

    *by* is None when a source said it. *by_name* is the name as it was then; *how* says how it was proven
    (``api``, ``email link``, ``event``, ...).
    """

    by: UserId | None
    by_name: str
    at: datetime
    until: datetime | None = None
    comment: str = ""
    how: str = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMemory:
    """When *policy* last let an alert through at *severity*; it is what repeat silence is measured from."""

    policy: AlertPolicyId
    severity: Severity
    routed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Trouble, from its first event to its resolve. What it says is what its newest firing event said.

    A repeat of a firing alert never makes a second one; a firing event after a resolve opens a new one.
    *version* counts changes, for guarded updates.
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
    version: int = 1
