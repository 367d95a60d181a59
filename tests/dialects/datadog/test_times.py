from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.dialects.datadog.times import (
    FIRST,
    LAST,
    read_query_time,
    read_time,
    show_in,
    show_utc,
    unix_seconds,
)

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
INSTANTS = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC))
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Monrovia"])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-06T09:00:00Z", NINE),
        ("2026-03-06t09:00:00z", NINE),
        ("2026-03-06T09:00:00.000Z", NINE),
        ("2026-03-06T10:00:00+01:00", NINE),
        ("2026-03-06T04:00:00-05:00", NINE),
        ("2026-03-06T14:30:00+05:30", NINE),
        ("2026-03-06T09:00:00-00:00", NINE),
        ("2026-03-06T09:00:00.887Z", NINE + timedelta(milliseconds=887)),
        ("2026-03-06T09:00:00.5Z", NINE + timedelta(milliseconds=500)),
        ("2026-03-06T09:00:00.123456789Z", NINE + timedelta(microseconds=123_456)),
        ("2021-11-01T11:11:11+00:00", datetime(2021, 11, 1, 11, 11, 11, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_with_any_offset_and_any_fraction(text, at):
    assert read_time(text, "start") == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-03-06",
        "2026-03-06T09:00:00",
        "2026-03-06 09:00:00Z",
        "2026-03-06T09:00Z",
        "2026-03-06T09:00:00 01:00",
        "2026-03-06T09:00:00+0100",
        "2026-03-06T09:00:00+01:60",
        "2026-03-06T09:00:00+24:00",
        "2026-03-06T24:00:00Z",
        "2026-03-06T09:00:60Z",
        "2026-02-30T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z",
        "٢٠٢٦-03-06T09:00:00Z",
        "2026-03-06T09:00:00Z\n",
        "1772787600",
        "2026-03-06T09:00:00." + "0" * 100 + "Z",
    ],
)
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(Invalid) as refused:
        read_time(text, "start")

    assert refused.value.path == "start"
    assert len(refused.value.problem) < 100


def test_a_plus_that_became_a_space_on_its_way_through_a_query_is_a_plus_again():
    assert read_query_time("2026-03-06T10:00:00 01:00", "at") == NINE


@pytest.mark.parametrize("text", ["2026-03-06 10:00:00 01:00", "2026-03-06T10:00:00  01:00", " 01:00", " "])
def test_any_other_space_in_a_query_s_time_is_refused(text):
    with pytest.raises(Invalid):
        read_query_time(text, "at")


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "2026-03-06T09:00:00Z"),
        (887_000, "2026-03-06T09:00:00.887Z"),
        (261_184, "2026-03-06T09:00:00.261184Z"),
        (100, "2026-03-06T09:00:00.0001Z"),
    ],
)
def test_an_instant_is_written_in_utc_without_the_zeros_of_its_fraction(microseconds, text):
    assert show_utc(NINE + timedelta(microseconds=microseconds)) == text


@pytest.mark.parametrize(
    ("zone", "at", "text"),
    [
        ("America/New_York", NINE, "2026-03-06T04:00:00-05:00"),
        ("America/New_York", NINE + timedelta(days=3), "2026-03-09T05:00:00-04:00"),
        ("Asia/Kolkata", NINE + timedelta(microseconds=261_184), "2026-03-06T14:30:00.261184+05:30"),
        ("UTC", NINE, "2026-03-06T09:00:00Z"),
        ("Europe/London", NINE, "2026-03-06T09:00:00Z"),
        ("Africa/Monrovia", datetime(1900, 1, 1, tzinfo=UTC), "1900-01-01T00:00:00Z"),
    ],
)
def test_an_instant_is_written_with_the_offset_of_its_zone_if_the_format_can(zone, at, text):
    assert show_in(zone, at) == text


@given(at=INSTANTS, zone=ZONES)
def test_what_is_written_reads_back_as_the_same_instant(at, zone):
    assert read_time(show_utc(at), "at") == at
    assert read_time(show_in(zone, at), "at") == at


def test_seconds_since_1970_are_whole():
    assert unix_seconds(NINE + timedelta(microseconds=999_999)) == 1_772_787_600
    assert unix_seconds(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1
