"""Alert policies over the wire: scope, gathering, silence about repeats, and rules."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.aggregation import FIELD_LENGTH_MAX, FIELDS_MAX, FIRST_LABELS_MAX, GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Mode, RepeatSilence, Scope
from tocsin.core.alert_policy_check import SCOPE_ENTRIES_MAX
from tocsin.core.event import Severity
from tocsin.core.filters import parse
from tocsin.core.ids import (
    UNMADE,
    AlertPolicyId,
    IntegrationId,
    ServiceId,
    WorkspaceId,
    made_at,
)
from tocsin.core.policy_health import PolicyWarning
from tocsin.core.spelling import native
from tocsin.dialects.native.wire import steps as wire_steps
from tocsin.dialects.native.wire.policy_rules import (
    RuleBody,
    Rules,
    read_rules,
    read_team,
    seconds_or_none,
    show_rule,
    span_or_none,
)
from tocsin.dialects.native.wire.rewording import Words, in_words
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
from tocsin.dialects.native.wire.spelled import all_spelled, references, spelled

WORDS: Words = (
    (re.compile(r"^scope\.(service|integration|monitor)s\b"), r"scope.\1_ids"),
    (re.compile(r"^(scope|rules\[\d+\])\.team$"), r"\1.team_id"),
    (re.compile(r"\.held_for$"), ".held_for_s"),
    (re.compile(r"^gathering\.window$"), "gathering.window_s"),
    (re.compile(r"^repeat\.after$"), "repeat_after_s"),
    (re.compile(r"^repeat\.by_severity"), "repeat_by_severity"),
    (re.compile(r"(rules\[\d+\])\.escalation_policies\b"), r"\1.escalation_policy_ids"),
    (re.compile(r"(window|hours)\.sets\b"), r"\1.date_set_ids"),
    *wire_steps.WORDS,
)

Ids = Annotated[list[Id], Meta(max_length=SCOPE_ENTRIES_MAX, description="none of them means all")]


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
    """How alerts come together in one page: those with equal fields, or with like texts, for a while."""

    by: GatherBy = GatherBy.NONE
    fields: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=FIELD_LENGTH_MAX)]], Meta(max_length=FIELDS_MAX)
    ] = field(default_factory=list)
    first_labels: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255)]],
        Meta(max_length=FIRST_LABELS_MAX, description="of monitor_labels only the first of these counts"),
    ] = field(default_factory=list)
    window_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    first_at_once: bool = True
    digest: Annotated[bool, Meta(description="tell of everything that happened in the window")] = False


RepeatAfter = Annotated[
    Seconds | None,
    Meta(description="seconds of silence about a repeat; null is as long as the alert lasts"),
]
RepeatBySeverity = Annotated[
    dict[Severity, Seconds | None], Meta(description="the same for single severities")
]
EachSeverity = Annotated[
    bool, Meta(description="each severity is silenced by itself: a fall breaks through as well")
]


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
    each_severity: EachSeverity = False
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
    each_severity: EachSeverity | UnsetType = UNSET
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
    each_severity: bool
    mode: Mode
    notify_resolved: bool
    rules: list[RuleBody]
    created_at: datetime


class WarningView(View):
    """Something that is wrong, where, and what would help."""

    path: str
    problem: str
    remedy: str


class HealthView(View):
    """What is wrong with an alert policy; nothing, if it is well."""

    warnings: list[WarningView]


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
        repeat=RepeatSilence(
            after=span_or_none(body.repeat_after_s),
            by_severity=_spans(body.repeat_by_severity),
            each_severity=body.each_severity,
        ),
        mode=body.mode,
        notify_resolved=body.notify_resolved,
        rules=read_rules(body.rules, body.name),
    )


def edited(was: AlertPolicy, body: AlertPolicyChanges) -> AlertPolicy:
    """Apply changes to an alert policy; raise Invalid for a filter or an id that is none."""
    after, spans = body.repeat_after_s, body.repeat_by_severity
    repeat = RepeatSilence(
        after=was.repeat.after if after is UNSET else span_or_none(after),
        by_severity=was.repeat.by_severity if spans is UNSET else _spans(spans),
        each_severity=was.repeat.each_severity if body.each_severity is UNSET else body.each_severity,
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
        rules=was.rules if body.rules is UNSET else read_rules(body.rules, name),
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
            first_labels=list(policy.gathering.first_labels),
            window_s=seconds(policy.gathering.window),
            first_at_once=policy.gathering.first_at_once,
            digest=policy.gathering.digest,
        ),
        repeat_after_s=seconds_or_none(policy.repeat.after),
        repeat_by_severity={
            severity: seconds_or_none(by_severity[severity])
            for severity in Severity
            if severity in by_severity
        },
        each_severity=policy.repeat.each_severity,
        mode=policy.mode,
        notify_resolved=policy.notify_resolved,
        rules=[show_rule(each) for each in policy.rules],
        created_at=made_at(policy.id),
    )


def show_health(warnings: Sequence[PolicyWarning]) -> HealthView:
    """Write what is wrong with an alert policy, each path as bodies have it."""
    return HealthView(
        warnings=[
            WarningView(path=in_words(each.path, WORDS), problem=each.problem, remedy=each.remedy)
            for each in warnings
        ]
    )


def _scope(given: ScopeBody) -> Scope:
    services = references(given.service_ids, "service", "scope.service_ids")
    doors = references(given.integration_ids, "integration", "scope.integration_ids")
    return Scope(
        services=frozenset(map(ServiceId, services)),
        integrations=frozenset(map(IntegrationId, doors)),
        monitors=frozenset(given.monitor_ids),
        team=read_team(given.team_id, "scope.team_id"),
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
        first_labels=tuple(given.first_labels),
        window=span(given.window_s),
        first_at_once=given.first_at_once,
        digest=given.digest,
    )


def _spans(given: Mapping[Severity, int | None]) -> dict[Severity, timedelta | None]:
    return {severity: span_or_none(length_s) for severity, length_s in given.items()}
