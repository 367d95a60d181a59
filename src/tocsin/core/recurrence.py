"""Rules by which a moment comes back, as RFC 5545 (3.3.10) has them: on weekdays, each last Friday.

Everything here is what a clock on the wall shows, in whole microseconds: `agenda` turns it into instants.
Nothing is walked through from the beginning: a span is answered from the periods that lie in it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.instants import DAY, EPOCH, FUTURE, SECOND, micros

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
INTERVAL_MAX: Final = 10_000
ENTRIES_MAX: Final = 400  # of one "by" list; there are 366 days in a year
TIMES_A_DAY_MAX: Final = 144  # every ten minutes

# How many periods, such as months, may lie between one occurrence and the next before there is none.
EMPTY_PERIODS_MAX: Final = 20_000

HOUR: Final = 3_600 * SECOND
MINUTE: Final = 60 * SECOND

_EPOCH_DAY: Final = EPOCH.toordinal()
_LATEST: Final = (date.max.toordinal() - _EPOCH_DAY - 366) * DAY  # nothing comes back later than that
_DAY_RULE = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)


class Frequency(StrEnum):
    """What a rule counts its periods in."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Every *interval* periods of *frequency*, narrowed and widened by the "by" lists, as RFC 5545 says.

    *by_day* is ``MO`` to ``SU``, with a number such as ``-1FR`` in months and years. Weeks begin on day
    *week_start*, Monday being 0. An occurrence may begin up to and at *until*, which is wall-clock time.
    """

    frequency: Frequency
    interval: int = 1
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_day: tuple[str, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0
    until: datetime | None = None


def check(rule: Recurrence, path: str) -> None:
    """Raise Invalid, naming the field under *path*, for a rule that means nothing."""
    if not 1 <= rule.interval <= INTERVAL_MAX:
        raise Invalid(f"{path}.interval", f"is {rule.interval}", f"must be 1 to {INTERVAL_MAX}")
    if not 0 <= rule.week_start <= 6:
        raise Invalid(f"{path}.week_start", f"is {rule.week_start}", "must be 0 (Monday) to 6 (Sunday)")
    for name, entries, low, high in (
        ("by_month", rule.by_month, 1, 12),
        ("by_month_day", rule.by_month_day, -31, 31),
        ("by_year_day", rule.by_year_day, -366, 366),
        ("by_hour", rule.by_hour, 0, 23),
        ("by_minute", rule.by_minute, 0, 59),
        ("by_position", rule.by_position, -366, 366),
    ):
        _check_entries(entries, low, high, f"{path}.{name}")
    if len(rule.by_day) > ENTRIES_MAX:
        raise Invalid(f"{path}.by_day", f"has {len(rule.by_day)} entries", f"must have at most {ENTRIES_MAX}")
    for place, day in enumerate(rule.by_day):
        match = _DAY_RULE.fullmatch(day)
        if match is None or (match[1] is not None and not 1 <= abs(int(match[1])) <= 53):
            remedy = "must be MO to SU, or one of them behind -53 to 53"
            raise Invalid(f"{path}.by_day[{place}]", f"is {day[:20]!r}", remedy)
    if len(rule.by_hour or (0,)) * len(rule.by_minute or (0,)) > TIMES_A_DAY_MAX:
        problem = f"makes more than {TIMES_A_DAY_MAX} times with by_hour"
        raise Invalid(f"{path}.by_minute", problem, f"must make at most {TIMES_A_DAY_MAX} times a day")


class Occurrences:
    """A first moment and its *rule*, worked out; without a rule there is only the first."""

    __slots__ = (
        "_base",
        "_days_of",
        "_every",
        "_fits",
        "_hourly",
        "_positions",
        "_raw",
        "_rule",
        "_steps",
        "_times",
        "_until",
        "start",
    )

    def __init__(self, rule: Recurrence | None, start: int) -> None:
        self.start = start
        self._rule = rule
        self._until = FUTURE if rule is None or rule.until is None else wall_micros(rule.until)
        if rule is None:
            return
        self._raw, self._days_of = _periods(rule)
        self._base = self._raw(start)
        self._every = rule.interval
        self._fits = _filter(rule, _date(start // DAY))
        self._hourly = rule.frequency is Frequency.HOURLY
        self._times = _times(rule, start % DAY)
        self._positions = rule.by_position
        self._steps = _steps(rule, start)

    @property
    def last(self) -> int:
        """The latest moment at which an occurrence can begin; FUTURE is never reached."""
        return self.start if self._rule is None else self._until

    def between(self, low: int, high: int) -> list[tuple[int, int]]:
        """List the occurrences in [low, high) in order, each with the number of its period."""
        if self._rule is None:
            return [(self.start, 0)] if low <= self.start < high else []
        low, high = max(low, self.start), min(high, self._until + 1, _LATEST)
        if low >= high:
            return []
        number = (self._raw(low) - self._base) // self._every
        last = (self._raw(high - 1) - self._base) // self._every
        periods = range(number, last + 1)
        if self._steps is not None:
            # Of days and weeks alone, which most duty is made of: nothing has to be asked of a calendar.
            begins, step, offsets = self._steps
            return [
                (wall, period)
                for period in periods
                for offset in offsets
                if low <= (wall := begins + period * step + offset) < high
            ]
        raws = ((period, self._base + period * self._every) for period in periods)
        return [(wall, period) for period, raw in raws for wall in self._in_period(raw) if low <= wall < high]

    def first(self, low: int) -> tuple[int, int] | None:
        """Find the first occurrence from *low* on, with the number of its period; None when none comes."""
        if self._rule is None:
            return (self.start, 0) if low <= self.start else None
        low = max(low, self.start)
        if low > min(self._until, _LATEST):
            return None
        number = (self._raw(low) - self._base) // self._every
        for period in range(number, number + EMPTY_PERIODS_MAX):
            raw = self._base + period * self._every
            if not self._exists(raw):
                return None
            for wall in self._in_period(raw):
                if wall >= low:
                    return (wall, period) if wall <= self._until else None
        return None

    def at_number(self, count: int) -> int | None:
        """Find when the occurrence number *count*, from 1, begins; None when there are not as many."""
        if self._rule is None:
            return self.start if count == 1 else None
        raws = (self._base + period * self._every for period in range(EMPTY_PERIODS_MAX))
        walls = (
            wall for raw in raws if self._exists(raw) for wall in self._in_period(raw) if wall >= self.start
        )
        return next(islice(walls, count - 1, None), None)

    def _exists(self, raw: int) -> bool:
        """Tell whether calendars reach as far as the period *raw*."""
        return raw < self._raw(_LATEST)

    def _in_period(self, raw: int) -> Sequence[int]:
        """Give the occurrences in the period *raw*, in order."""
        if self._hourly:
            hour = raw * HOUR
            if not self._fits(hour // DAY):
                return ()
            begins, ends = hour % DAY, hour % DAY + HOUR
            found = [hour - begins + time for time in self._times if begins <= time < ends]
        else:
            days = [day for day in self._days_of(raw) if self._fits(day)]
            found = [day * DAY + time for day in days for time in self._times]
        if self._positions and found:
            places = {place - 1 if place > 0 else len(found) + place for place in self._positions}
            found = [found[place] for place in sorted(places) if 0 <= place < len(found)]
        return found


def wall_micros(wall: datetime) -> int:
    """Count the microseconds from the wall-clock year 1970 to *wall*, which is naive."""
    return micros(wall.replace(tzinfo=UTC))


def weekday(wall: int) -> int:
    """Tell the day of the week of a wall-clock moment, Monday being 0."""
    return (wall // DAY + 3) % 7


def _date(day: int) -> date:
    return date.fromordinal(day + _EPOCH_DAY)


def _day(year: int, month: int) -> int:
    return date(year, month, 1).toordinal() - _EPOCH_DAY


def _month(day: int) -> int:
    shown = _date(day)
    return shown.year * 12 + shown.month - 1


def _month_days(raw: int) -> range:
    return range(_day(*_year_and_month(raw)), _day(*_year_and_month(raw + 1)))


def _year_and_month(raw: int) -> tuple[int, int]:
    return raw // 12, raw % 12 + 1


def _periods(rule: Recurrence) -> tuple[Callable[[int], int], Callable[[int], Sequence[int]]]:
    """Tell how to number the period that holds a moment, and how to list the days of a period."""
    shift = rule.week_start - 3  # 1970 began on a Thursday
    match rule.frequency:
        case Frequency.HOURLY:
            return (lambda wall: wall // HOUR), (lambda raw: (raw // 24,))
        case Frequency.DAILY:
            return (lambda wall: wall // DAY), (lambda raw: (raw,))
        case Frequency.WEEKLY:
            return (
                (lambda wall: (wall // DAY - shift) // 7),
                (lambda raw: range(raw * 7 + shift, raw * 7 + shift + 7)),
            )
        case Frequency.MONTHLY:
            return (lambda wall: _month(wall // DAY)), _month_days
        case Frequency.YEARLY:
            return (
                (lambda wall: _date(wall // DAY).year),
                (lambda raw: range(_day(raw, 1), _day(raw + 1, 1))),
            )


def _times(rule: Recurrence, start: int) -> tuple[int, ...]:
    """List the times of day at which occurrences begin; for hourly rules those of every hour."""
    hours = rule.by_hour or (range(24) if rule.frequency is Frequency.HOURLY else (start // HOUR,))
    minutes = rule.by_minute or (start % HOUR // MINUTE,)
    return tuple(
        hour * HOUR + minute * MINUTE + start % MINUTE
        for hour in sorted(set(hours))
        for minute in sorted(set(minutes))
    )


def _steps(rule: Recurrence, start: int) -> tuple[int, int, tuple[int, ...]] | None:
    """Tell when period 0 begins, how far it is to the next, and where occurrences lie in each.

    That is for rules of days or weeks that no more than the days of the week narrow.
    """
    narrowed = rule.by_month or rule.by_month_day or rule.by_year_day or rule.by_hour or rule.by_minute
    if narrowed or rule.by_position:
        return None
    match rule.frequency:
        case Frequency.DAILY if not rule.by_day:
            return start, rule.interval * DAY, (0,)
        case Frequency.WEEKLY:
            first = start - (weekday(start) - rule.week_start) % 7 * DAY
            days = {DAYS.index(day[-2:]) for day in rule.by_day} or {weekday(start)}
            offsets = sorted((day - rule.week_start) % 7 * DAY for day in days)
            return first, rule.interval * 7 * DAY, tuple(offsets)
        case _:
            return None


def _filter(rule: Recurrence, first: date) -> Callable[[int], bool]:
    """Make the test by which a day of a period is one of the rule's; *first* fills in what it leaves open."""
    months, month_days, days = rule.by_month, rule.by_month_day, rule.by_day
    if not (month_days or days or rule.by_year_day):
        match rule.frequency:
            case Frequency.WEEKLY:
                days = (DAYS[first.weekday()],)
            case Frequency.MONTHLY:
                month_days = (first.day,)
            case Frequency.YEARLY:
                months, month_days = months or (first.month,), (first.day,)
            case _:
                pass
    tests: list[Callable[[int], bool]] = []
    if days:
        tests.append(_by_day(days, rule.frequency, of_months=bool(rule.by_month)))
    if months:
        tests.append(lambda day: _date(day).month in months)
    if month_days:
        tests.append(lambda day: _among(month_days, *_place_in_month(day)))
    if rule.by_year_day:
        tests.append(lambda day: _among(rule.by_year_day, *_place_in_year(day)))
    if len(tests) == 1:
        return tests[0]
    return lambda day: all(test(day) for test in tests)


