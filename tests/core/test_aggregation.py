"""Gathering: which alerts belong together."""

from datetime import timedelta

import pytest
from hypothesis import given

from routing_builders import HOUR, MINUTE, label_values, opened
from tocsin.core.aggregation import GROUP_KEY_LENGTH_MAX, GatherBy, Gathering, check, group_key
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity


def by(*fields, window=MINUTE):
    return Gathering(by=GatherBy.FIELDS, fields=fields, window=window)


@pytest.mark.parametrize(
    ("fields", "together", "because"),
    [
        ((), True, "no field tells them apart"),
        (("labels.cluster",), True, "both have the same cluster"),
        (("labels.cluster", "host"), False, "the hosts differ"),
        (("severity",), False, "the severities differ"),
        (("labels.gone",), True, "neither has it"),
        (("monitor_labels",), True, "their order does not matter"),
    ],
)
def test_alerts_belong_together_when_the_fields_are_equal(fields, together, because):
    one = opened(Severity.ERROR, labels={"cluster": "eu"}, host="a", monitor_labels=("x", "y"))
    other = opened(Severity.INFO, labels={"cluster": "eu"}, host="b", monitor_labels=("y", "x", "y"))

    keys = {group_key(by(*fields), alert) for alert in (one, other)}

    assert (len(keys) == 1) is together, because


def test_a_missing_value_and_an_empty_one_and_the_word_null_are_three_groups():
    alerts = [opened(labels=labels) for labels in ({}, {"a": ""}, {"a": "null"})]

    assert len({group_key(by("labels.a"), alert) for alert in alerts}) == 3


def test_values_cannot_be_shaped_to_look_like_those_of_another_group():
    one = opened(labels={"a": 'x","y', "b": "z"})
    other = opened(labels={"a": "x", "b": 'y","z'})

    assert group_key(by("labels.a", "labels.b"), one) != group_key(by("labels.a", "labels.b"), other)


def test_long_values_make_short_keys_that_still_differ():
    one, other = (group_key(by("labels.a"), opened(labels={"a": "x" * 4_000 + end})) for end in "12")

    assert one != other
    assert max(len(one), len(other)) <= GROUP_KEY_LENGTH_MAX


@given(one=label_values, other=label_values)
def test_keys_are_equal_exactly_when_all_the_values_are(one, other):
    gathering = by("labels.team", "labels.a b")
    same = all(one.get(name) == other.get(name) for name in ("team", "a b"))

    assert (group_key(gathering, opened(labels=one)) == group_key(gathering, opened(labels=other))) is same


@pytest.mark.parametrize(
    ("gathering", "path"),
    [
        (by(window=timedelta(0)), "gathering.window"),
        (by(window=-MINUTE), "gathering.window"),
        (by(window=25 * HOUR), "gathering.window"),
        (Gathering(window=25 * HOUR), "gathering.window"),
        (by("title", "nonsense"), "gathering.fields[1]"),
        (by("labels."), "gathering.fields[0]"),
        (by("labels.\0"), "gathering.fields[0]"),
        (by(*["title"] * 21), "gathering.fields"),
    ],
)
def test_a_gathering_that_cannot_be_is_refused_by_field(gathering, path):
    with pytest.raises(Invalid) as fault:
        check(gathering)

    assert fault.value.path == path


def test_ordinary_gatherings_are_taken():
    check(Gathering())
    check(by())
    check(by("labels.a b", "monitor_labels", window=24 * HOUR))
