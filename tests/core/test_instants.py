from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.instants import EPOCH, FUTURE, PAST, Window, clip, complement, merge, micros, moment, utc

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def window(start, end):
    return Window(starts_at=NOON + start * MINUTE, ends_at=NOON + end * MINUTE)


def minutes(windows):
    return [((each.starts_at - NOON) // MINUTE, (each.ends_at - NOON) // MINUTE) for each in windows]


windows = st.lists(st.builds(window, st.integers(0, 60), st.integers(0, 60)), max_size=8)


def test_an_instant_of_any_offset_is_the_same_instant_in_utc():
    shown = datetime(2026, 3, 8, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert utc(shown) == NOON
    assert utc(shown).tzinfo is UTC


def test_a_time_without_an_offset_is_no_instant():
    with pytest.raises(ValueError, match="2026-03-08T12:00:00 names no instant"):
        utc(datetime(2026, 3, 8, 12))  # noqa: DTZ001 - that is the point
    with pytest.raises(TypeError):
        micros(datetime(2026, 3, 8, 12))  # noqa: DTZ001 - that is the point


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_name_every_instant_and_lead_back_to_it(instant):
    assert moment(micros(instant)) == instant
    assert micros(instant) == (instant - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize("microseconds", [PAST, FUTURE, micros(datetime.max.replace(tzinfo=UTC)) + 1])
def test_what_lies_outside_the_calendar_has_no_instant(microseconds):
    assert moment(microseconds) is None


def test_a_window_contains_its_start_and_not_its_end():
    hour = window(0, 60)

    assert NOON in hour
    assert NOON + 60 * MINUTE not in hour
    assert hour.length == timedelta(hours=1)


def test_a_window_that_ends_before_it_starts_is_empty():
    assert not window(5, 0)
    assert not window(5, 5)
    assert window(5, 0).length == timedelta(0)
    assert merge([window(5, 0), window(3, 3)]) == ()


def test_windows_that_overlap_or_touch_become_one():
    assert minutes(merge([window(30, 40), window(0, 10), window(10, 20), window(15, 18)])) == [
        (0, 20),
        (30, 40),
    ]


def test_windows_are_cut_to_a_span():
    assert minutes(clip([window(0, 10), window(20, 90), window(70, 80)], window(5, 60))) == [
        (5, 10),
        (20, 60),
    ]


def test_what_nothing_covers_is_found_however_short():
    holes = complement([window(0, 20), window(21, 50)], window(0, 60))

    assert minutes(holes) == [(20, 21), (50, 60)]


def test_nothing_covers_nothing_and_an_inverted_span_has_no_holes():
    assert minutes(complement([], window(0, 60))) == [(0, 60)]
    assert complement([], window(60, 0)) == ()
    assert complement([window(0, 60)], window(10, 50)) == ()


@given(windows=windows, span=st.builds(window, st.integers(0, 60), st.integers(0, 60)))
def test_every_instant_of_a_span_is_either_covered_or_in_a_hole(windows, span):
    holes = complement(windows, span)

    for minute in range(-1, 62):
        instant = NOON + minute * MINUTE
        covered = any(instant in each for each in windows)
        assert any(instant in hole for hole in holes) == (instant in span and not covered)
