"""Handing alerts over: others are asked, and whoever hands over has the alerts until somebody takes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions.actor import Actor
from tocsin.actions.alerts import acknowledge
from tocsin.actions.hand_paging import must_know, plan_for_once, plan_of
from tocsin.actions.ledger import Ledger
from tocsin.core import escalation
from tocsin.core.alert import Alert
from tocsin.core.because_page import HandedOver
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.escalation import EscalationPlan, NotifyTargets, Step, Target, UserTarget
from tocsin.core.ids import AlertId, EscalationPolicyId, PageId, StepId
from tocsin.core.people import Importance
from tocsin.store import directories
from tocsin.store.transaction import Tx

HELD_FOR: Final = timedelta(minutes=30)  # that long an alert may lie between two people


def hand_over(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    targets: Sequence[Target] = (),
    policy: EscalationPolicyId | None = None,
    comment: str = "",
    now: datetime,
) -> tuple[Alert, ...]:
    """Hand alerts over to *targets*, or to an escalation policy: all or none, and all in one page.

    The actor has them, and everybody else rests, until somebody takes them. After HELD_FOR they page again,
    from the first step, and the actor is asked as well. Raises Conflict when one of them is resolved, Invalid
    when there is neither target nor policy, or both, and for a target that is not there.
    """
    directory = directories.current(tx, actor.workspace)
    if (policy is None) == (not targets):
        remedy = "must name people, or one escalation policy"
        raise Invalid("targets", "is empty, or stands beside a policy", remedy)
    must_know(directory, targets)
    plan = _plan(tx, actor, directory, targets, policy)
    until = now + HELD_FOR
    wanted = tuple(dict.fromkeys(alert_ids))
    held = acknowledge(tx, actor, wanted, until=until, comment=comment, now=now)
    if not held:
        return held
    names = tuple(directory.describe(target) for target in targets) or (plan.name,)
    first, *beside = held
    page = escalation.begin(
        page_id=PageId(tx.new_id()), plan=plan, alert=first, now=now, importance=Importance.IMPORTANT
    )
    worst = max((alert.severity for alert in held), key=lambda severity: severity.rank)
    page = replace(page, alerts=len(held), severity=worst)
    ledger = Ledger(tx, directory, now)
    because = HandedOver(by_name=actor.name, to=names, until=until, comment=comment)
    ledger.begin(page, first, (because,), *beside)
    ledger.settle()
    return tuple(ledger.alerts.get(alert.id, alert) for alert in held)


def _plan(
    tx: Tx,
    actor: Actor,
    directory: Directory,
    targets: Sequence[Target],
    policy: EscalationPolicyId | None,
) -> EscalationPlan:
    """Find the policy's plan, or make one that asks all targets at once and comes back to the actor."""
    if policy is not None:
        return plan_of(directory, policy)
    steps = [Step(id=StepId(tx.new_id()), action=NotifyTargets(targets=tuple(targets)))]
    if actor.user is not None:
        back = NotifyTargets(targets=(UserTarget(user=actor.user),))
        steps.append(Step(id=StepId(tx.new_id()), after=HELD_FOR, action=back))
    return plan_for_once(tx, directory, "a hand-over", steps)
