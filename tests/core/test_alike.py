"""Alerts that are alike in all that is looked at are decided about once, and as each would be by itself."""

from hypothesis import given
from hypothesis import strategies as st

from routing_builders import NOW, opened, plan, policy, rule, severities
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import Mode, Scope
from tocsin.core.alike import TRIALS, Alike
from tocsin.core.event import Metric
from tocsin.core.filters import parse
from tocsin.core.judging import apply, decide
from tocsin.core.policy_index import PolicyIndex

VALUES = st.sampled_from(["a", "b", ""])
TESTS = st.sampled_from(
    [
        "",
        "labels.x = a",
        "not labels.x = a",
        "labels.y exists",
        "tags.z in [a, b]",
        "dimensions like *a*",
        "host = b",
        "title like a*",
        "monitor_labels = a",
        "severity >= warning",
        "metric.value > 1",
        "metric.name = a",
        'message ~ "b" or labels.y = b',
    ]
)
GATHERINGS = st.sampled_from(
    [
        Gathering(),
        Gathering(by=GatherBy.FIELDS, fields=("labels.x", "severity")),
        Gathering(by=GatherBy.FIELDS, fields=("monitor_labels", "dimensions")),
    ]
)
POLICIES = st.builds(
    lambda scope, tests, mode, gathering: policy(
        *[rule(plan(), when=test) for test in tests],
        scope=Scope(filter=parse(scope)),
        mode=mode,
        gathering=gathering,
    ),
    TESTS,
    st.lists(TESTS, max_size=3),
    st.sampled_from([Mode.ALL, Mode.FIRST]),
    GATHERINGS,
)
ALERTS = st.builds(
    lambda severity, labels, dimensions, texts, names, value: opened(
        severity,
        labels=labels,
        dimensions=dimensions,
        host=texts[0],
        title=texts[1],
        message=texts[2],
        monitor_labels=tuple(names),
        metric=None if value is None else Metric(name=texts[0] or "m", value=value),
    ),
    severities,
    st.dictionaries(st.sampled_from(["x", "y", "z"]), VALUES),
    st.dictionaries(st.sampled_from(["x", "z"]), VALUES),
    st.tuples(VALUES, VALUES, VALUES),
    st.lists(VALUES, max_size=2),
    st.sampled_from([None, 0.5, 2.0]),
)


@given(policies=st.lists(POLICIES, max_size=5), alerts=st.lists(ALERTS, max_size=20))
def test_what_is_decided_of_many_is_what_is_decided_of_each(policies, alerts):
    index = PolicyIndex(policies)

    def decide_alone(alert):
        return decide(policies, (), {}, alert, NOW, catch_all=None, among=index.among(alert))

    alike = Alike(decide_alone)

    for alert in alerts:
        assert apply(alert, alike(alert)) == apply(alert, decide_alone(alert))


def test_those_that_are_alike_are_decided_about_once():
    asked = []

    def decide_team(alert):
        asked.append(alert.labels.get("team"))
        return asked[-1]

    alike = Alike(decide_team)
    teams = [
        alike(opened(labels={"team": team, "host": str(n)})) for n, team in enumerate(["a", "b", "a"] * 5)
    ]

    assert teams == ["a", "b", "a"] * 5
    assert asked == ["a", "b"]


def test_where_everybody_differs_nobody_is_compared_for_long():
    watched = []

    def decide_host(alert):
        watched.append(type(alert).__name__)
        return alert.host

    alike = Alike(decide_host)
    hosts = [alike(opened(host=str(number))) for number in range(2 * TRIALS)]

    assert hosts == [str(number) for number in range(2 * TRIALS)]
    assert watched[TRIALS:] == ["Alert"] * TRIALS


def test_a_large_part_is_told_apart_by_what_names_it():
    asked = []

    def decide_policy(judged):
        asked.append(judged.scope.filter.text)
        return asked[-1]

    alike = Alike(decide_policy, same={"scope": "scope.filter.text"})
    scopes = [Scope(filter=parse(text)) for text in ("labels.x = a", "labels.x = a", "labels.x = b")]

    assert [alike(policy(scope=scope)) for scope in scopes] == ["labels.x = a"] * 2 + ["labels.x = b"]
    assert asked == ["labels.x = a", "labels.x = b"]
