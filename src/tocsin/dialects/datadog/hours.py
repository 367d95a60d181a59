"""Hours of the week to and fro: days by name, times as ``hh:mm:ss``."""

from collections.abc import Iterable
from datetime import time

from tocsin.core.calendar import Restriction
from tocsin.dialects.datadog.wire import TimeRestriction, Weekday

_DAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def spans_of(given: Iterable[TimeRestriction]) -> tuple[Restriction, ...]:
    """Read spans of the week."""
    return tuple(
        Restriction(
            start_day=_DAYS.index(each.start_day),
            start_time=_time(each.start_time),
            end_day=_DAYS.index(each.end_day),
            end_time=_time(each.end_time),
        )
        for each in given
    )


def show_spans(spans: Iterable[Restriction]) -> list[TimeRestriction]:
    """Write spans of the week."""
    return [
        TimeRestriction(
            start_day=_DAYS[each.start_day],
            start_time=each.start_time.isoformat(),
            end_day=_DAYS[each.end_day],
            end_time=each.end_time.isoformat(),
        )
        for each in spans
    ]


def _time(text: str) -> time:
    return time(int(text[:2]), int(text[3:5]), int(text[6:8]))
