"""Time windows and spans of the week, as JSON has them."""

import re
from datetime import date, time
from typing import Annotated, Literal, assert_never

from msgspec import Meta

from tocsin.core.calendar import (
    DATE_SETS_MAX,
    CronWindow,
    DatedWindow,
    DateSetWindow,
    Restriction,
    TimeWindow,
    WeeklyWindow,
)
from tocsin.core.ids import DateSetId
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, TimeZone, seconds, span
from tocsin.dialects.native.wire.spelled import all_spelled, references

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Length = Annotated[int, Meta(ge=1, le=366 * 86_400, description="how long it stays open, in seconds")]

WORDS: Words = ((re.compile(r"\bduration$"), "duration_s"),)


class WeekSpan(Body):
    """An unbroken span of the week by the clock on the wall; one that ends before it starts wraps over."""

    start_day: Day
    start_time: time
    end_day: Day
    end_time: time


class Weekly(Body, tag="weekly"):
    """Open inside any of the spans of the week."""

    spans: Annotated[list[WeekSpan], Meta(min_length=1, max_length=100)]
    time_zone: TimeZone


class Cron(Body, tag="cron"):
    """Opens at each instant that matches the five-field cron expression."""

    expression: Annotated[str, Meta(min_length=1, max_length=500)]
    duration_s: Length
    time_zone: TimeZone


class Dates(Body, tag="dates", kw_only=True):
    """Opens on each of the dates at the time *start*."""

    dates: Annotated[list[date], Meta(min_length=1, max_length=5_000)]
    start: time = time()
    duration_s: Length = 86_400
    time_zone: TimeZone


class DateSets(Body, tag="date_sets", kw_only=True):
    """Opens on each date of the sets of dates at the time *start*."""

    date_set_ids: Annotated[list[Id], Meta(min_length=1, max_length=DATE_SETS_MAX)]
    start: time = time()
    duration_s: Length = 86_400
    time_zone: TimeZone


Window = Weekly | Cron | Dates | DateSets


def week_spans(given: list[WeekSpan]) -> tuple[Restriction, ...]:
    """Read spans of the week."""
    return tuple(
        Restriction(
            start_day=DAYS.index(each.start_day),
            start_time=each.start_time,
            end_day=DAYS.index(each.end_day),
            end_time=each.end_time,
        )
        for each in given
    )


def show_week_spans(spans: tuple[Restriction, ...]) -> list[WeekSpan]:
    """Write spans of the week."""
    return [
        WeekSpan(
            start_day=DAYS[each.start_day],
            start_time=each.start_time,
            end_day=DAYS[each.end_day],
            end_time=each.end_time,
        )
        for each in spans
    ]


def window(given: Window, path: str = "window") -> TimeWindow:
    """Read a window; raise Invalid below *path* for an id that is none."""
    match given:
        case Weekly(spans=spans, time_zone=zone):
            return WeeklyWindow(spans=week_spans(spans), time_zone=zone)
        case Cron(expression=expression, duration_s=length, time_zone=zone):
            return CronWindow(expression=expression, duration=span(length), time_zone=zone)
        case Dates(dates=dates, start=start, duration_s=length, time_zone=zone):
            return DatedWindow(dates=tuple(dates), start=start, duration=span(length), time_zone=zone)
        case DateSets(date_set_ids=ids, start=start, duration_s=length, time_zone=zone):
            sets = tuple(map(DateSetId, references(ids, "date_set", f"{path}.date_set_ids")))
            return DateSetWindow(sets=sets, start=start, duration=span(length), time_zone=zone)
        case _:
            assert_never(given)


def show_window(value: TimeWindow) -> Window:
    """Write a window."""
    match value:
        case WeeklyWindow(spans=spans, time_zone=zone):
            return Weekly(spans=show_week_spans(spans), time_zone=zone)
        case CronWindow(expression=expression, duration=length, time_zone=zone):
            return Cron(expression=expression, duration_s=seconds(length), time_zone=zone)
        case DatedWindow(dates=dates, start=start, duration=length, time_zone=zone):
            return Dates(dates=list(dates), start=start, duration_s=seconds(length), time_zone=zone)
        case DateSetWindow(sets=sets, start=start, duration=length, time_zone=zone):
            named = all_spelled("date_set", sets)
            return DateSets(date_set_ids=named, start=start, duration_s=seconds(length), time_zone=zone)
        case _:
            assert_never(value)


def window_or_none(given: Window | None, path: str = "window") -> TimeWindow | None:
    """Read a window where there may be none."""
    return None if given is None else window(given, path)


def show_window_or_none(value: TimeWindow | None) -> Window | None:
    """Write a window where there may be none."""
    return None if value is None else show_window(value)
