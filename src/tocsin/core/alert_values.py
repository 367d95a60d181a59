"""What an alert holds: how it stands, who has it, who wants to hear of it later, who took it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.core.event import Severity
from tocsin.core.evolve import quickly_made
from tocsin.core.ids import AlertPolicyId, UserId
from tocsin.core.reminders import Reminder


class AlertStatus(StrEnum):
    """Whether the trouble is still there."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Routing(StrEnum):
    """What became of a firing alert the last time that it was judged, or since: its policy may be gone."""

    ROUTED = "routed"
    SILENCED = "silenced"
    UNROUTED = "unrouted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody's "I have it": until *until*, or until the alert is resolved when that is None.

    *by* is None when a source said it. *by_name* is the name as it was then; *how* says how it was proven
    (``api``, ``email link``, ``event``, ...). *reminder* is there if they are asked again.
    """

    by: UserId | None
    by_name: str
    at: datetime
    until: datetime | None = None
    comment: str = ""
    how: str = "api"
    reminder: Reminder | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMemory:
    """When *policy* last let an alert through at *severity*; it is what repeat silence is measured from."""

    policy: AlertPolicyId
    severity: Severity
    routed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Somebody's "not now": nobody is paged about the alert until *until*, or at all when that is None."""

    by: UserId | None
    by_name: str
    at: datetime
    until: datetime | None = None
