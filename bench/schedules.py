"""Who is on call: what it costs with 1, 3 and 10 layers, and what a year's timeline of them costs.

Beside each figure stands the same work done with zoneinfo at every conversion. Figures are CPU time, the
median of several rounds that alternate between the two; read the ratios, machines differ.

Run with: python bench/schedules.py
"""

import statistics
import sys
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - a program that prints may draw its own examples
from zoneinfo import ZoneInfo

from tocsin.core.calendar import Restriction
from tocsin.core.ids import LayerId, ScheduleId, UserId, WorkspaceId
from tocsin.core.schedule import Layer, Schedule, on_call, timeline, who

ROUNDS = 7
INSTANTS = 2_000
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LATER = YEAR + timedelta(days=365)

ON_CALL_MAX_US = 10
TIMELINE_MAX_MS = 50


def office(start: int, end: int, days: range) -> tuple[Restriction, ...]:
    return tuple(
        Restriction(start_day=day, start_time=time(start), end_day=day, end_time=time(end)) for day in days
    )


def make_layer(number: int) -> Layer:
    """Weekly people around the clock first, then daily ones whose hours leave the first most of the week."""
    zones = (None, None, "Europe/London", "Asia/Kolkata")
    return Layer(
        id=LayerId(number),
        name=f"layer {number}",
        effective_date=YEAR - timedelta(days=700),
        rotation_start=YEAR - timedelta(days=700, hours=-14),
        days=1 if number else 7,
        members=tuple(UserId(10 * number + member) for member in range(5)),
        restrictions=office(8 + number, 9 + number, range(number % 3, 5 - number % 2)) if number else (),
        time_zone=zones[number % len(zones)],
    )


def make_schedule(layers: int) -> Schedule:
    return Schedule(
        id=ScheduleId(1),
        workspace=WorkspaceId(1),
        name="primary",
        time_zone="America/New_York",
        layers=tuple(make_layer(number) for number in range(layers)),
    )


def plainly(schedule: Schedule, at: datetime) -> UserId | None:
    """Answer who is on call, and no more, with zoneinfo at each step."""
    for layer in reversed(schedule.layers):
        if at < layer.effective_date:
            continue
        zone = ZoneInfo(layer.time_zone or schedule.time_zone)
        shown = at.astimezone(zone)
        now = (shown.weekday(), shown.time())
        spans = layer.restrictions
        if spans and not any((s.start_day, s.start_time) <= now < (s.end_day, s.end_time) for s in spans):
            continue
        start = layer.rotation_start.astimezone(zone).replace(tzinfo=None)
        turn = (shown.replace(tzinfo=None) - start) // timedelta(days=layer.days)
        return layer.members[turn % len(layer.members)]
    return None


def plain_timeline(schedule: Schedule) -> int:
    """Count a year's changes by asking at every full hour; the offsets of these zones change at full hours."""
    answers = [plainly(schedule, YEAR + timedelta(minutes=30 * half)) for half in range(2 * 24 * 365)]
    return 1 + sum(before != after for before, after in zip(answers, answers[1:], strict=False))


def cpu(work: Callable[[], object]) -> float:
    started = clock.process_time()
    work()
    return clock.process_time() - started


def medians(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    taken = [[cpu(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def main() -> int:
    draw = Random(20261121)
    instants = [YEAR + timedelta(seconds=draw.randrange(365 * 86_400)) for _ in range(INSTANTS)]
    now = [YEAR + timedelta(days=100, milliseconds=number) for number in range(INSTANTS)]
    slowest = 0.0
    print("microseconds an answer      at any instant of a year          again and again about now")
    print("layers   who   on_call   zoneinfo   on_call/zoneinfo          who   on_call")
    for layers in (1, 3, 10):
        schedule = make_schedule(layers)
        works = (
            lambda s=schedule: [who(s, at) for at in instants],
            lambda s=schedule: [on_call(s, at) for at in instants],
            lambda s=schedule: [plainly(s, at) for at in instants],
            lambda s=schedule: [who(s, at) for at in now],
            lambda s=schedule: [on_call(s, at) for at in now],
        )
        a, b, c, d, e = (1e6 * taken / INSTANTS for taken in medians(*works))
        print(f"{layers:6} {a:5.2f} {b:9.2f} {c:10.2f} {b / c:18.2f} {d:12.2f} {e:9.2f}")
        slowest = b
    print("\nmilliseconds a year's timeline\nlayers   timeline   shifts   zoneinfo, half-hourly   timeline/zoneinfo")
    for layers in (1, 3, 10):
        schedule = make_schedule(layers)
        works = (lambda s=schedule: timeline(s, YEAR, LATER), lambda s=schedule: plain_timeline(s))
        a, b = (1e3 * taken for taken in medians(*works, rounds=3))
        print(f"{layers:6} {a:10.2f} {len(timeline(schedule, YEAR, LATER)):8} {b:23.2f} {a / b:19.3f}")
    good = slowest <= ON_CALL_MAX_US and a <= TIMELINE_MAX_MS
    print(f"\ngoals: on_call at most {ON_CALL_MAX_US} us, timeline at most {TIMELINE_MAX_MS} ms with 10 layers:", good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
    raise SystemExit(main())
