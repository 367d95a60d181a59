"""Windows of time in a form: hours of the week, cron times, dates, sets of dates; and all in words. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Final, assert_never

from tocsin.core.because import listing, span
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, Restriction, TimeWindow, WeeklyWindow
from tocsin.core.date_set import DateSet
from tocsin.core.errors import Invalid
from tocsin.core.ids import DateSetId
from tocsin.core.spelling import native
from tocsin.web import choosing, lengths
from tocsin.web.forms import SHOWN_MAX, Form, Reader, Values

ALWAYS, HOURS, CRON, DATES, SETS, KEPT = "always", "hours", "cron", "dates", "sets", "kept"
KINDS: Final = (
    (ALWAYS, "at any time"),
    (HOURS, "in hours of the week"),
    (CRON, "for a while from each cron time on"),
    (DATES, "on certain dates"),
)
OF_POLICIES: Final = (*KINDS, (SETS, "on the days of date sets"))
FIELDS: Final = ("when", "spans", "expression", "dates", "start", "duration", "time_zone")
DATES_SHOWN_MAX: Final = 5
_NO_HOURS: Final[tuple[Restriction, ...]] = ()
_NO_DATES: Final[tuple[date, ...]] = ()
_NO_SETS: Final[Mapping[DateSetId, DateSet]] = {}


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
        case DatedWindow(dates=dates, start=start, duration=duration):
            told = {"when": DATES, "dates": ", ".join(map(str, dates)), "start": lengths.shown_clock(start)}
            return _below(name, told | {"duration": lengths.spelled(duration), "time_zone": window.time_zone})
        case DateSetWindow(sets=sets, start=start, duration=duration):
            told = {"when": SETS, "start": lengths.shown_clock(start), "time_zone": window.time_zone}
            chosen = [native("date_set", each) for each in sets]
            held = _below(name, told | {"duration": lengths.spelled(duration)})
            return {**held, f"{name}.sets": chosen}
        case _:
            return _below(name, {"when": KEPT, "time_zone": window.time_zone})


def read(
    reader: Reader, name: str, was: TimeWindow | None, sets: Collection[DateSetId] = ()
) -> TimeWindow | None:
    """Read the window below *name*; one that is to be kept is as it *was*. It may name *sets* of dates."""
    form = reader.form
    zone, when = form(f"{name}.time_zone"), form(f"{name}.when") or ALWAYS
    match when:
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
        case "dates" | "sets":
            return _of_days(reader, name, when, was, sets)
        case "kept" if was is not None:
            return was
        case _:
            reader.refuse(f"{name}.when", "Choose one of these.")
            return None


def in_words(window: TimeWindow, sets: Mapping[DateSetId, DateSet] = _NO_SETS) -> str:
    """Say when a window is open; *sets* are those of dates that there are."""
    match window:
        case CronWindow(expression=expression, duration=duration):
            return f"for {span(duration)} from each {expression!r} on, in {window.time_zone}"
        case DatedWindow(dates=dates, start=start, duration=duration):
            shown = ", ".join(map(str, dates[:DATES_SHOWN_MAX]))
            more = f" and {len(dates) - DATES_SHOWN_MAX} more" if len(dates) > DATES_SHOWN_MAX else ""
            return f"on {shown}{more} from {start:%H:%M} for {span(duration)}, in {window.time_zone}"
        case WeeklyWindow(spans=spans):
            return f"{lengths.spelled_hours(spans)}, in {window.time_zone}"
        case DateSetWindow(sets=named, start=start, duration=duration):
            names = listing([sets[each].name if each in sets else "a set that is gone" for each in named])
            return f"on the days of {names}, from {start:%H:%M} for {span(duration)}, in {window.time_zone}"
        case _:
            assert_never(window)


def settled(form: Form, name: str) -> str:
    """Say which kind of window a form holds below *name*."""
    return form(f"{name}.when") or ALWAYS


def _below(name: str, told: Mapping[str, str]) -> Values:
    return {f"{name}.{field}": [told.get(field, "")] for field in FIELDS}


def _of_days(
    reader: Reader, name: str, when: str, was: TimeWindow | None, sets: Collection[DateSetId]
) -> TimeWindow:
    """Read a window that opens on some days, from a time of day on, for a while."""
    zone = reader.form(f"{name}.time_zone")
    start = reader.take(f"{name}.start", _clock, time(0))
    lasts = reader.take(f"{name}.duration", lengths.length, timedelta(0))
    if when == SETS:
        named = _sets(reader, f"{name}.sets", was, sets)
        return DateSetWindow(sets=named, start=start, duration=lasts, time_zone=zone)
    dates = reader.take(f"{name}.dates", lengths.dates, _NO_DATES)
    return DatedWindow(dates=dates, start=start, duration=lasts, time_zone=zone)


def _sets(
    reader: Reader, name: str, was: TimeWindow | None, there: Collection[DateSetId]
) -> tuple[DateSetId, ...]:
    known: Sequence[DateSetId] = was.sets if isinstance(was, DateSetWindow) else ()
    found = [
        reader.take_text(
            name, text, lambda each: choosing.chosen(each, "date_set", there, DateSetId, was=known)
        )
        for text in dict.fromkeys(reader.form.all(name))
    ]
    if not found:
        reader.refuse(name, "Choose the date sets on whose days it is open.")
    return tuple(each for each in found if each is not None)


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be a time of day like 09:00") from None
