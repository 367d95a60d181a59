"""What is wrong with a policy that can be stored all the same."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

import builders
from builders import NOW, destination, directory, person, step, target, team
from routing_builders import plan, policy, rule
from tocsin.core import gaps
from tocsin.core.alert_policy import Lasting
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow
from tocsin.core.date_set import DateSet
from tocsin.core.escalation import AddressTarget, DestinationTarget
from tocsin.core.ids import DateSetId, EscalationPolicyId, TeamId, WorkspaceId
from tocsin.core.policy_health import warnings

HOUR = timedelta(hours=1)
ANA, ROOM = person("Ana", "email"), destination("Room")
PAST, TO_COME = date(2025, 12, 25), date(2026, 12, 25)
HOLIDAYS = DateSet(id=DateSetId(7), workspace=WorkspaceId(1), name="Holidays", dates=(TO_COME,))
OVER = DateSet(id=DateSetId(8), workspace=WorkspaceId(1), name="Over", dates=(PAST,))
HERE = replace(directory(ANA, ROOM), date_sets={HOLIDAYS.id: HOLIDAYS, OVER.id: OVER})


def cron(expression):
    return CronWindow(expression=expression, duration=HOUR, time_zone="UTC")


def dated(day):
    return DatedWindow(dates=(day,), start=time(9), duration=HOUR, time_zone="UTC")


def sets(*numbers):
    return DateSetWindow(sets=tuple(map(DateSetId, numbers)), start=time(9), duration=HOUR, time_zone="UTC")


def to(*targets):
    return builders.plan(step(*targets))


@pytest.mark.parametrize(
    ("made", "paths", "because"),
    [
        (rule(to(target(ANA))), [], "it is well"),
        (rule(to(target(ANA)), window=cron("0 9 29 2 *")), [], "the day comes, if rarely"),
        (rule(to(target(ANA)), window=cron("0 9 30 2 *")), ["rules[0].window"], "the day never comes"),
        (rule(to(target(ANA)), hours=cron("0 9 31 4,6 *")), ["rules[0].hours"], "nor these"),
        (rule(to(target(ANA)), window=dated(TO_COME)), [], "it is to come"),
        (rule(to(target(ANA)), window=dated(PAST)), ["rules[0].window"], "its dates are over"),
        (rule(to(target(ANA)), window=sets(7)), [], "the set has dates to come"),
        (rule(to(target(ANA)), window=sets(8)), ["rules[0].window"], "the set's dates are over"),
        (rule(to(target(ANA)), window=sets(7, 9)), ["rules[0].window.sets[1]"], "there is no such set"),
        (rule(to(target(ANA)), window=sets(9)), ["rules[0].window.sets[0]", "rules[0].window"], "no dates"),
        (
            rule(to(target(ANA), DestinationTarget(destination=destination("Gone").id))),
            ["rules[0].plans[0].steps[0].targets[1]"],
            "the destination is gone",
        ),
        (
            rule(to(target(person("Ben", "email")), target(team("Gone")))),
            ["rules[0].plans[0].steps[0].targets[0]", "rules[0].plans[0].steps[0].targets[1]"],
            "so are people and teams",
        ),
        (rule(to(AddressTarget(channel="email", address="x@example.net"))), [], "an address is nobody's"),
        (
            replace(rule(), inline=(), lasting=(Lasting(plan=to(target(person("Cem")))),)),
            ["rules[0].lasting[0].plan.steps[0].targets[0]"],
            "so are those for whom trouble must last",
        ),
        (replace(rule(), inline=()), ["rules[0]"], "it notifies nobody"),
        (replace(rule(), inline=(), nobody=True), [], "it is meant to notify nobody"),
        (replace(rule(), inline=(), team=TeamId(5)), ["rules[0].team"], "the team is gone"),
        (
            replace(rule(), inline=(), escalation_policies=(EscalationPolicyId(5),)),
            ["rules[0].escalation_policies[0]"],
            "the escalation policy is gone",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(made, paths, because):
    found = warnings(policy(made), HERE, NOW)

    assert [each.path for each in found] == paths, because
    assert all(each.text for each in found)


def test_a_policy_without_rules_is_not_well():
    assert [each.path for each in warnings(policy(), HERE, NOW)] == ["rules"]


def test_the_gaps_of_a_workspace_tell_of_its_policies():
    here = replace(HERE, alert_policies=(policy(rule(plan(), window=cron("0 9 30 2 *"))),))

    assert any("alert policy Operations: rules[0].window never opens" in gap for gap in gaps.find(here, NOW))
