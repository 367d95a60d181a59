"""Every way from an alert to a human: a list of steps, and the page that runs through them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.calendar import TimeWindow
from tocsin.core.event import Severity
from tocsin.core.ids import (
    AlertPolicyId,
    DestinationId,
    EscalationPolicyId,
    PageId,
    PlanId,
    RuleId,
    ScheduleId,
    ServiceId,
    StepId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import Importance
from tocsin.core.responder import Responder
from tocsin.core.schedule import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTarget:
    """One person; *via* names channels that replace the person's own rules."""

    user: UserId
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamTarget:
    """Every member of a team."""

    team: TeamId
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTarget:
    """Whoever holds *position* of a schedule when the step is taken."""

    schedule: ScheduleId
    position: Position = Position.CURRENT
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationTarget:
    """Somewhere that is not a person."""

    destination: DestinationId


Target = UserTarget | TeamTarget | ScheduleTarget | DestinationTarget


class Assignment(StrEnum):
    """Whether a step asks all its targets, or one of them, in turn from page to page."""

    ALL = "all"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyTargets:
    """Ask *targets*; *importance* None means the page's own."""

    targets: tuple[Target, ...]
    assignment: Assignment = Assignment.ALL
    importance: Importance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveAlerts:
    """Resolve every alert of the page, in nobody's name; nothing comes after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSteps:
    """Take the first step again, at once; when that was done *times* times, pass on to the next step."""

    times: int


Action = NotifyTargets | ResolveAlerts | RepeatSteps


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinWindow:
    """Holds inside *window*. Outside it the step waits for the window, or is passed when *skip* is set."""

    window: TimeWindow
    skip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreAlertsThan:
    """Holds when more than *count* events came in the *within* before now; otherwise the step is passed or,
    unless *skip* is set, waits and is looked at again with each new event of the page.
    """

    count: int
    within: timedelta
    skip: bool = False


Condition = WithinWindow | MoreAlertsThan


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An *action*, *after* so long since the step before it (the first: since the page began)."""

    id: StepId
    after: timedelta = timedelta(0)
    action: Action
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPlan:
    """A list of steps from an alert to a human; *policy* is set when it is a named escalation policy's.

    Plans are never changed: a policy that is edited gets a new plan, and pages that run keep the old one.
    """

    id: PlanId
    name: str
    steps: tuple[Step, ...]
    policy: EscalationPolicyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """A named escalation plan; *plan* is the one that its pages begin with now."""

    id: EscalationPolicyId
    workspace: WorkspaceId
    name: str
    description: str = ""
    plan: EscalationPlan
    teams: tuple[TeamId, ...] = ()


class PageStatus(StrEnum):
    """What the alerts of a page make of it."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One run of an escalation plan, as the plan stood when the page began.

    *due* is when the next step is to be taken, None when there is none or the page rests. While
    *gathers_until* is set, alerts with the same (policy, rule, group_key) join this page. *rounds* counts
    how often RepeatSteps was obeyed. *responders* are the users asked so far and *destinations* the places
    told so far, each once. *joined* counts the alerts that came since the page began or its window closed.
    """

    id: PageId
    workspace: WorkspaceId
    service: ServiceId
    title: str
    severity: Severity
    plan: EscalationPlan
    importance: Importance = Importance.DEFAULT
    policy: AlertPolicyId | None = None
    rule: RuleId | None = None
    group_key: str = ""
    gathers_until: datetime | None = None
    status: PageStatus = PageStatus.TRIGGERED
    began_at: datetime
    next_step: int = 0
    due: datetime | None
    rounds: int = 0
    alerts: int = 1
    joined: int = 0
    responders: tuple[Responder, ...] = ()
    destinations: tuple[DestinationId, ...] = ()
    drill: bool = False
    version: int = 1

    @property
    def wake_at(self) -> datetime | None:
        """The earliest moment at which this page, or somebody asked by it, has something to do; None at rest."""
        if self.status is not PageStatus.TRIGGERED:
            return None
        moments = [self.due, self.gathers_until, *(responder.due for responder in self.responders)]
        return min((moment for moment in moments if moment is not None), default=None)
