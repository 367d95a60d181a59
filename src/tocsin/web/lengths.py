"""Lengths of time, dates and hours of the week as people type them: ``1h 30m``, ``Mon-Fri 09:00-17:00``."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from typing import Final

from tocsin.core.calendar import DATES_MAX, Restriction
from tocsin.core.errors import Invalid

SHOWN_MAX: Final = 60
RANGE_MAX: Final = 366  # days
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_UNITS: Final = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_LENGTH: Final = re.compile(r"(\d{1,9}) *(d|h|m|s)[a-z]*", re.IGNORECASE)
_TIME: Final = r"\d{1,2}:\d{2}(?::\d{2})?"
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DAY: Final = "|".join(DAYS)
_HOURS: Final = re.compile(
    rf"(?:(?P<first>{_DAY})[a-z]*(?: *[-–] *(?P<last>{_DAY})[a-z]*)? *)?"
    rf"(?P<start>{_TIME}) *[-–] *(?P<end>{_TIME})",
    re.IGNORECASE,
)
_EXACT: Final = re.compile(
    rf"(?P<first>{_DAY})[a-z]* +(?P<start>{_TIME}) *[-–] *"
    rf"(?P<last>{_DAY})[a-z]* +(?P<end>{_TIME})",
    re.IGNORECASE,
)


def length(text: str) -> timedelta:
    """Read a length of time: ``5m``, ``1h 30m``, ``45 s``; a bare number is minutes, nothing is no time."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(minutes=int(text))
    rest = _LENGTH.sub("", text)
    if rest.strip(" ,"):
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be like 30s, 5m, 1h 30m or 2d")
    sizes = dict(_UNITS)
    seconds = sum(int(number) * sizes[unit.lower()] for number, unit in _LENGTH.findall(text))
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be shorter") from None


def length_or_none(text: str) -> timedelta | None:
    """Read a length of time; nothing typed is None."""
    return length(text) if text.strip() else None


def spelled(span: timedelta | None) -> str:
    """Write a length as `length` reads it: ``1h 30m``; no time is ``0m``, None nothing."""
    if span is None:
        return ""
    rest, words = int(span.total_seconds()), list[str]()
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0m"


def hours(text: str) -> tuple[Restriction, ...]:
    """Read hours of the week: ``Mon-Fri 09:00-17:00, Sat 10:00-14:00``; without days it is every day.

    Hours that end before they begin end on the next day; ``Fri 18:00 - Mon 08:00`` is one span.
    """
    found: list[Restriction] = []
    for part in filter(None, (each.strip() for each in re.split(r"[,;\n]", text))):
        exact, daily = _EXACT.fullmatch(part), _HOURS.fullmatch(part)
        if exact is not None:
            found.append(_span(_day(exact["first"]), exact["start"], _day(exact["last"]), exact["end"]))
        elif daily is not None:
            found += _daily(daily)
        else:
            remedy = "must be like Mon-Fri 09:00-17:00, Sat 10:00-14:00 or Fri 18:00 - Mon 08:00"
            raise Invalid("", f"has {part[:SHOWN_MAX]!r} in it", remedy)
    return tuple(found)


def spelled_hours(spans: Sequence[Restriction]) -> str:
    """Write hours of the week as `hours` reads them, days with the same hours in a row together."""
    return ", ".join(_stretches(spans))


def shown_clock(at: time) -> str:
    """Write a time of day, with its seconds where it has any."""
    return at.isoformat("microseconds" if at.microsecond else "seconds" if at.second else "minutes")


def dates(text: str) -> tuple[date, ...]:
    """Read dates with commas or blanks between; ``2026-12-24..2026-12-31`` are all of these days."""
    found: list[date] = []
    for part in filter(None, re.split(r"[\s,;]+", text)):
        first, _, last = part.partition("..")
        try:
            begins = date.fromisoformat(first)
            ends = date.fromisoformat(last) if last else begins
        except ValueError:
            remedy = "must be dates like 2026-12-24, or 2026-12-24..2026-12-31"
            raise Invalid("", f"has {part[:SHOWN_MAX]!r} in it", remedy) from None
        if ends < begins or (ends - begins).days >= RANGE_MAX:
            remedy = f"must have spans that end after they begin, of at most {RANGE_MAX} days"
            raise Invalid("", f"has {part[:SHOWN_MAX]!r} in it", remedy)
        found += [begins + timedelta(days=number) for number in range((ends - begins).days + 1)]
        if len(found) > DATES_MAX:
            raise Invalid("", f"has more than {DATES_MAX} dates", "must have fewer")
    return tuple(found)


def _daily(found: re.Match[str]) -> Iterable[Restriction]:
    first = _day(found["first"]) if found["first"] else 0
    last = _day(found["last"]) if found["last"] else (first if found["first"] else 6)
    overnight = _clock(found["end"]) <= _clock(found["start"])
    for number in range((last - first) % 7 + 1):
        day = (first + number) % 7
        yield _span(day, found["start"], (day + overnight) % 7, found["end"])


def _stretches(spans: Sequence[Restriction]) -> Iterable[str]:
    place = 0
    while place < len(spans):
        span, end = spans[place], place + 1
        if not _within_a_day(span):
            ends = f"{DAYS[span.end_day]} {shown_clock(span.end_time)}"
            yield f"{DAYS[span.start_day]} {shown_clock(span.start_time)} - {ends}"
        else:
            while end < len(spans) and _continues(spans[end - 1], spans[end]):
                end += 1
            days = DAYS[span.start_day] + (f"-{DAYS[spans[end - 1].start_day]}" if end > place + 1 else "")
            whole = end - place == len(DAYS) and span.start_day == 0
            yield f"{'' if whole else f'{days} '}{shown_clock(span.start_time)}-{shown_clock(span.end_time)}"
        place = end


def _continues(one: Restriction, other: Restriction) -> bool:
    same = (one.start_time, one.end_time) == (other.start_time, other.end_time)
    return same and _within_a_day(other) and other.start_day == one.start_day + 1


def _within_a_day(span: Restriction) -> bool:
    """Tell whether a span lasts for a day at most, so that its first day says it all."""
    overnight = span.end_time <= span.start_time
    return span.end_day == (span.start_day + overnight) % 7


def _span(start_day: int, start: str, end_day: int, end: str) -> Restriction:
    return Restriction(start_day=start_day, start_time=_clock(start), end_day=end_day, end_time=_clock(end))


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    hour, minute, second = (int(each or 0) for each in found.groups()) if found else (99, 99, 99)
    if (hour, minute, second) == (24, 0, 0):
        return time(0)
    if hour > 23 or minute > 59 or second > 59:
        raise Invalid("", f"has {text!r} in it", "must have times of day like 09:00")
    return time(hour, minute, second)


def _day(text: str) -> int:
    return DAYS.index(text[:3].title())
