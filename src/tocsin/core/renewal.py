"""What a page that somebody starts over by hand runs: the plan as it stands at that moment.

A page that starts over by itself, because an acknowledgement or a silence has ended, keeps its steps.
"""

from datetime import datetime

from tocsin.core import escalation
from tocsin.core.alert_policy import Rule
from tocsin.core.because import Because
from tocsin.core.because_alert import AlertReopened, AlertUnacknowledged, AlertWoken
from tocsin.core.because_page import PageStartedOver
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect
from tocsin.core.escalation import EscalationPlan, Page


def start_over(
    page: Page, directory: Directory, because: Because, now: datetime
) -> tuple[Page, tuple[Effect, ...]]:
    """Start *page* over from its first step; by its plan as that stands now, if somebody wants it to."""
    plan = plan_now(page, directory, now) if by_hand(because) else page.plan
    newer = plan.name if plan.id != page.plan.id else ""
    why = PageStartedOver(why=because.sentence(), plan=newer)
    return escalation.restart(page, now, why, plan=plan)


def by_hand(because: Because) -> bool:
    """Tell whether *because* says that somebody wants an alert to ask people again."""
    if isinstance(because, AlertWoken):
        return bool(because.by_name)
    return isinstance(because, AlertUnacknowledged | AlertReopened)


def plan_now(page: Page, directory: Directory, now: datetime) -> EscalationPlan:
    """Give the plan that *page* would have if it began now; its own when there is none to take its place.

    Its own policy goes first while its rule leads there; else the one plan that the rule leads to. A page
    whose window is open keeps its plan, for its group goes by that, and so does one that follows a severity.
    """
    gathers = page.gathers_until is not None and page.gathers_until > now
    if page.level is not None or gathers:
        return page.plan
    own = None if page.plan.policy is None else directory.plans.get(page.plan.policy)
    rule = _rule(page, directory)
    if rule is None:
        return own or page.plan
    named = (directory.plans.get(policy) for policy in rule.escalation_policies)
    led = {plan.id: plan for plan in (*named, *rule.inline) if plan is not None}
    if own is not None and own.id in led:
        return own
    if page.plan.id not in led and len(led) == 1:
        return next(iter(led.values()))
    return own or page.plan


def _rule(page: Page, directory: Directory) -> Rule | None:
    policy = directory.policy(page.policy)
    rules = () if policy is None else policy.rules
    return next((rule for rule in rules if rule.id == page.rule), None)
