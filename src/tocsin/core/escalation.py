"""Every way from an alert to a human: the page that runs through the steps of an escalation plan.

`plan` says what plans, steps and targets are; this module is the door to them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.effects import Effect, Record
from tocsin.core.event import Severity
from tocsin.core.evolve import carrier, evolve, quickly_made
from tocsin.core.ids import (
    AlertPolicyId,
    DestinationId,
    PageId,
    RuleId,
    ServiceId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import Importance
from tocsin.core.plan import (
    AFTER_MAX,
    REPEATS_MAX,
    STEPS_MAX,
    TARGETS_MAX,
    WITHIN_MAX,
    Action,
    AddressTarget,
    Assignment,
    Condition,
    DestinationTarget,
    EscalationPlan,
    EscalationPolicy,
    Mention,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    Step,
    Target,
    TeamTarget,
    UserTarget,
    WithinWindow,
    check,
)
from tocsin.core.responder import Responder, left_out

__all__ = [
    "AFTER_MAX",
    "REPEATS_MAX",
    "STEPS_MAX",
    "TARGETS_MAX",
    "WITHIN_MAX",
    "Action",
    "AddressTarget",
    "Assignment",
    "Condition",
    "DestinationTarget",
    "EscalationPlan",
    "EscalationPolicy",
    "Mention",
    "MoreAlertsThan",
    "NotifyTargets",
    "Outside",
    "Page",
    "PageStatus",
    "Pause",
    "RepeatSteps",
    "ResolveAlerts",
    "ScheduleTarget",
    "Step",
    "Target",
    "TeamTarget",
    "UserTarget",
    "WithinWindow",
    "as_now",
    "at_least",
    "begin",
    "check",
    "follow_level",
    "hurry",
    "join",
    "look_again",
    "rest",
    "restart",
    "runs",
    "status",
    "stop",
    "tell_at_end",
    "waits_for_events",
]


class PageStatus(StrEnum):
    """What the alerts of a page make of it."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


_TRIGGERED = PageStatus.TRIGGERED  # to look a member up on its class costs more than to compare it


class Outside(NamedTuple):
    """An address that is nobody's here, as a page remembers that it was told."""

    channel: str
    address: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One run of an escalation plan, as it stood when the page began, or was last started over by hand.

    *due* is when the next step is to be taken, None when there is none or the page rests. While
    *gathers_until* is set, alerts with the same (policy, rule, group_key) join this page. *rounds* counts
    how often RepeatSteps was obeyed. *responders* are the users asked so far and *destinations* the places
    told so far, each once. *joined* counts the alerts that came since the page began or its window closed.
    One with a *level* goes forward only while its alert stays at that severity; see `follow_level`. A
    *digest* tells what happened in its window, and so also of what is over when that closes.
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
    destinations: tuple[DestinationId | Outside, ...] = ()
    drill: bool = False
    level: Severity | None = None
    digest: bool = False
    version: int = 1

    @property
    def left_out(self) -> frozenset[UserId]:
        """The users who want no more messages about this page."""
        return left_out(self.responders)

    @property
    def wake_at(self) -> datetime | None:
        """The earliest moment at which this page, or somebody asked by it, has something to do."""
        if self.status is not _TRIGGERED:
            return None
        earliest = self.due
        if self.gathers_until is not None and (earliest is None or self.gathers_until < earliest):
            earliest = self.gathers_until
        for responder in self.responders:
            if responder.due is not None and (earliest is None or responder.due < earliest):
                earliest = responder.due
        return earliest


