"""What an alert policy is: which alerts it takes, how long it keeps quiet about a repeat, and its rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from tocsin.core.aggregation import UNGATHERED, Gathering
from tocsin.core.calendar import TimeWindow
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.filters import Filter
from tocsin.core.ids import (
    AlertPolicyId,
    EscalationPolicyId,
    IntegrationId,
    RuleId,
    ServiceId,
    TeamId,
    WorkspaceId,
)
from tocsin.core.payload_test import PayloadTest
from tocsin.core.people import Importance


class Mode(StrEnum):
    """Which of the rules that match an alert act: all, the first, or all those of the first open window.

    By first_window, the first rule whose window contains the time of the event settles which window counts:
    no rule with another one acts, and fallback rules only if there is none. The other modes go by the time
    at which the event is judged.
    """

    ALL = "all"
    FIRST = "first"
    FIRST_WINDOW = "first_window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which alerts a policy looks at: all that every non-empty part of it allows.

    Those of *team* name it by its handle in their label ``team``, or come from a service that it owns.
    """

    services: frozenset[ServiceId] = frozenset()
    integrations: frozenset[IntegrationId] = frozenset()
    monitors: frozenset[str] = frozenset()
    team: TeamId | None = None
    filter: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """A plan for an alert that stays at one of *severities* (none = those of its rule).

    Its first step comes when the alert has been at that severity, without interruption, for as long as the
    step's *after* says: once for each severity in the life of the alert, however often it is repeated and
    whatever the policy keeps quiet about. It is never gathered.
    """

    severities: frozenset[Severity] = frozenset()
    plan: EscalationPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where alerts that match go: a filter, severities (none = every one), a time window, and plans.

    *window* limits it to certain times. A *fallback* rule acts only when no rule with a window is inside it.
    *escalation_policies* are named plans, *inline* the ones that stand in the rule itself; all of them run.
    *importance* None leaves it to the alert's severity, see ``ruling.LOUD``. *team* is the one whose rules
    decide in this one's stead. *payload* is tried where events come in: see ``core.payload_test``. A rule
    that pages *nobody* has no plans, and takes what it matches from the catch-all, and from the rules
    behind it where only the first acts. Outside *hours* its pages wait before their first step, and an
    acknowledgement of them holds for *held_for* at most. *lasting* are the plans for alerts that it has
    taken and that last.
    """

    id: RuleId
    name: str = ""
    filter: Filter
    severities: frozenset[Severity] = frozenset()
    window: TimeWindow | None = None
    fallback: bool = False
    importance: Importance | None = Importance.DEFAULT
    escalation_policies: tuple[EscalationPolicyId, ...] = ()
    inline: tuple[EscalationPlan, ...] = ()
    team: TeamId | None = None
    hours: TimeWindow | None = None
    held_for: timedelta | None = None
    payload: PayloadTest | None = None
    nobody: bool = False
    lasting: tuple[Lasting, ...] = ()

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        """The windows that it has: that of its own, and its hours."""
        return tuple(window for window in (self.window, self.hours) if window is not None)

    @property
    def plans(self) -> tuple[EscalationPlan, ...]:
        """The plans that stand in the rule itself, those for alerts that last included."""
        return (*self.inline, *(each.plan for each in self.lasting))


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSilence:
    """How long a policy stays silent about a repeat of the same alert at the same severity.

    *after* None means as long as the alert lasts. *by_severity* overrides it for single severities. A rise
    of severity breaks through, and a resolve clears it. With *each_severity* every severity is silenced by
    itself: a fall breaks through as well, and coming back to one does not before its own time.
    """

    after: timedelta | None = None
    by_severity: Mapping[Severity, timedelta | None] = field(default_factory=dict)
    each_severity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class AlertPolicy:
    """Takes alerts, gathers them, keeps quiet about repeats and routes them. Each policy decides alone."""

    id: AlertPolicyId
    workspace: WorkspaceId
    name: str
    description: str = ""
    enabled: bool = True
    time_zone: str = "UTC"
    scope: Scope
    gathering: Gathering = UNGATHERED
    repeat: RepeatSilence = RepeatSilence()
    mode: Mode = Mode.ALL
    notify_resolved: bool = True
    rules: tuple[Rule, ...] = ()


def policy_of(policies: Sequence[AlertPolicy], team: TeamId) -> AlertPolicy | None:
    """Find the policy whose rules are those of *team*: the first one for its alerts."""
    return next((policy for policy in policies if policy.scope.team == team), None)
