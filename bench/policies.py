"""Routing one event through 1,000 alert policies of five rules, of which one has to do with it.

Beside it stand the one policy alone, every policy asked in turn, and a plain loop over the filters of all
rules that decides nothing. Once the policies are tied to monitors by their scopes, once by what their rules
ask for. Figures are the quickest of several rounds that alternate; the goal is a ratio.

Run with: python bench/policies.py
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from harness import verdict

from tocsin.core.alert import Alert, fold
from tocsin.core.alert_policy import AlertPolicy, Rule, Scope
from tocsin.core.escalation import DestinationTarget, EscalationPlan, NotifyTargets, Step
from tocsin.core.event import Event, Severity
from tocsin.core.filters import EVERYTHING, parse
from tocsin.core.ids import (
    AlertId,
    AlertPolicyId,
    DestinationId,
    EventId,
    PlanId,
    RuleId,
    ServiceId,
    StepId,
    WorkspaceId,
)
from tocsin.core.judging import judge
from tocsin.core.policy_index import PolicyIndex

POLICIES, RULES, MINE = 1_000, 5, 617
ROUNDS, CALLS = 9, 300
TIMES_MAX = 10
NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
ASK = NotifyTargets(targets=(DestinationTarget(destination=DestinationId(1)),))


def rule(number: int, when: str) -> Rule:
    plan = EscalationPlan(id=PlanId(number), name="Room", steps=(Step(id=StepId(number), action=ASK),))
    return Rule(id=RuleId(number), filter=parse(when), inline=(plan,))


def policy(number: int, scope: Scope, tests: Sequence[str]) -> AlertPolicy:
    return AlertPolicy(
        id=AlertPolicyId(number + 1),
        workspace=WorkspaceId(1),
        name=f"Team {number}",
        scope=scope,
        rules=tuple(rule(10 * number + place + 1, test) for place, test in enumerate(tests)),
    )


def by_scope() -> list[AlertPolicy]:
    tests = [
        "severity = critical",
        "labels.env = prod",
        'title like "disk*"',
        "host = db-1",
        "severity = info",
    ]
    return [
        policy(number, Scope(monitors=frozenset({f"rul_{number}"}), filter=EVERYTHING), tests)
        for number in range(POLICIES)
    ]


def by_rules() -> list[AlertPolicy]:
    everywhere = Scope(filter=EVERYTHING)
    return [
        policy(
            number,
            everywhere,
            [
                f'labels.team = t{number} and title like "{word}*"'
                for word in ("disk", "cpu", "net", "job", "tls")
            ],
        )
        for number in range(POLICIES)
    ]


def alert() -> Alert:
    event = Event(
        id=EventId(1),
        workspace=WorkspaceId(1),
        service=ServiceId(1),
        dedup_key="db-1/disk",
        severity=Severity.CRITICAL,
        title="disk full",
        labels={"team": f"t{MINE}", "env": "prod"},
        host="db-1",
        monitor_id=f"rul_{MINE}",
        occurred_at=NOW,
        received_at=NOW,
    )
    opened = fold(None, event, NOW, alert_id=AlertId(1)).alert
    assert opened is not None
    return opened


def quickest(*works: Callable[[], Any]) -> list[float]:
    """Microseconds of one call of each, the quickest of rounds that alternate."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            calls = CALLS if place < 2 else 3
            begun = time.perf_counter()
            for _ in range(calls):
                work()
            best[place] = min(best[place], (time.perf_counter() - begun) / calls)
    return [1e6 * each for each in best]


def measure(name: str, policies: list[AlertPolicy]) -> dict[str, Any]:
    subject, index, mine = alert(), PolicyIndex(policies), [policies[MINE]]

    def ask(asked: Sequence[AlertPolicy] | None) -> Any:
        return judge(policies, (), {}, subject, NOW, catch_all=None, among=asked)

    def loop() -> list[Rule]:
        return [each for one in policies for each in one.rules if each.filter.matches(subject)]

    indexed, alone, all_asked, naive = quickest(
        lambda: ask(index.among(subject)), lambda: ask(mine), lambda: ask(policies), loop
    )
    print(f"{name:12}{indexed:10.1f}{alone:10.1f}{all_asked:12.0f}{naive:10.0f}")
    return verdict(f"1,000 policies {name}, times one policy", indexed / alone, TIMES_MAX, at_least=False)


def main() -> list[dict[str, Any]]:
    print(f"{'us an event':12}{'indexed':>10}{'alone':>10}{'all asked':>12}{'loop':>10}")
    return [measure("by scope", by_scope()), measure("by rules", by_rules())]


if __name__ == "__main__":
    raise SystemExit(0 if all(each["good"] for each in main()) else 1)
