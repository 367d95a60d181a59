"""Events are never refused for their size: what is too much is cut where everybody can see it."""

import json
import math

from hypothesis import example, given
from hypothesis import strategies as st

from routing_builders import event
from tocsin.core.event import (
    CUT_MARK,
    DEDUP_KEY_LENGTH_MAX,
    LABELS_MAX,
    LEFT_OUT_LABEL,
    LINKS_MAX,
    MESSAGE_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    Metric,
    Severity,
    clip,
    within_limits,
)

ANY_TEXT = st.text(st.characters(), max_size=40)


def test_severities_rank_from_info_to_critical():
    ranked = sorted(Severity, key=lambda severity: severity.rank)

    assert ranked == ["info", "nodata", "warning", "error", "critical"]


def test_an_event_within_the_limits_comes_back_as_it_is():
    ordinary = event(
        message="é" * 100, labels={"a": "b"}, links=("https://example.com",), monitor_labels=("x",)
    )

    assert within_limits(ordinary) is ordinary


def test_text_that_is_too_long_ends_in_a_mark():
    long = within_limits(event(title="t" * 1_001, message="m" * 70_000))

    assert (len(long.title), len(long.message)) == (TITLE_LENGTH_MAX, MESSAGE_LENGTH_MAX)
    assert long.title.endswith(CUT_MARK)
    assert long.message.endswith(CUT_MARK)


def test_labels_that_are_left_out_are_counted_in_a_label():
    many = within_limits(event(labels={f"label-{number}": "x" for number in range(LABELS_MAX + 37)}))

    assert len(many.labels) == LABELS_MAX + 1
    assert many.labels[LEFT_OUT_LABEL] == "37"


def test_long_label_names_and_values_and_too_many_links_are_cut():
    big = within_limits(event(labels={"n" * 300: "v" * 5_000}, links=("https://example.com",) * 60))

    ((name, value),) = big.labels.items()
    assert (len(name), len(value), len(big.links)) == (255, 4_096, LINKS_MAX)


def test_long_dedup_keys_that_differ_only_at_their_end_stay_different():
    one, other = (within_limits(event(dedup_key="k" * 5_000 + end)).dedup_key for end in "ab")

    assert one != other
    assert len(one) == len(other) == DEDUP_KEY_LENGTH_MAX


def test_dedup_keys_that_differ_only_in_what_cannot_be_stored_stay_different():
    keys = {within_limits(event(dedup_key=key)).dedup_key for key in ("a\0", "a\ud800", "a\ufffd")}

    assert len(keys) == 3


def test_a_measured_value_that_json_cannot_write_becomes_one_that_it_can():
    def kept(value):
        return within_limits(event(metric=Metric(name="x", value=value))).metric.value

    assert kept(float("nan")) is None
    assert kept(0.0) == 0.0
    assert kept(float("inf")) == kept(1e999) == kept(10**400) > 1e300
    assert kept(float("-inf")) < -1e300


@given(text=ANY_TEXT, limit=st.integers(min_value=10, max_value=50))
def test_clipped_text_is_short_enough_and_can_be_stored(text, limit):
    clipped = clip(text, limit)

    assert len(clipped) <= limit
    assert "\0" not in clipped
    clipped.encode()


@given(
    title=ANY_TEXT,
    key=ANY_TEXT,
    labels=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=5),
    monitor_labels=st.lists(ANY_TEXT, max_size=3).map(tuple),
    value=st.none() | st.floats(),
)
@example(title="", key="", labels={}, monitor_labels=(), value=-math.inf)
def test_whatever_a_source_says_can_be_stored_and_is_cut_only_once(title, key, labels, monitor_labels, value):
    metric = Metric(name=title, value=value)
    said = event(title=title, dedup_key=key, labels=labels, monitor_labels=monitor_labels, metric=metric)

    kept = within_limits(said)

    assert within_limits(kept) is kept
    texts = [kept.title, kept.dedup_key, dict(kept.labels), kept.monitor_labels, kept.metric.value]
    assert "\\u0000" not in json.dumps(texts, allow_nan=False)
    json.dumps(texts, ensure_ascii=False).encode()
