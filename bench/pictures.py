"""A year of a schedule of 20 layers as a picture: what the whole page costs, and what its shifts alone.

Rotations are worked out anew each time. Figures are medians of CPU time.
"""

import statistics
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from harness import verdict

from tocsin.core.calendar import Restriction
from tocsin.core.ids import LayerId, ScheduleId, UserId, WorkspaceId
from tocsin.core.people import User
from tocsin.core.schedule import Layer, Schedule, timeline
from tocsin.core.schedule_parts import parts
from tocsin.web.days import Days
from tocsin.web.my_shifts import Duty, Mine
from tocsin.web.picture import Strip, draw, stretches_of
from tocsin.web.rendering import page

ROUNDS = 9
LAYERS, PEOPLE = 20, 30
NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
PICTURE_MAX_MS = 100


def layer(number: int) -> Layer:
    """Make a rotation: every third weekly, the others daily, half of them in office hours."""
    office = [
        Restriction(start_day=day, start_time=time(9), end_day=day, end_time=time(17)) for day in range(5)
    ]
    return Layer(
        id=LayerId(number + 1),
        name=f"Layer {number}",
        effective_date=NOW - timedelta(days=700),
        rotation_start=NOW - timedelta(days=700, hours=number),
        days=1 if number % 3 else 7,
        members=tuple(UserId(1 + (number + member) % PEOPLE) for member in range(5)),
        restrictions=tuple(office) if number % 2 else (),
    )


def schedule() -> Schedule:
    """Make the schedule."""
    return Schedule(
        id=ScheduleId(1),
        workspace=WorkspaceId(1),
        name="Primary",
        time_zone="Europe/Berlin",
        layers=tuple(map(layer, range(LAYERS))),
    )


def drawn() -> tuple[Any, int]:
    """Work out every row of the year anew, and draw it; give the picture and the number of shifts in it."""
    whole, days = schedule(), Days.of("Europe/Berlin", NOW.date(), days=365)
    ends = (days.starts_at, days.ends_at)
    rows = [
        ("On call", timeline(whole, *ends)),
        *((str(each.id), timeline(each.alone, *ends)) for each in parts(whole)),
    ]
    names = {UserId(number): f"Person {number}" for number in range(1, PEOPLE + 1)}
    strips = [Strip(label=label, stretches=stretches_of(shifts, *ends)) for label, shifts in rows]
    return draw(strips, days, names, NOW), sum(len(shifts) for _, shifts in rows)


def written() -> bytes:
    """Draw the year, and write the page of it."""
    picture, _ = drawn()
    owner = User(id=UserId(1), workspace=WorkspaceId(1), email="ana@example.org")
    duty = Duty(
        schedule="Primary",
        url="/schedules/x",
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=8),
        hours=8.0,
        now=False,
        note="",
        swap="",
    )
    mine = Mine(duties=[duty], hours=8.0, picture=picture, swaps=0)
    values = {"mine": mine, "days": 28, "choices": {28: "4 weeks"}, "may_change": False}
    return bytes(page("my_shifts.html", now=NOW, user=owner, **values).body)


def cost(work: Callable[[], object]) -> float:
    """Tell the median of some rounds, in milliseconds of CPU."""
    taken = []
    for _ in range(ROUNDS):
        started = clock.process_time()
        work()
        taken.append(1e3 * (clock.process_time() - started))
    return statistics.median(taken)


def main() -> list[dict[str, Any]]:
    written()
    picture, shifts = drawn()
    marks = sum(len(row.bars) + len(row.paths) for row in picture.rows)
    alone, whole = cost(drawn), cost(written)
    print(f"a year of {LAYERS} layers, {shifts:,} shifts in {marks:,} marks:", end=" ")
    print(f"drawn in {alone:.1f} ms, written in {whole:.1f} ms, {len(written()):,} bytes")
    name = f"a year's picture of {LAYERS} layers, page and all"
    return [verdict(name, whole, PICTURE_MAX_MS, at_least=False, unit=" ms")]


if __name__ == "__main__":
    main()
