"""The classes of alerts that a configuration can tell apart, each with an event that stands for all of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tocsin.core.alert_policy import AlertPolicy, Rule
from tocsin.core.directory import Directory
from tocsin.core.event import Event, Severity
from tocsin.core.filters import all_of
from tocsin.core.ids import UNMADE, EventId, RuleId, ServiceId
from tocsin.core.ruling import LOUD
from tocsin.core.witness import witnesses

CLASSES_MAX: Final = 200
PLAIN_TITLE: Final = "an alert"

Signature = tuple[tuple[RuleId, ...], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Alerts that meet the same *rules*, at *severities* that are as loud; *event* is one of them."""

    event: Event
    severities: tuple[Severity, ...]
    rules: tuple[RuleId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """The *kinds* that were found, and rules that none of them meets: for *sure*, or as far as one looked."""

    kinds: tuple[Kind, ...]
    unmet: Mapping[RuleId, bool]
    whole: bool


def kinds_of(directory: Directory, at: datetime) -> Kinds:
    """Tell apart the alerts that the alert policies of *directory* treat differently, whatever the time."""
    found: dict[Signature, Kind] = {}
    sure: dict[RuleId, bool] = {}
    for event, rule, certain in _tries(directory, at):
        if rule is not None:
            sure[rule] = certain
        if event is None:
            continue
        met = _met(directory, event)
        signature = met, event.severity in LOUD
        known = found.get(signature)
        if known is None:
            if len(found) < CLASSES_MAX:
                found[signature] = Kind(event=event, severities=(event.severity,), rules=met)
        elif event.severity not in known.severities:
            severities = tuple(each for each in Severity if each in {*known.severities, event.severity})
            found[signature] = replace(known, severities=severities)
    reached = {rule for kind in found.values() for rule in kind.rules}
    return Kinds(
        kinds=tuple(found.values()),
        unmet={rule: certain for rule, certain in sure.items() if rule not in reached},
        whole=len(found) < CLASSES_MAX,
    )


def _tries(directory: Directory, at: datetime) -> Iterator[tuple[Event | None, RuleId | None, bool]]:
    """Give events to try, the plainest first; with a rule, whether those are all that could meet it."""
    plain = _plain(directory, at)
    for severity in Severity:
        yield replace(plain, severity=severity), None, True
    for policy in directory.alert_policies:
        bases = list(_bases(policy, plain, directory))
        for rule in policy.rules:
            certain = True
            for base in bases:
                for severity in rule.severities or tuple(Severity):
                    like = replace(base, severity=severity, rules=(rule.id,) if rule.payload else ())
                    asked = all_of(policy.scope.filter.expression, rule.filter.expression)
                    given = witnesses(asked, like)
                    certain = certain and given.sure
                    yield from ((event, rule.id, certain) for event in given.events)
            yield None, rule.id, certain
        for base in bases:
            for event in witnesses(policy.scope.filter.expression, base).events:
                yield event, None, True


def _plain(directory: Directory, at: datetime) -> Event:
    return Event(
        id=EventId(UNMADE),
        workspace=directory.workspace,
        service=directory.default_service or ServiceId(UNMADE),
        title=PLAIN_TITLE,
        dedup_key="(foreseen)",
        severity=Severity.CRITICAL,
        occurred_at=at,
        received_at=at,
    )


def _bases(policy: AlertPolicy, plain: Event, directory: Directory) -> Iterator[Event]:
    """Give events that are in the scope of *policy* but for its filter."""
    scope = policy.scope
    base = plain
    if scope.integrations:
        base = replace(base, integration=min(scope.integrations))
    if scope.monitors:
        base = replace(base, monitor_id=min(scope.monitors))
    team = directory.teams.get(scope.team) if scope.team is not None else None
    if team is not None:
        base = replace(base, labels={"team": team.handle})
    for service in sorted(scope.services) or (base.service,):
        yield replace(base, service=service)


def _met(directory: Directory, event: Event) -> tuple[RuleId, ...]:
    """Name the rules that *event* meets, at some time, as their policies stand beside each other."""
    return tuple(
        rule.id
        for policy in directory.asking
        if _in_scope(policy, event)
        for rule in policy.rules
        if _meets(rule, event)
    )


def _in_scope(policy: AlertPolicy, event: Event) -> bool:
    scope = policy.scope
    return (
        (not scope.services or event.service in scope.services)
        and (not scope.integrations or event.integration in scope.integrations)
        and (not scope.monitors or event.monitor_id in scope.monitors)
        and scope.filter.matches(event)
    )


def _meets(rule: Rule, event: Event) -> bool:
    listed = not rule.severities or event.severity in rule.severities
    fits = rule.payload is None or rule.id in event.rules
    return listed and fits and rule.filter.matches(event)
