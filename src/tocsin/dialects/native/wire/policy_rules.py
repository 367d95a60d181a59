"""The rules of alert policies over the wire: what they take, when, and the steps for it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from msgspec import Meta, field

from tocsin.core.alert_policy import Lasting, Rule
from tocsin.core.alert_policy_check import LASTING_MAX, PLANS_PER_RULE_MAX, RULES_MAX
from tocsin.core.errors import Invalid
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.filters import parse
from tocsin.core.ids import UNMADE, EscalationPolicyId, PlanId, RuleId, TeamId
from tocsin.core.people import Importance
from tocsin.core.spelling import native
from tocsin.dialects.native.wire import steps as wire_steps
from tocsin.dialects.native.wire.payload_tests import PayloadTestBody, read_test, show_test
from tocsin.dialects.native.wire.shapes import Body, FilterText, Id, seconds, span
from tocsin.dialects.native.wire.spelled import all_spelled, reference, references, spelled
from tocsin.dialects.native.wire.steps import Steps, show_steps
from tocsin.dialects.native.wire.windows import Window, show_window_or_none, window_or_none

Severities = Annotated[list[Severity], Meta(max_length=10, description="none of them means all")]


HeldFor = Annotated[
    Annotated[int, Meta(ge=60, le=30 * 86_400)] | None,
    Meta(description="for how long, in seconds, an acknowledgement holds at most"),
]


class PlanBody(Body, kw_only=True):
    """Steps that stand in the rule itself."""

    id: Id | None = None
    name: Annotated[str, Meta(max_length=255)] = ""
    steps: Steps


class LastingBody(Body, kw_only=True):
    """Steps for an alert that stays at one severity: the first comes after so long at it, once for each."""

    severities: Annotated[
        list[Severity], Meta(max_length=10, description="none of them means those of the rule")
    ] = field(default_factory=list)
    plan: PlanBody


class RuleBody(Body):
    """Where alerts that match go."""

    id: Id | None = None
    name: Annotated[str, Meta(max_length=255)] = ""
    filter: FilterText = ""
    severities: Severities = field(default_factory=list)
    window: Annotated[Window | None, Meta(description="only at these times")] = None
    fallback: Annotated[bool, Meta(description="only when no rule with a window is inside it")] = False
    importance: Annotated[Importance | None, Meta(description="null follows the alert's severity")] = (
        Importance.DEFAULT
    )
    team_id: Annotated[Id | None, Meta(description="the team whose rules decide in its stead")] = None
    hours: Annotated[Window | None, Meta(description="outside of it pages wait before their first step")] = (
        None
    )
    held_for_s: HeldFor = None
    payload: PayloadTestBody | None = None
    nobody: Annotated[bool, Meta(description="take what fits, and page nobody; then there are no plans")] = (
        False
    )
    escalation_policy_ids: Annotated[list[Id], Meta(max_length=PLANS_PER_RULE_MAX)] = field(
        default_factory=list
    )
    plans: Annotated[list[PlanBody], Meta(max_length=PLANS_PER_RULE_MAX)] = field(default_factory=list)
    lasting: Annotated[
        list[LastingBody],
        Meta(max_length=LASTING_MAX, description="for alerts that stay at one severity for long"),
    ] = field(default_factory=list)


Rules = Annotated[list[RuleBody], Meta(max_length=RULES_MAX)]


def read_rules(given: Sequence[RuleBody], policy: str) -> tuple[Rule, ...]:
    """Read the rules of the policy of this name; raise Invalid for a filter or an id that is none."""
    return tuple(_rule(each, policy, f"rules[{place}]") for place, each in enumerate(given))


def _rule(given: RuleBody, policy: str, path: str) -> Rule:
    named = references(given.escalation_policy_ids, "escalation_policy", f"{path}.escalation_policy_ids")
    return Rule(
        id=RuleId(UNMADE if given.id is None else reference(given.id, "rule", f"{path}.id")),
        name=given.name,
        filter=parse(given.filter, f"{path}.filter"),
        severities=_severities(given.severities, f"{path}.severities"),
        window=window_or_none(given.window, f"{path}.window"),
        fallback=given.fallback,
        importance=given.importance,
        escalation_policies=tuple(map(EscalationPolicyId, named)),
        inline=tuple(
            _plan(each, given.name or policy, f"{path}.plans[{place}]")
            for place, each in enumerate(given.plans)
        ),
        team=read_team(given.team_id, f"{path}.team_id"),
        hours=window_or_none(given.hours, f"{path}.hours"),
        held_for=span_or_none(given.held_for_s),
        payload=read_test(given.payload, f"{path}.payload"),
        nobody=given.nobody,
        lasting=tuple(
            _lasting(each, given.name or policy, f"{path}.lasting[{place}]")
            for place, each in enumerate(given.lasting)
        ),
    )


def _lasting(given: LastingBody, name: str, path: str) -> Lasting:
    severities = _severities(given.severities, f"{path}.severities")
    return Lasting(severities=severities, plan=_plan(given.plan, name, f"{path}.plan"))


def _severities(given: Sequence[Severity], path: str) -> frozenset[Severity]:
    if len(set(given)) < len(given):
        raise Invalid(path, "names one twice", "must name each once")
    return frozenset(given)


def _plan(given: PlanBody, name: str, path: str) -> EscalationPlan:
    return EscalationPlan(
        id=PlanId(UNMADE if given.id is None else reference(given.id, "plan", f"{path}.id")),
        name=given.name or name,
        steps=wire_steps.steps(given.steps, f"{path}.steps"),
    )


def show_rule(rule: Rule) -> RuleBody:
    """Write a rule."""
    return RuleBody(
        id=native("rule", rule.id),
        name=rule.name,
        filter=rule.filter.text,
        severities=_listed(rule.severities),
        window=show_window_or_none(rule.window),
        fallback=rule.fallback,
        importance=rule.importance,
        team_id=spelled("team", rule.team),
        hours=show_window_or_none(rule.hours),
        held_for_s=seconds_or_none(rule.held_for),
        payload=show_test(rule.payload),
        nobody=rule.nobody,
        escalation_policy_ids=all_spelled("escalation_policy", rule.escalation_policies),
        plans=[_show_plan(plan) for plan in rule.inline],
        lasting=[
            LastingBody(severities=_listed(each.severities), plan=_show_plan(each.plan))
            for each in rule.lasting
        ],
    )


def _show_plan(plan: EscalationPlan) -> PlanBody:
    return PlanBody(id=native("plan", plan.id), name=plan.name, steps=show_steps(plan.steps))


def _listed(severities: frozenset[Severity]) -> list[Severity]:
    return [severity for severity in Severity if severity in severities]


def read_team(text: str | None, path: str) -> TeamId | None:
    """Read a team's id where there may be none."""
    return None if text is None else TeamId(reference(text, "team", path))


def span_or_none(length_s: int | None) -> timedelta | None:
    """Turn whole seconds into a duration, where there may be none."""
    return None if length_s is None else span(length_s)


def seconds_or_none(length: timedelta | None) -> int | None:
    """Turn a duration into whole seconds, where there may be none."""
    return None if length is None else seconds(length)
