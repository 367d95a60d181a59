"""What the rules of one alert policy say of an alert, whatever the policy's scope."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from tocsin.core.aggregation import GatherBy, group_key
from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy, Mode, Rule, policy_of
from tocsin.core.because import Because
from tocsin.core.because_routing import (
    AnotherWindowDecides,
    FallbackNotNeeded,
    FilterNotMatched,
    HandedInACircle,
    HandedOn,
    HandedToNobody,
    NoPlan,
    NoRules,
    NotTheFirst,
    OutsideWindow,
    PagesNobody,
    PayloadNotMatched,
    PlanMissing,
    RuleMatched,
    SeverityNotListed,
    WatchedWhileItLasts,
)
from tocsin.core.calendar import TimeWindow, contains
from tocsin.core.compiled import compiled_once
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.ids import EscalationPolicyId, TeamId
from tocsin.core.people import Importance
from tocsin.core.verdict import (
    Passed,
    Routed,
    Unrouted,
    Verdict,
    any_routes,
)

LOUD: Final = frozenset({Severity.CRITICAL, Severity.ERROR, Severity.NODATA})
"""The severities of which an alert is important where a rule leaves that to the alert."""


_NONE_OPEN: Final[tuple[TimeWindow | None, str | None]] = (None, None)
GROUPS_KEPT: Final = 1_000  # for each rule, the verdicts on alerts that came lately


class Table(NamedTuple):
    """What is on the table when policies are asked; the teams *asked* have handed the alert on already.

    *said_at* is when the event was said that is judged at *now*.
    """

    policies: Sequence[AlertPolicy]
    plans: Mapping[EscalationPolicyId, EscalationPlan]
    alert: Alert
    now: datetime
    said_at: datetime
    asked: tuple[TeamId | None, ...] = ()


def ask_rules(table: Table, policy: AlertPolicy) -> list[Verdict]:
    """Ask *policy*, rule by rule, whatever its scope."""
    if not policy.rules:
        return [Passed(policy=policy.id, rule=None, because=NoRules(policy=policy.name))]
    alert, by_window = table.alert, policy.mode is Mode.FIRST_WINDOW
    now = table.said_at if by_window else table.now
    words, hours = _worded(policy)
    decides, inside = next((each for each in hours if contains(each[0], now)), _NONE_OPEN)
    first: str | None = None
    verdicts: list[Verdict] = []
    for rule, said in words:
        if first is not None:
            because = NotTheFirst(policy=policy.name, rule=said.name, first=first)
            passed: Passed | None = Passed(policy=policy.id, rule=rule.id, because=because)
        elif said.filter_decides:
            passed = None if rule.filter.matches(alert) else said.unmatched
        else:
            passed = _passed(policy, rule, said, alert, now=now, inside=inside)
            if by_window and passed is None and rule.window is not None and rule.window != decides:
                stands_back = AnotherWindowDecides(policy=policy.name, rule=said.name, windowed=inside or "")
                passed = Passed(policy=policy.id, rule=rule.id, because=stands_back)
        if passed is not None:
            verdicts.append(passed)
            continue
        routes = _routes(policy, rule, said, table)
        if rule.team is not None:
            routes += _hand_on(table, policy, rule, rule.team, said.name)
        verdicts += routes
        if policy.mode is Mode.FIRST and (rule.nobody or any_routes(routes)):
            first = said.name
    return verdicts


def _hand_on(table: Table, policy: AlertPolicy, rule: Rule, team: TeamId, name: str) -> list[Verdict]:
    """Let the rules of *team* decide, unless they have handed the alert on already."""
    asked = (*table.asked, policy.scope.team)
    other = None if team in asked else policy_of(table.policies, team)
    because: Because
    if other is not None:
        because = HandedOn(policy=policy.name, rule=name, to=other.name)
    elif team in asked:
        because = HandedInACircle(policy=policy.name, rule=name)
    else:
        because = HandedToNobody(policy=policy.name, rule=name)
    said = Passed(policy=policy.id, rule=rule.id, because=because)
    return [said] if other is None else [said, *ask_rules(table._replace(asked=asked), other)]


@dataclass(frozen=True, slots=True)
class _RuleWords:
    """What is said of a rule again and again: its name, why it passes an alert, and why it runs a plan."""

    name: str
    filter_decides: bool  # whether nothing else decides if it takes an alert
    unmatched: Passed
    matched: dict[int, RuleMatched] = field(default_factory=dict)
    routed: dict[tuple[int, Importance, str | None], Routed] = field(default_factory=dict)


@compiled_once
def _worded(
    policy: AlertPolicy,
) -> tuple[tuple[tuple[Rule, _RuleWords], ...], tuple[tuple[TimeWindow, str], ...]]:
    """Put into words once what would otherwise be said anew for every alert: each rule, and each window."""
    rules = []
    for number, rule in enumerate(policy.rules, 1):
        name = rule.name or str(number)
        because = FilterNotMatched(policy=policy.name, rule=name, filter=rule.filter.text)
        unmatched = Passed(policy=policy.id, rule=rule.id, because=because)
        plain = rule.window is None and not rule.fallback and not rule.severities and rule.payload is None
        rules.append((rule, _RuleWords(name, plain, unmatched)))
    return tuple(rules), tuple((rule.window, said.name) for rule, said in rules if rule.window is not None)


def _passed(
    policy: AlertPolicy, rule: Rule, said: _RuleWords, alert: Alert, *, now: datetime, inside: str | None
) -> Passed | None:
    """Say why *rule* has nothing to do with *alert*, or None when it takes it."""
    because: Because
    if rule.fallback and inside is not None:
        because = FallbackNotNeeded(policy=policy.name, rule=said.name, windowed=inside)
    elif rule.window is not None and not contains(rule.window, now):
        because = OutsideWindow(policy=policy.name, rule=said.name, at=now)
    elif rule.severities and alert.severity not in rule.severities:
        listed = tuple(severity for severity in Severity if severity in rule.severities)
        because = SeverityNotListed(
            policy=policy.name, rule=said.name, severity=alert.severity, listed=listed
        )
    elif rule.payload is not None and rule.id not in alert.rules:
        because = PayloadNotMatched(policy=policy.name, rule=said.name, test=rule.payload.text)
    elif not rule.filter.matches(alert):
        return said.unmatched
    else:
        return None
    return Passed(policy=policy.id, rule=rule.id, because=because)


def _routes(policy: AlertPolicy, rule: Rule, said: _RuleWords, table: Table) -> list[Verdict]:
    """Let *rule*, which matches the alert, run each of its plans; say so when there is none to run."""
    if rule.nobody:
        return [Unrouted(because=PagesNobody(policy=policy.name, rule=said.name))]
    alert = table.alert
    key = group_key(policy.gathering, alert) if policy.gathering.by is not GatherBy.NONE else None
    importance = rule.importance or _own_importance(alert)
    verdicts: list[Verdict] = []
    named = [table.plans.get(policy_id) for policy_id in rule.escalation_policies]
    for plan in (*named, *rule.inline):
        if plan is not None:
            same = said.routed.get((plan.id, importance, key))
            verdicts.append(same or _routed(policy, rule, said, plan, importance, key))
    if rule.lasting:
        verdicts += _lasting(policy, rule, said, alert)
    if None in named:
        missing = PlanMissing(policy=policy.name, rule=said.name)
        verdicts.append(Passed(policy=policy.id, rule=rule.id, because=missing))
    elif not verdicts and rule.team is None:
        none = NoPlan(policy=policy.name, rule=said.name)
        verdicts.append(Passed(policy=policy.id, rule=rule.id, because=none))
    return verdicts


def _routed(  # noqa: PLR0917 - all that makes one such verdict differ from another
    policy: AlertPolicy,
    rule: Rule,
    said: _RuleWords,
    plan: EscalationPlan,
    importance: Importance,
    key: str | None,
) -> Routed:
    """Say that *rule* runs *plan*; the same is said of the next alert of that group."""
    because = said.matched.get(plan.id)
    if because is None:
        text = rule.filter.text
        because = RuleMatched(policy=policy.name, rule=said.name, plan=plan.name, filter=text)
        said.matched[plan.id] = because
    if len(said.routed) >= GROUPS_KEPT:
        said.routed.clear()
    verdict = said.routed[plan.id, importance, key] = Routed(
        policy=policy.id,
        rule=rule.id,
        plan=plan,
        importance=importance,
        group_key=key,
        gathering=policy.gathering,
        because=because,
    )
    return verdict


def _lasting(policy: AlertPolicy, rule: Rule, said: _RuleWords, alert: Alert) -> Iterator[Routed]:
    """Let *rule* run its plans for alerts that last, as soon as this one has."""
    for lasting in rule.lasting:
        if lasting.severities and alert.severity not in lasting.severities:
            continue
        because = WatchedWhileItLasts(
            policy=policy.name,
            rule=said.name,
            plan=lasting.plan.name,
            severity=alert.severity,
            after=lasting.plan.steps[0].after,
        )
        yield Routed(
            policy=policy.id,
            rule=rule.id,
            plan=lasting.plan,
            importance=rule.importance or _own_importance(alert),
            level=alert.severity,
            because=because,
        )


def _own_importance(alert: Alert) -> Importance:
    return Importance.IMPORTANT if alert.severity in LOUD else Importance.DEFAULT
