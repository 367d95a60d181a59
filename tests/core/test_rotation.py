"""The arithmetic of turns: closed form, however old a rotation is and however its clock is set."""

import functools
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedule_worlds import ANA, BEN, CLOCK_CHANGES, at, layer, schedule, turn_begins, turn_number
from tocsin.core.instants import DAY, SECOND, micros
from tocsin.core.rotation import Turns
from tocsin.core.schedule import on_call, timeline
from tocsin.core.zone import Zone, zone


class CountingZone(Zone):
    """A zone that counts how often it is asked."""

    asked = 0

    def span(self, at):
        self.asked += 1
        return super().span(at)

    def instant(self, wall):
        self.asked += 1
        return super().instant(wall)


@functools.cache
def counting_zone(name):
    return CountingZone(name)


def make_turns(each, name, where=None):
    return Turns(
        start=micros(each.rotation_start),
        days=each.days * DAY,
        seconds=each.seconds * SECOND,
        zone=where or zone(name),
    )


def calls_made(question):
    """Count the Python functions that a question calls."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        question()
    finally:
        sys.setprofile(None)
    return calls


ANY = st.datetimes(at("1950-01-01").replace(tzinfo=None), at("2040-01-01").replace(tzinfo=None)).map(
    lambda naive: at(naive.isoformat())
)


@st.composite
def cases(draw):
    """Draw a rotation, its zone and an instant, most of them beside a change of the zone's clock."""
    name = draw(st.sampled_from(sorted(CLOCK_CHANGES)))
    change = at(draw(st.sampled_from(CLOCK_CHANGES[name])))
    beside = st.integers(-100, 100).map(lambda minutes: change + timedelta(minutes=minutes))
    days = draw(st.one_of(st.integers(1, 3), st.integers(0, 400)))
    seconds = draw(st.one_of(st.just(0), st.just(0), st.integers(0, 2_592_000)))
    # As many days from the change as put a hand-over beside it.
    away = timedelta(days=draw(st.integers(-3, 3)) * (days or 1))
    rotation = layer(
        ANA,
        days=days,
        seconds=seconds if days or seconds >= 60 else 60,
        rotation_start=draw(st.one_of(ANY, beside, beside)) + away,
    )
    later = timedelta(days=draw(st.sampled_from([0, 0, 1, 2])))
    return rotation, name, draw(st.one_of(ANY, beside, beside)) + later


@settings(max_examples=600, deadline=None)
@given(case=cases())
def test_the_turn_at_any_instant_is_the_last_that_has_begun(case):
    each, name, when = case

    number, begins, ends = make_turns(each, name).at(micros(when))

    assert begins <= micros(when) < ends
    assert begins == micros(turn_begins(each, ZoneInfo(name), number))
    assert ends == micros(turn_begins(each, ZoneInfo(name), number + 1))
    assert number == turn_number(each, ZoneInfo(name), when) == make_turns(each, name).number(micros(when))


@settings(max_examples=250, deadline=None)
@given(case=cases())
def test_finding_a_turn_takes_a_handful_of_conversions_however_many_have_passed(case):
    each, name, when = case
    where = counting_zone(name)
    turns = make_turns(each, name, where)

    where.asked = 0
    turns.at(micros(when))

    assert where.asked <= 6


@settings(max_examples=300, deadline=None)
@given(case=cases(), number=st.integers(-500, 500))
def test_no_turn_begins_before_the_one_before_it(case, number):
    each, name, _ = case
    turns = make_turns(each, name)

    assert turns.begins(number) <= turns.begins(number + 1)


@pytest.mark.parametrize("name", ["America/New_York", "UTC"])
def test_a_ten_year_old_hourly_rotation_is_answered_in_as_many_steps_as_a_fresh_daily_one(name):
    start = at("2016-03-02T00:00")
    fresh = schedule(layer(ANA, BEN, start="2026-05-01T00:00", days=1), zone=name)
    hourly = schedule(layer(ANA, BEN, rotation_start=start, days=0, seconds=3_600), zone=name)
    older = schedule(layer(ANA, BEN, start="1926-03-02T00:00", days=0, seconds=60), zone=name)
    when = at("2026-06-15T12:30")
    for each in (fresh, hourly, older):
        on_call(each, when)  # works the schedule out, and its zone

    steps = [calls_made(lambda plan=plan: on_call(plan, when)) for plan in (fresh, hourly, older)]

    assert steps[1] <= steps[0]
    assert steps[2] <= steps[0]
    assert on_call(hourly, when)[0].user == (ANA, BEN)[((when - start) // timedelta(hours=1)) % 2]


def test_every_second_hour_of_ten_years_is_the_same_persons():
    start = at("2016-03-02T00:00")
    plan = schedule(layer(ANA, BEN, rotation_start=start, days=0, seconds=2 * 3_600))

    for hours in (*range(6), 43_799, 43_800, 43_801, 87_599, 87_600, 87_601):
        for offset in (timedelta(0), timedelta(hours=1) - timedelta(microseconds=1)):
            assert (
                on_call(plan, start + timedelta(hours=hours) + offset)[0].user == (ANA, BEN)[(hours // 2) % 2]
            )


def test_a_years_timeline_costs_a_bounded_number_of_steps_for_each_shift():
    plan = schedule(*[layer(ANA, BEN, start="2020-01-01T00:00", number=n, days=n + 1) for n in range(10)])
    shifts = timeline(plan, at("2026-01-01"), at("2027-01-01"))

    steps = calls_made(lambda: timeline(plan, at("2026-01-01"), at("2027-01-01")))

    assert steps <= 60 * len(shifts)
