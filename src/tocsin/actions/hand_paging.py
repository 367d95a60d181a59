"""People paged by hand about an alert, new or old: each as loudly as whoever pages them wants."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from tocsin.actions.actor import Actor, Permission
from tocsin.actions.alerts import must_know, open_by_hand
from tocsin.actions.ledger import Ledger
from tocsin.core import escalation
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because_page import PagedByHand
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.escalation import EscalationPlan, NotifyTargets, Step, Target
from tocsin.core.ids import AlertId, PageId, PlanId, ServiceId, StepId
from tocsin.core.people import Importance
from tocsin.store import alerts, directories, plans
from tocsin.store.transaction import Tx

Asked = tuple[Target, Importance]
"""Whom to ask, and how loudly."""


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
    plan = _plan(tx, directory, asked)
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
    plan = _plan(tx, directory, asked)
    return _begin(Ledger(tx, directory, now), actor, plan, alert, asked)


def _begin(ledger: Ledger, actor: Actor, plan: EscalationPlan, alert: Alert, asked: Sequence[Asked]) -> Alert:
    page = escalation.begin(page_id=PageId(ledger.tx.new_id()), plan=plan, alert=alert, now=ledger.now)
    names = tuple(ledger.directory.describe(target) for target, _ in asked)
    ledger.begin(page, alert, (PagedByHand(by_name=actor.name, asked=names),))
    ledger.settle()
    return ledger.alerts.get(alert.id, alert)


def _plan(tx: Tx, directory: Directory, asked: Sequence[Asked]) -> EscalationPlan:
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
    plan = EscalationPlan(id=PlanId(tx.new_id()), name="a page by hand", steps=steps)
    escalation.check(plan.steps, "targets")
    plans.add_many(tx, directory.workspace, (plan,))
    return plan


def _loudness(importance: Importance) -> int:
    return 1 if importance is Importance.IMPORTANT else 0
