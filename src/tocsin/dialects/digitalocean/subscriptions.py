"""An app's alerts as rules of its alert policy, and back: pure.

Each alert that goes somewhere is one rule of the app's policy, whose plan has one step that tells the alert's
destinations. What else people add to that policy by other ways stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from tocsin.core import filters
from tocsin.core.alert_policy import AlertPolicy, Rule, Scope
from tocsin.core.escalation import EscalationPlan, NotifyTargets, Step, Target
from tocsin.core.filters import Filter
from tocsin.core.ids import UNMADE, PlanId, RuleId, ServiceId, StepId, WorkspaceId
from tocsin.core.ids import AlertPolicyId as PolicyId
from tocsin.core.spelling import native, to_uuid
from tocsin.dialects.digitalocean.spec import Wanted, comparison

EMAIL = "email"
SLACK = "slack"


class KeptAlert(msgspec.Struct, kw_only=True):
    """What is kept of one alert: who it is, the rule that carries it, and the tests of its destinations.

    *rule_id* is None while it goes nowhere. It was configured last at *since*, in microseconds since 1970.
    """

    id: int
    component: str
    rule: str
    since: int
    rule_id: int | None = None
    tests: list[int] = msgspec.field(default_factory=list)


class KeptApp(msgspec.Struct, kw_only=True):
    """What is kept of an app beside its service; a service that was made elsewhere has none of it."""

    spec: dict[str, Any]
    policy: int | None = None
    project_id: str | None = None
    updated_at: int = 0
    alerts: list[KeptAlert] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An alert on its way into the policy; *targets* None leaves its destinations as they are."""

    kept: KeptAlert
    wanted: Wanted
    targets: tuple[Target, ...] | None = None


def kept_app(extras: dict[str, Any]) -> KeptApp | None:
    """Read what is kept of an app, None when that is nothing."""
    return msgspec.convert(extras, KeptApp) if extras else None


def extras_of(app: KeptApp) -> dict[str, Any]:
    """Write what is kept of an app."""
    written: dict[str, Any] = msgspec.to_builtins(app)
    return written


def new_policy(service: ServiceId, name: str) -> AlertPolicy:
    """Make the alert policy of an app."""
    return AlertPolicy(
        id=PolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=f"App {name}",
        description="The alerts of an app, each with its destinations.",
        scope=scope_of(service, name),
    )


def scope_of(service: ServiceId, name: str) -> Scope:
    """Take the alerts of the app: those of its service, and those that name it in a label."""
    text = f'service = {native("service", service)} or labels.app_id = "{to_uuid(service)}"'
    return Scope(filter=filters.parse(f'{text} or labels.app_name = "{name}"'))


def rules_of(policy: AlertPolicy, known: frozenset[int], placed: Sequence[Placed]) -> tuple[Rule, ...]:
    """Give the policy's rules with those of *placed* alerts, which stand last and in their order.

    *known* are the rules that carried alerts of the app until now; all others stay.
    """
    by_id = {rule.id: rule for rule in policy.rules}
    foreign = [rule for rule in policy.rules if rule.id not in known]
    ours = [_rule(each, by_id.get(RuleId(each.kept.rule_id or UNMADE))) for each in placed]
    return (*foreign, *(rule for rule in ours if rule is not None))


def numbered(policy: AlertPolicy, placed: Sequence[Placed]) -> list[KeptAlert]:
    """Write down which rule of *policy*, as `rules_of` made them, carries which alert."""
    before = {rule.id: rule for rule in policy.rules}
    going = [each for each in placed if _goes_somewhere(each, before)]
    rules = policy.rules[len(policy.rules) - len(going) :]
    carried = {each.kept.id: rule.id for each, rule in zip(going, rules, strict=True)}
    return [
        msgspec.structs.replace(each.kept, rule_id=carried.get(each.kept.id), rule=each.wanted.spec.rule)
        for each in placed
    ]


def targets_of(policy: AlertPolicy | None, alert: KeptAlert) -> tuple[Target, ...]:
    """Give whom and what *alert* tells, whoever put them there."""
    rules = policy.rules if policy is not None else ()
    rule = next((rule for rule in rules if rule.id == alert.rule_id), None)
    if rule is None:
        return ()
    return tuple(
        target
        for plan in rule.inline
        for step in plan.steps
        if isinstance(step.action, NotifyTargets)
        for target in step.action.targets
    )


def _goes_somewhere(placed: Placed, rules: dict[RuleId, Rule]) -> bool:
    if placed.targets is None:
        return placed.kept.rule_id is not None and RuleId(placed.kept.rule_id) in rules
    return bool(placed.targets)


def _rule(placed: Placed, was: Rule | None) -> Rule | None:
    """Make the rule that carries an alert, None for an alert that goes nowhere."""
    alert = placed.wanted
    name = f"{alert.component} {alert.spec.rule}".strip()
    if placed.targets is None:
        return None if was is None else replace(was, name=name, filter=_filter(alert))
    if not placed.targets:
        return None
    plans = _plans(was, name, placed.targets)
    if was is None:
        return Rule(id=RuleId(UNMADE), name=name, filter=_filter(alert), inline=plans)
    return replace(was, name=name, filter=_filter(alert), inline=plans)


def _plans(was: Rule | None, name: str, targets: tuple[Target, ...]) -> tuple[EscalationPlan, ...]:
    """Let the first step that tells anybody tell *targets*, and leave what comes after it."""
    if was is None or not was.inline:
        action = NotifyTargets(targets=targets)
        step = Step(id=StepId(UNMADE), action=action)
        return (EscalationPlan(id=PlanId(UNMADE), name=name, steps=(step,)),)
    first, *rest = was.inline
    steps = list(first.steps)
    for place, step in enumerate(steps):
        if isinstance(step.action, NotifyTargets):
            steps[place] = replace(step, action=replace(step.action, targets=targets))
            break
    return (replace(first, steps=tuple(steps)), *rest)


def _filter(alert: Wanted) -> Filter:
    """Take the events that name the rule, from the component or from none, with a value over the line.

    A source that names a rule and measures nothing is taken at its word.
    """
    tests = [f"labels.rule = {alert.spec.rule}"]
    if alert.component:
        tests.append(f'(labels.component = "{alert.component}" or not labels.component exists)')
    if compared := comparison(alert.spec):
        tests.append(compared)
    if alert.spec.disabled:
        tests.insert(0, "false")
    return filters.parse(" and ".join(tests))
