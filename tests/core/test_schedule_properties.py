"""Laws of schedules, for random ones around clock changes."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from schedule_worlds import MICROSECOND, key, opined, second_opinion, told, worlds
from tocsin.core.schedule import Position, gaps, on_call, shifts_at, timeline, unchanged_until, who

SECOND = timedelta(seconds=1)
ABOUT = timedelta(days=12)


def instants_of_interest(schedule, middle, shifts):
    edges = [middle + timedelta(minutes=10 * step) for step in range(-20, 20)]
    edges += [edge for shift in shifts for edge in (shift.starts_at, shift.ends_at)]
    return [edge + by for edge in edges for by in (-SECOND, -MICROSECOND, timedelta(0), MICROSECOND, SECOND)]


@settings(max_examples=200, deadline=None)
@given(world=worlds(), minutes=st.lists(st.integers(-17_000, 17_000), max_size=20))
def test_timeline_on_call_who_and_a_second_opinion_agree_at_every_instant(world, minutes):
    schedule, middle = world
    starts_at, ends_at = middle - ABOUT, middle + ABOUT
    shifts = timeline(schedule, starts_at, ends_at)
    asked = instants_of_interest(schedule, middle, shifts)
    asked += [middle + timedelta(minutes=minute) for minute in minutes]

    for when in asked:
        if starts_at <= when < ends_at:
            there = [shift for shift in shifts if shift.starts_at <= when < shift.ends_at]
            assert told(there) == told(on_call(schedule, when)) == opined(second_opinion(schedule, when))
            assert list(who(schedule, when)) == [shift.user for shift in there]


@settings(max_examples=200, deadline=None)
@given(world=worlds())
def test_a_timeline_is_in_order_and_its_shifts_are_those_of_on_call_cut_off_at_its_ends(world):
    schedule, middle = world
    starts_at, ends_at = middle - ABOUT, middle + ABOUT

    shifts = timeline(schedule, starts_at, ends_at)

    for shift, following in pairwise(shifts):
        assert shift.starts_at < shift.ends_at <= following.starts_at
    for shift in shifts:
        for when in (shift.starts_at, shift.ends_at - MICROSECOND):
            (whole,) = on_call(schedule, when)
            assert key(whole) == key(shift)
            assert shift.starts_at == max(whole.starts_at, starts_at)
            assert shift.ends_at == min(whole.ends_at or ends_at, ends_at)


@settings(max_examples=120, deadline=None)
@given(world=worlds(), minutes=st.integers(-17_000, 17_000))
def test_a_shift_is_unbroken_and_ends_where_another_turn_or_nobody_decides(world, minutes):
    schedule, middle = world
    for shift in on_call(schedule, middle + timedelta(minutes=minutes)):
        inside = second_opinion(schedule, shift.starts_at)

        assert second_opinion(schedule, shift.starts_at - MICROSECOND) != inside
        if shift.ends_at is not None:
            assert second_opinion(schedule, shift.ends_at - MICROSECOND) == inside
            assert second_opinion(schedule, shift.ends_at) != inside
            for part in range(1, 20):
                assert (
                    second_opinion(schedule, shift.starts_at + part * (shift.ends_at - shift.starts_at) / 20)
                    == inside
                )


@settings(max_examples=120, deadline=None)
@given(world=worlds(), minutes=st.integers(-17_000, 17_000))
def test_until_an_answer_changes_it_is_the_same_at_every_instant(world, minutes):
    schedule, middle = world
    when = middle + timedelta(minutes=minutes)
    found, until = on_call(schedule, when), unchanged_until(schedule, when)

    assert until is None or until > when
    last = (until or when + ABOUT) - MICROSECOND
    for part in range(21):
        assert on_call(schedule, when + part * (last - when) / 20) == found


@settings(max_examples=120, deadline=None)
@given(world=worlds(), minutes=st.integers(-17_000, 17_000))
def test_previous_and_next_are_the_neighbours_in_the_timeline(world, minutes):
    schedule, middle = world
    when = middle + timedelta(minutes=minutes)
    shifts = timeline(schedule, middle - 40 * ABOUT, middle + 40 * ABOUT)

    current = shifts_at(schedule, when, Position.CURRENT)
    after = shifts_at(schedule, when, Position.NEXT)
    before = shifts_at(schedule, when, Position.PREVIOUS)

    assert current == on_call(schedule, when)
    begins = current[0].starts_at if current else when
    ends = current[0].ends_at if current else when
    following = [shift for shift in shifts if ends is not None and shift.starts_at >= ends]
    earlier = [shift for shift in shifts if shift.ends_at <= begins]
    assert told(after) == told(following[:1])
    assert told(before) == told(earlier[-1:])


@settings(max_examples=100, deadline=None)
@given(world=worlds())
def test_gaps_and_shifts_fill_any_span_without_overlap(world):
    schedule, middle = world
    starts_at, ends_at = middle - ABOUT, middle + ABOUT

    holes = gaps(schedule, starts_at, ends_at)

    covered = sum((s.ends_at - s.starts_at for s in timeline(schedule, starts_at, ends_at)), timedelta(0))
    assert covered + sum((hole.length for hole in holes), timedelta(0)) == ends_at - starts_at
    for hole in holes:
        assert on_call(schedule, hole.starts_at) == on_call(schedule, hole.ends_at - MICROSECOND) == ()
