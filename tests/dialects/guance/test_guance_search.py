"""The search syntax of filters: what matches, what does not read, and that what is written reads the same."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import event
from tocsin.core.errors import Invalid
from tocsin.core.event import Metric, Severity
from tocsin.core.filter_tree import (
    Compare,
    Exists,
    In,
    Not,
    Operator,
    all_of,
    any_of,
    compile_expression,
)
from tocsin.core.filters import from_expression
from tocsin.dialects.guance.attributes import with_source
from tocsin.dialects.guance.strategies.rebuild import search_of
from tocsin.dialects.guance.strategies.search import parse_search, tags_filter

EVENT = event(
    title="Disk full on web-01",
    message="97 %",
    source="watcher",
    severity=Severity.CRITICAL,
    labels={"env": "prod", "team": "data platform", "url": "http://x/a:b", "empty": ""},
    dimensions={"pod_name": "coredns-7", "host": "web-01", "env": "stage"},
    monitor_id="rul_1",
    monitor_labels=("k8s", "night shift"),
    metric=Metric(name="disk", value=97.0),
    dedup_key="a/1",
)

TABLE = [
    ("env:prod", True),
    ("env:Prod", False),
    ("env:stage", False),  # a label hides the dimension of its name
    ("-env:prod", False),
    ("-env:test", True),
    ("-nothing:x", True),  # what is not there equals nothing
    ("nothing:x", False),
    ("host:web*", True),
    ("*host:*01", True),
    ("host:*eb-*", True),
    ("host:db*", False),
    ("env:*", True),
    ("empty:*", True),
    ("nothing:*", False),
    ("-nothing:*", True),
    ('team:"data platform"', True),
    ("team:'data platform'", True),
    ("url:http://x/a:b", True),
    ("df_title:~full", True),
    ("df_title:~^full", False),
    (r'df_title:~"web-\d+$"', True),
    ("df_title:~(disk|Disk)", True),
    ("df_status:critical", True),
    ("df_status:ok", False),
    ("df_status IN [critical, ok]", True),
    ("df_label:k8s", True),
    ('df_label:"night shift"', True),
    ("-df_label:k8s", False),
    ("df_monitor_checker_id:rul_1", True),
    ("df_monitor_checker_event_ref:a/1", True),
    ("Result > 90", True),
    ("Result <= 90", False),
    ("Result:97", True),
    ("Result:abc", False),
    ("source:watcher", True),
    ("df_source:monitor", True),
    ("-df_source:monitor", False),
    ("df_source:custom", False),
    ("env = prod", True),
    ("env != prod", False),
    ("env IN [test, prod]", True),
    ("env not in [test]", True),
    ("env:test env:prod", True),  # of one name, side by side: alternatives
    ("env:test,env:prod", True),
    ("env:test AND env:prod", False),
    ("env:prod team:x", False),  # of two names: both
    ("env:prod, host:web*", True),
    ("env:test OR host:web*", True),
    ("env:test or host:web* and env:x", False),
    ("(env:test OR host:web*) AND env:prod", True),
    ("NOT env:test", True),
    ("NOT (env:prod AND host:web*)", False),
    ("not not env:prod", True),
    ("env:prod -host:db* -host:web*", False),
    ("-env:test -env:stage", True),
    ("in:x", False),
    ("or:x OR env:prod", True),
    ("   ", True),
    ("环境:prod OR env:prod", True),
]


def holds(text):
    found = parse_search(text, "filterString")
    return from_expression(with_source(found.expression)).matches(EVENT)


@pytest.mark.parametrize(("text", "matches"), TABLE)
def test_a_filter_string_matches_what_it_says(text, matches):
    assert holds(text) is matches


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("env", 4),
        ("env:", 5),
        ("(env:prod", 10),
        ("env:prod)", 9),
        ('env:"prod', 5),
        ("env:prod AND", 13),
        ("OR env:prod", 4),
        ("env:~[", 6),
        ("env IN [", 9),
        ("env IN [a b]", 11),
        ("Result > many", 10),
        ("NOT", 4),
        (":x", 1),
        ("a:b\0", 4),
        ("(" * 100 + "a:b", 33),
    ],
)
def test_what_does_not_read_is_named_with_its_column(text, column):
    with pytest.raises(Invalid) as refusal:
        parse_search(text, "filterString")

    assert refusal.value.path == "filterString"
    assert f"column {column}" in refusal.value.problem or "0" in text, refusal.value


@pytest.mark.parametrize(
    "text",
    [
        "a" * 70_000,
        "a:b " * 5_000,
        "(" * 20_000,
        "NOT " * 20_000,
        "a:~" + "(x{1,100}){1,100}" * 50,
        "-" * 10_000,
        "a:~(x+x+)+y" * 3_000,
    ],
)
def test_bombs_are_refused_or_read_at_once(text):
    with suppress(Invalid):
        parse_search(text)


@pytest.mark.parametrize(
    ("tags", "matches"),
    [
        ({}, True),
        ({"env": ["prod", "test"]}, True),
        ({"env": ["test"]}, False),
        ({"env": ["prod"], "pod_name": ["core*"]}, True),
        ({"env": ["prod"], "pod_name": ["x"]}, False),
        ({"-env": ["prod", "test"]}, False),
        ({"-env": ["test"], "-nothing": ["x"]}, True),
        ({"df_label": ["k8s"]}, True),
        ({"-df_label": ["other"]}, True),
        ({"host": ["web-01"]}, True),
        ({"env": []}, True),
        ({"df_status": ["critical"]}, True),
        ({"pod_name": [f"pod-{number}" for number in range(500)] + ["coredns-7"]}, True),
    ],
)
def test_tags_match_all_names_and_any_value_of_each(tags, matches):
    assert tags_filter(tags).matches(EVENT) is matches


NAMES = st.sampled_from(["tags.env", "tags.pod_name", "title", "message", "source", "monitor_labels"])
WORDS = st.text(alphabet="abcw-01 \"'\\()[]:,*%~й", min_size=1, max_size=8)
TERMS = st.one_of(
    st.builds(Compare, NAMES, st.just(Operator.EQUAL), WORDS),
    st.builds(Exists, NAMES),
    st.builds(In, NAMES, st.lists(WORDS, min_size=2, max_size=3, unique=True).map(tuple)),
    st.builds(Compare, NAMES, st.just(Operator.LIKE), WORDS.map(lambda word: f"{word}*")),
)
TREES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(*parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: any_of(*parts)),
    ),
    max_leaves=6,
)
EVENTS = st.builds(
    event,
    title=st.sampled_from(["Disk full on web-01", "a", "0"]),
    labels=st.dictionaries(st.sampled_from(["env", "pod_name"]), WORDS, max_size=2),
    monitor_labels=st.lists(WORDS, max_size=2).map(tuple),
)


@given(tree=TREES, subject=EVENTS)
def test_what_is_written_of_a_filter_reads_back_with_the_same_meaning(tree, subject):
    written = search_of(tree)

    assert parse_search(written).matches(subject) is compile_expression(tree)(subject), written


@given(text=st.text(alphabet="ab:*~-!=<>()[]\"', \\NOTANDORIN|.", max_size=40))
def test_any_text_is_read_or_refused(text):
    with suppress(Invalid):
        assert parse_search(text).matches(EVENT) in (True, False)
