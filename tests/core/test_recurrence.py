"""When a rule comes back: as python-dateutil says, whatever the rule and wherever one looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.core.instants import micros
from tocsin.core.recurrence import DAYS, Frequency, Occurrences, Recurrence, check, wall_micros

YEARS = {
    Frequency.HOURLY: rrule.HOURLY,
    Frequency.DAILY: rrule.DAILY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.MONTHLY: rrule.MONTHLY,
    Frequency.YEARLY: rrule.YEARLY,
}
SPANS = {
    Frequency.HOURLY: timedelta(days=9),
    Frequency.DAILY: timedelta(days=150),
    Frequency.WEEKLY: timedelta(days=400),
    Frequency.MONTHLY: timedelta(days=1_200),
    Frequency.YEARLY: timedelta(days=3_000),
}
START = datetime(2024, 2, 29, 9, 30)  # noqa: DTZ001 - a clock on a wall


def shown(wall):
    """Turn a wall-clock moment back into a naive datetime."""
    return datetime.fromtimestamp(wall / 1_000_000, UTC).replace(tzinfo=None)


def starts(rule, start, low, high):
    found = Occurrences(rule, wall_micros(start)).between(wall_micros(low), wall_micros(high))
    return [shown(wall) for wall, _ in found]


def as_dateutil(rule, start, high):
    """Make the rule of python-dateutil that means the same up to *high*, for which it would look for ever."""
    frequency = YEARS[rule.frequency]
    days = [
        getattr(rrule, each[-2:])(int(each[:-2])) if each[:-2] else getattr(rrule, each)
        for each in rule.by_day
    ]
    try:
        return rrule.rrule(
            frequency,
            dtstart=start,
            interval=rule.interval,
            wkst=rule.week_start,
            until=min(rule.until or high, high),
            bysetpos=rule.by_position or None,
            bymonth=rule.by_month or None,
            bymonthday=rule.by_month_day or None,
            byyearday=rule.by_year_day or None,
            byweekday=days or None,
            byhour=rule.by_hour or None,
            byminute=rule.by_minute or None,
        )
    except ValueError:  # what it says of an hourly rule that meets none of the hours
        return rrule.rruleset()


def some(elements, most):
    return st.one_of(st.just(()), st.lists(elements, min_size=1, max_size=most, unique=True).map(tuple))


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(Frequency))
    numbered = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    # python-dateutil takes numbered days and plain ones in one rule to mean both; the RFC says either.
    some_numbers = st.sampled_from(["1", "2", "-1", "5"])
    number = some_numbers if numbered and draw(st.booleans()) else st.just("")
    month_day = st.integers(-31, 31).filter(bool)
    start = datetime(2024, 1, 1) + timedelta(hours=draw(st.integers(0, 24 * 366)))  # noqa: DTZ001 - on a wall
    rule = Recurrence(
        frequency=frequency,
        interval=draw(st.integers(1, 5)),
        by_month=draw(some(st.integers(1, 12), 4)),
        by_month_day=draw(some(month_day, 3)),
        by_year_day=draw(some(st.integers(-366, 366).filter(bool), 2))
        if frequency is Frequency.YEARLY
        else (),
        by_day=draw(some(st.tuples(number, st.sampled_from(DAYS)).map("".join), 4)),
        by_hour=draw(some(st.integers(0, 23), 3)),
        by_minute=draw(some(st.integers(0, 59), 2)),
        week_start=draw(st.integers(0, 6)),
        until=draw(st.none() | st.just(start + SPANS[frequency] / 2)),
    )
    # python-dateutil looks as far as the year 9999 for what never comes, so let days and months not collide.
    if not numbered:
        only = draw(st.sampled_from(["by_month", "by_month_day", "by_day"]))
        others = {"by_month", "by_month_day", "by_day"} - {only}
        rule = replace(rule, **dict.fromkeys(others, ()))
    by_any = numbered and (rule.by_day or rule.by_month_day or rule.by_hour or rule.by_minute)
    positions = some(st.sampled_from([1, 2, -1, -2]), 2) if by_any else st.just(())
    return replace(rule, by_position=draw(positions)), start


@settings(max_examples=100)
@given(ruled=rules(), into=st.floats(-0.2, 1), length=st.floats(0, 0.5))
def test_a_rule_comes_back_when_dateutil_says_so(ruled, into, length):
    rule, start = ruled
    span = SPANS[rule.frequency]
    low = start + into * span
    high = low + length * span

    assert starts(rule, start, low, high) == [
        each for each in as_dateutil(rule, start, high).between(low, high, inc=True) if each < high
    ]


@settings(max_examples=100)
@given(ruled=rules(), into=st.floats(0, 0.4), count=st.integers(1, 20))
def test_the_first_one_from_a_moment_on_is_found_and_so_is_one_by_its_number(ruled, into, count):
    rule, start = ruled
    low, end = start + into * SPANS[rule.frequency], start + SPANS[rule.frequency]
    ours = Occurrences(rule, wall_micros(start))

    from_low = starts(rule, start, low, end)
    if from_low:
        assert shown(ours.first(wall_micros(low))[0]) == from_low[0]
    all_of_them = starts(rule, start, start, end)
    if len(all_of_them) >= count:
        assert shown(ours.at_number(count)) == all_of_them[count - 1]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Recurrence(frequency=Frequency.YEARLY), ["2024-02-29", "2028-02-29"]),
        (Recurrence(frequency=Frequency.MONTHLY, by_month_day=(31,)), ["2024-03-31", "2024-05-31"]),
        (Recurrence(frequency=Frequency.MONTHLY, by_day=("-1FR",)), ["2024-03-29", "2024-04-26"]),
        (Recurrence(frequency=Frequency.WEEKLY, interval=2), ["2024-02-29", "2024-03-14"]),
    ],
)
def test_periods_in_which_there_is_no_such_day_are_passed_over(rule, expected):
    found = starts(rule, START, START, START + timedelta(days=1_600))

    assert [f"{each:%Y-%m-%d}" for each in found[:2]] == expected


def test_a_rule_that_never_comes_back_is_given_up_on():
    never = Recurrence(frequency=Frequency.MONTHLY, by_month=(2,), by_month_day=(31,))

    assert Occurrences(never, wall_micros(START)).first(wall_micros(START)) is None
    assert starts(never, START, START, START + timedelta(days=4_000)) == []


def test_far_years_have_no_occurrences_and_no_errors():
    daily = Recurrence(frequency=Frequency.DAILY)
    late = datetime(9998, 12, 31, tzinfo=UTC)

    assert list(Occurrences(daily, wall_micros(START)).between(micros(late), micros(late) * 2)) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"interval": 0}, "rule.interval"),
        ({"interval": 10_001}, "rule.interval"),
        ({"week_start": 7}, "rule.week_start"),
        ({"by_month": (0,)}, "rule.by_month[0]"),
        ({"by_month_day": (1, 32)}, "rule.by_month_day[1]"),
        ({"by_month_day": (0,)}, "rule.by_month_day[0]"),
        ({"by_day": ("MO", "XX")}, "rule.by_day[1]"),
        ({"by_day": ("99MO",)}, "rule.by_day[0]"),
        ({"by_day": ("MO",) * 401}, "rule.by_day"),
        ({"by_hour": (24,)}, "rule.by_hour[0]"),
        ({"by_hour": tuple(range(24)), "by_minute": tuple(range(60))}, "rule.by_minute"),
        ({"by_position": (367,)}, "rule.by_position[0]"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_by_name(changes, path):
    with pytest.raises(Invalid) as refused:
        check(Recurrence(frequency=Frequency.DAILY, **changes), "rule")

    assert refused.value.path == path
