"""The query language of routing rules: what it means, what it refuses, and back again."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import opened
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.filter_tree import And, Compare, Exists, In, Not, Operator, Or, Truth
from tocsin.core.filters import EVERYTHING, from_expression, parse
from tocsin.dialects.datadog.routing.query import read_query, to_query

ALERT = opened(
    Severity.WARNING, labels={"env": "prod", "host": "web-7", "priority": "P2", "note": "a b", "AND": "x:y"}
)


@pytest.mark.parametrize(
    ("query", "filter_"),
    [
        ("", ""),
        ("  ", ""),
        ("*", ""),
        ("tags.env:prod", "labels.env = prod"),
        ("groups.host:web-7", "labels.host = web-7"),
        ("tags.env:prod tags.host:a", "labels.env = prod and labels.host = a"),
        (
            "tags.env:prod AND tags.host:a OR tags.x:y",
            "labels.env = prod and labels.host = a or labels.x = y",
        ),
        ("tags.env:prod AND (tags.a:b OR tags.x:y)", "labels.env = prod and (labels.a = b or labels.x = y)"),
        ("NOT tags.env:prod", "labels.env != prod"),
        ("-tags.env:prod", "labels.env != prod"),
        ("-(tags.a:b tags.c:d)", "not (labels.a = b and labels.c = d)"),
        ("tags.env:(prod OR stage)", "labels.env in [prod, stage]"),
        ("tags.env:(prod* OR stage)", "labels.env like prod* or labels.env = stage"),
        ("tags.host:web*", "labels.host like web*"),
        ("tags.host:*", "labels.host exists"),
        ('tags.note:"a b"', 'labels.note = "a b"'),
        (r"tags.note:a\ b", 'labels.note = "a b"'),
        (r"tags.star:a\*", "labels.star = a*"),
        ("priority:2", "labels.priority in [2, P2]"),
        ("alert_status:error", "severity in [critical, error, nodata]"),
        ("alert_status:warn", "severity = warning"),
        ("alert_status:(error OR warn)", "severity in [critical, error, nodata] or severity = warning"),
        ("alert_status:success", "false"),
        ("tags.AND:x", "labels.AND = x"),
    ],
)
def test_a_query_means(query, filter_):
    assert read_query(query, "query").text == filter_


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("tags.env:prod", True),
        ("tags.env:PROD", False),
        ("tags.env:prod groups.host:web-* priority:2", True),
        ("priority:(1 OR 3)", False),
        ("alert_status:warn", True),
        ("alert_status:error OR tags.env:prod", True),
        ("-tags.missing:x", True),
        ('tags.note:"a b"', True),
        (r'tags.AND:"x:y"', True),
        ("tags.note:*b", True),
    ],
)
def test_a_query_matches(query, holds):
    assert read_query(query, "query").matches(ALERT) is holds


@pytest.mark.parametrize(
    "query",
    [
        "prod",
        "env:prod",
        "tags.:x",
        "tags.env:",
        "tags.env",
        "tags.env:prod and tags.a:b",
        "(tags.env:prod",
        "tags.env:prod)",
        "tags.env:(prod",
        "tags.env:(prod AND stage)",
        "tags.env:prod AND",
        "tags.env:prod OR",
        "AND tags.env:prod",
        "NOT",
        "-",
        'tags.env:"prod',
        "priority:0",
        "priority:6",
        "priority:high",
        "alert_status:ok",
        "(" * 40 + "tags.a:b" + ")" * 40,
        "tags.a:b " * 500,
        "tags.a:" + "x" * 5_000,
    ],
)
def test_what_cannot_be_read_is_refused(query):
    with pytest.raises(Invalid) as refused:
        read_query(query, "rules[0].query")

    assert refused.value.path == "rules[0].query"


@pytest.mark.parametrize(
    "text", ["title ~ disk", "labels.a ~ x", "host = a", "labels.n < 5", "severity > info"]
)
def test_what_the_language_has_no_words_for_is_not_said(text):
    assert to_query(parse(text)) is None


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
values = words | st.sampled_from(["AND", "a b", 'q"', "x\\y", "a:b", "*", "(x)", "prod", ""])
fields = (words | st.sampled_from(["env", "a:b", "x y"])).map(lambda name: f"labels.{name}")
known = [read_query(text, "q").expression for text in ("priority:1", "alert_status:warn")]
terms = (
    st.builds(lambda field, value: Compare(field, Operator.EQUAL, value), fields, values)
    | st.builds(
        lambda field, value: Compare(field, Operator.LIKE, f"{value}*"),
        fields,
        words.filter(lambda w: "*" not in w),
    )
    | st.builds(lambda field, some: In(field, tuple(some)), fields, st.lists(values, min_size=2, max_size=3))
    | st.builds(Exists, fields)
    | st.sampled_from(
        [read_query("priority:1", "q").expression, read_query("alert_status:warn", "q").expression]
    )
    | st.just(Truth(holds=False))
)
expressions = st.recursive(
    terms,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda some: And(tuple(some)), st.lists(inner, min_size=2, max_size=3))
        | st.builds(lambda some: Or(tuple(some)), st.lists(inner, min_size=2, max_size=3))
    ),
    max_leaves=6,
)


@given(expression=expressions, labels=st.dictionaries(words, values, max_size=4))
def test_a_filter_that_is_written_as_a_query_reads_back_to_the_same(expression, labels):
    wanted = from_expression(expression)

    query = to_query(wanted)

    assert query is not None
    again = read_query(query, "query")
    subject = replace(ALERT, labels=labels)
    assert again.matches(subject) is wanted.matches(subject)
    assert to_query(again) == query
    assert to_query(EVERYTHING) == ""


@given(text=st.text(max_size=40) | st.text(alphabet='tags.:()*"\\- ANDORNOT env', max_size=40))
def test_no_text_is_a_fault_of_ours(text):
    with suppress(Invalid):
        read_query(text, "query")
