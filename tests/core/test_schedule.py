"""Who is on call, rule by rule: when layers apply, whose turn it is, and which layer decides."""

from datetime import timedelta
from itertools import pairwise

import pytest

from schedule_worlds import ANA, BEN, CLEO, MICROSECOND, at, layer, local, schedule, span
from tocsin.core.calendar import to_wall
from tocsin.core.ids import LayerId
from tocsin.core.schedule import gaps, on_call, timeline, who

NEW_YORK, CHICAGO, LORD_HOWE = "America/New_York", "America/Chicago", "Australia/Lord_Howe"
OFFICE = tuple(span(f"{day} 09:00", f"{day} 17:00") for day in ("mon", "tue", "wed", "thu", "fri"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def user_at(plan, when):
    """Tell who is on call, if anybody is."""
    people = who(plan, when)
    assert people == tuple(shift.user for shift in on_call(plan, when))
    return people[0] if people else None


def bounds(shifts):
    return [(each.starts_at, each.ends_at) for each in shifts]


def handovers(plan, starts_at, ends_at, zone):
    """List at which time on the wall of *zone* shifts begin, and whose they are."""
    shifts = timeline(plan, at(starts_at), at(ends_at))
    return [(f"{in_wall(zone, each.starts_at)}", each.user) for each in shifts]


def in_wall(zone, when):
    return to_wall(zone, when).isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("when", "expected", "because"),
    [
        ("2026-03-06 08:59:59", None, "the layer has not begun"),
        ("2026-03-06 09:00", ANA, "a turn includes its first moment"),
        ("2026-03-07 08:59:59", ANA, "and lasts until the next one begins"),
        ("2026-03-07 09:00", BEN, "which is at the same time on the wall"),
        ("2026-03-08 08:59:59", BEN, "after 23 hours, on the day whose clock loses one"),
        ("2026-03-08 09:00", ANA, "so that hand-over stays at nine"),
        ("2026-11-01 08:59:59", BEN, "and after 25 hours, when the clock gains one"),
        ("2026-11-01 09:00", ANA, "at nine again"),
        ("2036-03-06 09:00", BEN, "ten years later as well"),
        ("2026-12-31 23:59", ANA, "an end excludes its own moment"),
        ("2027-01-01 00:00", None, "and nobody comes after it"),
    ],
)
def test_a_daily_rotation_hands_over_at_nine_in_new_york(when, expected, because):
    daily = layer(ANA, BEN, rotation_start=local(NEW_YORK, "2026-03-06 09:00"))
    ending = layer(
        ANA, BEN, rotation_start=local(NEW_YORK, "2026-03-06 09:00"), end_date=local(NEW_YORK, "2027-01-01")
    )
    plan = schedule(daily if when.startswith("2036") else ending, zone=NEW_YORK)

    assert user_at(plan, local(NEW_YORK, when)) == expected, because


@pytest.mark.parametrize(
    ("effective", "when", "expected"),
    [
        ("2026-03-01", "2026-03-02 08:00", BEN),
        ("2026-03-01", "2026-03-01 10:00", BEN),
        ("2026-03-01", "2026-03-01 08:00", ANA),
        ("2026-03-04", "2026-03-04 08:00", BEN),
        ("2026-03-04", "2026-03-04 09:00", ANA),
        ("2026-03-04", "2026-03-03 09:00", None),
    ],
)
def test_turns_are_counted_from_the_start_of_the_rotation_alone_also_backwards(effective, when, expected):
    plan = schedule(layer(ANA, BEN, rotation_start=at("2026-03-02 09:00"), effective_date=at(effective)))

    assert user_at(plan, at(when)) == expected


def test_members_take_turns_in_the_order_of_the_list_and_may_stand_in_it_twice():
    plan = schedule(layer(ANA, ANA, BEN, start="2026-03-02T00:00"))

    assert [user_at(plan, at("2026-03-02T12:00") + n * DAY) for n in range(6)] == [
        ANA,
        ANA,
        BEN,
        ANA,
        ANA,
        BEN,
    ]


def test_two_turns_of_the_same_person_are_two_shifts():
    plan = schedule(layer(ANA, start="2026-03-02T00:00"))

    assert bounds(timeline(plan, at("2026-03-02"), at("2026-03-04"))) == [
        (at("2026-03-02"), at("2026-03-03")),
        (at("2026-03-03"), at("2026-03-04")),
    ]


@pytest.mark.parametrize("interval", [{"days": 0, "seconds": 604_800}, {"days": 7}])
@pytest.mark.parametrize("season", ["2026-03-06", "2026-10-30"])
def test_a_weekly_rotation_in_chicago_has_neither_gap_nor_overlap_when_the_clock_is_set(interval, season):
    plan = schedule(
        layer(ANA, BEN, CLEO, rotation_start=local(CHICAGO, f"{season} 09:00"), **interval), zone=CHICAGO
    )

    shifts = timeline(plan, at(season) + DAY, at(season) + 40 * DAY)

    assert gaps(plan, at(season) + DAY, at(season) + 40 * DAY) == ()
    assert all(before.ends_at == after.starts_at for before, after in pairwise(shifts))
    assert [each.user for each in shifts] == [ANA, BEN, CLEO, ANA, BEN, CLEO]


def test_days_are_days_on_the_wall_and_seconds_are_elapsed_seconds():
    start = local(CHICAGO, "2026-03-06 09:00")
    by_days = schedule(layer(ANA, BEN, rotation_start=start, days=7), zone=CHICAGO)
    by_seconds = schedule(layer(ANA, BEN, rotation_start=start, days=0, seconds=604_800), zone=CHICAGO)

    assert handovers(by_days, "2026-03-06 15:00", "2026-03-21", CHICAGO) == [
        ("2026-03-06 09:00", ANA),
        ("2026-03-13 09:00", BEN),
        ("2026-03-20 09:00", ANA),
    ]
    assert handovers(by_seconds, "2026-03-06 15:00", "2026-03-21", CHICAGO) == [
        ("2026-03-06 09:00", ANA),
        ("2026-03-13 10:00", BEN),
        ("2026-03-20 10:00", ANA),
    ]


def test_seconds_are_added_after_the_days():
    plan = schedule(
        layer(ANA, BEN, rotation_start=local(NEW_YORK, "2026-03-06 09:00"), days=1, seconds=3_600),
        zone=NEW_YORK,
    )

    assert handovers(plan, "2026-03-06 14:00", "2026-03-10", NEW_YORK) == [
        ("2026-03-06 09:00", ANA),
        ("2026-03-07 10:00", BEN),
        ("2026-03-08 11:00", ANA),
        ("2026-03-09 12:00", BEN),
    ]


@pytest.mark.parametrize(
    ("zone", "start", "span_of_time", "expected"),
    [
        (
            NEW_YORK,
            "2026-03-07 02:30",
            ("2026-03-07 07:30", "2026-03-10"),
            ["2026-03-07 02:30", "2026-03-08 03:30", "2026-03-09 02:30"],
        ),
        (
            NEW_YORK,
            "2026-10-31 01:30",
            ("2026-10-31 05:30", "2026-11-03"),
            ["2026-10-31 01:30", "2026-11-01 01:30", "2026-11-02 01:30"],
        ),
        (
            LORD_HOWE,
            "2026-10-03 02:10",
            ("2026-10-02 15:40", "2026-10-05"),
            ["2026-10-03 02:10", "2026-10-04 02:40", "2026-10-05 02:10"],
        ),
    ],
)
def test_a_hand_over_in_a_missing_hour_is_moved_by_it_and_later_ones_are_not(
    zone, start, span_of_time, expected
):
    plan = schedule(layer(ANA, BEN, rotation_start=local(zone, start)), zone=zone)

    assert [when for when, _ in handovers(plan, *span_of_time, zone)] == expected


def test_until_the_moved_hand_over_the_one_before_is_still_on_call():
    plan = schedule(layer(ANA, BEN, rotation_start=local(NEW_YORK, "2026-03-07 02:30")), zone=NEW_YORK)

    assert user_at(plan, at("2026-03-08 07:29:59")) == ANA
    assert user_at(plan, at("2026-03-08 07:30")) == BEN


def test_a_hand_over_in_a_repeated_hour_is_at_its_first_occurrence():
    plan = schedule(layer(ANA, BEN, rotation_start=local(NEW_YORK, "2026-10-31 01:30")), zone=NEW_YORK)

    (shift,) = on_call(plan, at("2026-11-01 12:00"))

    assert shift.starts_at == at("2026-11-01 05:30")
    assert shift.ends_at - shift.starts_at == timedelta(hours=25)


@pytest.mark.parametrize(
    ("start", "asked", "began"),
    [
        ("2026-03-01 02:30", "2026-03-11 00:00", "2026-03-08 07:30"),
        ("2026-10-25 01:30", "2026-11-04 00:00", "2026-11-01 05:30"),
    ],
)
def test_a_week_that_began_in_a_missing_or_repeated_hour_is_told_so_days_later(start, asked, began):
    plan = schedule(layer(ANA, BEN, rotation_start=local(NEW_YORK, start), days=7), zone=NEW_YORK)

    (shift,) = on_call(plan, at(asked))

    assert shift.starts_at == at(began)


def test_the_first_turn_begins_at_the_start_even_in_the_second_of_two_equal_hours():
    plan = schedule(
        layer(ANA, BEN, rotation_start=at("2026-11-01 06:30"), effective_date=at("2026-10-01")), zone=NEW_YORK
    )

    assert user_at(plan, at("2026-11-01 05:45")) == BEN
    assert user_at(plan, at("2026-11-01 06:29:59")) == BEN
    assert user_at(plan, at("2026-11-01 06:30")) == ANA
    assert bounds(on_call(plan, at("2026-11-01 12:00"))) == [(at("2026-11-01 06:30"), at("2026-11-02 06:30"))]


def test_on_a_date_that_a_zone_left_out_nobody_has_a_shift_of_no_length():
    plan = schedule(
        layer(ANA, BEN, CLEO, rotation_start=local("Pacific/Apia", "2011-12-28 09:00")), zone="Pacific/Apia"
    )

    assert handovers(plan, "2011-12-28 19:00", "2012-01-02 00:00", "Pacific/Apia") == [
        ("2011-12-28 09:00", ANA),
        ("2011-12-29 09:00", BEN),
        ("2011-12-31 09:00", ANA),
        ("2012-01-01 09:00", BEN),
        ("2012-01-02 09:00", CLEO),
    ]


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Kolkata", NEW_YORK, "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
@pytest.mark.parametrize("days", [1, 2, 7])
@pytest.mark.parametrize("weekdays", [(), OFFICE, (span("sat 00:00", "mon 00:00"),)])
def test_two_people_in_turn_are_never_on_duty_together_in_any_zone(zone, days, weekdays):
    plan = schedule(
        layer(ANA, BEN, rotation_start=local(zone, "2026-03-02 08:00"), days=days, restrictions=weekdays),
        zone=zone,
    )

    for hour in range(24 * 28):
        when = local(zone, "2026-03-02 08:00") + hour * HOUR
        turn = (hour // 24) // days if zone in {"UTC", "Asia/Kolkata", "Pacific/Kiritimati"} else None
        assert len(on_call(plan, when)) <= 1
        if turn is not None and on_call(plan, when):
            assert user_at(plan, when) == (ANA, BEN)[turn % 2]


@pytest.mark.parametrize(
    ("when", "expected", "because"),
    [
        ("2026-03-02 08:59:59", None, "a window contains its start"),
        ("2026-03-02 09:00", ANA, "and opens there"),
        ("2026-03-02 16:59:59", ANA, "it lasts"),
        ("2026-03-02 17:00", None, "and does not contain its end"),
        ("2026-03-03 12:00", BEN, "turns are counted through closed hours"),
        ("2026-03-06 12:00", ANA, "day by day"),
        ("2026-03-07 12:00", None, "nobody at the weekend"),
        ("2026-03-09 12:00", BEN, "whose turns are counted too: Monday is the eighth turn"),
    ],
)
def test_a_daily_turn_in_office_hours_is_counted_by_the_day_not_by_the_hours_worked(when, expected, because):
    plan = schedule(layer(ANA, BEN, start="2026-03-02T00:00", restrictions=OFFICE))

    assert user_at(plan, at(when)) == expected, because


@pytest.mark.parametrize("when", ["2026-01-12 08:30", "2026-07-13 08:30"])
def test_half_past_eight_is_half_past_eight_in_winter_and_in_summer(when):
    early = (span("mon 08:30", "mon 09:00"),)
    plan = schedule(layer(ANA, start="2026-01-01T00:00", restrictions=early), zone=NEW_YORK)

    assert user_at(plan, local(NEW_YORK, when)) == ANA
    assert user_at(plan, local(NEW_YORK, when) - MICROSECOND) is None


def test_a_window_over_a_clock_change_is_an_hour_shorter_or_longer():
    plan = schedule(
        layer(ANA, start="2026-01-01T05:00", days=30, restrictions=(span("sat 12:00", "sun 12:00"),)),
        zone=NEW_YORK,
    )

    lengths = [
        on_call(plan, local(NEW_YORK, f"{day} 00:00"))[0]
        for day in ("2026-03-01", "2026-03-08", "2026-11-01")
    ]

    assert [(each.ends_at - each.starts_at) / HOUR for each in lengths] == [24, 23, 25]


def test_a_window_that_opens_in_the_missing_hour_opens_right_after_it():
    plan = schedule(
        layer(ANA, start="2026-01-01T05:00", days=400, restrictions=(span("sun 02:15", "sun 06:00"),)),
        zone=NEW_YORK,
    )

    assert bounds(on_call(plan, at("2026-03-08 09:00"))) == [(at("2026-03-08 07:00"), at("2026-03-08 10:00"))]


@pytest.mark.parametrize(
    ("hours", "begins"), [("sun 01:00 - sun 06:00", "05:00"), ("sun 01:30 - sun 06:00", "06:30")]
)
def test_a_window_that_opens_in_the_repeated_hour_opens_whenever_the_clock_shows_it(hours, begins):
    window = (span(*hours.split(" - ")),)
    plan = schedule(layer(ANA, start="2026-01-01T05:00", days=400, restrictions=window), zone=NEW_YORK)

    (shift,) = on_call(plan, at("2026-11-01 08:00"))

    assert shift.starts_at == at(f"2026-11-01 {begins}")


def test_friday_evening_to_monday_morning_is_the_weekend_and_no_other_day():
    weekend = (span("fri 18:00", "mon 08:00"),)
    plan = schedule(layer(ANA, start="2026-01-01T00:00", days=400, restrictions=weekend))

    assert bounds(timeline(plan, at("2026-03-02"), at("2026-03-16"))) == [
        (at("2026-03-02 00:00"), at("2026-03-02 08:00")),
        (at("2026-03-06 18:00"), at("2026-03-09 08:00")),
        (at("2026-03-13 18:00"), at("2026-03-16 00:00")),
    ]


def test_a_window_whose_end_is_its_start_is_the_whole_week():
    plan = schedule(
        layer(ANA, start="2026-03-01T00:00", days=100, restrictions=(span("wed 10:00", "wed 10:00"),))
    )

    assert gaps(plan, at("2026-03-01"), at("2026-04-01")) == ()


def test_each_layer_lives_by_its_own_clock_and_its_shifts_say_so():
    plan = schedule(
        layer(ANA, start="2026-01-01T00:00", days=400),
        layer(
            BEN, start="2026-01-01T00:00", days=400, number=2, restrictions=OFFICE, time_zone="Asia/Kolkata"
        ),
        zone=NEW_YORK,
    )

    assert user_at(plan, at("2026-03-02 03:30")) == BEN
    assert user_at(plan, at("2026-03-02 11:30")) == ANA
    assert [each.time_zone for each in on_call(plan, at("2026-03-02 03:30"))] == ["Asia/Kolkata"]
    assert [each.time_zone for each in on_call(plan, at("2026-03-02 11:30"))] == [NEW_YORK]


@pytest.mark.parametrize(
    ("when", "expected", "because"),
    [
        ("2026-03-02 08:00", 1, "alone"),
        ("2026-03-02 09:00", 2, "the later layer wins where its window is open"),
        ("2026-03-02 17:00", 1, "and gives back what is below"),
        ("2026-03-03 12:00", 1, "a turn of no-one leaves the layer below visible"),
        ("2026-03-04 12:00", 2, "until somebody's turn comes"),
    ],
)
def test_the_last_layer_that_has_somebody_decides(when, expected, because):
    plan = schedule(
        layer(ANA, start="2026-03-02T00:00", days=400),
        layer(BEN, None, start="2026-03-02T00:00", number=2, restrictions=OFFICE),
    )

    (shift,) = on_call(plan, at(when))

    assert shift.layer == LayerId(expected), because
