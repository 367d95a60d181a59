"""Alert policies over the wire: scope, gathering, silence about repeats, and rules."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.aggregation import FIELD_LENGTH_MAX, FIELDS_MAX, GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Mode, RepeatSilence, Rule, Scope
from tocsin.core.alert_policy_check import PLANS_PER_RULE_MAX, RULES_MAX, SCOPE_ENTRIES_MAX
from tocsin.core.errors import Invalid
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.filters import parse
from tocsin.core.ids import (
    UNMADE,
    AlertPolicyId,
    EscalationPolicyId,
    IntegrationId,
    PlanId,
    RuleId,
    ServiceId,
    TeamId,
    WorkspaceId,
    made_at,
)
from tocsin.core.people import Importance
from tocsin.core.spelling import native
from tocsin.dialects.native.wire import steps as wire_steps
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import (
    Body,
    Description,
    FilterText,
    Id,
    Name,
    Seconds,
    TimeZone,
    View,
    seconds,
    span,
)
from tocsin.dialects.native.wire.spelled import all_spelled, reference, references, spelled
from tocsin.dialects.native.wire.steps import Steps, show_steps
from tocsin.dialects.native.wire.windows import Window, show_window_or_none, window_or_none

WORDS: Words = (
    (re.compile(r"^scope\.(service|integration|monitor)s\b"), r"scope.\1_ids"),
    (re.compile(r"^(scope|rules\[\d+\])\.team$"), r"\1.team_id"),
    (re.compile(r"\.held_for$"), ".held_for_s"),
    (re.compile(r"^gathering\.window$"), "gathering.window_s"),
    (re.compile(r"^repeat\.after$"), "repeat_after_s"),
    (re.compile(r"^repeat\.by_severity"), "repeat_by_severity"),
    (re.compile(r"(rules\[\d+\])\.escalation_policies\b"), r"\1.escalation_policy_ids"),
    *wire_steps.WORDS,
)

Ids = Annotated[list[Id], Meta(max_length=SCOPE_ENTRIES_MAX, description="none of them means all")]
Severities = Annotated[list[Severity], Meta(max_length=10, description="none of them means all")]


class ScopeBody(Body):
    """Which alerts a policy looks at: those that every part allows; an empty part allows all."""

    service_ids: Ids = field(default_factory=list)
    integration_ids: Ids = field(default_factory=list)
    monitor_ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=SCOPE_ENTRIES_MAX)
    ] = field(default_factory=list)
    team_id: Annotated[Id | None, Meta(description="by the label team, or the service that it owns")] = None
    filter: FilterText = ""


class GatheringBody(Body):
    """How alerts come together in one page: those with equal fields, for a while."""

    by: GatherBy = GatherBy.NONE
    fields: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=FIELD_LENGTH_MAX)]], Meta(max_length=FIELDS_MAX)
    ] = field(default_factory=list)
    window_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    first_at_once: bool = True


HeldFor = Annotated[
    Annotated[int, Meta(ge=60, le=30 * 86_400)] | None,
    Meta(description="for how long, in seconds, an acknowledgement holds at most"),
]


class PlanBody(Body, kw_only=True):
    """Steps that stand in the rule itself."""

    id: Id | None = None
    name: Annotated[str, Meta(max_length=255)] = ""
    steps: Steps


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
    escalation_policy_ids: Annotated[list[Id], Meta(max_length=PLANS_PER_RULE_MAX)] = field(
        default_factory=list
    )
    plans: Annotated[list[PlanBody], Meta(max_length=PLANS_PER_RULE_MAX)] = field(default_factory=list)


RepeatAfter = Annotated[
    Seconds | None,
    Meta(description="seconds of silence about a repeat; null is as long as the alert lasts"),
]
RepeatBySeverity = Annotated[
    dict[Severity, Seconds | None], Meta(description="the same for single severities")
]
Rules = Annotated[list[RuleBody], Meta(max_length=RULES_MAX)]


class NewAlertPolicy(Body):
    """A new alert policy."""

    name: Name
    description: Description = ""
    enabled: bool = True
    time_zone: TimeZone = "UTC"
    scope: ScopeBody = field(default_factory=ScopeBody)
    gathering: GatheringBody = field(default_factory=GatheringBody)
    repeat_after_s: RepeatAfter = None
    repeat_by_severity: RepeatBySeverity = field(default_factory=dict)
    mode: Mode = Mode.ALL
    notify_resolved: bool = True
    rules: Rules = field(default_factory=list)


class AlertPolicyChanges(Body):
    """What to change about an alert policy; each field that is given is replaced whole."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    scope: ScopeBody | UnsetType = UNSET
    gathering: GatheringBody | UnsetType = UNSET
    repeat_after_s: Seconds | UnsetType | None = UNSET
    repeat_by_severity: RepeatBySeverity | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    notify_resolved: bool | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET


