"""Alert policies that cannot be are refused by the field that is wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from routing_builders import HOUR, MINUTE, plan, policy, rule
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import RepeatSilence, Scope
from tocsin.core.alert_policy_check import check
from tocsin.core.calendar import CronWindow
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import EscalationPolicyId, ServiceId

NIGHT = CronWindow(expression="0 22 * * *", duration=8 * HOUR, time_zone="Europe/Berlin")
BROKEN = CronWindow(expression="0 99 * * *", duration=8 * HOUR, time_zone="Europe/Berlin")
TWICE = (EscalationPolicyId(4), EscalationPolicyId(5), EscalationPolicyId(4))


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (policy(name=""), "name"),
        (policy(name="  "), "name"),
        (policy(name="x" * 256), "name"),
        (policy(name="a\ud800"), "name"),
        (policy(description="a\0"), "description"),
        (policy(time_zone="Mars/Olympus"), "time_zone"),
        (policy(scope=Scope(monitors=frozenset({""}), filter=EVERYTHING)), "scope.monitors"),
        (
            policy(scope=Scope(services=frozenset(map(ServiceId, range(10_001))), filter=EVERYTHING)),
            "scope.services",
        ),
        (policy(gathering=Gathering(by=GatherBy.FIELDS, window=25 * HOUR)), "gathering.window"),
        (policy(gathering=Gathering(by=GatherBy.FIELDS)), "gathering.window"),
        (
            policy(gathering=Gathering(by=GatherBy.FIELDS, window=MINUTE, fields=("host", "x"))),
            "gathering.fields[1]",
        ),
        (policy(repeat=RepeatSilence(after=-MINUTE)), "repeat.after"),
        (policy(repeat=RepeatSilence(after=timedelta.max)), "repeat.after"),
        (
            policy(repeat=RepeatSilence(by_severity={Severity.INFO: -MINUTE})),
            "repeat.by_severity.info",
        ),
        (policy(*[rule()] * 1_001), "rules"),
        (policy(rule(), rule(name="x" * 256)), "rules[1].name"),
        (policy(rule(), rule(), rule(window=BROKEN)), "rules[2].window.expression"),
        (policy(rule(window=NIGHT, fallback=True)), "rules[0].fallback"),
        (policy(replace(rule(), inline=())), "rules[0]"),
        (policy(rule(*[plan()] * 21)), "rules[0]"),
        (policy(rule(escalation_policies=TWICE)), "rules[0].escalation_policies[2]"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_field(found, path):
    with pytest.raises(Invalid) as fault:
        check(found)

    assert fault.value.path == path
    assert fault.value.remedy


def test_an_ordinary_policy_is_taken():
    check(
        policy(
            rule(window=NIGHT, severities=frozenset({Severity.CRITICAL})),
            rule(fallback=True, escalation_policies=(EscalationPolicyId(4),)),
            gathering=Gathering(by=GatherBy.FIELDS, window=MINUTE, fields=("labels.cluster",)),
            repeat=RepeatSilence(after=HOUR, by_severity={Severity.CRITICAL: None}),
            time_zone="Europe/Berlin",
        )
    )
