"""Which alerts a policy takes, how long it keeps quiet about a repeat, and which rules route them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tocsin.core.aggregation import Gathering
from tocsin.core.calendar import TimeWindow
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.filters import Filter
from tocsin.core.ids import AlertPolicyId, EscalationPolicyId, IntegrationId, RuleId, ServiceId, WorkspaceId
from tocsin.core.people import Importance


class Mode(StrEnum):
    """Which of the rules that match an alert act."""

    ALL = "all"
    FIRST = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which alerts a policy looks at: all that every non-empty part of it allows."""

    services: frozenset[ServiceId] = frozenset()
    integrations: frozenset[IntegrationId] = frozenset()
    monitors: frozenset[str] = frozenset()
    filter: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where alerts that match go: a filter, severities (none = every one), a time window, and plans.

    *window* limits it to certain times. A *fallback* rule acts only when no rule with a window is inside it.
    *escalation_policies* are named plans, *inline* the ones that stand in the rule itself; all of them run.
    """

    id: RuleId
    name: str = ""
    filter: Filter
    severities: frozenset[Severity] = frozenset()
    window: TimeWindow | None = None
    fallback: bool = False
    importance: Importance = Importance.DEFAULT
    escalation_policies: tuple[EscalationPolicyId, ...] = ()
    inline: tuple[EscalationPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSilence:
    """How long a policy stays silent about a repeat of the same alert at the same severity.

    *after* None means as long as the alert lasts. *by_severity* overrides it for single severities. A rise
    of severity always breaks through, and a resolve clears it.
    """

    after: timedelta | None = None
    by_severity: Mapping[Severity, timedelta | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """Takes alerts, gathers them, keeps quiet about repeats and routes them. Each policy decides alone."""

    id: AlertPolicyId
    workspace: WorkspaceId
    name: str
    description: str = ""
    enabled: bool = True
    time_zone: str = "UTC"
    scope: Scope
    gathering: Gathering = Gathering()
    repeat: RepeatSilence = RepeatSilence()
    mode: Mode = Mode.ALL
    notify_resolved: bool = True
    rules: tuple[Rule, ...] = ()
