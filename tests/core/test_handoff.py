"""The next moment at which other people are on call."""

from datetime import timedelta

import pytest
from hypothesis import given

from schedule_worlds import ANA, BEN, CLEO, at, layer, override, schedule, span, worlds
from tocsin.core.handoff import Handoff, next_handoff
from tocsin.core.schedule import who

OFFICE = (span("mon 09:00", "mon 17:00"), span("tue 09:00", "tue 17:00"))


@pytest.mark.parametrize(
    ("plan", "expected", "because"),
    [
        (schedule(layer(ANA, BEN)), ((ANA,), "2026-03-03 09:00", (BEN,)), "turns end"),
        (
            schedule(layer(ANA, number=1), layer(ANA, number=2, restrictions=OFFICE)),
            ((ANA,), None, ()),
            "the same person by another layer goes on",
        ),
        (
            schedule(layer(ANA), overrides=[override(CLEO, "2026-03-04 00:00", "2026-03-05 00:00")]),
            ((ANA,), "2026-03-04 00:00", (CLEO,)),
            "somebody stands in",
        ),
        (schedule(layer(ANA, restrictions=OFFICE)), ((ANA,), "2026-03-02 17:00", ()), "then there is nobody"),
        (schedule(), ((), None, ()), "there is never anybody"),
    ],
)
def test_duty_passes_on_when_other_people_are_on_call(plan, expected, because):
    now, when, then = expected

    found = next_handoff(plan, at("2026-03-02 12:00"))

    assert found == Handoff(now=now, at=None if when is None else at(when), then=then), because


@given(worlds())
def test_until_the_handoff_the_same_people_are_on_call_and_then_others(world):
    plan, middle = world

    found = next_handoff(plan, middle)

    until = found.at or middle + timedelta(days=20)
    for part in range(8):
        assert set(who(plan, middle + (until - middle) * part // 8)) == set(found.now)
    if found.at is not None:
        assert set(who(plan, found.at)) == set(found.then) != set(found.now)
