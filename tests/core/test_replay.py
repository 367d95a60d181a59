"""What another configuration would have made of alerts that were."""

from dataclasses import replace

import pytest

from builders import NOW, alert, directory
from routing_builders import plan, policy, rule, silence
from tocsin.core.alert import Acknowledgement, AlertStatus
from tocsin.core.event import Severity
from tocsin.core.people import Importance
from tocsin.core.replay import rerouted

OFFICE, NIGHT = plan("Office"), plan("Night")
SEVERE = rule(OFFICE, when="severity >= error")
TODAY = policy(SEVERE)


def with_(*policies, **more):
    return replace(directory(), alert_policies=policies, **more)


def told(after, *alerts, before=TODAY):
    return [
        (each.alert.title, list(each.was), list(each.now)) for each in rerouted(with_(before), after, alerts)
    ]


ERROR, INFO = alert("error"), alert("info", Severity.INFO)


@pytest.mark.parametrize(
    ("after", "moved"),
    [
        (with_(TODAY), []),
        (with_(replace(TODAY, name="Another name")), []),
        (with_(TODAY, policy(rule(when="severity = info", inline=(), nobody=True))), []),
        (
            with_(replace(TODAY, rules=(replace(SEVERE, inline=(NIGHT,)),))),
            [("error", ["Office"], ["Night"])],
        ),
        (with_(replace(TODAY, rules=(rule(OFFICE),))), [("info", ["nobody"], ["Office"])]),
        (
            with_(TODAY, policy(rule(NIGHT, when="severity >= error"))),
            [("error", ["Office"], ["Night", "Office"])],
        ),
        (with_(), [("error", ["Office"], ["nobody"])]),
        (
            with_(policy(rule(when="severity >= error", inline=(), nobody=True))),
            [("error", ["Office"], ["nobody"])],
        ),
        (
            with_(TODAY, silences=(silence("severity = error"),)),
            [("error", ["Office"], ["nobody, for a silence covers it"])],
        ),
        (
            with_(replace(TODAY, rules=(replace(SEVERE, importance=Importance.IMPORTANT),))),
            [("error", ["Office"], ["Office, as important"])],
        ),
    ],
)
def test_an_alert_that_would_go_elsewhere_is_told_with_both_ways(after, moved):
    assert told(after, ERROR, INFO) == moved


def test_what_became_of_an_alert_since_it_opened_does_not_count():
    held = Acknowledgement(by=None, by_name="Ana", at=NOW, until=None, comment="", how="web")
    over = replace(ERROR, status=AlertStatus.RESOLVED, resolved_at=NOW, acknowledgement=held)
    fallen = replace(INFO, title="fallen", worst_severity=Severity.CRITICAL)

    assert told(with_(), over, fallen) == [
        ("error", ["Office"], ["nobody"]),
        ("fallen", ["Office"], ["nobody"]),
    ]
