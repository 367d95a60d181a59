"""The filter language: what it says, what it refuses, and that nothing written in it can hurt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import event, expressions, subjects
from tocsin.core.errors import Invalid
from tocsin.core.event import Metric, Severity
from tocsin.core.filter_language import TERMS_MAX, TEXT_LENGTH_MAX
from tocsin.core.filter_tree import And, Compare, Exists, In, Not, Operator, Or, Truth, all_of, any_of
from tocsin.core.filters import (
    EVERYTHING,
    compile_expression,
    from_expression,
    known_field,
    parse,
    to_text,
    value_of,
)

SUBJECT = event(
    Severity.ERROR,
    title="disk full on db-1",
    host="db-1.example.com:9100",
    labels={"team": "db", "n": "7", "empty": "", "a b": "x", "kubernetes.io/name": "web", "le": "+Inf"},
    dimensions={"region": "eu"},
    metric=Metric(name="disk.used", value=97.0),
    monitor_labels=("prod", "tier-1"),
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("  \n ", True),
        ("true", True),
        ("not false", True),
        ("severity = error", True),
        ("severity != error", False),
        ("severity >= warning", True),
        ("severity > error", False),
        ("severity <= critical", True),
        ("severity < info", False),
        ("severity in [error, critical]", True),
        ('severity ~ "crit|err"', True),
        ('title = "disk full on db-1"', True),
        ("title = 'disk full on db-1'", True),
        ('title = "disk*"', False),
        ('title like "disk*"', True),
        ('title like "*full*db-?"', False),
        ('title like "*full*-1"', True),
        ("title like disk*full*disk", False),
        ('title not like "*full*"', False),
        ('title ~ "full"', True),
        ('title ~ "^full"', False),
        (r'title ~ "db-\d$"', True),
        (r'title ~ "db-\\d$"', True),
        ('title !~ "drill|test"', True),
        ('title ~ "(?i)DISK"', True),
        ('title = "Disk full on db-1"', False),
        ("host = db-1.example.com:9100", True),
        ("labels.team in [web, db]", True),
        ("labels.team not in [web, db]", False),
        ("labels.kubernetes.io/name = web", True),
        ('labels."a b" = x', True),
        ("labels.'a b' = x", True),
        ("dimensions.region = eu", True),
        ("labels.n > 5", True),
        ("labels.n < 70", True),
        ("labels.n = 7.0", False),
        ("labels.le > 1e300", True),
        ("labels.team > 5", False),
        ("labels.team exists", True),
        ("labels.gone exists", False),
        ("labels.gone not exists", True),
        ('labels.empty = ""', True),
        ("labels.empty exists", True),
        ("metric.value >= 97", True),
        ("metric.value = 97.00", True),
        ("metric.value in [1, 97]", True),
        ("metric.value like 9*", True),
        ("metric.name = disk.used", True),
        ("monitor_labels = prod", True),
        ("monitor_labels != prod", False),
        ("monitor_labels != staging", True),
        ("monitor_labels like tier-*", True),
        ("monitor_labels in [a, prod]", True),
        ("monitor_labels exists", True),
        ("SEVERITY = error", None),
        ("title = a or severity = error and labels.n = 7", True),
        ("(title = a or severity = error) and labels.n = 8", False),
        ("severity = error AND NOT labels.team = web", True),
        ("not (severity = error and labels.team = db)", False),
        ("not not severity = error", True),
        ("labels.team=db and(severity>=error)", True),
    ],
)
def test_a_filter_says_what_it_reads_like(text, holds):
    if holds is None:
        with pytest.raises(Invalid):
            parse(text)
        return

    assert parse(text).matches(SUBJECT) is holds


@pytest.mark.parametrize(
    "test",
    [
        "host = a",
        "host ~ a",
        'host ~ ".*"',
        "host like *",
        "host in [a]",
        "labels.team = db",
        "labels.team < 5",
        "labels.team >= 5",
        "dimensions.x = a",
        "metric.value = 0",
        "metric.value < 5",
        "metric.name = a",
        "monitor_labels = a",
        "monitor_labels > 1",
        "monitor_labels exists",
        'host = ""',
    ],
)
def test_a_missing_value_equals_nothing_and_so_every_negated_test_of_it_holds(test):
    bare = event()

    assert parse(test).matches(bare) is False
    assert parse(f"not {test}").matches(bare) is True


def test_a_measured_nan_is_missing_and_a_measured_zero_is_not():
    zero = event(metric=Metric(name="up", value=0.0))
    nan = event(metric=Metric(name="up", value=float("nan")))

    assert parse("metric.value = 0").matches(zero)
    assert [parse(test).matches(nan) for test in ("metric.value exists", "metric.value != 0")] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("severty = error", 1, "severity, title"),
        ("title = a and labels. = 4", 15, "labels.<name>"),
        ("severity = urgent", 12, "critical, error, warning, nodata, info"),
        ("severity in [error, ok]", 13, "critical, error"),
        ("title == x", 8, "a word or a quoted text"),
        ("title =~ x", 8, "a word or a quoted text"),
        ("title = ", 9, "a word or a quoted text"),
        ("title = and title = b", 9, "needs quotes"),
        ("title like", 11, "a word or a quoted text"),
        ("title", 6, "=, !=, <"),
        ("title not = a", 11, "like, in, exists"),
        ('title "a"', 7, "=, !=, <"),
        ("(title = a", 11, '")"'),
        ("title = a)", 10, '"and", "or"'),
        ("title = a severity = error", 11, '"and", "or"'),
        ("title = a or", 13, "a test here"),
        ("not", 4, "a test here"),
        ('"title" = a', 1, "a test here"),
        ("in [a]", 1, "a test here"),
        ("title in a", 10, "[a, b]"),
        ("title in []", 11, "a word or a quoted text"),
        ("title in [a b]", 13, '"," or "]"'),
        ("title in [a,", 13, "a word or a quoted text"),
        ("title = a & host = b", 11, '"and"'),
        ("title = a | host = b", 11, '"or"'),
        ("!title = a", 1, '"not"'),
        ('title = "abc', 9, 'a " at the end'),
        ("title = 'abc", 9, "a ' at the end"),
        ("labels.n > many", 12, "must be a number"),
        ("labels.n > nan", 12, "must be a number"),
        ("labels.n > 1_000", 12, "must be a number"),
        ("metric.value = high", 16, "must be a number"),
        ("metric.value in [1, high]", 17, "must be a number"),
        ("severity > 3", 12, "critical, error"),
        ('title ~ "("', 9, "RE2"),
        (r'title ~ "(a)\1"', 9, "RE2"),
        ('title ~ "(?=a)"', 9, "RE2"),
        ("title = a\0b", 9, "can be stored"),
        ("title = \ud800", 9, "can be stored"),
    ],
)
def test_a_fault_is_shown_by_its_column_and_with_what_would_be_right(text, column, says):
    with pytest.raises(Invalid) as fault:
        parse(text, "rules[2].filter")

    assert fault.value.path == "rules[2].filter"
    assert f"at column {column}:" in fault.value.problem
    assert says in fault.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000 + "title = a" + ")" * 2_000,
        "(" * 4_000,
        "not " * 1_000 + "title = a",
        "title = a and " * TERMS_MAX + "title = a",
        " or ".join(["true"] * (TERMS_MAX + 1)),
        "title = " + "a" * TEXT_LENGTH_MAX,
        f'title ~ "{"a" * 1_001}"',
        'title ~ "(x{1,30}){1,30}" and title ~ "(y{1,30}){1,30}"',
        'title ~ "((((x{1,100}){1,100}){1,100}){1,100})"',
        r'title ~ "(\pL{1,100}z){1,100}"',
        "[" * 4_000,
        "'" + "\\" * 4_001,
        "labels." * 500,
    ],
)
def test_bombs_are_refused_at_once(text):
    with pytest.raises(Invalid):
        parse(text)


def test_what_is_within_the_bounds_is_taken():
    parse("(" * 32 + "title = a" + ")" * 32)
    parse(" or ".join(["title=a"] * TERMS_MAX))
    parse(f'title ~ "{"a" * 1_000}"')
    parse("title = " + "a" * (TEXT_LENGTH_MAX - 8))


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|aa)+$", "((a?){30}){30}b", ".*.*.*.*.*=", "(?i)(a|b|ab)*c"]
)
@pytest.mark.parametrize("text", ["a" * 65_536, "ab" * 32_768, "é" * 65_536])
def test_no_pattern_hangs_on_the_longest_message(pattern, text):
    assert parse(f'message ~ "{pattern}"').matches(event(message=text)) in {True, False}


def test_a_lone_surrogate_in_an_event_stops_nobody():
    broken = event(title="disk \ud800 full", labels={"a\udfff": "\ud800"})

    assert parse('title ~ "disk.*full"').matches(broken)
    assert parse("title like disk*full").matches(broken)
    assert not parse("labels.a = b").matches(broken)


@given(text=st.text(max_size=60) | st.text("()'\"[],=!~<> andortilseh.\\", max_size=60))
def test_any_text_is_either_read_or_refused_with_its_path(text):
    try:
        found = parse(text, "filter")
    except Invalid as fault:
        refused = fault
    else:
        assert parse(to_text(found.expression)).expression == found.expression
        return

    assert refused.path == "filter"
    assert refused.remedy


@given(expression=expressions())
def test_what_is_written_out_reads_back_the_same(expression):
    assert parse(to_text(expression)).expression == expression


@given(expression=expressions(), subject=subjects())
def test_no_subject_makes_a_filter_raise_and_not_is_always_the_opposite(expression, subject):
    holds = compile_expression(expression)(subject)

    assert compile_expression(Not(expression))(subject) is not holds
    assert from_expression(expression).matches(subject) is holds


@given(parts=st.lists(expressions(), min_size=2, max_size=4).map(tuple), subject=subjects())
def test_and_holds_when_all_parts_do_and_or_when_any_does(parts, subject):
    each = [compile_expression(part)(subject) for part in parts]

    assert compile_expression(And(parts))(subject) is all(each)
    assert compile_expression(Or(parts))(subject) is any(each)


def test_filters_are_equal_when_their_texts_are():
    assert parse(" severity = error ") == parse("severity = error")
    assert len({parse("severity = error"), parse("severity = error"), parse("severity  = error")}) == 2
    assert parse("   ") == EVERYTHING


def test_a_tree_that_is_built_keeps_to_the_bounds_of_a_text():
    deep = Compare("title", Operator.EQUAL, "a")
    for _ in range(5_000):
        deep = Not(deep)
    wide = any_of(*(Exists("title") for _ in range(TERMS_MAX + 1)))

    for tree in (deep, wide, Exists("nonsense"), Compare("severity", Operator.EQUAL, "ok"), In("title", ())):
        with pytest.raises(Invalid) as fault:
            from_expression(tree, "targets[0].tags")
        assert fault.value.path == "targets[0].tags"


def test_lists_of_any_length_can_be_joined():
    one = Exists("host")

    assert (all_of(), all_of(one), all_of(one, one)) == (Truth(holds=True), one, And((one, one)))
    assert (any_of(), any_of(one), any_of(one, one)) == (Truth(holds=False), one, Or((one, one)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severity", "error"),
        ("title", "disk full on db-1"),
        ("message", None),
        ("labels.team", "db"),
        ("labels.empty", ""),
        ("labels.gone", None),
        ("dimensions.region", "eu"),
        ("metric.name", "disk.used"),
        ("metric.value", "97"),
        ("monitor_labels", ("prod", "tier-1")),
        ("nonsense", None),
        ("labels.", None),
    ],
)
def test_a_field_reads_as_text_or_as_missing(field, value):
    assert value_of(SUBJECT, field) == value


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("severity", True),
        ("labels.a.b/c d", True),
        ("labels.x.", True),
        ("labels.", False),
        ("labels", False),
        ("dimensions.", False),
        ("id", False),
        ("", False),
    ],
)
def test_a_field_is_known_or_not(name, known):
    assert known_field(name) is known


def test_a_tag_is_the_label_of_that_name_or_else_the_dimension():
    labelled = event(labels={"pod": "a"}, dimensions={"pod": "b"})
    measured = event(dimensions={"pod": "b", "a zone": "c"})

    assert parse("tags.pod = a").matches(labelled)
    assert not parse("tags.pod = b").matches(labelled)
    assert parse('tags.pod = b and tags."a zone" = c').matches(measured)
    assert parse("not tags.host exists").matches(measured)
    assert parse(r'dimensions = "{\"a zone\":\"c\",\"pod\":\"b\"}"').matches(measured)
    assert not parse("dimensions exists").matches(event())
