"""Shifts and gaps: from where to where, and which come before and after."""

from datetime import timedelta

import pytest

from schedule_worlds import ANA, BEN, CLEO, at, layer, schedule, span
from tocsin.core.ids import UserId
from tocsin.core.schedule import Position, gaps, on_call, shifts_at, timeline, who

NEW_YORK = "America/New_York"
OFFICE = tuple(span(f"{day} 09:00", f"{day} 17:00") for day in ("mon", "tue", "wed", "thu", "fri"))
DAY = timedelta(days=1)
TWENTY_YEARS = (at("2026-03-03"), at("2046-03-03"))


def bounds(shifts):
    return [(each.starts_at, each.ends_at) for each in shifts]


def test_a_shift_lasts_from_the_end_of_what_covered_it_to_the_start_of_what_covers_it():
    plan = schedule(
        layer(ANA, start="2026-03-02T00:00", days=7),
        layer(BEN, start="2026-03-02T00:00", number=2, restrictions=OFFICE),
        layer(CLEO, start="2026-03-03T00:00", number=3, end_date=at("2026-03-04T04:00")),
    )

    assert [
        (each.user, *bounds([each])[0]) for each in timeline(plan, at("2026-03-02"), at("2026-03-05"))
    ] == [
        (ANA, at("2026-03-02 00:00"), at("2026-03-02 09:00")),
        (BEN, at("2026-03-02 09:00"), at("2026-03-02 17:00")),
        (ANA, at("2026-03-02 17:00"), at("2026-03-03 00:00")),
        (CLEO, at("2026-03-03 00:00"), at("2026-03-04 00:00")),
        (CLEO, at("2026-03-04 00:00"), at("2026-03-04 04:00")),
        (ANA, at("2026-03-04 04:00"), at("2026-03-04 09:00")),
        (BEN, at("2026-03-04 09:00"), at("2026-03-04 17:00")),
        (ANA, at("2026-03-04 17:00"), at("2026-03-05 00:00")),
    ]


def test_two_windows_that_adjoin_above_leave_the_tail_of_the_layer_below():
    plan = schedule(
        layer(ANA, start="2026-03-02T00:00", days=1),
        layer(BEN, start="2026-03-02T00:00", number=2, restrictions=(span("mon 08:00", "mon 12:00"),)),
        layer(CLEO, start="2026-03-02T00:00", number=3, restrictions=(span("mon 12:00", "mon 16:00"),)),
    )

    assert [
        (each.user, each.ends_at.hour) for each in timeline(plan, at("2026-03-02"), at("2026-03-03"))
    ] == [
        (ANA, 8),
        (BEN, 12),
        (CLEO, 16),
        (ANA, 0),
    ]


def test_a_layer_that_is_over_or_has_only_no_one_covers_nothing():
    plan = schedule(
        layer(ANA, start="2026-03-02T00:00"),
        layer(BEN, start="2026-03-01T00:00", number=2, end_date=at("2026-03-02T00:00")),
        layer(None, None, start="2026-03-02T00:00", number=3),
    )

    assert bounds(on_call(plan, at("2026-03-02 12:00"))) == [(at("2026-03-02"), at("2026-03-03"))]


def test_a_shift_keeps_the_fraction_of_a_second_with_which_its_rotation_began():
    plan = schedule(
        layer(ANA, BEN, rotation_start=at("2025-12-04T08:50:19.261184"), effective_date=at("2025-01-01"))
    )

    (shift,) = on_call(plan, at("2026-03-02 12:00"))

    assert shift.starts_at == at("2026-03-02T08:50:19.261184")
    assert shift.ends_at == at("2026-03-03T08:50:19.261184")


