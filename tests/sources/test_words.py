from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.event import EventStatus, Severity
from tocsin.sources import words
from tocsin.sources.words import instant_of, severity_of, status_of


@pytest.mark.parametrize("table", [words._SEVERITIES, words._STATUSES])
def test_no_word_means_two_things(table):
    said = [word for line in table.values() for word in line.split()]

    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("page", Severity.CRITICAL),
        ("Disaster", Severity.CRITICAL),
        ("P1", Severity.CRITICAL),
        ("error", Severity.ERROR),
        ("HIGH", Severity.ERROR),
        ("major", Severity.ERROR),
        ("warning", Severity.WARNING),
        (" Average ", Severity.WARNING),
        ("minor", Severity.WARNING),
        ("No Data", Severity.NODATA),
        ("none", Severity.INFO),
        ("ok", Severity.INFO),
        ("purple", None),
        ("", None),
    ],
)
def test_the_usual_words_for_how_bad_it_is_are_known(word, severity):
    assert severity_of(word) is severity


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("firing", EventStatus.FIRING),
        ("PROBLEM", EventStatus.FIRING),
        ("down", EventStatus.FIRING),
        ("Acknowledged", EventStatus.ACKNOWLEDGED),
        ("OK", EventStatus.RESOLVED),
        ("recovery", EventStatus.RESOLVED),
        ("up", EventStatus.RESOLVED),
        ("sideways", None),
    ],
)
def test_the_usual_words_for_how_it_stands_are_known(word, status):
    assert status_of(word) is status


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-03-06T09:00:00Z", "2026-03-06T09:00:00+00:00"),
        ("2026-03-06T10:00:00+01:00", "2026-03-06T09:00:00+00:00"),
        ("2026-03-06t09:00:00.123456789Z", "2026-03-06T09:00:00.123457+00:00"),
        ("2026-03-06 09:00:00", "2026-03-06T09:00:00+00:00"),
        (" 1772787600 ", "2026-03-06T09:00:00+00:00"),
        (1772787600, "2026-03-06T09:00:00+00:00"),
        (1772787600.5, "2026-03-06T09:00:00.500000+00:00"),
        (1772787600000, "2026-03-06T09:00:00+00:00"),
        (1772787600000000, "2026-03-06T09:00:00+00:00"),
        (1772787600000000000, "2026-03-06T09:00:00+00:00"),
    ],
)
def test_an_instant_is_read_however_it_is_written(value, instant):
    assert instant_of(value) == datetime.fromisoformat(instant)


@pytest.mark.parametrize("value", ["", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00", 0, "0", "0.0"])
def test_the_zero_of_a_clock_says_nothing(value):
    assert instant_of(value) is None


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01T00:00:00Z", "9" * 400, -5, 1e30, float("nan")])
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(ValueError, match="no instant"):
        instant_of(value)


@given(st.text() | st.integers() | st.floats())
def test_whatever_is_given_is_an_instant_in_utc_or_nothing_or_refused(value):
    try:
        instant = instant_of(value)
    except ValueError:
        return

    assert instant is None or instant.tzinfo is UTC
