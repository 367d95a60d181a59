"""Windows of time in a form: hours of the week, a cron expression, dates; and all of them in words. Pure."""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Final, assert_never

from tocsin.core.because import span
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, Restriction, TimeWindow, WeeklyWindow
from tocsin.core.errors import Invalid
from tocsin.web import lengths
from tocsin.web.forms import SHOWN_MAX, Form, Reader, Values

ALWAYS, HOURS, CRON, DATES, KEPT = "always", "hours", "cron", "dates", "kept"
KINDS: Final = (
    (ALWAYS, "at any time"),
    (HOURS, "in hours of the week"),
    (CRON, "for a while from each cron time on"),
    (DATES, "on certain dates"),
)
FIELDS: Final = ("when", "spans", "expression", "dates", "start", "duration", "time_zone")
DATES_SHOWN_MAX: Final = 5
_NO_HOURS: Final[tuple[Restriction, ...]] = ()
_NO_DATES: Final[tuple[date, ...]] = ()


def fresh(name: str, zone: str, when: str = ALWAYS) -> Values:
    """Give the fields of a window that nobody has set yet, below *name*."""
    return _below(name, {"when": when, "time_zone": zone, "start": "00:00", "duration": "1h"})


def values_of(name: str, window: TimeWindow | None, zone: str) -> Values:
    """Give the fields of *window*, below *name*; what they cannot hold is kept as it is."""
    match window:
        case None:
            return fresh(name, zone)
        case WeeklyWindow(spans=spans) if lengths.hours(lengths.spelled_hours(spans)) == spans:
            return _below(
                name, {"when": HOURS, "spans": lengths.spelled_hours(spans), "time_zone": window.time_zone}
            )
        case CronWindow(expression=expression, duration=duration):
            told = {"when": CRON, "expression": expression, "duration": lengths.spelled(duration)}
            return _below(name, told | {"time_zone": window.time_zone})
        case DatedWindow(dates=dates, start=start, duration=duration) if not start.second:
            told = {"when": DATES, "dates": ", ".join(map(str, dates)), "start": f"{start:%H:%M}"}
            return _below(name, told | {"duration": lengths.spelled(duration), "time_zone": window.time_zone})
        case _:
            return _below(name, {"when": KEPT, "time_zone": window.time_zone})


def read(reader: Reader, name: str, was: TimeWindow | None) -> TimeWindow | None:
    """Read the window below *name*; one that is to be kept is as it *was*."""
    form = reader.form
    zone = form(f"{name}.time_zone")
    match form(f"{name}.when") or ALWAYS:
        case "always":
            return None
        case "hours":
            spans = reader.take(f"{name}.spans", lengths.hours, _NO_HOURS)
            if not spans:
                reader.refuse(f"{name}.spans", "Say which hours, like Mon-Fri 09:00-17:00.")
            return WeeklyWindow(spans=spans, time_zone=zone)
        case "cron":
            lasts = reader.take(f"{name}.duration", lengths.length, timedelta(0))
            return CronWindow(expression=form(f"{name}.expression"), duration=lasts, time_zone=zone)
        case "dates":
            dates = reader.take(f"{name}.dates", _dates, _NO_DATES)
            start = reader.take(f"{name}.start", _clock, time(0))
            lasts = reader.take(f"{name}.duration", lengths.length, timedelta(0))
            return DatedWindow(dates=dates, start=start, duration=lasts, time_zone=zone)
        case "kept" if was is not None:
            return was
        case _:
            reader.refuse(f"{name}.when", "Choose one of these.")
            return None


def in_words(window: TimeWindow) -> str:
    """Say when a window is open."""
    match window:
        case CronWindow(expression=expression, duration=duration):
            return f"for {span(duration)} from each {expression!r} on, in {window.time_zone}"
        case DatedWindow(dates=dates, start=start, duration=duration):
            shown = ", ".join(map(str, dates[:DATES_SHOWN_MAX]))
            more = f" and {len(dates) - DATES_SHOWN_MAX} more" if len(dates) > DATES_SHOWN_MAX else ""
            return f"on {shown}{more} from {start:%H:%M} for {span(duration)}, in {window.time_zone}"
        case WeeklyWindow(spans=spans):
            return f"{lengths.spelled_hours(spans)}, in {window.time_zone}"
        case DateSetWindow(start=start, duration=duration):
            return f"on the days of a set, from {start:%H:%M} for {span(duration)}, in {window.time_zone}"
        case _:
            assert_never(window)


def settled(form: Form, name: str) -> str:
    """Say which kind of window a form holds below *name*."""
    return form(f"{name}.when") or ALWAYS


def _below(name: str, told: Mapping[str, str]) -> Values:
    return {f"{name}.{field}": [told.get(field, "")] for field in FIELDS}


def _dates(text: str) -> tuple[date, ...]:
    found = [each for each in re.split(r"[\s,;]+", text) if each]
    try:
        return tuple(date.fromisoformat(each) for each in found)
    except ValueError:
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be dates like 2026-12-24, 2026-12-25") from None


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be a time of day like 09:00") from None