class AlertPolicyView(View):
    """Which alerts it takes, how it gathers them, keeps quiet about repeats, and routes them."""

    id: str
    name: str
    description: str
    enabled: bool
    time_zone: str
    scope: ScopeBody
    gathering: GatheringBody
    repeat_after_s: int | None
    repeat_by_severity: dict[Severity, int | None]
    mode: Mode
    notify_resolved: bool
    rules: list[RuleBody]
    created_at: datetime


class AlertPolicyList(View):
    """Some of the alert policies."""

    alert_policies: list[AlertPolicyView]
    next: str | None
    total: int


def drafted(body: NewAlertPolicy) -> AlertPolicy:
    """Read a new alert policy; raise Invalid for a filter or an id that is none."""
    return AlertPolicy(
        id=AlertPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        description=body.description,
        enabled=body.enabled,
        time_zone=body.time_zone,
        scope=_scope(body.scope),
        gathering=_gathering(body.gathering),
        repeat=RepeatSilence(after=_span(body.repeat_after_s), by_severity=_spans(body.repeat_by_severity)),
        mode=body.mode,
        notify_resolved=body.notify_resolved,
        rules=_rules(body.rules, body.name),
    )


def edited(was: AlertPolicy, body: AlertPolicyChanges) -> AlertPolicy:
    """Apply changes to an alert policy; raise Invalid for a filter or an id that is none."""
    after, spans = body.repeat_after_s, body.repeat_by_severity
    repeat = RepeatSilence(
        after=was.repeat.after if after is UNSET else _span(after),
        by_severity=was.repeat.by_severity if spans is UNSET else _spans(spans),
    )
    name = was.name if body.name is UNSET else body.name
    return replace(
        was,
        name=name,
        description=was.description if body.description is UNSET else body.description,
        enabled=was.enabled if body.enabled is UNSET else body.enabled,
        time_zone=was.time_zone if body.time_zone is UNSET else body.time_zone,
        scope=was.scope if body.scope is UNSET else _scope(body.scope),
        gathering=was.gathering if body.gathering is UNSET else _gathering(body.gathering),
        repeat=repeat,
        mode=was.mode if body.mode is UNSET else body.mode,
        notify_resolved=was.notify_resolved if body.notify_resolved is UNSET else body.notify_resolved,
        rules=was.rules if body.rules is UNSET else _rules(body.rules, name),
    )


def show_alert_policy(policy: AlertPolicy) -> AlertPolicyView:
    """Write an alert policy."""
    by_severity = policy.repeat.by_severity
    return AlertPolicyView(
        id=native("alert_policy", policy.id),
        name=policy.name,
        description=policy.description,
        enabled=policy.enabled,
        time_zone=policy.time_zone,
        scope=_show_scope(policy.scope),
        gathering=GatheringBody(
            by=policy.gathering.by,
            fields=list(policy.gathering.fields),
            window_s=seconds(policy.gathering.window),
            first_at_once=policy.gathering.first_at_once,
        ),
        repeat_after_s=_seconds(policy.repeat.after),
        repeat_by_severity={
            severity: _seconds(by_severity[severity]) for severity in Severity if severity in by_severity
        },
        mode=policy.mode,
        notify_resolved=policy.notify_resolved,
        rules=[_show_rule(each) for each in policy.rules],
        created_at=made_at(policy.id),
    )


