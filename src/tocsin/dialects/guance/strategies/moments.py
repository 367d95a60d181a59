"""When an entry of a strategy counts: repeating hours, listed dates, or at all other times."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Final

from tocsin.core import cron
from tocsin.core.calendar import DURATION_MAX
from tocsin.core.errors import Invalid
from tocsin.dialects.guance.reading import Json, a_text, an_integer, texts
from tocsin.dialects.guance.spelled import DATES

DURATION_S_MAX: Final = int(DURATION_MAX.total_seconds())
SETS_MAX: Final = 100

_REPEATING = ("crontab", "crontabDuration")
_DATED = ("customDateUUIDs", "customStartTime", "customDuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeating:
    """Each instant of *crontab* opens a window."""

    crontab: str
    duration: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Each date of the sets opens a window at *start*."""

    dates: tuple[str, ...]
    start: time
    duration: timedelta


Moment = Repeating | Dated


def moment_of(given: Json, path: str) -> Moment | None:
    """Read the time of the entry at *path*; None for the fallback. What is empty counts as absent."""
    there = {name: given[name] for name in (*_REPEATING, *_DATED) if not _empty(given.get(name))}
    if not there:
        return None
    dated = any(name in there for name in _DATED)
    if "crontab" in there:
        if dated:
            name = next(name for name in _DATED if name in there)
            raise Invalid(f"{path}.{name}", "stands beside crontab", "must be left out, or crontab must be")
        return _repeating(there, path)
    if not dated:
        raise Invalid(f"{path}.crontab", "is missing", "must stand beside crontabDuration")
    return _dated(there, path)


def _repeating(there: Json, path: str) -> Repeating:
    text = a_text(there["crontab"], f"{path}.crontab", longest=1_000)
    cron.parse(text, f"{path}.crontab", may_never_come=True)
    _must_have(there, "crontabDuration", "crontab", path)
    return Repeating(crontab=text, duration=_duration(there["crontabDuration"], f"{path}.crontabDuration"))


def _dated(there: Json, path: str) -> Dated:
    first = next(name for name in _DATED if name in there)
    for name in ("customDateUUIDs", "customStartTime"):
        _must_have(there, name, first, path)
    dates = texts(there["customDateUUIDs"], f"{path}.customDateUUIDs", check=_is_of_dates)
    if len(dates) > SETS_MAX:
        problem = f"has {len(dates)} entries"
        raise Invalid(f"{path}.customDateUUIDs", problem, f"must have at most {SETS_MAX}")
    start = start_of_day(there["customStartTime"], f"{path}.customStartTime")
    # The source page's own table sends crontabDuration with dates.
    name = "customDuration" if "customDuration" in there else "crontabDuration"
    if name not in there:
        _must_have(there, "customDuration", first, path)
    return Dated(dates=dates, start=start, duration=_duration(there[name], f"{path}.{name}"))


def start_of_day(value: Any, path: str) -> time:
    """Read the time at which a window opens on its dates: ``HH:mm:ss``, or ``HH:mm``."""
    text = a_text(value, path, longest=1_000)
    parts = text.split(":")
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) <= 2]
    if len(numbers) == len(parts) and len(parts) in (2, 3):
        hour, minute, second = (*numbers, 0)[:3]
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second)
    raise Invalid(path, f"is {text[:60]!r}", "must be a time like 09:30:00")


def _duration(value: Any, path: str) -> timedelta:
    return timedelta(seconds=an_integer(value, path, least=1, most=DURATION_S_MAX))


def _must_have(there: Json, name: str, beside: str, path: str) -> None:
    if name not in there:
        raise Invalid(f"{path}.{name}", "is missing", f"must stand beside {beside}")


def _is_of_dates(text: str, path: str) -> None:
    if not text.startswith(DATES) or text == DATES:
        raise Invalid(path, f"is {text[:60]!r}", f"must be the id of notification dates, {DATES}…")


def _empty(value: Any) -> bool:
    return value is None or (not isinstance(value, bool) and value in ("", 0, []))
