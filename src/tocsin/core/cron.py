"""Cron expressions of five fields, as POSIX has them with the steps and names that everybody uses."""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tocsin.core.errors import Invalid

EXPRESSION_LENGTH_MAX = 256

# 29 February, the rarest day that an expression can name, comes after eight years at most (1896, 1904).
MONTHS_SEARCHED_MAX = 8 * 12 + 1

_LAST_YEAR = 9999
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The minutes that an expression names: *minutes* of the day, sorted, on the days it allows.

    *weekdays* count from Sunday, 0. With *either*, a day needs to be in only one of *days* and *weekdays*.
    """

    minutes: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    @property
    def comes(self) -> bool:
        """Whether there is any such day; 30 February never comes."""
        # Two thousand was a leap year, so this asks each month at its longest.
        return self.either or any(min(self.days) <= monthrange(2000, each)[1] for each in self.months)

    @property
    def pause(self) -> int | None:
        """The most minutes from one match to the next, or None when there are days without any."""
        if len(self.months) < 12 or len(self.days) < 31 or (len(self.weekdays) < 7 and not self.either):
            return None
        return max(
            after - before for before, after in pairwise((*self.minutes, self.minutes[0] + _DAY_MINUTES))
        )

    def latest(self, day: date, minute: int) -> tuple[date, int] | None:
        """Find the last match not after *minute* of *day*, or None within MONTHS_SEARCHED_MAX months."""
        index = bisect_right(self.minutes, minute) if self._takes(day) else 0
        if index:
            return day, self.minutes[index - 1]
        year, month, before = day.year, day.month, day.day
        for _ in range(MONTHS_SEARCHED_MAX):
            if month in self.months:
                found = [each for each in self._days_of(year, month) if each < before]
                if found:
                    return date(year, month, found[-1]), self.minutes[-1]
            year, month, before = (year - 1, 12, 32) if month == 1 else (year, month - 1, 32)
            if year < 1:
                break
        return None

    def earliest(self, day: date, minute: int) -> tuple[date, int] | None:
        """Find the first match not before *minute* of *day*, or None within MONTHS_SEARCHED_MAX months."""
        index = bisect_left(self.minutes, minute) if self._takes(day) else len(self.minutes)
        if index < len(self.minutes):
            return day, self.minutes[index]
        year, month, after = day.year, day.month, day.day
        for _ in range(MONTHS_SEARCHED_MAX):
            if month in self.months:
                found = [each for each in self._days_of(year, month) if each > after]
                if found:
                    return date(year, month, found[0]), self.minutes[0]
            year, month, after = (year + 1, 1, 0) if month == 12 else (year, month + 1, 0)
            if year > _LAST_YEAR:
                break
        return None

    def _takes(self, day: date) -> bool:
        return day.month in self.months and self._fits(day.day, day.isoweekday() % 7)

    def _days_of(self, year: int, month: int) -> list[int]:
        weekday, length = monthrange(year, month)  # its weekdays count from Monday
        return [day for day in range(1, length + 1) if self._fits(day, (weekday + day) % 7)]

    def _fits(self, day: int, weekday: int) -> bool:
        if self.either:
            return day in self.days or weekday in self.weekdays
        return day in self.days and weekday in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """Read a number, or a name of three letters, in any case."""
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        if not (text.isascii() and text.isdecimal() and len(text) <= 4):
            raise ValueError(f"has {text!r} as its {self.name}")
        number = int(text)
        if not self.low <= number <= self.high:
            raise ValueError(f"has {number} as its {self.name}, which goes from {self.low} to {self.high}")
        return number

    def numbers(self, text: str) -> frozenset[int]:
        """Read a list of numbers, ranges and steps."""
        return frozenset(number for item in text.split(",") for number in self._range(item))

    def _range(self, item: str) -> range:
        span, slash, step_text = item.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = self.low, self.high
        elif dash:
            low, high = self.number(first), self.number(last)
            if self.high == 7 and high == 0 < low:
                high = 7  # Friday to Sunday
        else:
            low = self.number(span)
            high = self.high if slash else low
        if low > high:
            raise ValueError(f"has {item!r} as its {self.name}, which runs backwards")
        return range(low, high + 1, self._step(step_text) if slash else 1)

    def _step(self, text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= self.high:
            return int(text)
        raise ValueError(f"steps by {text!r} in its {self.name}")


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_MINUTE = _Field(name="minute", low=0, high=59)
_HOUR = _Field(name="hour", low=0, high=23)
_DAY = _Field(name="day of month", low=1, high=31)
_MONTH = _Field(name="month", low=1, high=12, names=_MONTHS)
_WEEKDAY = _Field(name="day of week", low=0, high=7, names=_WEEKDAYS)


def parse(expression: str, path: str = "expression", *, may_never_come: bool = False) -> Cron:
    """Read a cron *expression*: minute, hour, day of month, month, day of week.

    Each field is ``*`` or a list of numbers, ranges and steps: ``0,30``, ``9-17``, ``*/15``, ``8-18/2``, and
    ``5/10`` from 5 on. Months and weekdays also have names of three letters; Sunday is 0 and 7. When both day
    fields are something else than ``*``, a day that fits either is taken (POSIX, crontab).

    Raises Invalid, naming *path*, for what cannot be read, and for what can never come, as 30 February,
    unless it *may_never_come*.
    """
    fields = expression.split()
    if len(fields) != 5 or len(expression) > EXPRESSION_LENGTH_MAX:
        problem = f"has {len(fields)} fields" if len(fields) != 5 else f"is {len(expression)} characters long"
        remedy = (
            "must be five fields (minute, hour, day of month, month, day of week)"
            f" of at most {EXPRESSION_LENGTH_MAX} characters"
        )
        raise Invalid(path, problem, remedy)
    minute, hour, day, month, weekday = fields
    try:
        minutes = _MINUTE.numbers(minute)
        hours = _HOUR.numbers(hour)
        cron = Cron(
            minutes=tuple(sorted(60 * each + past for each in hours for past in minutes)),
            days=_DAY.numbers(day),
            months=_MONTH.numbers(month),
            weekdays=frozenset(each % 7 for each in _WEEKDAY.numbers(weekday)),
            either=not _is_every(day) and not _is_every(weekday),
        )
    except ValueError as error:
        raise Invalid(path, str(error), "must be a cron expression such as 30 8 * * mon-fri") from None
    if not (may_never_come or cron.comes):
        raise Invalid(path, f"is {expression!r}, which never comes", "must name a day that exists")
    return cron


def _is_every(field: str) -> bool:
    """Tell whether a day field leaves the choice to the other one."""
    return field in {"*", "*/1"}
