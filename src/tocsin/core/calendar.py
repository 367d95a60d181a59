"""Wall-clock time: zones with their gaps and folds, weekly hours, cron windows and dated windows.

The only module in which a time zone appears.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """An unbroken span of the week in the layer's wall clock, from its start to, not including, its end.

    Days count from Monday, 0. An end before the start wraps over the end of the week; equal means all week.
    """

    start_day: int
    start_time: time
    end_day: int
    end_time: time


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyWindow:
    """Holds inside any of *spans* of the week, in *time_zone*."""

    spans: tuple[Restriction, ...]
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CronWindow:
    """Opens at each instant that matches the five-field cron *expression* and holds for *duration*.

    POSIX: 0 and 7 are Sunday; day of month and day of week, both restricted, mean either. Starts are wall
    clock in *time_zone*, durations elapsed time; a start in the missing hour opens right after it, one in
    the repeated hour opens once, at its first occurrence.
    """

    expression: str
    duration: timedelta
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedWindow:
    """Opens on each of *dates* at *start*, wall clock in *time_zone*, and holds for *duration*."""

    dates: tuple[date, ...]
    start: time
    duration: timedelta
    time_zone: str


TimeWindow = WeeklyWindow | CronWindow | DatedWindow

# --- below: the interface that this module offers, to be written -------------------------------------
# known_zone(name) -> bool; check_window(window, path) raises Invalid; contains(window, at) -> bool
# next_change(window, at) -> datetime | None      the next instant at which contains() changes its answer
# to_wall(zone, instant) / to_instant(zone, wall)  by an own table of offset changes (see limits: 4x zoneinfo)
