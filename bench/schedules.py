"""Who is on call: what it costs with 1, 3 and 10 layers, and what a year's timeline of them costs.

Beside each figure stands zoneinfo asked at every conversion: it tells who is on call and no more, as `who`
does, while `on_call` also tells from when until when. Figures are CPU time, the median of several rounds
that alternate; read the ratios, machines differ. The layers are the slow kind: the first one mostly decides,
and nine closed ones above it bound its shift.

Run with: python bench/schedules.py
"""

import statistics
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
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
    """Count a year's changes by asking every half hour, at which alone these layers and zones change."""
    answers = [plainly(schedule, YEAR + timedelta(minutes=30 * half)) for half in range(2 * 24 * 365)]
    return 1 + sum(before != after for before, after in pairwise(answers))


def cpu(work: Callable[[], object]) -> float:
    started = clock.process_time()
    work()
    return clock.process_time() - started


def medians(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    taken = [[cpu(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def time_answers() -> float:
    """Print what an answer about any instant of the year costs; return on_call's with the most layers."""
    draw = Random(20261121)
    instants = [YEAR + timedelta(seconds=draw.randrange(365 * 86_400)) for _ in range(INSTANTS)]
    taken = 0.0
    print("microseconds an answer")
    print("layers     who   on_call   zoneinfo   who/zoneinfo   on_call/zoneinfo")
    for layers in (1, 3, 10):
        schedule = make_schedule(layers)
        works = (
            lambda s=schedule: [who(s, at) for at in instants],
            lambda s=schedule: [on_call(s, at) for at in instants],
            lambda s=schedule: [plainly(s, at) for at in instants],
        )
        short, taken, plain = (1e6 * each / INSTANTS for each in medians(*works))
        print(
            f"{layers:6} {short:7.2f} {taken:9.2f} {plain:10.2f} {short / plain:14.2f} {taken / plain:18.2f}"
        )
    return taken


def time_timelines() -> float:
    """Print what a year's timeline costs; return that with the most layers."""
    taken = 0.0
    print("\nmilliseconds a year's timeline, beside zoneinfo every half hour")
    print("layers   shifts   timeline   zoneinfo   timeline/zoneinfo")
    for layers in (1, 3, 10):
        schedule = make_schedule(layers)
        works = (lambda s=schedule: timeline(s, YEAR, LATER), lambda s=schedule: plain_timeline(s))
        taken, plain = (1e3 * each for each in medians(*works, rounds=3))
        shifts = len(timeline(schedule, YEAR, LATER))
        print(f"{layers:6} {shifts:8} {taken:10.2f} {plain:10.2f} {taken / plain:19.3f}")
    return taken


def main() -> int:
    answer, year = time_answers(), time_timelines()
    reached = answer <= ON_CALL_MAX_US and year <= TIMELINE_MAX_MS
    print(f"\ngoals with 10 layers: on_call {answer:.1f} of at most {ON_CALL_MAX_US} us,", end=" ")
    print(f"timeline {year:.1f} of at most {TIMELINE_MAX_MS} ms: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
