"""The parts of a schedule, each by itself, in the order in which they decide."""

from datetime import timedelta

from hypothesis import given

from schedule_worlds import ANA, BEN, CLEO, at, layer, override, schedule, worlds
from tocsin.core.schedule import timeline, timeline_up_to, who
from tocsin.core.schedule_parts import PartKind, parts


@given(worlds())
def test_without_overrides_the_first_part_that_has_somebody_decides(world):
    whole, middle = world
    bare = schedule(*whole.layers, zone=whole.time_zone)

    for hours in range(-48, 49, 5):
        instant = middle + timedelta(hours=hours)
        deciding = (who(part.alone, instant) for part in parts(whole))
        assert who(bare, instant) == next(filter(None, deciding), ())


def test_later_layers_come_first_and_overrides_are_no_part():
    whole = schedule(
        layer(ANA, number=1), layer(BEN, number=2), overrides=[override(CLEO, "2026-03-03", "2026-03-04")]
    )

    assert [(part.kind, part.id) for part in parts(whole)] == [(PartKind.LAYER, 2), (PartKind.LAYER, 1)]
    assert {user for part in parts(whole) for user in who(part.alone, at("2026-03-03 12:00"))} == {ANA, BEN}


@given(worlds())
def test_of_few_shifts_all_are_listed_and_of_too_many_none(world):
    whole, middle = world
    starts_at, ends_at = middle - timedelta(days=5), middle + timedelta(days=5)
    every = timeline(whole, starts_at, ends_at)

    assert timeline_up_to(whole, starts_at, ends_at, len(every)) == every
    if every:
        assert timeline_up_to(whole, starts_at, ends_at, len(every) - 1) is None
