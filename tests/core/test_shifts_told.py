"""What is told of an instant and what is told of a span are the same shifts, with the same bounds."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedule_worlds import at, layer, override
from shift_worlds import ANA, BEN, CLEO, every, of_shifts, shift, worlds
from tocsin.core.ids import ShiftSwapId, UserId
from tocsin.core.schedule import on_call, timeline, who
from tocsin.core.shift_swap import ShiftSwap

DORA = UserId(4)
NAMES = {ANA: "ana", BEN: "ben", CLEO: "cleo", DORA: "dora"}
NIGHT = (at("2026-03-08"), at("2026-03-09"))

# Each hour begins a shift of an hour and a half, of two people, from the hour of a clock change on.
HOURLY_AND_LONGER = (
    of_shifts(shift("2026-03-08T03:00", 1.5, (ANA, BEN), rule=every("hourly")), zone="America/New_York"),
    at("2026-03-08T07:00"),
)


def check_agreement(plan, begins, ends):
    """Check at each edge, and just before it, that the timeline says what `on_call` and `who` say."""
    told = timeline(plan, begins, ends)

    edges = {begins} | {edge for each in told for edge in (each.starts_at, each.ends_at)}
    for edge in sorted(edges):
        for instant in (edge, edge - timedelta(microseconds=1)):
            if begins <= instant < ends:
                holding = Counter(each for each in told if each.starts_at <= instant < each.ends_at)
                shifts = on_call(plan, instant)
                assert holding == Counter(cut_off(each, begins, ends) for each in shifts)
                assert Counter({each.user for each in shifts}) == Counter(who(plan, instant))


def cut_off(shift, begins, ends):
    """Cut *shift* off at either end of the span."""
    return replace(
        shift,
        starts_at=max(shift.starts_at or begins, begins),
        ends_at=min(shift.ends_at or ends, ends),
    )


@settings(max_examples=100)
@given(world=worlds(), length=st.integers(1, 300))
def test_the_timeline_says_at_each_instant_what_on_call_says(world, length):
    plan, changes_at = world

    check_agreement(plan, changes_at - timedelta(days=2), changes_at + timedelta(hours=length))


@settings(max_examples=60)
@given(
    world=worlds(),
    stand_ins=st.lists(
        st.tuples(
            st.integers(-60, 100),
            st.integers(1, 60),
            st.sampled_from([ANA, BEN, CLEO]),
            st.sampled_from([None, ANA, BEN, CLEO]),
        ),
        max_size=4,
    ),
    swapped=st.booleans(),
    days=st.integers(1, 3),
)
@example(world=HOURLY_AND_LONGER, stand_ins=[(0, 1, ANA, BEN)], swapped=True, days=1)
def test_they_agree_with_layers_below_and_stand_ins_and_swaps_above(world, stand_ins, swapped, days):
    plan, changes_at = world
    overrides = [
        replace(
            override(user, "2026-01-01", "2026-01-02", instead_of, number),
            starts_at=changes_at + timedelta(hours=begins),
            ends_at=changes_at + timedelta(hours=begins + hours),
        )
        for number, (begins, hours, user, instead_of) in enumerate(stand_ins)
    ]
    below = layer(BEN, None, CLEO, days=days, rotation_start=changes_at - timedelta(days=30))
    swap = ShiftSwap(
        id=ShiftSwapId(1),
        workspace=plan.workspace,
        schedule=plan.id,
        starts_at=changes_at - timedelta(hours=5),
        ends_at=changes_at + timedelta(hours=20),
        beneficiary=ANA,
        benefactor=CLEO,
        updated_at=changes_at,
    )
    plan = replace(plan, layers=(below,), overrides=tuple(overrides), swaps=(swap,) if swapped else ())

    check_agreement(plan, changes_at - timedelta(days=2), changes_at + timedelta(days=3))


@pytest.mark.parametrize(
    ("overrides", "expected", "because"),
    [
        (
            [(ANA, "07:00", "08:00", BEN), (CLEO, "02:00", "23:00", ANA)],
            ["07:00-08:30 cleo", "08:00-08:30 ben"],
            "for Ben she stands in an hour, for Ana till the end",
        ),
        (
            [(DORA, "07:00", "07:40", ANA), (DORA, "07:20", "08:00", BEN), (CLEO, "02:00", "23:00", DORA)],
            ["07:00-07:20 ben", "07:00-08:00 cleo", "07:40-08:30 ana", "08:00-08:30 ben"],
            "one person's part may begin before the other's ends",
        ),
        (
            [(DORA, "07:00", "07:30", ANA), (DORA, "07:30", "08:00", BEN), (CLEO, "02:00", "23:00", DORA)],
            ["07:00-07:30 ben", "07:00-08:00 cleo", "07:30-08:30 ana", "08:00-08:30 ben"],
            "or just when it ends",
        ),
        (
            [(DORA, "07:00", "07:30", ANA), (DORA, "07:40", "08:00", BEN), (CLEO, "02:00", "23:00", DORA)],
            ["07:00-07:30 cleo", "07:00-07:40 ben", "07:30-08:30 ana", "07:40-08:00 cleo", "08:00-08:30 ben"],
            "parts that are apart are two shifts",
        ),
    ],
)
def test_whoever_stands_in_for_both_people_of_a_shift_has_one_as_long_as_for_either(
    overrides, expected, because
):
    duty = shift("2026-03-08T03:00", 1.5, (ANA, BEN))
    stand_ins = [
        override(user, f"2026-03-08T{begins}", f"2026-03-08T{ends}", instead_of, number)
        for number, (user, begins, ends, instead_of) in enumerate(overrides)
    ]
    plan = of_shifts(duty, zone="America/New_York", overrides=tuple(stand_ins))

    told = timeline(plan, *NIGHT)

    spans = [f"{each.starts_at:%H:%M}-{each.ends_at:%H:%M} {NAMES[each.user]}" for each in told]
    assert sorted(spans) == expected, because
    check_agreement(plan, *NIGHT)


def test_whoever_is_named_twice_in_a_group_is_on_call_once():
    plan = of_shifts(shift("2026-03-08T03:00", 1.5, (ANA, BEN, ANA)))

    assert [each.user for each in timeline(plan, *NIGHT)] == [ANA, BEN]
    check_agreement(plan, *NIGHT)
