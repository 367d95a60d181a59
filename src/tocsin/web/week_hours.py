"""Hours of the week as people say them: the same hours on some days, or one span over several. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

from tocsin.core.calendar import Restriction

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHours:
    """From *starts* to *ends* on each of *days*; an end that is not after the start is on the day after."""

    days: tuple[int, ...]
    starts: time
    ends: time

    def restrictions(self) -> list[Restriction]:
        """Give the spans of the week that they are."""
        after = self.ends <= self.starts
        return [
            Restriction(
                start_day=day,
                start_time=self.starts,
                end_day=(day + 1) % 7 if after else day,
                end_time=self.ends,
            )
            for day in self.days
        ]

    def __str__(self) -> str:
        return f"{_days(self.days)} {_shown(self.starts)}-{_shown(self.ends)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSpan:
    """One unbroken span of the week."""

    span: Restriction

    def restrictions(self) -> list[Restriction]:
        """Give the span."""
        return [self.span]

    def __str__(self) -> str:
        span = self.span
        starts = f"{DAYS[span.start_day]} {_shown(span.start_time)}"
        return f"{starts} to {DAYS[span.end_day]} {_shown(span.end_time)}"


Hours = DayHours | WeekSpan


def hours_of(restrictions: Iterable[Restriction]) -> list[Hours]:
    """Say *restrictions* as people do: those with the same hours of the day together, in order."""
    found: list[Hours] = []
    places: dict[tuple[time, time], int] = {}
    for span in restrictions:
        if not _within_a_day(span):
            found.append(WeekSpan(span=span))
            continue
        hours = (span.start_time, span.end_time)
        place = places.setdefault(hours, len(found))
        if place == len(found):
            found.append(DayHours(days=(span.start_day,), starts=hours[0], ends=hours[1]))
            continue
        known = found[place]
        if isinstance(known, DayHours) and span.start_day not in known.days:
            days = tuple(sorted((*known.days, span.start_day)))
            found[place] = DayHours(days=days, starts=hours[0], ends=hours[1])
    return found


def in_words(restrictions: Sequence[Restriction]) -> str:
    """Say when *restrictions* are: "Mon-Fri 09:00-17:00, Sat 10:00-12:00"."""
    return ", ".join(map(str, hours_of(restrictions)))


def _within_a_day(span: Restriction) -> bool:
    if span.end_day == span.start_day:
        return span.end_time > span.start_time
    return span.end_day == (span.start_day + 1) % 7 and span.end_time <= span.start_time


def _days(days: Sequence[int]) -> str:
    """Name days: a row of three or more by its ends."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    named = []
    for run in runs:
        if len(run) > 2:
            named.append(f"{DAYS[run[0]]}-{DAYS[run[-1]]}")
        else:
            named += [DAYS[day] for day in run]
    return ", ".join(named)


def _shown(at: time) -> str:
    return at.isoformat("seconds" if at.second else "minutes")
