"""What a change of a schedule comes to: told stretch by stretch, and summed up by person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedule_worlds import ANA, BEN, CLEO, at, layer, override, schedule, span, worlds
from tocsin.core.duty_change import DutyChange, balance, changes
from tocsin.core.instants import Window
from tocsin.core.schedule import timeline, who

WEEK = Window(starts_at=at("2026-03-02"), ends_at=at("2026-03-09"))
DAILY = layer(ANA, BEN, start="2026-03-02T09:00")


def compared(was, new, window=WEEK):
    shifts = [timeline(each, window.starts_at, window.ends_at) for each in (was, new)]
    return changes(*shifts, window)


def change(starts_at, ends_at, before, after):
    return DutyChange(starts_at=at(starts_at), ends_at=at(ends_at), before=before, after=after)


@pytest.mark.parametrize(
    ("new", "expected", "because"),
    [
        (schedule(DAILY), [], "nothing is different"),
        (
            schedule(DAILY, overrides=[override(CLEO, "2026-03-03 00:00", "2026-03-04 00:00")]),
            [
                change("2026-03-03 00:00", "2026-03-03 09:00", (ANA,), (CLEO,)),
                change("2026-03-03 09:00", "2026-03-04 00:00", (BEN,), (CLEO,)),
            ],
            "one stretch for each person who is stood in for",
        ),
        (
            schedule(DAILY, overrides=[override(ANA, "2026-03-02 12:00", "2026-03-02 15:00")]),
            [],
            "an override by whoever is on call anyway changes nothing",
        ),
        (
            schedule(replace(DAILY, restrictions=(span("mon 09:00", "tue 08:00"),))),
            [
                change("2026-03-03 08:00", "2026-03-03 09:00", (ANA,), ()),
                change("2026-03-03 09:00", "2026-03-04 09:00", (BEN,), ()),
                change("2026-03-04 09:00", "2026-03-05 09:00", (ANA,), ()),
                change("2026-03-05 09:00", "2026-03-06 09:00", (BEN,), ()),
                change("2026-03-06 09:00", "2026-03-07 09:00", (ANA,), ()),
                change("2026-03-07 09:00", "2026-03-08 09:00", (BEN,), ()),
                change("2026-03-08 09:00", "2026-03-09 00:00", (ANA,), ()),
            ],
            "and a gap leaves nobody",
        ),
        (
            schedule(replace(DAILY, name="other", days=1, rotation_start=DAILY.rotation_start)),
            [],
            "the same people by another layer are no change",
        ),
    ],
)
def test_a_change_is_told_for_each_stretch_in_which_other_people_are_on_call(new, expected, because):
    assert list(compared(schedule(DAILY), new)) == expected, because


def test_it_says_who_loses_a_stretch_and_who_gets_it():
    found = change("2026-03-02", "2026-03-03", (ANA, BEN), (BEN, CLEO))

    assert (found.loses, found.gets, found.leaves_nobody) == ((ANA,), (CLEO,), False)


def test_what_somebody_loses_and_gets_back_comes_out_even():
    was = schedule(layer(ANA, BEN, start="2026-03-02T00:00"))
    new = schedule(layer(BEN, ANA, start="2026-03-02T00:00"))
    four_days = Window(starts_at=at("2026-03-02"), ends_at=at("2026-03-06"))

    assert balance(compared(was, new, four_days)) == {ANA: timedelta(0), BEN: timedelta(0)}


@given(before=worlds(), after=worlds(), minutes=st.lists(st.integers(0, 20 * 24 * 60 - 1), max_size=20))
def test_at_every_instant_a_change_holds_exactly_where_other_people_are_on_call(before, after, minutes):
    (was, middle), (new, _) = before, after
    window = Window(starts_at=middle - timedelta(days=10), ends_at=middle + timedelta(days=10))

    found = compared(was, new, window)

    assert [each for each in found if each.starts_at >= each.ends_at] == []
    for instant in (window.starts_at + timedelta(minutes=each) for each in minutes):
        holding = [each for each in found if each.starts_at <= instant < each.ends_at]
        were, are = (tuple(sorted(who(each, instant))) for each in (was, new))
        assert [(each.before, each.after) for each in holding] == ([] if were == are else [(were, are)])


@given(before=worlds(), after=worlds())
def test_what_all_people_gain_is_how_much_more_duty_there_is(before, after):
    (was, middle), (new, _) = before, after
    window = Window(starts_at=middle - timedelta(days=10), ends_at=middle + timedelta(days=10))

    found = compared(was, new, window)

    def duty(shifts):
        return sum((each.ends_at - each.starts_at for each in shifts), timedelta(0))

    less, more = (duty(timeline(each, window.starts_at, window.ends_at)) for each in (was, new))
    assert sum(balance(found).values(), timedelta(0)) == more - less
