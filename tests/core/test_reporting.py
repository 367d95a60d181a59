"""Reports: percentiles, nights, noise and coverage."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, SERVICE, directory, person, schedule
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, PageId
from tocsin.core.reporting import (
    PastAlert,
    PastMessage,
    by_day,
    coverage,
    hours,
    noisy,
    percentile,
    times,
    woken,
)

ANA = replace(person("Ana", "sms"), time_zone="America/New_York")
MINUTE = timedelta(minutes=1)


def alert(number=1, opened=NOW, **fields):
    values = {"service": SERVICE, "severity": Severity.ERROR, "title": "Slow"} | fields
    return PastAlert(id=AlertId(number), opened_at=opened, **values)


def told(at, page=1, user=ANA):
    return PastMessage(user.id, PageId(page), at)


@pytest.mark.parametrize(("percent", "expected"), [(50, 5), (90, 9), (95, 10), (100, 10), (1, 1)])
def test_percentiles_are_by_nearest_rank(percent, expected):
    assert percentile([number * MINUTE for number in range(1, 11)], percent) == expected * MINUTE


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=9)), min_size=1))
def test_a_percentile_is_one_of_the_values_and_that_many_are_not_above_it(lengths):
    found = times(lengths)

    assert {found.median, found.p90, found.p95} <= set(lengths)
    assert sum(1 for each in lengths if each <= found.p90) >= 0.9 * len(lengths)
    assert sum(count for _, count in found.buckets) == len(lengths)


def test_without_any_there_are_none():
    assert times([]).count == 0


def test_a_night_is_one_on_the_clock_of_whoever_was_paged():
    at = datetime(2026, 3, 7, 4, 30, tzinfo=UTC)  # 23:30 on Friday the 6th in New York

    (ana,) = woken([told(at), told(at + 2 * MINUTE), told(at + timedelta(hours=2), 2)], directory(ANA))

    assert (ana.pages, ana.at_night, ana.nights, ana.at_weekend) == (2, 2, 1, 1)
    assert hours([told(at)], directory(ANA)) == {(4, 23): 1}


def test_days_are_those_of_whoever_looks_and_none_is_left_out():
    days = by_day(
        [alert(opened=datetime(2026, 3, 4, 23, 30, tzinfo=UTC))],
        NOW - timedelta(days=3),
        NOW,
        "Europe/Berlin",
    )

    assert [(day, sum(counts.values())) for day, counts in days] == [
        (date(2026, 3, 3), 0),
        (date(2026, 3, 4), 0),
        (date(2026, 3, 5), 1),
        (date(2026, 3, 6), 0),
    ]


def test_noise_is_what_nobody_ever_took():
    later = NOW + MINUTE
    alerts = [
        alert(1, resolved_at=later),
        alert(2, resolved_at=later),
        alert(3, taken_at=later, resolved_at=later),
        alert(4, title="Seen", resolved_at=later, resolved_by=ANA.id),
    ]

    (noise,) = noisy(alerts, {SERVICE: "Shop"})

    assert (noise.service, noise.title, noise.alerts, noise.by_itself, noise.never_taken) == (
        "Shop",
        "Slow",
        3,
        2,
        2,
    )


def test_coverage_is_the_share_of_the_time_in_which_somebody_is_on_call():
    half, whole = schedule("Half", ANA, None), schedule("Whole", ANA)

    found = coverage(directory(ANA, half, whole), NOW, NOW + timedelta(days=4))

    assert [(each.schedule, each.share, each.uncovered) for each in found] == [
        ("Half", 0.5, timedelta(days=2)),
        ("Whole", 1.0, timedelta()),
    ]
