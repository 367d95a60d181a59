"""Paging by hand: people, a team or an escalation policy, about an alert of its own or one that is there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from typing import Final

from tocsin.actions.actor import Actor, Permission
from tocsin.actions.ledger import Ledger
from tocsin.core import alert as trouble
from tocsin.core import escalation, judging
from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.because import Because
from tocsin.core.because_page import PagedByHand
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.escalation import EscalationPlan, NotifyTargets, Page, Step, Target
from tocsin.core.event import Event, Severity, within_limits
from tocsin.core.ids import AlertId, EscalationPolicyId, EventId, PageId, PlanId, ServiceId, StepId, TeamId
from tocsin.core.people import Importance
from tocsin.core.spelling import native
from tocsin.core.verdict import Routed
from tocsin.store import alerts, directories, events, plans
from tocsin.store.transaction import Tx

Asked = tuple[Target, Importance]
"""Whom to ask, and how loudly."""

NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
_NAME: Final = "a page by hand"


def page_by_hand(
    tx: Tx,
    actor: Actor,
    *,
    title: str,
    message: str = "",
    targets: Sequence[Target] = (),
    policy: EscalationPolicyId | None = None,
    importance: Importance = Importance.IMPORTANT,
    labels: Mapping[str, str] = NO_LABELS,
    service: ServiceId,
    now: datetime,
) -> Page:
    """Open an alert of its own and page *targets*, or run *policy*, about it.

    Raises Invalid when there is neither, or both, and for a target that is not there.
    """
    actor.must(Permission.RESPOND)
    directory = directories.current(tx, actor.workspace)
    plan = _plan_by_hand(tx, directory, targets, policy)
    ledger = Ledger(tx, directory, now)
    alert = open_by_hand(
        ledger, actor, title=title, message=message, importance=importance, labels=labels, service=service
    )
    page = escalation.begin(
        page_id=PageId(tx.new_id()), plan=plan, alert=alert, now=now, importance=importance
    )
    asked = tuple(directory.describe(target) for target in targets) or (plan.name,)
    ledger.begin(page, alert, (PagedByHand(by_name=actor.name, asked=asked),))
    ledger.settle()
    return ledger.pages[page.id]


def page_team(
    tx: Tx,
    actor: Actor,
    *,
    title: str,
    message: str = "",
    team: TeamId,
    importance: Importance = Importance.IMPORTANT,
    labels: Mapping[str, str] = NO_LABELS,
    service: ServiceId,
    now: datetime,
) -> Page:
    """Open an alert of its own and page by the rules of *team*, whatever the scopes of other policies say.

    Where a rule leaves importance to the alert, it is *importance*. Return the first page that a named
    escalation policy runs, or the first there is. Raises NotFound for a team that is not there, and Conflict
    when its rules lead nowhere.
    """
    actor.must(Permission.RESPOND)
    directory = directories.current(tx, actor.workspace)
    known = directory.teams.get(team)
    if known is None:
        raise NotFound("team", native("team", team))
    ledger = Ledger(tx, directory, now)
    alert = open_by_hand(
        ledger,
        actor,
        title=title,
        message=message,
        importance=importance,
        labels={"team": known.handle, **labels},
        service=service,
    )
    verdicts = judging.ask_team(directory.asking, team, directory.plans, alert, now)
    routes = [verdict for verdict in verdicts if isinstance(verdict, Routed)]
    if not routes:
        raise Conflict(f"team {known.name} has no routing rules that lead to anybody; give it some")
    because = PagedByHand(by_name=actor.name, asked=(f"team {known.name}",))
    begun = [_begin_routed(ledger, alert, route, because) for route in routes]
    ledger.settle()
    named = (page for page in begun if page.plan.policy is not None)
    return ledger.pages[next(named, begun[0]).id]


def page_people(
    tx: Tx,
    actor: Actor,
    *,
    asked: Sequence[Asked],
    title: str,
    message: str = "",
    labels: Mapping[str, str],
    service: ServiceId,
    now: datetime,
) -> Alert:
    """Open an alert of its own and page everybody who is *asked* about it; return the alert."""
    actor.must(Permission.RESPOND)
    directory = directories.current(tx, actor.workspace)
    plan = _plan_each(tx, directory, asked)
    importance = max((importance for _, importance in asked), key=_loudness)
    ledger = Ledger(tx, directory, now)
    alert = open_by_hand(
        ledger, actor, title=title, message=message, importance=importance, labels=labels, service=service
    )
    return _begin(ledger, actor, plan, alert, asked)


def add_people(tx: Tx, actor: Actor, alert_id: AlertId, *, asked: Sequence[Asked], now: datetime) -> Alert:
    """Page everybody who is *asked* about an alert that is there, whoever has acknowledged it.

    Raises Conflict for one that is resolved. Whoever acknowledges it from then on stops this page as well.
    """
    actor.must(Permission.RESPOND)
    alert = alerts.find(tx, actor.workspace, alert_id, lock=True)
    if alert.status is AlertStatus.RESOLVED:
        raise Conflict("the alert is resolved, and nobody can be asked to help with it")
    directory = directories.current(tx, actor.workspace)
    plan = _plan_each(tx, directory, asked)
    return _begin(Ledger(tx, directory, now), actor, plan, alert, asked)


def open_by_hand(
    ledger: Ledger,
    actor: Actor,
    *,
    title: str,
    message: str,
    importance: Importance,
    labels: Mapping[str, str],
    service: ServiceId,
) -> Alert:
    """Open an alert that no source has reported: one that every page of it is about."""
    tx, now = ledger.tx, ledger.now
    event = Event(
        id=EventId(tx.new_id()),
        workspace=actor.workspace,
        service=service,
        severity=Severity.CRITICAL if importance is Importance.IMPORTANT else Severity.WARNING,
        title=title,
        message=message,
        source=actor.name,
        labels=labels,
        occurred_at=now,
        received_at=now,
    )
    event = within_limits(event)
    opened = trouble.fold(None, event, now, alert_id=AlertId(tx.new_id()))
    if opened.alert is None:
        raise Conflict("the page could not be opened")
    alert = replace(opened.alert, routing=Routing.ROUTED)
    ledger.open(alert, opened.because)
    events.insert_many(tx, [(event, alert.id)])
    return alert


def must_know(directory: Directory, targets: Sequence[Target]) -> None:
    """Raise Invalid for the first of *targets* that names nobody and nothing here."""
    for place, target in enumerate(targets):
        if not directory.has(target):
            remedy = "must be the id of one that is there"
            raise Invalid(f"targets[{place}].id", "names nobody and nothing here", remedy)


def plan_of(directory: Directory, policy: EscalationPolicyId) -> EscalationPlan:
    """Find the plan that *policy* has now; raise NotFound for a policy that is not there."""
    known = directory.plans.get(policy)
    if known is None:
        raise NotFound("escalation policy", native("escalation_policy", policy))
    return known


def plan_for_once(tx: Tx, directory: Directory, name: str, steps: Sequence[Step]) -> EscalationPlan:
    """Store a plan that no policy has, for the page that is to begin with it."""
    plan = EscalationPlan(id=PlanId(tx.new_id()), name=name, steps=tuple(steps))
    escalation.check(plan.steps, "targets")
    plans.add_many(tx, directory.workspace, (plan,))
    return plan


def _begin_routed(ledger: Ledger, alert: Alert, route: Routed, because: Because) -> Page:
    """Begin a page of *alert* as *route* says, and write down why."""
    page = escalation.begin(
        page_id=PageId(ledger.tx.new_id()),
        plan=route.plan,
        alert=alert,
        now=ledger.now,
        importance=route.importance,
        policy=route.policy,
        rule=route.rule,
    )
    ledger.begin(page, alert, (because, route.because))
    return page


def _begin(ledger: Ledger, actor: Actor, plan: EscalationPlan, alert: Alert, asked: Sequence[Asked]) -> Alert:
    page = escalation.begin(page_id=PageId(ledger.tx.new_id()), plan=plan, alert=alert, now=ledger.now)
    names = tuple(ledger.directory.describe(target) for target, _ in asked)
    ledger.begin(page, alert, (PagedByHand(by_name=actor.name, asked=names),))
    ledger.settle()
    return ledger.alerts.get(alert.id, alert)


def _plan_by_hand(
    tx: Tx, directory: Directory, targets: Sequence[Target], policy: EscalationPolicyId | None
) -> EscalationPlan:
    if (policy is None) == (not targets):
        raise Invalid("targets", "must name people or one escalation policy", "must not be empty or mixed")
    if policy is not None:
        return plan_of(directory, policy)
    must_know(directory, targets)
    step = Step(id=StepId(tx.new_id()), action=NotifyTargets(targets=tuple(targets)))
    return plan_for_once(tx, directory, _NAME, (step,))


def _plan_each(tx: Tx, directory: Directory, asked: Sequence[Asked]) -> EscalationPlan:
    """Make a plan that asks all at once, with a step for each importance."""
    if not asked:
        raise Invalid("targets", "is empty", "must name people")
    must_know(directory, [target for target, _ in asked])
    by_importance = groupby(sorted(asked, key=lambda each: -_loudness(each[1])), key=lambda each: each[1])
    steps = tuple(
        Step(
            id=StepId(tx.new_id()),
            action=NotifyTargets(targets=tuple(target for target, _ in group), importance=importance),
        )
        for importance, group in by_importance
    )
    return plan_for_once(tx, directory, _NAME, steps)


def _loudness(importance: Importance) -> int:
    return 1 if importance is Importance.IMPORTANT else 0
