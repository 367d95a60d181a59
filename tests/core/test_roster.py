"""Layers over each other, and stand-ins: over all of them or in the place of one person, and which counts."""

import pytest

from schedule_worlds import ANA, BEN, CLEO, at, layer, override, schedule, span
from tocsin.core.ids import LayerId, OverrideId, UserId
from tocsin.core.instants import SECOND, micros
from tocsin.core.roster import Roster, StandIn
from tocsin.core.schedule import Position, gaps, on_call, shifts_at, timeline, who

DORA = UserId(4)
MARCH = (at("2026-03-02"), at("2026-03-08"))


def daily(*overrides):
    """Make a schedule in which Ana and Ben take turns at midnight, with overrides."""
    numbered = [
        override(each.user, each.starts_at.isoformat(), each.ends_at.isoformat(), each.instead_of, number)
        for number, each in enumerate(overrides)
    ]
    return schedule(layer(ANA, BEN, start="2026-03-02T00:00"), overrides=numbered)


def story(plan, span=MARCH):
    """Tell who is on call from when, as ``2T06 cleo``."""
    names = {ANA: "ana", BEN: "ben", CLEO: "cleo", DORA: "dora"}
    return [f"{each.starts_at:%-dT%H} {names[each.user]}" for each in timeline(plan, *span)]


def test_a_stand_in_is_on_call_over_every_layer_and_the_shift_says_by_which_override():
    plan = daily(override(CLEO, "2026-03-02T18:00", "2026-03-04T06:00"))

    assert story(plan) == ["2T00 ana", "2T18 cleo", "4T06 ana", "5T00 ben", "6T00 ana", "7T00 ben"]
    (shift,) = on_call(plan, at("2026-03-03T12:00"))
    assert (shift.layer, shift.override) == (None, OverrideId(0))
    assert (shift.starts_at, shift.ends_at) == (at("2026-03-02T18:00"), at("2026-03-04T06:00"))


def test_a_stand_in_is_on_call_where_nobody_would_be():
    plan = schedule(overrides=[override(CLEO, "2026-03-02T18:00", "2026-03-04T06:00")])

    assert story(plan) == ["2T18 cleo"]
    assert len(gaps(plan, *MARCH)) == 2
    assert [len(shifts_at(plan, at("2026-03-02"), position)) for position in Position] == [0, 0, 1]
    assert [len(shifts_at(plan, at("2026-03-05"), position)) for position in Position] == [1, 0, 0]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-02T17:59:59.999999", ANA),
        ("2026-03-02T18:00", CLEO),
        ("2026-03-04T05:59:59.999999", CLEO),
        ("2026-03-04T06:00", ANA),
    ],
)
def test_an_override_contains_its_start_and_not_its_end(when, expected):
    assert who(daily(override(CLEO, "2026-03-02T18:00", "2026-03-04T06:00")), at(when)) == (expected,)


def test_who_stands_in_for_somebody_takes_over_their_shifts_and_no_others():
    plan = daily(override(CLEO, "2026-03-02T12:00", "2026-03-05T12:00", instead_of=ANA))

    assert story(plan) == [
        "2T00 ana",
        "2T12 cleo",
        "3T00 ben",
        "4T00 cleo",
        "5T00 ben",
        "6T00 ana",
        "7T00 ben",
    ]
    (shift,) = on_call(plan, at("2026-03-04T12:00"))
    assert (shift.layer, shift.override) == (LayerId(1), OverrideId(0))


@pytest.mark.parametrize("replaced", [BEN, CLEO, DORA])
def test_standing_in_for_somebody_who_is_not_on_call_changes_nothing(replaced):
    plan = daily(override(CLEO, "2026-03-02T06:00", "2026-03-02T18:00", instead_of=replaced))

    assert story(plan) == story(daily())
    assert on_call(plan, at("2026-03-02T12:00")) == on_call(daily(), at("2026-03-02T12:00"))


def test_standing_in_for_somebody_leaves_a_gap_a_gap():
    plan = schedule(
        layer(ANA, start="2026-03-02T00:00", restrictions=(span("mon 09:00", "mon 17:00"),)),
        overrides=[override(CLEO, "2026-03-02T00:00", "2026-03-03T00:00", instead_of=ANA)],
    )

    assert story(plan) == ["2T09 cleo"]


def test_of_several_stand_ins_the_later_in_the_list_wins():
    earlier = override(CLEO, "2026-03-02T06:00", "2026-03-02T18:00")
    later = override(DORA, "2026-03-02T12:00", "2026-03-02T20:00")

    assert story(daily(earlier, later))[:4] == ["2T00 ana", "2T06 cleo", "2T12 dora", "2T20 ana"]
    assert story(daily(later, earlier))[:4] == ["2T00 ana", "2T06 cleo", "2T18 dora", "2T20 ana"]


