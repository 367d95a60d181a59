"""A year of final shifts over 20 recurring shifts, beside another library doing the same expansion.

The other way is icalendar with recurring-ical-events: the same 20 shifts as events of a calendar, one for
each person in turn, expanded over the same year. Both begin with nothing worked out, and both end with the
rows that a client of `final_shifts` is answered. Figures are CPU time, the median of rounds that alternate.

Run with: python bench/final_shifts.py
"""

import statistics
import time as clock
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import recurring_ical_events
from harness import verdict
from icalendar import Calendar, Event

from tocsin.core.directory import Directory
from tocsin.core.ids import RecurringShiftId, ScheduleId, UserId, WorkspaceId
from tocsin.core.people import User
from tocsin.core.recurrence import DAYS, Frequency, Recurrence
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import Schedule, duties_of
from tocsin.dialects.grafana_oncall.schedules.final_shifts import rows_of

SHIFTS, PEOPLE, ROUNDS = 20, 10, 5
FASTER_MIN = 10
ZONE = "Europe/Berlin"
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LATER = YEAR + timedelta(days=365)
START = datetime(2025, 6, 2)  # noqa: DTZ001 - a clock on a wall


def make_shift(number: int, place: int) -> RecurringShift:
    """Shifts of a day in turns of two, of eight hours on some days, and of a whole week, in equal parts."""
    pair = (UserId(1 + number % PEOPLE), UserId(1 + (number + 1) % PEOPLE))
    rules = (
        (Recurrence(frequency=Frequency.DAILY), timedelta(days=1)),
        (Recurrence(frequency=Frequency.WEEKLY, by_day=DAYS[:5]), timedelta(hours=8)),
        (Recurrence(frequency=Frequency.WEEKLY), timedelta(days=7)),
        (Recurrence(frequency=Frequency.DAILY, interval=2), timedelta(hours=12)),
    )
    rule, duration = rules[number % len(rules)]
    return RecurringShift(
        id=RecurringShiftId(place),
        workspace=WorkspaceId(1),
        start=START + timedelta(hours=number % 24),
        duration=duration,
        rule=rule,
        groups=((pair[0],), (pair[1],)),
        in_turn=True,
    )


def make_directory() -> Directory:
    users = {
        UserId(number): User(
            id=UserId(number),
            workspace=WorkspaceId(1),
            email=f"p{number}@example.org",
            name=f"Person {number}",
        )
        for number in range(1, PEOPLE + 1)
    }
    schedule = Schedule(
        id=ScheduleId(1),
        workspace=WorkspaceId(1),
        name="Primary",
        time_zone=ZONE,
        shifts=tuple(make_shift(number, number + 1) for number in range(SHIFTS)),
    )
    return Directory(
        workspace=WorkspaceId(1), name="w", version=1, users=users, schedules={schedule.id: schedule}
    )


def as_calendar(directory: Directory) -> bytes:
    """Write the same duty as events: one for each turn, coming back when it is that one's turn again."""
    calendar = Calendar()
    for shift in directory.schedules[ScheduleId(1)].shifts:
        rule, turns = shift.rule, len(shift.groups)
        period = timedelta(days=7 if rule.frequency is Frequency.WEEKLY else rule.interval)
        for turn, (user,) in enumerate(shift.groups):
            event = Event()
            event.add("uid", f"{shift.id}-{turn}")
            event.add("summary", directory.users[user].name)
            starts = (shift.start + turn * period).replace(tzinfo=ZoneInfo(ZONE))
            event.add("dtstart", starts)
            event.add("dtend", starts + shift.duration)
            freq = {"freq": rule.frequency.value, "interval": rule.interval * turns}
            event.add("rrule", freq | ({"byday": list(rule.by_day)} if rule.by_day else {}))
            calendar.add_component(event)
    return calendar.to_ical()


def ours(directory: Directory) -> bytes:
    schedule = replace(directory.schedules[ScheduleId(1)])  # nothing is known of it yet
    return msgspec.json.encode(rows_of(directory, duties_of(schedule, YEAR, LATER)))


def theirs(directory: Directory, text: bytes) -> bytes:
    by_name = {user.name: user for user in directory.users.values()}
    rows = []
    for event in recurring_ical_events.of(Calendar.from_ical(text)).between(YEAR, LATER):
        user = by_name[str(event["SUMMARY"])]
        starts, ends = (max(YEAR, min(LATER, event[name].dt)) for name in ("DTSTART", "DTEND"))
        rows.append(
            {
                "user_pk": user.id,
                "user_email": user.email,
                "user_username": user.name,
                "shift_start": starts.astimezone(UTC).isoformat(),
                "shift_end": ends.astimezone(UTC).isoformat(),
            }
        )
    rows.sort(key=lambda row: (row["shift_start"], row["shift_end"]))
    return msgspec.json.encode(rows)


def cpu(work: Callable[[], object]) -> float:
    started = clock.process_time()
    work()
    return clock.process_time() - started


def main() -> list[dict[str, object]]:
    directory = make_directory()
    text = as_calendar(directory)
    both = [(cpu(lambda: ours(directory)), cpu(lambda: theirs(directory, text))) for _ in range(ROUNDS)]
    mine, other = (statistics.median(column) for column in zip(*both, strict=True))
    rows = [len(msgspec.json.decode(each)) for each in (ours(directory), theirs(directory, text))]
    print(f"final shifts of a year over {SHIFTS} shifts: {1e3 * mine:.1f} ms for {rows[0]} rows;", end=" ")
    print(f"icalendar with recurring-ical-events: {1e3 * other:.0f} ms for {rows[1]} rows")
    ratio = statistics.median(theirs_ / ours_ for ours_, theirs_ in both)
    return [
        verdict(
            "final shifts of a year, beside recurring-ical-events",
            ratio,
            FASTER_MIN,
            at_least=True,
            unit=" times",
        )
    ]


if __name__ == "__main__":
    main()
