"""Silences: what they cover, and when they end."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_builders import HOUR, MINUTE, NOW, SECOND, opened, silence
from tocsin.core.calendar import CronWindow
from tocsin.core.errors import Invalid
from tocsin.core.ids import ServiceId
from tocsin.core.silence import check, covers, ends_at

# Every day from 22:00 to 02:00 in Berlin, which is 21:00 to 01:00 UTC in winter.
NIGHTLY = CronWindow(expression="0 22 * * *", duration=timedelta(hours=4), time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("after", "covered", "because"),
    [
        (-SECOND, False, "it has not begun"),
        (0 * SECOND, True, "it holds from its first moment on"),
        (HOUR - SECOND, True, "it holds to its end"),
        (HOUR, False, "and not at its end"),
    ],
)
def test_a_silence_holds_from_its_start_to_not_including_its_end(after, covered, because):
    assert covers(silence(hours=1), opened(), NOW + after) is covered, because


def test_a_silence_without_an_end_holds_until_it_is_lifted():
    endless = silence(hours=None)

    assert covers(endless, opened(), NOW + 10_000 * HOUR)
    assert ends_at(endless, NOW + HOUR) is None


def test_a_silence_covers_only_what_its_filter_and_its_services_take():
    narrow = silence("labels.team = db", services=frozenset({ServiceId(2)}))

    assert covers(narrow, opened(labels={"team": "db"}), NOW)
    assert not covers(narrow, opened(labels={"team": "web"}), NOW)
    assert not covers(narrow, opened(labels={"team": "db"}, service=ServiceId(3)), NOW)


@pytest.mark.parametrize(
    ("after", "covered", "until"),
    [
        (11 * HOUR, False, None),
        (12 * HOUR, True, 16 * HOUR),
        (16 * HOUR - SECOND, True, 16 * HOUR),
        (16 * HOUR, False, None),
        (36 * HOUR, True, 40 * HOUR),
        (38 * HOUR, True, 40 * HOUR),
        (61 * HOUR, False, None),
    ],
)
def test_a_maintenance_window_silences_each_night_in_its_own_zone_and_ends_with_each(after, covered, until):
    nightly = silence(hours=60, recurring=NIGHTLY)

    assert covers(nightly, opened(), NOW + after) is covered
    assert ends_at(nightly, NOW + after) == (until and NOW + until)


def test_a_recurring_silence_that_ends_within_its_window_ends_there():
    assert ends_at(silence(hours=13, recurring=NIGHTLY), NOW + 12 * HOUR) == NOW + 13 * HOUR


@given(minutes=st.integers(-100, 5_000), hours=st.none() | st.integers(1, 80), recurs=st.booleans())
def test_what_a_silence_covers_it_covers_until_it_says_and_not_at_that_moment(minutes, hours, recurs):
    held = silence(hours=hours, recurring=NIGHTLY if recurs else None)
    now = NOW + minutes * MINUTE

    end = ends_at(held, now)

    if end is not None:
        assert covers(held, opened(), now)
        assert covers(held, opened(), end - SECOND / 1_000)
        assert not covers(held, opened(), end)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\0"}, "name"),
        ({"comment": "x" * 1_001}, "comment"),
        ({"ends_at": NOW}, "ends_at"),
        (
            {"recurring": CronWindow(expression="0 22", duration=HOUR, time_zone="UTC")},
            "recurring.expression",
        ),
        (
            {"recurring": CronWindow(expression="0 22 * * *", duration=HOUR, time_zone="x")},
            "recurring.time_zone",
        ),
    ],
)
def test_a_silence_that_cannot_be_is_refused_by_field(fields, path):
    with pytest.raises(Invalid) as fault:
        check(silence(**fields))

    assert fault.value.path == path


def test_an_ordinary_silence_is_taken():
    check(silence("severity = info", comment="new disks", recurring=NIGHTLY))
