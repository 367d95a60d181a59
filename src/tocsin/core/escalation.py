"""Every way from an alert to a human: a list of steps, and the page that runs through them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.calendar import TimeWindow, check_window
from tocsin.core.effects import Effect, Record
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.evolve import evolve, quickly_made
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

STEPS_MAX = 50
TARGETS_MAX = 50
AFTER_MAX = timedelta(days=30)
REPEATS_MAX = 10_000
WITHIN_MAX = timedelta(days=30)


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
    """Holds when more than *count* events came in the *within* before now.

    Otherwise the step waits and is looked at again with each new event, or is passed when *skip* is set.
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


@quickly_made
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
    def left_out(self) -> frozenset[UserId]:
        """The users who want no more messages about this page."""
        return frozenset(responder.user for responder in self.responders if responder.declined)

    @property
    def wake_at(self) -> datetime | None:
        """The earliest moment at which this page, or somebody asked by it, has something to do."""
        if self.status is not PageStatus.TRIGGERED:
            return None
        earliest = self.due
        if self.gathers_until is not None and (earliest is None or self.gathers_until < earliest):
            earliest = self.gathers_until
        for responder in self.responders:
            if responder.due is not None and (earliest is None or responder.due < earliest):
                earliest = responder.due
        return earliest


def check(steps: Sequence[Step], path: str = "steps") -> None:
    """Raise Invalid, naming the place below *path*, unless *steps* can be a plan."""
    if not 1 <= len(steps) <= STEPS_MAX:
        raise Invalid(path, f"has {len(steps)} steps", f"must have 1 to {STEPS_MAX}")
    for number, step in enumerate(steps):
        _check_step(step, f"{path}[{number}]")
    if not any(isinstance(step.action, NotifyTargets) for step in steps):
        raise Invalid(path, "asks nobody", "must have a step that notifies somebody")


def begin(
    *,
    page_id: PageId,
    plan: EscalationPlan,
    alert: Alert,
    now: datetime,
    importance: Importance = Importance.DEFAULT,
    policy: AlertPolicyId | None = None,
    rule: RuleId | None = None,
    group_key: str | None = None,
    gathering: Gathering | None = None,
) -> Page:
    """Begin a page of *plan* for *alert*.

    With *gathering*, alerts of the same *group_key* may join until its window is over; when the first may
    not go ahead, the first step waits for that too.
    """
    gathers_until, starts_at = None, now
    if gathering is not None and gathering.by is not GatherBy.NONE and gathering.window:
        gathers_until = now + gathering.window
        starts_at = now if gathering.first_at_once else gathers_until
    return Page(
        id=page_id,
        workspace=alert.workspace,
        service=alert.service,
        title=alert.title,
        severity=alert.severity,
        plan=plan,
        importance=importance,
        policy=policy,
        rule=rule,
        group_key=group_key or "",
        gathers_until=gathers_until,
        began_at=now,
        due=starts_at + plan.steps[0].after,
        drill=alert.drill,
    )


def runs(page: Page, plan: EscalationPlan, *, policy: AlertPolicyId | None, rule: RuleId | None) -> bool:
    """Tell whether *page* runs *plan*, or what the same escalation policy had before, for that rule."""
    same = page.plan.id == plan.id or (page.plan.policy is not None and page.plan.policy == plan.policy)
    return same and (page.policy, page.rule) == (policy, rule)


def join(page: Page, alert: Alert, now: datetime) -> Page:
    """Let *alert* into *page*, whose severity is that of its worst alert.

    An acknowledged page is triggered again, for nobody has this alert yet: it starts over when its window
    is over.
    """
    joined = evolve(
        page,
        due=now if waits_for_events(page) else page.due,
        alerts=page.alerts + 1,
        joined=page.joined + 1,
        severity=alert.severity if alert.severity.rank > page.severity.rank else page.severity,
    )
    if page.status is PageStatus.TRIGGERED or alert.acknowledgement is not None:
        return joined
    return _start_over(joined, max(now, page.gathers_until or now))


def waits_for_events(page: Page) -> bool:
    """Tell whether the page's next step waits for more events, so that each new one must `look_again`."""
    return page.due is None and page.status is PageStatus.TRIGGERED and _awaited(page) is not None