def _scope(given: ScopeBody) -> Scope:
    services = references(given.service_ids, "service", "scope.service_ids")
    doors = references(given.integration_ids, "integration", "scope.integration_ids")
    return Scope(
        services=frozenset(map(ServiceId, services)),
        integrations=frozenset(map(IntegrationId, doors)),
        monitors=frozenset(given.monitor_ids),
        team=_team(given.team_id, "scope.team_id"),
        filter=parse(given.filter, "scope.filter"),
    )


def _show_scope(scope: Scope) -> ScopeBody:
    return ScopeBody(
        service_ids=all_spelled("service", sorted(scope.services)),
        integration_ids=all_spelled("integration", sorted(scope.integrations)),
        monitor_ids=sorted(scope.monitors),
        team_id=spelled("team", scope.team),
        filter=scope.filter.text,
    )


def _gathering(given: GatheringBody) -> Gathering:
    return Gathering(
        by=given.by,
        fields=tuple(given.fields),
        window=span(given.window_s),
        first_at_once=given.first_at_once,
    )


def _rules(given: Sequence[RuleBody], policy: str) -> tuple[Rule, ...]:
    return tuple(_rule(each, policy, f"rules[{place}]") for place, each in enumerate(given))


def _rule(given: RuleBody, policy: str, path: str) -> Rule:
    named = references(given.escalation_policy_ids, "escalation_policy", f"{path}.escalation_policy_ids")
    if len(set(given.severities)) < len(given.severities):
        raise Invalid(f"{path}.severities", "names one twice", "must name each once")
    return Rule(
        id=RuleId(UNMADE if given.id is None else reference(given.id, "rule", f"{path}.id")),
        name=given.name,
        filter=parse(given.filter, f"{path}.filter"),
        severities=frozenset(given.severities),
        window=window_or_none(given.window),
        fallback=given.fallback,
        importance=given.importance,
        escalation_policies=tuple(map(EscalationPolicyId, named)),
        inline=tuple(
            _plan(each, given.name or policy, f"{path}.plans[{place}]")
            for place, each in enumerate(given.plans)
        ),
        team=_team(given.team_id, f"{path}.team_id"),
        hours=window_or_none(given.hours),
        held_for=_span(given.held_for_s),
    )


def _plan(given: PlanBody, name: str, path: str) -> EscalationPlan:
    return EscalationPlan(
        id=PlanId(UNMADE if given.id is None else reference(given.id, "plan", f"{path}.id")),
        name=given.name or name,
        steps=wire_steps.steps(given.steps, f"{path}.steps"),
    )


def _show_rule(rule: Rule) -> RuleBody:
    return RuleBody(
        id=native("rule", rule.id),
        name=rule.name,
        filter=rule.filter.text,
        severities=[severity for severity in Severity if severity in rule.severities],
        window=show_window_or_none(rule.window),
        fallback=rule.fallback,
        importance=rule.importance,
        team_id=spelled("team", rule.team),
        hours=show_window_or_none(rule.hours),
        held_for_s=_seconds(rule.held_for),
        escalation_policy_ids=all_spelled("escalation_policy", rule.escalation_policies),
        plans=[
            PlanBody(id=native("plan", plan.id), name=plan.name, steps=show_steps(plan.steps))
            for plan in rule.inline
        ],
    )


def _team(text: str | None, path: str) -> TeamId | None:
    return None if text is None else TeamId(reference(text, "team", path))


def _span(length_s: int | None) -> timedelta | None:
    return None if length_s is None else span(length_s)


def _spans(given: Mapping[Severity, int | None]) -> dict[Severity, timedelta | None]:
    return {severity: _span(length_s) for severity, length_s in given.items()}


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else seconds(length)
