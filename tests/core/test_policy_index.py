"""The index of policies: it leaves out only those that would pass an alert by."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import NOW, opened, plan, policy, rule, severities
from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy, RepeatSilence, Scope
from tocsin.core.filters import EVERYTHING, parse
from tocsin.core.ids import IntegrationId, ServiceId
from tocsin.core.judging import judge
from tocsin.core.policy_index import PolicyIndex, keys_of
from tocsin.core.verdict import Passed

OTHERS = [
    policy(scope=Scope(monitors=frozenset({f"other-{number}"}), filter=EVERYTHING)) for number in range(5)
]


def found(alert: Alert, *policies: AlertPolicy) -> list[AlertPolicy]:
    chosen = PolicyIndex((*policies, *OTHERS)).among(alert)
    assert chosen is not None
    return list(chosen)


@pytest.mark.parametrize(
    ("scope", "rules", "keys"),
    [
        ({"monitors": frozenset({"m1", "m2"})}, (), {("monitor_id", "m1"), ("monitor_id", "m2")}),
        ({"services": frozenset({ServiceId(2)})}, (), {("service", 2)}),
        ({"integrations": frozenset({IntegrationId(3)})}, (), {("integration", 3)}),
        ({}, ("labels.team = db",), {("labels.team", "db")}),
        ({}, ("labels.team in [db, web]",), {("labels.team", "db"), ("labels.team", "web")}),
        ({}, ("labels.team = db or host = a",), {("labels.team", "db"), ("host", "a")}),
        ({}, ('title ~ "disk" and labels.team = db',), {("labels.team", "db")}),
        ({}, ("labels.team = db", "labels.team = web"), {("labels.team", "db"), ("labels.team", "web")}),
        ({}, ("labels.team = db", ""), None),
        ({}, ("labels.team != db",), None),
        ({}, ("severity = critical",), None),
        ({}, ("metric.value = 5",), None),
        ({}, ("not labels.team = db",), None),
        ({}, ("false",), set()),
        ({"services": frozenset({ServiceId(2)})}, ("labels.team = db",), {("labels.team", "db")}),
    ],
)
def test_a_policy_is_filed_under_what_an_alert_must_have_for_it(scope, rules, keys):
    filed = keys_of(
        policy(*[rule(when=each) for each in rules], scope=Scope(**{"filter": EVERYTHING, **scope}))
    )

    assert filed == keys


def test_only_the_policies_that_an_alert_may_be_for_are_asked():
    mine = policy(scope=Scope(monitors=frozenset({"m1"}), filter=EVERYTHING))
    everybodys = policy(rule())
    labelled = policy(rule(when="monitor_labels = db"))
    team = policy(scope=parse("labels.team = db"))

    assert found(opened(monitor_id="m1"), mine, everybodys, labelled, team) == [mine, everybodys]
    assert found(opened(monitor_labels=("x", "db")), mine, everybodys, labelled, team) == [
        everybodys,
        labelled,
    ]
    assert found(opened(labels={"team": "db"}), mine, everybodys, labelled, team) == [everybodys, team]


def test_a_few_policies_are_all_asked():
    assert PolicyIndex((policy(), policy())).among(opened()) is None


def test_a_policy_that_remembers_the_alert_is_asked_again_though_the_alert_has_changed():
    mine = policy(rule(when="labels.team = db"), repeat=RepeatSilence())
    first = judge((mine,), (), {}, opened(labels={"team": "db"}), NOW, catch_all=None).alert

    assert found(replace(first, labels={}), mine) == [mine]


VALUES = st.sampled_from(["a", "b", "c"])
TESTS = st.sampled_from(
    [
        "",
        "true",
        "false",
        "labels.x = a",
        "labels.x in [a, b]",
        "not labels.x = a",
        "host = b",
        "title like a*",
    ]
) | st.tuples(VALUES, VALUES).map(
    lambda two: f"labels.x = {two[0]} and host = {two[1]} or monitor_labels = c"
)
SCOPES = st.builds(
    Scope,
    monitors=st.frozensets(VALUES, max_size=2),
    services=st.sampled_from([frozenset(), frozenset({ServiceId(2)}), frozenset({ServiceId(9)})]),
    filter=TESTS.map(parse),
)
POLICIES = st.builds(
    lambda scope, tests: policy(*[rule(plan(), when=test) for test in tests], scope=scope),
    SCOPES,
    st.lists(TESTS, max_size=3),
)
ALERTS = st.builds(
    lambda severity, label, host, monitor, labels: opened(
        severity, labels={"x": label}, host=host, monitor_id=monitor, monitor_labels=tuple(labels), title=host
    ),
    severities,
    VALUES,
    VALUES,
    VALUES,
    st.lists(VALUES, max_size=2),
)


@given(policies=st.lists(POLICIES, min_size=4, max_size=8), alert=ALERTS)
def test_who_is_not_asked_would_have_passed_the_alert_by(policies, alert):
    everybody = judge(policies, (), {}, alert, NOW, catch_all=None)
    among = PolicyIndex(policies).among(alert)
    some = judge(policies, (), {}, alert, NOW, catch_all=None, among=among)

    assert some.alert == everybody.alert

    def said(judgement):
        return [each for each in judgement.verdicts if not isinstance(each, Passed)]

    assert said(some) == said(everybody)