def look_again(page: Page, now: datetime, recent_events: Callable[[timedelta], int] | None = None) -> Page:
    """Make the next step due at *now* if it waits for more events; otherwise change nothing.

    With *recent_events*, which tells how many events of the page's alerts came in the span before *now*, the
    newest included, only if they are enough: so that the story does not say "it waits" at each repeat.
    """
    awaited = _awaited(page)
    if awaited is None or not waits_for_events(page):
        return page
    enough = recent_events is None or recent_events(awaited.within) > awaited.count
    return replace(page, due=now) if enough else page


def hurry(page: Page, now: datetime) -> Page:
    """Make the next step of *page* due at *now*, also when it rests; at its plan's end it starts over."""
    if page.status is PageStatus.RESOLVED:
        return page
    if page.next_step >= len(page.plan.steps):
        return _start_over(page, now)
    return replace(page, status=PageStatus.TRIGGERED, due=now)


def rest(page: Page) -> Page:
    """Acknowledge *page*: no step is taken and nobody asked until it is restarted. It goes on gathering."""
    return _at_rest(page, PageStatus.ACKNOWLEDGED)


def stop(page: Page) -> Page:
    """Resolve *page*, for good: it takes no more steps and no more alerts."""
    return replace(_at_rest(page, PageStatus.RESOLVED), gathers_until=None)


def restart(page: Page, now: datetime, because: Because) -> tuple[Page, tuple[Effect, ...]]:
    """Start *page* over from its first step at *now*, asking everybody anew; a resolved one stays so."""
    if page.status is PageStatus.RESOLVED:
        return page, ()
    return replace(_start_over(page, now), joined=0), (Record(because=because),)


def at_least(page: Page, importance: Importance) -> Page:
    """Let *page* ask as loudly as *importance* from now on, if that is louder."""
    rises = importance is Importance.IMPORTANT and page.importance is Importance.DEFAULT
    return replace(page, importance=importance) if rises else page


def status(*, firing: int, acknowledged: int) -> PageStatus:
    """Derive a page's status from how many of its alerts are firing, and how many of those acknowledged."""
    if firing == 0:
        return PageStatus.RESOLVED
    return PageStatus.ACKNOWLEDGED if acknowledged >= firing else PageStatus.TRIGGERED


def _awaited(page: Page) -> MoreAlertsThan | None:
    """Find what the next step asks for in numbers of events."""
    steps = page.plan.steps
    condition = steps[page.next_step].condition if page.next_step < len(steps) else None
    return condition if isinstance(condition, MoreAlertsThan) else None


def _start_over(page: Page, due: datetime) -> Page:
    return replace(
        page,
        status=PageStatus.TRIGGERED,
        next_step=0,
        due=due,
        rounds=0,
        responders=tuple(responder for responder in page.responders if responder.declined),
        destinations=(),
    )


def _at_rest(page: Page, reached: PageStatus) -> Page:
    responders = tuple(replace(responder, due=None) for responder in page.responders)
    return replace(page, status=reached, due=None, responders=responders)


def _check_step(step: Step, path: str) -> None:
    if not timedelta(0) <= step.after <= AFTER_MAX:
        raise Invalid(f"{path}.after", f"is {step.after}", f"must be 0 to {AFTER_MAX.days} days")
    match step.action:
        case NotifyTargets(targets=targets) if not 1 <= len(targets) <= TARGETS_MAX:
            raise Invalid(f"{path}.targets", f"has {len(targets)} targets", f"must have 1 to {TARGETS_MAX}")
        case RepeatSteps(times=times) if not 0 <= times <= REPEATS_MAX:
            raise Invalid(f"{path}.times", f"is {times}", f"must be 0 to {REPEATS_MAX}")
        case _:
            pass
    match step.condition:
        case WithinWindow(window=window):
            check_window(window, f"{path}.condition.window")
        case MoreAlertsThan(count=count) if count < 0:
            raise Invalid(f"{path}.condition.count", f"is {count}", "must be 0 or more")
        case MoreAlertsThan(within=within) if not timedelta(0) < within <= WITHIN_MAX:
            remedy = f"must be more than 0 and at most {WITHIN_MAX.days} days"
            raise Invalid(f"{path}.condition.within", f"is {within}", remedy)
        case _:
            pass