# What is not given here, its service, title and severity among it, a page has from its first alert.
_page_of = carrier(
    Page,
    Alert,
    given=(
        "id",
        "plan",
        "importance",
        "policy",
        "rule",
        "group_key",
        "gathers_until",
        "status",
        "began_at",
        "due",
        "level",
        "digest",
        "version",
    ),
)


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
    level: Severity | None = None,
) -> Page:
    """Begin a page of *plan* for *alert*.

    With *gathering*, alerts of the same *group_key* may join until its window is over; when the first may
    not go ahead, the first step waits for that too. With *level*, the severity that *alert* has, the first
    step waits until it has lasted.
    """
    gathers_until, starts_at = None, now if level is None else alert.severity_since
    if gathering is not None and gathering.by is not GatherBy.NONE and gathering.window:
        gathers_until = now + gathering.window
        starts_at = now if gathering.first_at_once else gathers_until
    return _page_of(
        alert,
        id=page_id,
        plan=plan,
        importance=importance,
        policy=policy,
        rule=rule,
        group_key=group_key or "",
        gathers_until=gathers_until,
        status=_TRIGGERED,
        began_at=now,
        due=starts_at + plan.steps[0].after,
        level=level,
        digest=gathers_until is not None and gathering is not None and gathering.digest,
        version=1,
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
    return join_all(page, (alert,), now)


def join_all(page: Page, alerts: Sequence[Alert], now: datetime) -> Page:
    """Let *alerts*, of which there is at least one, into *page*, as if one after the other."""
    worst = max([alert.severity for alert in alerts], key=_rank)
    joined = evolve(
        page,
        due=now if waits_for_events(page) else page.due,
        alerts=page.alerts + len(alerts),
        joined=page.joined + len(alerts),
        severity=worst if worst.rank > page.severity.rank else page.severity,
    )
    if page.status is PageStatus.TRIGGERED or all(alert.acknowledgement is not None for alert in alerts):
        return joined
    return _start_over(joined, max(now, page.gathers_until or now))


def follow_level(page: Page, alert: Alert) -> Page:
    """Let a page with a level wait until *alert* has lasted at it, and for as long as it is at another.

    What was done is not done again when the alert comes back to it. Other pages stay as they are.
    """
    if page.level is None or page.status is PageStatus.RESOLVED:
        return page
    due = None
    if alert.severity is page.level and page.next_step < len(page.plan.steps):
        waits = (step.after for step in page.plan.steps[: page.next_step + 1])
        due = alert.severity_since + sum(waits, timedelta(0))
    return page if due == page.due else replace(page, due=due)


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
    return replace(_at_rest(page, PageStatus.RESOLVED), due=None, gathers_until=None)


def restart(
    page: Page, now: datetime, because: Because, *, plan: EscalationPlan | None = None
) -> tuple[Page, tuple[Effect, ...]]:
    """Start *page* over from its first step at *now*, asking everybody anew; a resolved one stays so.

    With *plan*, by that one from now on.
    """
    if page.status is PageStatus.RESOLVED:
        return page, ()
    again = replace(_start_over(page, now), joined=0, plan=plan or page.plan)
    return again, (Record(because=because),)


def as_now(page: Page, alert: Alert, importance: Importance) -> Page:
    """Let *page*, which starts over for *alert*, be as severe as that is now, and as loud as *importance*.

    With other alerts in it, it is as severe as the worst of them.
    """
    louder = at_least(page, importance)
    if alert.severity is page.severity or (page.alerts > 1 and alert.severity.rank < page.severity.rank):
        return louder
    return evolve(louder, severity=alert.severity)


def tell_at_end(page: Page) -> Page:
    """Let *page*, a digest that rests, tell what there is to tell when its window closes."""
    if page.status is not PageStatus.ACKNOWLEDGED or page.gathers_until is None:
        return page
    return _start_over(page, page.gathers_until)


def at_least(page: Page, importance: Importance) -> Page:
    """Let *page* ask as loudly as *importance* from now on, if that is louder."""
    rises = importance is Importance.IMPORTANT and page.importance is Importance.DEFAULT
    return replace(page, importance=importance) if rises else page


def status(*, firing: int, acknowledged: int) -> PageStatus:
    """Derive a page's status from how many of its alerts are firing, and how many of those acknowledged."""
    if firing == 0:
        return PageStatus.RESOLVED
    return PageStatus.ACKNOWLEDGED if acknowledged >= firing else PageStatus.TRIGGERED


def _rank(severity: Severity) -> int:
    return severity.rank


def _awaited(page: Page) -> MoreAlertsThan | None:
    """Find what the next step asks for in numbers of events; a page with a level waits for no events."""
    steps = page.plan.steps if page.level is None else ()
    condition = steps[page.next_step].condition if page.next_step < len(steps) else None
    return condition if isinstance(condition, MoreAlertsThan) else None


def _start_over(page: Page, due: datetime) -> Page:
    if page.level is not None:  # it goes on where it was: what it has done is done once
        return replace(page, status=PageStatus.TRIGGERED)
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
    # How long a severity has lasted is not forgotten because somebody has the alert for a while.
    due = None if page.level is None else page.due
    return replace(page, status=reached, due=due, responders=responders)