@pytest.mark.parametrize(
    ("when", "previous", "current", "following"),
    [
        ("2026-03-01 12:00", None, None, ANA),
        ("2026-03-02 09:00", None, ANA, BEN),
        ("2026-03-02 17:00", ANA, None, BEN),
        ("2026-03-03 09:00", ANA, BEN, ANA),
        ("2026-03-03 17:00", BEN, None, ANA),
        ("2026-03-04 16:59", BEN, ANA, None),
        ("2026-03-05 12:00", ANA, None, None),
    ],
)
def test_previous_and_next_pass_over_hours_without_anybody(when, previous, current, following):
    plan = schedule(
        layer(ANA, BEN, start="2026-03-02T00:00", restrictions=OFFICE, end_date=at("2026-03-05T00:00"))
    )

    found = [shifts_at(plan, at(when), position) for position in Position]

    assert [shifts[0].user if shifts else None for shifts in found] == [previous, current, following]


def test_the_next_shift_may_be_centuries_away():
    plan = schedule(layer(*[None] * 499, ANA, start="2026-03-02T00:00", days=300))

    (shift,) = shifts_at(plan, at("2026-03-02"), Position.NEXT)

    assert shift.starts_at == at("2026-03-02") + 499 * 300 * DAY


def test_a_duty_that_never_comes_is_given_up_and_the_layer_below_is_known_all_the_same():
    """Every seventh day is Ana's, always a Monday, and the window opens on Tuesdays."""
    never = layer(
        ANA, *[None] * 6, start="2026-03-02T00:00", number=2, restrictions=(span("tue 00:00", "wed 00:00"),)
    )

    assert shifts_at(schedule(never), at("2026-03-02"), Position.NEXT) == ()
    assert shifts_at(schedule(never), at("2099-03-02"), Position.PREVIOUS) == ()
    assert gaps(schedule(never), at("2026-01-01"), at("2046-01-01"))[0].ends_at == at("2046-01-01")
    below = layer(BEN, start="2026-03-02T00:00", days=400)
    assert timeline(schedule(below, never), *TWENTY_YEARS) == timeline(schedule(below), *TWENTY_YEARS)


def test_turns_end_with_the_calendar():
    plan = schedule(layer(ANA, BEN, start="0001-01-01T00:00", days=400), zone=NEW_YORK)

    (last,) = on_call(plan, at("9999-12-31T23:59:59"))

    assert last.ends_at is None
    assert shifts_at(plan, at("9999-12-31T23:59:59"), Position.NEXT) == ()
    assert shifts_at(plan, at("0001-01-01T00:00"), Position.PREVIOUS) == ()
    assert who(plan, at("0001-01-01T00:00"))[0] in {ANA, BEN}


def test_a_schedule_without_layers_has_nobody_and_is_one_gap():
    assert on_call(schedule(), at("2026-03-02")) == ()
    assert [shifts_at(schedule(), at("2026-03-02"), position) for position in Position] == [(), (), ()]
    assert bounds(gaps(schedule(), at("2026-03-02"), at("2026-03-03"))) == [
        (at("2026-03-02"), at("2026-03-03"))
    ]


def test_a_gap_of_a_minute_and_a_second_is_found():
    plan = schedule(
        layer(ANA, start="2026-03-02T00:00", days=400, end_date=at("2026-03-03T00:00")),
        layer(BEN, start="2026-03-03T00:01:01", days=400, number=2),
    )

    assert bounds(gaps(plan, at("2026-03-02"), at("2026-03-10"))) == [
        (at("2026-03-03"), at("2026-03-03T00:01:01"))
    ]


def test_a_span_that_ends_before_it_begins_has_no_shifts_and_no_gaps():
    plan = schedule(layer(ANA, start="2026-03-02T00:00"))

    assert timeline(plan, at("2026-03-05"), at("2026-03-04")) == ()
    assert gaps(plan, at("2026-03-05"), at("2026-03-04")) == ()


def test_people_who_share_a_turn_number_are_told_apart():
    plan = schedule(
        *[layer(UserId(n), start=f"2026-03-{n + 2:02}T00:00", number=n, days=400) for n in range(5)]
    )

    assert [each.user for each in timeline(plan, at("2026-03-02"), at("2026-04-01"))] == [0, 1, 2, 3, 4]
