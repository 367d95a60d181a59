from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedule_worlds import CLOCK_CHANGES, at
from tocsin.core.instants import EPOCH, SECOND, micros
from tocsin.core.zone import Zone, zone, zone_names

ZONES = [*CLOCK_CHANGES, "Africa/Casablanca", "Asia/Gaza", "Pacific/Kwajalein", "Africa/Monrovia", "EST5EDT"]

# Most clocks were set in the first; of the second the ends are left out, where zoneinfo itself overflows.
LIVELY = st.integers(micros(at("1900-01-01")) // SECOND, micros(at("2100-01-01")) // SECOND)
FAR = st.integers(micros(at("0002-01-01")) // SECOND, micros(at("9998-01-01")) // SECOND)


def offset_of(name, second):
    return (EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(name)).utcoffset()


@settings(max_examples=600, deadline=None)
@given(name=st.sampled_from(ZONES), second=st.one_of(LIVELY, FAR))
def test_the_table_tells_the_same_offset_as_the_zone_at_any_second(name, second):
    offset, since, until = zone(name).span(second * SECOND)

    assert timedelta(microseconds=offset) == offset_of(name, second)
    assert since <= second * SECOND < until


@settings(max_examples=600, deadline=None)
@given(name=st.sampled_from(ZONES), second=st.one_of(LIVELY, FAR))
@example(name="America/New_York", second=micros(at("2026-03-08T02:30")) // SECOND)
@example(name="America/New_York", second=micros(at("2026-11-01T01:30")) // SECOND)
@example(name="Pacific/Apia", second=micros(at("2011-12-30T12:00")) // SECOND)
def test_the_table_finds_the_instant_that_a_clock_on_the_wall_means(name, second):
    wall = datetime(1970, 1, 1) + timedelta(seconds=second)  # noqa: DTZ001 - a clock on the wall has no offset

    assert zone(name).instant(second * SECOND) == micros(wall.replace(tzinfo=ZoneInfo(name)).astimezone(UTC))


@pytest.mark.parametrize("name", ZONES)
def test_a_span_ends_in_the_very_second_in_which_the_clock_is_set(name):
    found, instant, last = [], micros(at("1990-01-01")), micros(at("2038-01-01"))
    while instant < last:
        offset, _, until = zone(name).span(instant)
        if until < last and zone(name).span(until)[0] != offset:
            found.append(until // SECOND)
        instant = until

    for second in found:
        assert offset_of(name, second - 1) != offset_of(name, second)
    changes_by_the_day = [
        day
        for day in range(micros(at("1990-01-01")) // SECOND, last // SECOND, 86_400)
        if offset_of(name, day) != offset_of(name, day + 86_400)
    ]
    assert len(found) == len(changes_by_the_day)


@pytest.mark.parametrize(
    ("name", "wall", "opens"),
    [
        ("America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59Z"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"),
        ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_time_that_the_clock_skips_opens_right_after_the_gap_and_a_repeated_one_at_first(name, wall, opens):
    assert zone(name).opening(micros(at(wall))) == micros(at(opens))


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ZONES), second=LIVELY, minutes=st.integers(-200, 200))
def test_what_opened_last_is_the_latest_time_on_the_wall_that_has_opened(name, second, minutes):
    _, since, _ = zone(name).span(second * SECOND)
    instant = since + 60 * minutes * SECOND

    wall = zone(name).last_opened(instant)

    assert zone(name).opening(wall) <= instant < zone(name).opening(wall + 1)


def test_a_zone_is_asked_for_by_its_name_alone():
    assert zone("Europe/London") is zone("Europe/London")
    assert {"UTC", "Asia/Kolkata", "US/Eastern", "Etc/GMT+3"} <= zone_names()
    for name in (
        "localtime",
        "Factory",
        "posix/Europe/London",
        "right/UTC",
        "../../etc/passwd",
        "europe/london",
        "",
    ):
        with pytest.raises(LookupError):
            zone(name)


def test_far_years_are_answered_from_near_ones():
    new_york = Zone("America/New_York")
    for year in range(2000, 9999, 50):
        new_york.span(micros(at(f"{year}-07-01")))

    assert new_york.span(micros(at("9990-07-01")))[0] == -4 * 3600 * SECOND
