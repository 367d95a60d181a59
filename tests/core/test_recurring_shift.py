"""Duty that comes back: by the clock on the wall, in turns, at levels, and who has it at any instant."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedule_worlds import at, layer, local, override
from shift_worlds import ANA, BEN, CLEO, every, of_shifts, on_call_plainly, shift, wall, worlds
from tocsin.core.errors import Invalid
from tocsin.core.ids import RecurringShiftId
from tocsin.core.recurring_shift import DURATION_MAX, check
from tocsin.core.schedule import Position, gaps, on_call, shifts_at, timeline, who

NAMES = {ANA: "ana", BEN: "ben", CLEO: "cleo"}
MARCH = (at("2026-03-02"), at("2026-03-16"))


def story(plan, span=MARCH):
    """Tell who is on call from when, as ``2T06 cleo``."""
    return [f"{each.starts_at:%-dT%H} {NAMES[each.user]}" for each in timeline(plan, *span)]


@settings(max_examples=150)
@given(world=worlds(), offsets=st.lists(st.integers(-400, 400), min_size=8, max_size=8))
def test_who_is_on_call_is_what_a_plain_expansion_says_around_clock_changes(world, offsets):
    plan, changes_at = world

    for half_hours in offsets:
        instant = changes_at + timedelta(minutes=30 * half_hours)
        assert set(who(plan, instant)) == on_call_plainly(plan.shifts, plan.time_zone, instant), instant


WEEKLY = every("weekly", by_day=("MO", "WE"))


@pytest.mark.parametrize(
    ("duty", "expected", "because"),
    [
        (shift("2026-03-02T09:00", 8, ANA), ["2T09 ana"], "one that does not come back comes once"),
        (
            shift("2026-03-02T09:00", 8, (ANA, BEN), rule=every("weekly")),
            ["2T09 ana", "2T09 ben", "9T09 ana", "9T09 ben"],
            "all people of a group are on call together",
        ),
        (
            shift("2026-03-02T09:00", 8, ANA, BEN, rule=WEEKLY),
            ["2T09 ana", "4T09 ana", "9T09 ben", "11T09 ben"],
            "a turn of a weekly rule is a week, with all its days",
        ),
        (
            shift("2026-03-02T09:00", 8, ANA, BEN, CLEO, rule=WEEKLY, first_group=2),
            ["2T09 cleo", "4T09 cleo", "9T09 ana", "11T09 ana"],
            "the first turn may be any group's",
        ),
        (
            shift("2026-03-02T09:00", 8, ANA, BEN, rule=WEEKLY, first_group=7),
            ["2T09 ana", "4T09 ana", "9T09 ben", "11T09 ben"],
            "a group past the last means the first",
        ),
        (
            shift("2026-03-02T09:00", 8, ANA, BEN, rule=WEEKLY, rotation_start=wall("2026-03-03T00:00")),
            ["4T09 ana", "9T09 ben", "11T09 ben"],
            "turns are counted from a later rotation start",
        ),
        (
            shift("2026-03-03T09:00", 8, ANA, BEN, rule=WEEKLY),
            ["9T09 ana", "11T09 ana"],
            "a start on none of the days waits for the first day of a week that is one",
        ),
        (
            shift("2026-03-02T00:00", 24, ANA, BEN, rule=every("daily", 2, by_day=("MO", "TU", "TH", "FR"))),
            [
                "2T00 ana",
                "3T00 ana",
                "5T00 ben",
                "6T00 ben",
                "9T00 ana",
                "10T00 ana",
                "12T00 ben",
                "13T00 ben",
            ],
            "a turn of a daily rule on chosen days counts these days alone",
        ),
        (
            shift("2026-03-02T00:00", 24, ANA, (), rule=every("daily", 3)),
            ["2T00 ana", "8T00 ana", "14T00 ana"],
            "an empty group is nobody's turn",
        ),
        (
            shift(
                "2026-03-02T20:00", 72, ANA, rule=every("weekly", until=wall("2026-03-10T00:00")), cut=True
            ),
            ["2T20 ana", "9T20 ana"],
            "a rule may end while an occurrence runs",
        ),
    ],
)
def test_turns_go_by_the_periods_of_the_rule(duty, expected, because):
    assert story(of_shifts(duty)) == expected, because


def test_a_cut_shift_counts_from_its_rotation_start_and_ends_with_its_rule():
    rule = every("weekly", until=wall("2026-03-10T00:00"))
    duty = shift("2026-03-01T20:00", 72, ANA, rule=rule, rotation_start=wall("2026-03-03T00:00"))

    whole = timeline(of_shifts(duty), *MARCH)
    cut = timeline(of_shifts(replace(duty, cut=True)), *MARCH)

    assert [(each.starts_at, each.ends_at) for each in whole] == [
        (at("2026-03-08T20:00"), at("2026-03-11T20:00"))
    ]
    assert [(each.starts_at, each.ends_at) for each in cut] == [
        (at("2026-03-03"), at("2026-03-04T20:00")),
        (at("2026-03-08T20:00"), at("2026-03-10")),
    ]


def test_an_end_takes_away_what_comes_after_it_and_leaves_what_was():
    duty = shift("2026-03-02T00:00", 24, ANA, rule=every("daily"), ends_at=at("2026-03-03T12:00"))

    (first, last) = timeline(of_shifts(duty), *MARCH)

    assert (first.ends_at, last.ends_at) == (at("2026-03-03"), at("2026-03-03T12:00"))


@pytest.mark.parametrize(
    "zone", ["America/Chicago", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo"]
)
def test_a_shift_of_a_whole_week_leaves_no_gap_and_no_overlap_at_a_clock_change(zone):
    duty = shift("2018-01-01T09:00", 168, ANA, BEN, rule=every("weekly"))
    plan = of_shifts(duty, zone=zone)
    span = (at("2018-02-01"), at("2019-12-01"))

    told = timeline(plan, *span)

    assert gaps(plan, *span) == ()
    assert all(one.ends_at == following.starts_at for one, following in itertools.pairwise(told))
    starts = {
        local(zone, f"{wall('2018-01-01T09:00') + timedelta(weeks=week):%Y-%m-%dT%H:%M}")
        for week in range(100)
    }
    assert {each.starts_at for each in told[1:]} <= starts


@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize("interval", [1, 2, 3])
@pytest.mark.parametrize("by_day", [(), ("MO", "TU", "WE", "TH", "FR"), ("MO", "WE", "SA", "SU")])
def test_two_people_in_turn_are_never_on_duty_together_whatever_the_zone(zone, interval, by_day):
    rule = every("daily", interval, by_day=by_day)
    plan = of_shifts(shift("2026-01-05T09:00", 24, ANA, BEN, rule=rule), zone=zone)

    told = timeline(plan, at("2026-01-06"), at("2026-12-31"))

    assert {each.user for each in told} == {ANA, BEN}
    assert all(one.ends_at <= following.starts_at for one, following in itertools.pairwise(told))


def test_duty_stays_at_its_time_on_the_wall_through_winter_and_summer():
    duty = shift("2026-01-05T08:30", 8, ANA, rule=every("daily"))
    plan = of_shifts(duty, zone="Europe/Berlin")

    for day in ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"):
        (held,) = on_call(plan, local("Europe/Berlin", f"{day}T12:00"))
        assert held.starts_at == local("Europe/Berlin", f"{day}T08:30")
        assert held.ends_at == local("Europe/Berlin", f"{day}T16:30")


def test_the_zone_of_a_shift_is_its_own_then_the_one_for_shifts_then_the_schedules():
    duty = shift("2026-01-05T09:00", 1, ANA)
    paris = of_shifts(duty, zone="Europe/Paris")

    assert [each.starts_at for each in timeline(paris, *(at("2026-01-01"), at("2026-02-01")))] == [
        at("2026-01-05T08:00")
    ]
    for plan, begins, zone in (
        (replace(paris, shift_zone="UTC"), at("2026-01-05T09:00"), "UTC"),
        (
            of_shifts(replace(duty, time_zone="Asia/Tokyo"), shift_zone="UTC"),
            at("2026-01-05T00:00"),
            "Asia/Tokyo",
        ),
    ):
        (held,) = on_call(plan, begins)
        assert (held.starts_at, held.time_zone, held.recurring_shift) == (begins, zone, RecurringShiftId(1))


def test_the_higher_level_decides_and_equal_levels_all_count():
    day = every("daily")
    plan = of_shifts(
        shift("2026-03-02T00:00", 24, ANA, rule=day, number=1),
        shift("2026-03-02T08:00", 8, BEN, rule=day, number=2, level=3),
        shift("2026-03-02T12:00", 8, CLEO, rule=day, number=3, level=3),
    )

    by_hour = {
        hour: {NAMES[user] for user in who(plan, at(f"2026-03-05T{hour:02}:00"))}
        for hour in (6, 9, 13, 17, 21)
    }

    assert by_hour == {6: {"ana"}, 9: {"ben"}, 13: {"ben", "cleo"}, 17: {"cleo"}, 21: {"ana"}}
    ben, cleo = on_call(plan, at("2026-03-05T13:00"))
    assert (ben.ends_at, cleo.starts_at) == (at("2026-03-05T16:00"), at("2026-03-05T12:00"))


def test_a_level_whose_shift_is_nobodys_shows_the_one_below():
    plan = of_shifts(
        shift("2026-03-02T00:00", 24, ANA, rule=every("daily"), number=1),
        shift("2026-03-02T08:00", 8, (), rule=every("daily"), number=2, level=9),
    )

    assert who(plan, at("2026-03-05T09:00")) == (ANA,)


def test_an_override_decides_over_every_level_and_a_stand_in_over_that():
    plan = of_shifts(
        shift("2026-03-02T00:00", 24, ANA, rule=every("daily"), number=1, level=99),
        shift("2026-03-05T08:00", 8, BEN, number=2, override=True),
        overrides=(override(CLEO, "2026-03-05T10:00", "2026-03-05T11:00"),),
    )

    assert [who(plan, at(f"2026-03-05T{hour:02}:00")) for hour in (7, 9, 10, 11, 16)] == [
        (ANA,),
        (BEN,),
        (CLEO,),
        (BEN,),
        (ANA,),
    ]


def test_recurring_shifts_lie_over_the_layers_of_a_schedule():
    plan = of_shifts(
        shift("2026-03-05T08:00", 8, (BEN, CLEO)),
        layers=(layer(ANA, start="2026-03-02T00:00"),),
    )

    assert who(plan, at("2026-03-05T07:59")) == (ANA,)
    assert who(plan, at("2026-03-05T08:00")) == (BEN, CLEO)
    (before,) = on_call(plan, at("2026-03-05T07:00"))
    assert before.ends_at == at("2026-03-05T08:00")


def test_the_next_and_the_previous_shift_are_found_across_years_without_any():
    plan = of_shifts(shift("2026-03-02T09:00", 8, ANA), shift("2033-03-02T09:00", 8, BEN, number=2))

    between = at("2029-06-01")

    assert [each.user for each in shifts_at(plan, between, Position.NEXT)] == [BEN]
    assert [each.user for each in shifts_at(plan, between, Position.PREVIOUS)] == [ANA]
    assert on_call(plan, between) == ()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"duration": timedelta(0)}, "duration"),
        ({"duration": timedelta(seconds=-1)}, "duration"),
        ({"duration": DURATION_MAX + timedelta(seconds=1)}, "duration"),
        ({"level": 2**31}, "level"),
        ({"first_group": -1}, "first_group"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"name": "x" * 256}, "name"),
        ({"groups": ((ANA,), (BEN,))}, "groups"),
        ({"groups": ((ANA,),) * 501, "in_turn": True}, "groups"),
        ({"rule": every("daily", 3, by_day=("MO", "TU")), "in_turn": True}, "rule.interval"),
        ({"rule": every("weekly", 0)}, "rule.interval"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_by_name(changes, path):
    duty = shift("2026-03-02T09:00", 8, ANA, rule=every("daily"))

    with pytest.raises(Invalid) as refused:
        check(replace(duty, **changes))

    assert refused.value.path == path