@pytest.mark.parametrize(
    ("overrides", "expected", "because"),
    [
        ([(CLEO, ANA), (DORA, ANA)], DORA, "of two in the place of the same person the later counts"),
        ([(CLEO, ANA), (DORA, CLEO)], DORA, "a stand-in can be replaced in turn"),
        ([(CLEO, ANA), (DORA, CLEO), (BEN, ANA)], BEN, "with all who came in their place"),
        ([(CLEO, ANA), (DORA, ANA), (BEN, CLEO)], DORA, "whoever lost the place is not on call any more"),
        ([(CLEO, ANA), (ANA, CLEO)], ANA, "a duty can be taken back"),
        ([(CLEO, None), (DORA, ANA)], CLEO, "who is not on call under another's whole duty is not replaced"),
        ([(CLEO, None), (DORA, CLEO)], DORA, "but the one with the whole duty is"),
        ([(DORA, ANA), (CLEO, None)], CLEO, "a later whole duty ends it all"),
        ([(DORA, CLEO), (CLEO, ANA)], CLEO, "an earlier one does not replace whom a later one brings"),
        ([(ANA, ANA)], ANA, "in one's own place one stays"),
    ],
)
def test_stand_ins_build_on_one_another_in_the_order_of_the_list(overrides, expected, because):
    plan = daily(
        *(override(user, "2026-03-02T06:00", "2026-03-02T18:00", instead) for user, instead in overrides)
    )

    assert who(plan, at("2026-03-02T12:00")) == (expected,), because
    assert who(plan, at("2026-03-02T05:00")) == (ANA,)


def test_an_override_without_effect_does_not_cut_the_shift_under_it():
    plan = daily(
        override(CLEO, "2026-03-02T06:00", "2026-03-02T09:00", instead_of=DORA),
        override(CLEO, "2026-03-02T15:00", "2026-03-02T20:00", instead_of=BEN),
    )

    (shift,) = on_call(plan, at("2026-03-02T08:00"))

    assert (shift.starts_at, shift.ends_at) == (at("2026-03-02"), at("2026-03-03"))


def test_a_stand_in_who_stands_on_another_has_their_span():
    plan = daily(
        override(CLEO, "2026-03-02T06:00", "2026-03-02T18:00"),
        override(DORA, "2026-03-01T00:00", "2026-03-09T00:00", instead_of=CLEO),
    )

    (shift,) = on_call(plan, at("2026-03-02T12:00"))

    assert (shift.user, shift.starts_at.hour, shift.ends_at.hour) == (DORA, 6, 18)
    assert (shift.layer, shift.override) == (None, OverrideId(1))


def test_an_override_of_one_schedule_leaves_every_other_alone():
    covered = daily(override(CLEO, "2026-03-02T00:00", "2026-03-09T00:00"))

    assert {shift.user for shift in timeline(covered, *MARCH)} == {CLEO}
    assert {shift.user for shift in timeline(daily(), *MARCH)} == {ANA, BEN}


def test_previous_and_next_of_a_stand_in_are_the_shifts_beside_it():
    plan = daily(override(CLEO, "2026-03-02T06:00", "2026-03-02T18:00"))

    before, current, after = (shifts_at(plan, at("2026-03-02T12:00"), position) for position in Position)

    assert [(each.user, each.ends_at.hour) for each in (*before, *current, *after)] == [
        (ANA, 6),
        (CLEO, 18),
        (ANA, 0),
    ]


def test_a_thousand_overrides_are_all_heeded():
    plan = daily(
        *(
            override(CLEO, f"2026-{month:02}-{day:02}T{hour:02}:00", f"2026-{month:02}-{day:02}T{hour:02}:30")
            for month in range(3, 8)
            for day in range(3, 28)
            for hour in range(0, 24, 3)
        )
    )

    assert len(plan.overrides) == 1_000
    shifts = [shift for shift in timeline(plan, at("2026-03-01"), at("2026-09-01")) if shift.user == CLEO]
    assert [shift.override for shift in shifts] == list(range(1_000))


class Together:
    """A layer of another kind: two people at once, hour by hour."""

    def people(self, at):
        return self.stretch(at)[2]

    def stretch(self, at):
        hour = at // (3_600 * SECOND)
        return hour * 3_600 * SECOND, (hour + 1) * 3_600 * SECOND, (ANA, BEN), hour


def test_a_layer_of_another_kind_may_put_several_people_on_call_at_once():
    half_past = micros(at("2026-03-02T12:30"))
    roster = Roster([Together()], [StandIn(0, half_past, half_past + 60 * SECOND, CLEO, BEN)])

    since, until, duties = roster.duties(half_past)

    assert roster.people(half_past) == (ANA, CLEO)
    assert [(each.user, (each.ends - each.begins) // SECOND) for each in duties] == [(ANA, 3_600), (CLEO, 60)]
    assert (since, until) == (half_past, half_past + 60 * SECOND)
    assert roster.people(half_past - 1) == (ANA, BEN)
    assert [each.user for each in roster.after(until)] == [ANA, BEN]
