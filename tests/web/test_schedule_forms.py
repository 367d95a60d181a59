"""What forms make of schedules and back, two changes in one, and hours and days in words: pure functions."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule_worlds import ANA, BEN, CLEO, at, schedule, span, worlds
from tocsin.core.calendar import Restriction
from tocsin.core.schedule import Shift
from tocsin.web.days import Days, first_day
from tocsin.web.picture import NARROW, Stretch, Strip, draw, stretches_of
from tocsin.web.schedule_merging import differences, merged
from tocsin.web.schedule_reading import made_of
from tocsin.web.schedule_text import LayerText, ScheduleText, pressed, read, text_of
from tocsin.web.week_hours import DayHours, hours_of, in_words

NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
NEW = LayerText(name="New")


@given(worlds())
def test_a_schedule_that_is_shown_in_a_form_and_read_again_is_the_same(world):
    whole, _ = world

    again, faults = made_of(text_of(whole), whole)

    # Two layers of one name, no members and the like are other tests' business.
    if not faults.found:
        assert again == whole


@given(worlds(), st.integers(0, 3), st.sampled_from(["remove", "copy", "higher", "lower", "days", "span"]))
def test_no_button_loses_what_it_does_not_mean(world, place, what):
    text = text_of(world[0])

    after = pressed(text, f"{what} {place}", {}, NEW)

    gone = {text.layers[place].id} if what == "remove" and place < len(text.layers) else set()
    assert {each.id for each in text.layers} - gone == {each.id for each in after.layers if each.id}
    assert (after.name, after.zone, after.teams) == (text.name, text.zone, text.teams)


_TEXTS = st.builds(
    ScheduleText,
    name=st.sampled_from(["a", "b"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    layers=st.lists(
        st.builds(
            LayerText, id=st.sampled_from("xyz"), name=st.sampled_from("mn"), every=st.sampled_from("12")
        ),
        max_size=3,
        unique_by=lambda each: each.id,
    ).map(tuple),
)


@given(_TEXTS, _TEXTS)
def test_where_only_one_of_two_changed_anything_theirs_is_what_comes_out(base, changed):
    assert merged(base, base, changed) == changed
    assert merged(base, changed, base) == changed


@given(_TEXTS, _TEXTS, _TEXTS)
def test_of_two_changes_mine_is_never_lost(base, theirs, mine):
    both = merged(base, theirs, mine)

    if mine.name != base.name:
        assert both.name == mine.name
    began = {each.id: each for each in base.layers}
    names = [each.name for each in both.layers]
    for each in mine.layers:
        if each.id not in began or each.name != began[each.id].name:
            assert each.name in names


def test_differences_name_what_was_added_removed_and_moved():
    one, two = LayerText(id="x", name="X", every="1"), LayerText(id="y", name="Y", ends="2026-01-01T09:00")
    was = ScheduleText(name="a", layers=(one, two))
    new = ScheduleText(name="a", layers=(replace(two, ends=""), replace(one, every="2"), LayerText(name="Z")))

    told = [(each.what, each.before, each.after) for each in differences(was, new, {})]

    assert told == [
        ("X: length of a turn", "1 weeks", "2 weeks"),
        ("Y: end", "2026-01-01 09:00", "nothing"),
        ("layer Z", "was not there", "was added"),
        ("order of layers", "Y, X", "Z, X, Y"),
    ]


def test_forms_of_hostile_keys_are_read_without_harm():
    form = {"layer": ["²", "-1", "9" * 50, "0"], "0.name": ["x"], "0.hours": ["a.b"], "0.a.b.starts": ["9"]}

    text = read(form)

    assert len(text.layers) == 4
    assert made_of(text, schedule())[1].found


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([], ""),
        (
            [span(f"{day} 09:00", f"{day} 17:00") for day in ("mon", "tue", "wed", "fri")],
            "Mon-Wed, Fri 09:00-17:00",
        ),
        ([span("sat 22:00", "sun 06:00"), span("sun 22:00", "mon 06:00")], "Sat, Sun 22:00-06:00"),
        ([span("fri 18:00", "mon 08:00")], "Fri 18:00 to Mon 08:00"),
        ([span("mon 00:00", "tue 00:00")], "Mon 00:00-00:00"),
        ([span("mon 09:00", "mon 09:00")], "Mon 09:00 to Mon 09:00"),
    ],
)
def test_hours_are_said_as_people_say_them(spans, words):
    assert in_words(spans) == words


_TIMES = st.times().map(lambda each: each.replace(microsecond=0))


@given(
    st.lists(
        st.builds(
            Restriction,
            start_day=st.integers(0, 6),
            start_time=_TIMES,
            end_day=st.integers(0, 6),
            end_time=_TIMES,
        ),
        max_size=6,
    )
)
def test_hours_in_a_form_are_the_same_hours(restrictions):
    assert {each for hours in hours_of(restrictions) for each in hours.restrictions()} == set(restrictions)


def test_hours_that_end_before_they_begin_end_on_the_day_after():
    (night,) = DayHours(days=(6,), starts=time(22), ends=time(6)).restrictions()

    assert (night.start_day, night.end_day) == (6, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "2026-03-06"), ("2026-01-31", "2026-01-31"), ("x", "2026-03-06"), ("9999-12-31", "2026-03-06")],
)
def test_the_first_day_is_the_one_that_was_asked_for_or_today(text, expected):
    assert first_day(text, "UTC", NOW) == date.fromisoformat(expected)


@given(
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.sampled_from([1, 7, 14, 28, 365]),
)
def test_marks_stand_in_order_within_the_picture(zone, count):
    days = Days.of(zone, date(2026, 3, 6), days=count)

    marks = [tick.x for tick in days.ticks()]

    assert marks == sorted(set(marks))
    assert all(0 <= mark < 1_000 for mark in marks)


@given(worlds())
def test_a_picture_covers_what_the_shifts_do_and_nothing_twice(world):
    whole, middle = world
    days = Days.of(whole.time_zone, middle.date(), days=7)
    shifts = [
        Shift(user=user, starts_at=days.starts_at + begins, ends_at=days.starts_at + begins + length)
        for user, begins, length in (
            (ANA, timedelta(0), timedelta(days=1)),
            (BEN, timedelta(hours=12), timedelta(days=2)),
        )
    ]

    (row,) = draw(
        [Strip(label="x", stretches=stretches_of(shifts, days.starts_at, days.ends_at))], days, {}, NOW
    ).rows

    assert [bar.y for bar in row.bars] == [row.y + 20, row.y + 50], (
        "people at one time stand below each other"
    )


def test_narrow_shifts_of_one_person_are_one_path():
    days = Days.of("UTC", date(2026, 1, 1), days=365)
    stretches = [
        Stretch(user=user, starts_at=days.midnights[day], ends_at=days.midnights[day + 1])
        for day, user in enumerate([ANA, BEN, CLEO] * 121)
    ]

    (row,) = draw([Strip(label="x", stretches=stretches)], days, {ANA: "A", BEN: "B", CLEO: "C"}, NOW).rows

    assert (len(row.bars), len(row.paths)) == (0, 3)
    assert sum(path.count("M") for _, path in row.paths) == 363
    assert NARROW > 1_000 / 365


def test_what_one_person_does_in_a_row_is_one_stretch():
    turns = [
        Shift(user=ANA, starts_at=at("2026-03-06"), ends_at=at("2026-03-07")),
        Shift(user=ANA, starts_at=at("2026-03-07"), ends_at=at("2026-03-08")),
        Shift(user=BEN, starts_at=at("2026-03-08"), ends_at=at("2026-03-09")),
    ]

    found = stretches_of(turns, at("2026-03-06"), at("2026-03-09"))

    assert [(each.user, each.ends_at - each.starts_at) for each in found or ()] == [
        (ANA, timedelta(days=2)),
        (BEN, timedelta(days=1)),
    ]
