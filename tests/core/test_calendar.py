"""Windows of time on the wall clock: when they are open, above all on the days on which clocks are set."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedule_worlds import CLOCK_CHANGES, MICROSECOND, at, local, span
from tocsin.core.calendar import (
    DATES_MAX,
    DURATION_MAX,
    OPENINGS_FOLLOWED_MAX,
    CronWindow,
    DatedWindow,
    WeeklyWindow,
    check_window,
    clock_changes,
    contains,
    in_zone,
    known_zone,
    next_change,
    to_instant,
    to_wall,
)
from tocsin.core.cron import parse
from tocsin.core.errors import Invalid

NEW_YORK, KOLKATA = "America/New_York", "Asia/Kolkata"
HOUR = timedelta(hours=1)


def weekly(*spans, zone="UTC"):
    return WeeklyWindow(spans=tuple(span(*each.split(" - ")) for each in spans), time_zone=zone)


def cron(expression, zone="UTC", **duration):
    return CronWindow(expression=expression, duration=timedelta(**duration), time_zone=zone)


def dated(*dates, start="09:00", zone="UTC", **duration):
    days = tuple(date.fromisoformat(each) for each in dates)
    return DatedWindow(
        dates=days, start=time.fromisoformat(start), duration=timedelta(**duration), time_zone=zone
    )


def openings(window, since, until):
    """List when a window opens and closes."""
    found, when = [], at(since)
    while (when := next_change(window, when)) is not None and when <= at(until):
        found.append(when.isoformat(" ", "minutes").removesuffix("+00:00"))
    return found


def test_a_zone_is_known_by_its_iana_name():
    assert known_zone("Europe/Berlin")
    assert not known_zone("Europe/Bärlin")
    assert not known_zone("CEST")


@pytest.mark.parametrize(
    ("zone", "instant", "wall"),
    [
        (NEW_YORK, "2026-03-08T06:59:59Z", "2026-03-08T01:59:59"),
        (NEW_YORK, "2026-03-08T07:00:00Z", "2026-03-08T03:00:00"),
        (NEW_YORK, "2026-11-01T05:30:00Z", "2026-11-01T01:30:00"),
        (NEW_YORK, "2026-11-01T06:30:00Z", "2026-11-01T01:30:00"),
        (KOLKATA, "2026-06-01T00:00:00.000001Z", "2026-06-01T05:30:00.000001"),
    ],
)
def test_a_clock_on_the_wall_shows_the_time_of_its_zone(zone, instant, wall):
    assert to_wall(zone, at(instant)) == datetime.fromisoformat(wall)
    assert in_zone(zone, at(instant)) == at(instant)
    assert in_zone(zone, at(instant)).replace(tzinfo=None) == datetime.fromisoformat(wall)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        (NEW_YORK, "2026-03-08T02:30", "2026-03-08T07:30Z"),
        (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45Z"),
        (KOLKATA, "2026-06-01T00:00", "2026-05-31T18:30Z"),
    ],
)
def test_a_missing_hour_moves_forward_and_a_repeated_one_is_the_first(zone, wall, instant):
    assert to_instant(zone, datetime.fromisoformat(wall)) == at(instant)


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        ("2026-03-02 08:59:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-04 03:00", True),
        ("2026-03-06 16:59:59.999999", True),
        ("2026-03-06 17:00", False),
        ("2026-03-07 12:00", False),
    ],
)
def test_a_span_of_the_week_is_unbroken_and_contains_its_start_and_not_its_end(when, inside):
    assert contains(weekly("mon 09:00 - fri 17:00", zone=NEW_YORK), local(NEW_YORK, when)) is inside


def test_a_span_that_ends_before_it_starts_wraps_over_the_end_of_the_week():
    weekend = weekly("fri 18:00 - mon 08:00")

    assert openings(weekend, "2026-03-02T00:00", "2026-03-10T00:00") == [
        "2026-03-02 08:00",
        "2026-03-06 18:00",
        "2026-03-09 08:00",
    ]
    assert contains(weekend, at("2026-03-08T23:59:59"))
    assert contains(weekend, at("2026-03-09T00:00"))


@pytest.mark.parametrize(
    "spans",
    [
        ["mon 09:00 - mon 09:00"],
        ["sun 00:00 - sun 00:00"],
        ["mon 00:00 - thu 12:00", "thu 12:00 - mon 00:00"],
        ["mon 00:00 - sun 23:59:59", "sun 20:00 - mon 01:00"],
    ],
)
def test_a_whole_week_is_open_for_ever(spans):
    window = weekly(*spans, zone=NEW_YORK)

    assert contains(window, at("2026-03-08T07:00"))
    assert next_change(window, at("2026-03-08T07:00")) is None


def test_spans_that_overlap_or_touch_are_one():
    window = weekly(
        "mon 09:00 - mon 12:00", "mon 12:00 - mon 18:00", "mon 17:00 - tue 02:00", "sun 23:00 - mon 00:00"
    )

    assert openings(window, "2026-03-02T00:00", "2026-03-08T23:30") == [
        "2026-03-02 09:00",
        "2026-03-03 02:00",
        "2026-03-08 23:00",
    ]


def test_hours_keep_their_place_on_the_wall_in_winter_and_summer():
    early = weekly("mon 08:30 - mon 09:00", zone=NEW_YORK)

    assert openings(early, "2026-03-01T00:00", "2026-03-10T00:00") == [
        "2026-03-02 13:30",
        "2026-03-02 14:00",
        "2026-03-09 12:30",
        "2026-03-09 13:00",
    ]


@pytest.mark.parametrize(
    ("spans", "around", "changes"),
    [
        ("sun 02:15 - sun 04:00", "2026-03-08", ["2026-03-08 07:00", "2026-03-08 08:00"]),
        ("sun 01:00 - sun 02:30", "2026-03-08", ["2026-03-08 06:00", "2026-03-08 07:00"]),
        ("sun 02:10 - sun 02:50", "2026-03-08", []),
        ("sat 12:00 - sun 12:00", "2026-03-08", ["2026-03-08 16:00"]),
        ("sun 00:30 - sun 01:30", "2026-11-01", ["04:30", "05:30", "06:00", "06:30"]),
        ("sun 01:30 - sun 03:00", "2026-11-01", ["05:30", "06:00", "06:30", "08:00"]),
        ("sun 01:00 - sun 02:00", "2026-11-01", ["05:00", "07:00"]),
    ],
)
def test_on_the_day_on_which_the_clock_is_set_hours_are_what_it_shows(spans, around, changes):
    found = openings(weekly(spans, zone=NEW_YORK), f"{around}T00:00", f"{around}T23:00")

    assert found == [each if len(each) > 5 else f"{around} {each}" for each in changes]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (cron("0 9 * * 1-5", hours=8), ["2026-03-02 09:00", "2026-03-02 17:00", "2026-03-03 09:00"]),
        (cron("0 22 * * *", hours=8), ["2026-03-02 06:00", "2026-03-02 22:00", "2026-03-03 06:00"]),
        (cron("0 22 * * sun", KOLKATA, hours=30), ["2026-03-02 22:30", "2026-03-08 16:30"]),
        (cron("0 0 1 * *", days=3), ["2026-03-04 00:00"]),
        (cron("0 */2 * * *", hours=2), []),
        (cron("0,30 9-11 2 3 *", minutes=30), ["2026-03-02 09:00", "2026-03-02 12:00"]),
    ],
)
def test_a_cron_window_holds_from_each_match_for_its_duration_across_midnight(window, expected):
    assert openings(window, "2026-03-02T00:00", "2026-03-09T00:00")[: len(expected) or 1] == expected


@pytest.mark.parametrize(
    ("expression", "around", "changes"),
    [
        ("30 2 * * *", "2026-03-08", ["07:00", "09:00"]),
        ("0 3 * * *", "2026-03-08", ["07:00", "09:00"]),
        ("30 1 * * *", "2026-11-01", ["05:30", "07:30"]),
        ("0 1,2 * * *", "2026-11-01", ["05:00", "09:00"]),
    ],
)
def test_a_cron_start_in_the_missing_hour_opens_after_it_and_in_the_repeated_one_once(
    expression, around, changes
):
    window = cron(expression, NEW_YORK, hours=2)

    assert openings(window, f"{around}T00:00", f"{around}T20:00") == [f"{around} {each}" for each in changes]


def test_a_cron_window_of_every_minute_is_closed_while_an_hour_repeats():
    minutely = cron("* * * * *", NEW_YORK, minutes=1)

    assert contains(minutely, at("2026-11-01T05:59:59"))
    assert not contains(minutely, at("2026-11-01T06:00"))
    assert next_change(minutely, at("2026-11-01T05:00")) == at("2026-11-01T06:00")
    assert next_change(minutely, at("2026-11-01T06:30")) == at("2026-11-01T07:00")


def test_a_window_without_a_pause_closes_only_where_a_clock_makes_one():
    assert next_change(cron("*/10 * * * *", minutes=10), at("2026-03-02T00:00")) is None
    assert next_change(cron("*/10 * * * *", NEW_YORK, minutes=10), at("2026-03-02")) == at("2026-11-01T06:00")
    assert next_change(cron("0 0 * * *", NEW_YORK, days=1), at("2026-03-02")) == at("2026-11-02T04:00")


def test_openings_that_overlap_for_ages_are_followed_so_far_and_it_is_still_open_there():
    always = cron("0 0 * * mon,thu", days=7)

    reached = next_change(always, at("2026-03-02T00:00"))

    assert reached > at("2026-03-02T00:00") + OPENINGS_FOLLOWED_MAX * timedelta(days=3)
    assert contains(always, reached)


def test_listed_dates_open_at_their_hour_and_belong_to_the_day_on_which_they_start():
    window = dated(
        "2026-03-08", "2026-03-02", "2026-03-02", "2026-03-07", start="20:00", hours=24, zone=NEW_YORK
    )

    assert openings(window, "2026-03-01T00:00", "2026-04-01T00:00") == [
        "2026-03-03 01:00",
        "2026-03-04 01:00",
        "2026-03-08 01:00",
        "2026-03-10 00:00",
    ]
    assert next_change(window, at("2026-03-10T00:00")) is None


def test_listed_dates_that_touch_are_one_opening():
    window = dated("2026-03-02", "2026-03-03", "2026-03-05", hours=24)

    assert openings(window, "2026-03-01", "2026-03-06") == [
        "2026-03-02 09:00",
        "2026-03-04 09:00",
        "2026-03-05 09:00",
    ]


def test_a_listed_date_in_the_missing_hour_opens_right_after_it():
    assert openings(
        dated("2026-03-08", start="02:30", hours=1, zone=NEW_YORK), "2026-03-08", "2026-03-09"
    ) == [
        "2026-03-08 07:00",
        "2026-03-08 08:00",
    ]


def slowly_open(window, when):
    """Say whether a cron window is open by trying every minute on the wall, with zoneinfo."""
    zone, fields = ZoneInfo(window.time_zone), parse(window.expression)
    shown = when.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    for back in range(-180, window.duration // timedelta(minutes=1) + 181):
        wall = shown - timedelta(minutes=back)
        if fields.latest(wall.date(), wall.hour * 60 + wall.minute) != (
            wall.date(),
            wall.hour * 60 + wall.minute,
        ):
            continue
        opens = wall.replace(tzinfo=zone).astimezone(UTC)
        while (
            opens.astimezone(zone).replace(tzinfo=None) != wall
            and opens.astimezone(zone).utcoffset()
            == (opens - timedelta(minutes=1)).astimezone(zone).utcoffset()
        ):
            opens -= timedelta(minutes=1)
        if opens <= when < opens + window.duration:
            return True
    return False


@settings(max_examples=120, deadline=None)
@given(
    zone=st.sampled_from(sorted(set(CLOCK_CHANGES) - {"Pacific/Apia"})),
    expression=st.sampled_from(["0 * * * *", "30 2 * * *", "15 1,2 * * *", "0 3 * * 0", "45 0-3 * * 6,0"]),
    minutes=st.sampled_from([1, 30, 60, 150]),
    asked=st.lists(st.integers(-240, 240), min_size=5, max_size=5),
)
def test_a_cron_window_is_open_when_trying_every_minute_says_so(zone, expression, minutes, asked):
    window = cron(expression, zone, minutes=minutes)

    for change in CLOCK_CHANGES[zone]:
        for minute in asked:
            when = at(change) + timedelta(minutes=minute)
            assert contains(window, when) == slowly_open(window, when)


WINDOWS = st.one_of(
    st.builds(
        cron,
        st.sampled_from(["*/10 * * * *", "30 2 * * *", "0 1 * * sun", "0 0 1,15 * *", "45 23 29 2 *"]),
        st.sampled_from(sorted(CLOCK_CHANGES)),
        minutes=st.sampled_from([1, 10, 45, 1_500, 10_090]),
    ),
    st.builds(
        weekly,
        st.sampled_from(["sun 00:30 - sun 02:30", "sat 23:00 - sun 01:15", "mon 09:00 - fri 17:00"]),
        st.sampled_from(["tue 00:00 - tue 01:00", "sun 02:00 - sun 03:00"]),
        zone=st.sampled_from(sorted(CLOCK_CHANGES)),
    ),
    st.builds(
        dated,
        st.sampled_from(["2026-03-08", "2026-11-01"]),
        st.sampled_from(["2026-03-29", "2019-02-16", "2011-12-30"]),
        start=st.sampled_from(["00:00", "02:30", "23:30"]),
        zone=st.sampled_from(sorted(CLOCK_CHANGES)),
        minutes=st.sampled_from([1, 90, 1_440, 50_000]),
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    window=WINDOWS,
    near=st.sampled_from([at(change) for changes in CLOCK_CHANGES.values() for change in changes]),
    minutes=st.integers(-3_000, 3_000),
)
def test_a_window_stays_as_it_is_until_its_next_change_and_differs_there(window, near, minutes):
    when = near + timedelta(minutes=minutes)

    change = next_change(window, when)

    until = change or when + timedelta(days=400)
    assert until > when
    for part in (0, 1, 7, 30, 63):
        assert contains(window, when + part * (until - when) / 64) == contains(window, when)
    assert contains(window, until - MICROSECOND) == contains(window, when)
    if change is not None and change < when + timedelta(days=3_650):  # so far at least openings are followed
        assert contains(window, change) != contains(window, when)


@pytest.mark.parametrize(
    ("window", "path", "says"),
    [
        (weekly("mon 09:00 - fri 17:00", zone="Mars/Olympus"), "w.time_zone", "must be an IANA name"),
        (weekly(), "w.spans", "must have at least one span"),
        (weekly(*["mon 09:00 - fri 17:00"] * 101), "w.spans", "must have at most 100"),
        (cron("0 0 30 2 *", hours=1), "w.expression", "never comes"),
        (cron("noon", hours=1), "w.expression", "must be five fields"),
        (cron("0 0 * * *", hours=0), "w.duration", "is 0 s; it must be 1 to 31622400 seconds"),
        (cron("0 0 * * *", hours=-1), "w.duration", "is -3600 s"),
        (cron("0 0 * * *", days=367), "w.duration", "is 31708800 s"),
        (cron("0 0 * * *", "", hours=1), "w.time_zone", "is '', which is no time zone"),
        (dated(hours=1), "w.dates", "has 0 dates"),
        (dated("2026-03-02", hours=0), "w.duration", "is 0 s"),
        (dated("2026-03-02", start="09:00:00.5", hours=1), "w.start", "must be whole seconds"),
        (dated("2026-03-02", start="09:00+01:00", hours=1), "w.start", "must be whole seconds"),
        (dated(*["2026-03-02"] * (DATES_MAX + 1), hours=1), "w.dates", "must have 1 to 5000"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_the_field_and_what_would_be_right(window, path, says):
    with pytest.raises(Invalid) as refused:
        check_window(window, "w")

    assert refused.value.path == path
    assert says in str(refused.value)


def test_the_day_of_a_span_is_one_of_seven():
    (good,) = weekly("mon 09:00 - fri 17:00").spans
    eighth = WeeklyWindow(spans=(good, replace(good, end_day=7)), time_zone="UTC")

    with pytest.raises(Invalid, match=r"w\.spans\[1\]\.end_day is 7; it must be 0"):
        check_window(eighth, "w")


def test_a_window_at_its_limits_is_taken():
    check_window(cron("0 0 * * *", seconds=DURATION_MAX.total_seconds()), "")
    check_window(cron("59 23 31 12 0", seconds=1), "")
    check_window(dated("0001-01-01", "9999-12-31", start="23:59:59", days=366), "")


@pytest.mark.parametrize(
    "window", [cron("0 0 1 1 *", days=300), weekly("mon 09:00 - fri 17:00"), dated("9999-12-31", days=1)]
)
def test_the_ends_of_the_calendar_are_no_trouble(window):
    for when in (at("0001-01-01T00:00"), at("9999-12-31T23:59:59.999999")):
        contains(window, when)
        next_change(window, when)


@pytest.mark.parametrize(
    ("zone", "starts_at", "ends_at", "expected"),
    [
        ("America/New_York", "2026-01-01", "2027-01-01", [("2026-03-08 07:00", 1), ("2026-11-01 06:00", -1)]),
        ("Australia/Lord_Howe", "2026-01-01", "2026-06-01", [("2026-04-04 15:00", -0.5)]),
        ("Europe/London", "2026-03-29 01:00", "2026-10-25 01:00", []),
        ("Pacific/Apia", "2011-12-29", "2011-12-31", [("2011-12-30 10:00", 24)]),
        ("Asia/Kolkata", "2026-01-01", "2036-01-01", []),
    ],
)
def test_clocks_are_set_when_the_zone_says_so(zone, starts_at, ends_at, expected):
    read = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (starts_at, ends_at)]

    found = clock_changes(zone, *read)

    told = [(f"{each.at:%Y-%m-%d %H:%M}", each.by / timedelta(hours=1)) for each in found]
    assert told == expected