def _by_day(days: Sequence[str], frequency: Frequency, *, of_months: bool) -> Callable[[int], bool]:
    numbered = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    place_in = _place_in_year if frequency is Frequency.YEARLY and not of_months else _place_in_month
    rules = [(DAYS.index(day[-2:]), int(day[:-2] or 0) if numbered else 0) for day in days]
    always = {weekday for weekday, number in rules if not number}
    counted = {each for each in rules if each[1]}

    def fits(day: int) -> bool:
        shown = (day + 3) % 7
        if shown in always or not counted:
            return shown in always
        place, length = place_in(day)
        from_end = -((length - place) // 7 + 1)
        return (shown, (place - 1) // 7 + 1) in counted or (shown, from_end) in counted

    return fits


def _place_in_month(day: int) -> tuple[int, int]:
    """Tell which day of its month *day* is, from 1, and how many that month has."""
    days = _month_days(_month(day))
    return day - days.start + 1, len(days)


def _place_in_year(day: int) -> tuple[int, int]:
    year = _date(day).year
    begins = _day(year, 1)
    return day - begins + 1, _day(year + 1, 1) - begins


def _among(wanted: Sequence[int], place: int, length: int) -> bool:
    return place in wanted or place - length - 1 in wanted


def _check_entries(entries: Sequence[int], low: int, high: int, path: str) -> None:
    if len(entries) > ENTRIES_MAX:
        raise Invalid(path, f"has {len(entries)} entries", f"must have at most {ENTRIES_MAX}")
    for place, entry in enumerate(entries):
        if not low <= entry <= high or (low < 0 and entry == 0):
            besides = " and not 0" if low < 0 else ""
            raise Invalid(f"{path}[{place}]", f"is {entry}", f"must be {low} to {high}{besides}")
