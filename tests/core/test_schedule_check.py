"""Which schedules can be kept, and what is said about those that cannot."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from schedule_worlds import ANA, BEN, at, layer, override, schedule, span
from tocsin.core.errors import Invalid
from tocsin.core.schedule import SHIFTS_MAX, timeline
from tocsin.core.schedule_check import check

SHIFT = (span("mon 09:00", "mon 17:00"),)
NAIVE = datetime(2026, 3, 2)  # noqa: DTZ001 - that is the point


def with_layer(**changes):
    """Make a schedule whose second layer is not as it should be."""
    return schedule(layer(ANA), replace(layer(ANA, BEN, number=2), **changes))


def with_override(starts_at, ends_at):
    return schedule(
        layer(ANA), overrides=[override(ANA, "2026-03-02", "2026-03-03"), override(BEN, starts_at, ends_at)]
    )


@pytest.mark.parametrize(
    ("broken", "path", "says"),
    [
        (replace(schedule(), name=""), "name", "is empty; it must be 1 to 255 characters long"),
        (replace(schedule(), name="x" * 256), "name", "is 256 characters long; it must be at most 255"),
        (replace(schedule(), name="a\0b"), "name", "holds NUL or half a character"),
        (replace(schedule(), name="\ud83d"), "name", "holds NUL or half a character"),
        (schedule(zone="CEST"), "time_zone", "is 'CEST', which is no time zone; it must be an IANA name"),
        (schedule(zone="../UTC"), "time_zone", "which is no time zone"),
        (
            schedule(*[layer(ANA, number=n) for n in range(101)]),
            "layers",
            "has 101 entries; it must have at most 100",
        ),
        (with_layer(name=""), "layers[1].name", "is empty"),
        (
            with_layer(name="layer 1"),
            "layers[1].name",
            "is 'layer 1' again; it must be unique within the schedule",
        ),
        (with_layer(members=()), "layers[1].members", "must name at least one member"),
        (with_layer(members=(ANA,) * 501), "layers[1].members", "has 501 entries; it must have at most 500"),
        (with_layer(days=0), "layers[1].interval", "is 0 s altogether"),
        (
            with_layer(days=0, seconds=59),
            "layers[1].interval",
            "must be days and seconds of at least 60 s together",
        ),
        (with_layer(days=401), "layers[1].interval.days", "is 401; it must be 0 to 400"),
        (with_layer(days=-1, seconds=100_000), "layers[1].interval.days", "is -1"),
        (with_layer(seconds=2_592_001), "layers[1].interval.seconds", "must be 0 to 2592000"),
        (with_layer(seconds=-1), "layers[1].interval.seconds", "is -1"),
        (
            with_layer(end_date=at("2026-03-02T09:00")),
            "layers[1].end_date",
            "must be later than effective_date",
        ),
        (with_layer(end_date=at("2026-03-01")), "layers[1].end_date", "is 2026-03-01T00:00:00+00:00"),
        (with_layer(effective_date=NAIVE), "layers[1].effective_date", "must carry an offset from UTC"),
        (with_layer(rotation_start=NAIVE), "layers[1].rotation_start", "must carry an offset from UTC"),
        (with_layer(end_date=NAIVE), "layers[1].end_date", "must carry an offset from UTC"),
        (with_layer(restrictions=SHIFT * 101), "layers[1].restrictions", "must have at most 100"),
        (
            with_layer(restrictions=(*SHIFT, replace(SHIFT[0], end_day=7))),
            "layers[1].restrictions[1].end_day",
            "is 7; it must be 0 (Monday) to 6 (Sunday)",
        ),
        (
            with_layer(
                restrictions=(replace(SHIFT[0], start_time=SHIFT[0].start_time.replace(microsecond=1)),)
            ),
            "layers[1].restrictions[0].start_time",
            "must be whole seconds on the wall clock",
        ),
        (with_layer(time_zone=""), "layers[1].time_zone", "which is no time zone"),
        (with_override("2026-03-03", "2026-03-03"), "overrides[1].ends_at", "must be later than starts_at"),
        (with_override("2026-03-04", "2026-03-03"), "overrides[1].ends_at", "must be later than starts_at"),
        (
            schedule(overrides=[override(ANA, "2026-03-02", "2026-03-03")] * 1_001),
            "overrides",
            "has 1001 entries; it must have at most 1000",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_the_field_and_what_would_be_right(broken, path, says):
    with pytest.raises(Invalid) as refused:
        check(broken)

    assert refused.value.path == path
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "good",
    [
        schedule(),
        replace(schedule(), name="x" * 255),
        with_layer(days=0, seconds=60),
        with_layer(days=400, seconds=2_592_000),
        with_layer(members=(None,) * 500),
        with_layer(restrictions=SHIFT * 100, time_zone="Pacific/Kiritimati"),
        with_layer(end_date=at("2026-03-02T09:00") + timedelta(microseconds=1)),
        schedule(*[layer(ANA, number=n) for n in range(100)]),
        schedule(overrides=[override(ANA, "2026-03-02", "2026-03-03")] * 1_000),
    ],
)
def test_a_schedule_at_its_limits_is_taken(good):
    check(good)


def test_a_timeline_with_too_many_shifts_is_refused_with_what_to_do():
    minutely = schedule(layer(ANA, BEN, start="2026-01-01T00:00", days=0, seconds=60))

    with pytest.raises(Invalid, match="ends_at is so late that the span holds more than 50000 shifts"):
        timeline(minutely, at("2026-01-01"), at("2027-01-01"))
    assert (
        len(timeline(minutely, at("2026-01-01"), at("2026-01-01") + timedelta(minutes=SHIFTS_MAX)))
        == SHIFTS_MAX
    )
