"""Wall-clock time: zones with their gaps and folds, weekly hours, cron windows and dated windows.

The only module, with the tables of `zone` behind it, in which a time zone appears. What it answers about
windows is worked out from integers that are kept for as long as the window lives.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Protocol, assert_never

from tocsin.core.compiled import compiled_once
from tocsin.core.cron import Cron, parse
from tocsin.core.errors import Invalid
from tocsin.core.hours import Hours
from tocsin.core.ids import DateSetId
from tocsin.core.instants import DAY, EPOCH, FUTURE, PAST, SECOND, micros, moment
from tocsin.core.zone import Zone, zone, zone_names

ZONE_NAME_LENGTH_MAX = 64
SPANS_MAX = 100
DATES_MAX = 5_000
DATE_SETS_MAX = 100
DURATION_MAX = timedelta(days=366)

# Openings that overlap without a pause are followed so far; a window that is always open has no end to find.
OPENINGS_FOLLOWED_MAX = 1_000

_WALL_EPOCH = EPOCH.replace(tzinfo=None)
_MINUTE = 60 * SECOND


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
class ClockChange:
    """The clock is set *by* so much, forward or back, at the instant *at*."""

    at: datetime
    by: timedelta


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class WeeklyWindow:
    """Holds inside any of *spans* of the week, in *time_zone*."""

    spans: tuple[Restriction, ...]
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class CronWindow:
    """Opens at each instant that matches the five-field cron *expression* and holds for *duration*.

    POSIX: 0 and 7 are Sunday; day of month and day of week, both restricted, mean either. Starts are wall
    clock in *time_zone*, durations elapsed time; a start in the missing hour opens right after it, one in
    the repeated hour opens once, at its first occurrence.
    """

    expression: str
    duration: timedelta
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class DatedWindow:
    """Opens on each of *dates* at *start*, wall clock in *time_zone*, and holds for *duration*.

    A start in a missing hour opens right after it, one in a repeated hour at its first occurrence.
    """

    dates: tuple[date, ...]
    start: time
    duration: timedelta
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class DateSetWindow:
    """Opens on each date of the named *sets* at *start*, as a DatedWindow does.

    The directory knows the dates; before it has put them in, and for a set that is not there, it never opens.
    """

    sets: tuple[DateSetId, ...]
    start: time
    duration: timedelta
    time_zone: str


TimeWindow = WeeklyWindow | CronWindow | DatedWindow | DateSetWindow


def known_zone(name: str) -> bool:
    """Tell whether *name* is a zone of the IANA database, spelled as it is there."""
    return name in zone_names()


def to_wall(zone_name: str, at: datetime) -> datetime:
    """Return what the clocks of *zone_name* show at the instant *at*, as a naive datetime.

    Raises OverflowError at the very ends of the years 1 to 9999, as datetime arithmetic does.
    """
    instant = micros(at)
    return _WALL_EPOCH + timedelta(microseconds=instant + zone(zone_name).span(instant)[0])


def to_instant(zone_name: str, wall: datetime) -> datetime:
    """Return the instant at which the clocks of *zone_name* show *wall*, a naive datetime.

    A time in a missing hour is moved forward by that hour; of a repeated one the first occurrence counts.
    """
    return EPOCH + timedelta(microseconds=zone(zone_name).instant(_wall_micros(wall)))


def in_zone(zone_name: str, at: datetime) -> datetime:
    """Return the instant *at* with the offset that *zone_name* has then, for showing it to people."""
    offset = timedelta(microseconds=zone(zone_name).span(micros(at))[0])
    return at.astimezone(timezone(offset))


def clock_changes(zone_name: str, starts_at: datetime, ends_at: datetime) -> tuple[ClockChange, ...]:
    """List when, after *starts_at* and before *ends_at*, the clocks of *zone_name* are set."""
    where, found = zone(zone_name), []
    offset, _, until = where.span(micros(starts_at))
    while until < micros(ends_at):
        ahead, _, then = where.span(until)
        if ahead != offset:
            at = EPOCH + timedelta(microseconds=until)
            found.append(ClockChange(at=at, by=timedelta(microseconds=ahead - offset)))
        offset, until = ahead, then
    return tuple(found)


def hours_of(spans: Sequence[Restriction], zone_name: str) -> Hours:
    """Work out the hours of the week that *spans* cover together, in *zone_name*; none of them is no hour."""
    pairs = (
        (
            span.start_day * DAY + _time_micros(span.start_time),
            span.end_day * DAY + _time_micros(span.end_time),
        )
        for span in spans
    )
    return Hours(pairs, zone(zone_name))


def contains(window: TimeWindow, at: datetime) -> bool:
    """Tell whether *window* is open at the instant *at*."""
    return _openings(window).contains(micros(at))


def next_change(window: TimeWindow, at: datetime) -> datetime | None:
    """Find the first instant after *at* at which *window* opens or closes; None when it never will again.

    A cron window whose openings overlap for longer than OPENINGS_FOLLOWED_MAX of them is answered with the
    instant reached, at which it is still open: ask again from there.
    """
    return moment(_openings(window).next_change(micros(at)))


def check_window(window: TimeWindow, path: str, *, of_policy: bool = False) -> None:
    """Raise Invalid, naming the field under *path*, for a window that cannot be or that never opens.

    A window *of_policy* may name sets of dates, and may never open: the policy's health says so then.
    """
    under = f"{path}." if path else ""
    if not known_zone(window.time_zone):
        problem = f"is {window.time_zone[:ZONE_NAME_LENGTH_MAX]!r}, which is no time zone"
        raise Invalid(f"{under}time_zone", problem, "must be an IANA name such as Europe/Berlin")
    match window:
        case WeeklyWindow():
            check_spans(window.spans, f"{under}spans")
            if not window.spans:
                raise Invalid(f"{under}spans", "is empty", "must have at least one span of the week")
        case CronWindow():
            parse(window.expression, f"{under}expression", may_never_come=of_policy)
            _check_duration(window.duration, f"{under}duration")
        case DatedWindow():
            if not 1 <= len(window.dates) <= DATES_MAX:
                problem = f"has {len(window.dates)} dates"
                raise Invalid(f"{under}dates", problem, f"must have 1 to {DATES_MAX}")
            _check_time(window.start, f"{under}start")
            _check_duration(window.duration, f"{under}duration")
        case DateSetWindow():
            if not of_policy:
                raise Invalid(f"{under}type", "names sets of dates", "must be a window with dates of its own")
            if not 1 <= len(window.sets) <= DATE_SETS_MAX:
                problem = f"has {len(window.sets)} sets of dates"
                raise Invalid(f"{under}sets", problem, f"must have 1 to {DATE_SETS_MAX}")
            _check_time(window.start, f"{under}start")
            _check_duration(window.duration, f"{under}duration")
        case _:
            assert_never(window)


def check_spans(spans: Sequence[Restriction], path: str) -> None:
    """Raise Invalid, naming the span under *path*, for hours of the week that no clock can show."""
    if len(spans) > SPANS_MAX:
        raise Invalid(path, f"has {len(spans)} spans", f"must have at most {SPANS_MAX}")
    for number, span in enumerate(spans):
        for name, day in (("start_day", span.start_day), ("end_day", span.end_day)):
            if not 0 <= day <= 6:
                raise Invalid(f"{path}[{number}].{name}", f"is {day}", "must be 0 (Monday) to 6 (Sunday)")
        _check_time(span.start_time, f"{path}[{number}].start_time")
        _check_time(span.end_time, f"{path}[{number}].end_time")


def with_dates(window: DateSetWindow, dates: Mapping[DateSetId, Sequence[date]]) -> DatedWindow:
    """Put the *dates* of its sets into *window*; a set that is not there has none."""
    every = tuple(sorted({each for name in window.sets for each in dates.get(name, ())}))
    return DatedWindow(dates=every, start=window.start, duration=window.duration, time_zone=window.time_zone)


class _Openings(Protocol):
    """A window that has been worked out; instants are microseconds, FUTURE is never."""

    def contains(self, at: int) -> bool: ...
    def next_change(self, at: int) -> int: ...


class _Weekly:
    def __init__(self, window: WeeklyWindow) -> None:
        self._hours = hours_of(window.spans, window.time_zone)
        self.contains = self._hours.contains

    def next_change(self, at: int) -> int:
        return self._hours.stretch(at)[2]


class _Repeating:
    """A cron window; it is open at an instant if its latest opening has not run out by then."""

    def __init__(self, cron: Cron, duration: timedelta, where: Zone) -> None:
        self._cron = cron
        self._duration = duration // timedelta(microseconds=1)
        self._zone = where
        # Without a pause, but for those that a clock makes when it is set.
        self._seamless = cron.pause is not None and cron.pause * _MINUTE <= self._duration

    def contains(self, at: int) -> bool:
        return at < self._latest(at) + self._duration

    def next_change(self, at: int) -> int:
        closes = self._latest(at) + self._duration
        if closes <= at:
            return self._next(at)
        for _ in range(OPENINGS_FOLLOWED_MAX):
            latest = self._latest(closes)
            if latest + self._duration <= closes:
                break
            closes = latest + self._duration
            if self._seamless:  # from the latest opening on, until the clock is set
                closes = max(closes, self._zone.span(latest)[2])
        return closes

    def _latest(self, at: int) -> int:
        """Find the last opening not after *at*; without one, such that it has closed in the PAST."""
        day, into_day = divmod(self._zone.last_opened(at), DAY)
        found = self._cron.latest(_date(day), into_day // _MINUTE) if _is_date(day) else None
        return PAST - self._duration if found is None else self._opening(*found)

    def _next(self, at: int) -> int:
        """Find the first opening after *at*, or FUTURE."""
        day, into_day = divmod(self._zone.last_opened(at), DAY)
        found = self._cron.earliest(_date(day), into_day // _MINUTE + 1) if _is_date(day) else None
        return FUTURE if found is None else self._opening(*found)

    def _opening(self, day: date, minute: int) -> int:
        return self._zone.opening((day.toordinal() - _EPOCH_DAY) * DAY + minute * _MINUTE)


class _Listed:
    """A window that opens on listed dates: edges at which it opens and closes in turn."""

    def __init__(self, window: DatedWindow) -> None:
        where, duration = zone(window.time_zone), window.duration // timedelta(microseconds=1)
        self._edges: list[int] = []
        for day in sorted(set(window.dates)):
            start = _time_micros(window.start) + (day.toordinal() - _EPOCH_DAY) * DAY
            opens = where.opening(start)
            if self._edges and opens <= self._edges[-1]:
                self._edges.pop()
            else:
                self._edges.append(opens)
            self._edges.append(opens + duration)

    def contains(self, at: int) -> bool:
        return bool(bisect_right(self._edges, at) & 1)

    def next_change(self, at: int) -> int:
        index = bisect_right(self._edges, at)
        return self._edges[index] if index < len(self._edges) else FUTURE


@compiled_once
def _openings(window: TimeWindow) -> _Openings:
    match window:
        case WeeklyWindow():
            return _Weekly(window)
        case CronWindow():
            return _Repeating(
                parse(window.expression, may_never_come=True), window.duration, zone(window.time_zone)
            )
        case DatedWindow():
            return _Listed(window)
        case DateSetWindow():
            return _Listed(with_dates(window, {}))
        case _:
            assert_never(window)


_EPOCH_DAY = EPOCH.toordinal()


def _is_date(day: int) -> bool:
    return date.min.toordinal() <= day + _EPOCH_DAY <= date.max.toordinal()


def _date(day: int) -> date:
    return date.fromordinal(day + _EPOCH_DAY)


def _time_micros(shown: time) -> int:
    return (shown.hour * 3600 + shown.minute * 60 + shown.second) * SECOND + shown.microsecond


def _wall_micros(wall: datetime) -> int:
    return micros(wall.replace(tzinfo=UTC))


def _check_time(shown: time, path: str) -> None:
    if shown.tzinfo is not None or shown.microsecond:
        remedy = "must be whole seconds on the wall clock, such as 09:00:00"
        raise Invalid(path, f"is {shown.isoformat()}", remedy)


def _check_duration(duration: timedelta, path: str) -> None:
    if not timedelta(seconds=1) <= duration <= DURATION_MAX:
        problem = f"is {duration.total_seconds():.0f} s"
        remedy = f"must be 1 to {DURATION_MAX.total_seconds():.0f} seconds"
        raise Invalid(path, problem, remedy)
