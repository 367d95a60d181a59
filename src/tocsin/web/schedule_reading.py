"""Making a schedule of what was typed in a form, and naming every field that is wrong. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Final

from tocsin.core import schedule_check
from tocsin.core.calendar import Restriction, known_zone, to_instant
from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, LayerId, TeamId, UserId
from tocsin.core.schedule import Layer, Schedule
from tocsin.core.spelling import from_native
from tocsin.web.schedule_text import (
    MIXED,
    NOBODY,
    UNITS,
    HoursText,
    LayerText,
    ScheduleText,
    layer_text,
)
from tocsin.web.week_hours import DayHours, WeekSpan

DIGITS_MAX: Final = 9
SHOWN_MAX: Final = 60
_PATH: Final = re.compile(r"layers\[(\d+)\]\.([a-z_]+)")
_FIELDS: Final = {
    "name": "name",
    "members": "members",
    "interval": "every",
    "effective_date": "begins",
    "end_date": "ends",
    "rotation_start": "first_turn",
    "restrictions": "hours",
    "time_zone": "zone",
}
_NOWHERE: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Faults:
    """What is wrong, by the field that it is beside: ``name``, ``2.every``; "" is the form as a whole."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, what: str) -> None:
        """Note the first fault of a field."""
        self.found.setdefault(where, what)

    def note(self, error: Invalid, place: int | None = None) -> None:
        """Note a refusal of the core beside the field that it is about; *place* is its layer, if known."""
        text = f"{error.problem}; it {error.remedy}" if error.remedy else error.problem
        match = _PATH.match(error.path)
        if match is not None:
            number = place if place is not None else int(match[1])
            self.add(f"{number}.{_FIELDS.get(match[2], 'name')}", text)
        else:
            known = error.path in {"name", "time_zone"}
            self.add(error.path if known else "", text if known else f"{error.path} {text}")


def made_of(text: ScheduleText, was: Schedule) -> tuple[Schedule, Faults]:
    """Make of *was* the schedule that *text* says; where there are faults, it is of no use.

    What is shown as it was stays as it was, to the microsecond.
    """
    faults = Faults()
    reader = _Layers(was, text.zone if known_zone(text.zone) else "UTC", faults)
    layers = [reader.read(each, place) for place, each in enumerate(text.layers)]
    teams = [from_native(each, "team") for each in text.teams]
    new = replace(
        was,
        name=text.name,
        time_zone=text.zone,
        teams=tuple(TeamId(each) for each in teams if each is not None),
        layers=tuple(layers),
    )
    _check(new, faults)
    return new, faults


def _check(new: Schedule, faults: Faults) -> None:
    """Let the core judge: the schedule without its layers, each layer by itself, and all together."""
    try:
        schedule_check.check(replace(new, layers=()))
    except Invalid as error:
        faults.note(error)
    sound = replace(new, name="x", time_zone="UTC", overrides=(), shifts=(), feeds=())
    for place, layer in enumerate(new.layers):
        try:
            schedule_check.check(replace(sound, layers=(layer,)))
        except Invalid as error:
            faults.note(error, place)
    try:
        schedule_check.check(replace(sound, layers=new.layers))
    except Invalid as error:
        faults.note(error)


class _Layers:
    """Reads the layers of a form of the schedule *was*, which is now in *zone*."""

    def __init__(self, was: Schedule, zone: str, faults: Faults) -> None:
        self._known = {layer.id: layer for layer in was.layers}
        self._zone_was = was.time_zone
        self._zone = zone
        self._faults = faults

    def read(self, text: LayerText, place: int) -> Layer:
        """Read one layer."""
        was = self._known.get(LayerId(from_native(text.id, "layer") or UNMADE))
        shown = layer_text(was, self._zone_was) if was is not None else LayerText()
        if was is not None and (text.every, text.unit) == (shown.every, shown.unit):
            days, seconds = was.days, was.seconds
        else:
            days, seconds = _interval(text, place, self._faults)
        hours = _restrictions(text.hours, place, self._faults)
        if was is not None and set(hours) == set(was.restrictions):
            hours = was.restrictions
        first, begins, ends = self._times(text, shown, was, place)
        return Layer(
            id=was.id if was is not None else LayerId(UNMADE),
            name=text.name,
            effective_date=begins or first,
            end_date=ends,
            rotation_start=first,
            days=days,
            seconds=seconds,
            members=_members(text.members, place, self._faults),
            restrictions=hours,
            time_zone=text.zone or None,
        )

    def _times(
        self, text: LayerText, shown: LayerText, was: Layer | None, place: int
    ) -> tuple[datetime, datetime | None, datetime | None]:
        zone = text.zone if text.zone and known_zone(text.zone) else self._zone
        stays = was is not None and zone == (was.time_zone or self._zone_was)

        def instant(name: str, typed: str, seen: str, old: datetime | None) -> datetime | None:
            if stays and typed and typed == seen:
                return old
            return _instant(typed, zone, f"{place}.{name}", self._faults)

        old = (was.rotation_start, was.effective_date, was.end_date) if was is not None else (None,) * 3
        first = instant("first_turn", text.first_turn, shown.first_turn, old[0])
        if first is None:
            self._faults.add(f"{place}.first_turn", "is missing; it must be a date and a time of day")
            first = _NOWHERE
        begins = instant("begins", text.begins, shown.begins, old[1])
        return first, begins, instant("ends", text.ends, shown.ends, old[2])


def _members(typed: Sequence[str], place: int, faults: Faults) -> tuple[UserId | None, ...]:
    members: list[UserId | None] = []
    for each in typed:
        found = None if each == NOBODY else from_native(each, "user")
        if found is None and each != NOBODY:
            faults.add(f"{place}.members", f"{each[:SHOWN_MAX]!r} is nobody here; take them out")
        members.append(UserId(found) if found is not None else None)
    if not members:
        faults.add(f"{place}.members", "Nobody takes turns yet: choose somebody, and press Add")
    return tuple(members)


def _interval(text: LayerText, place: int, faults: Faults) -> tuple[int, int]:
    if text.unit == MIXED or text.unit not in UNITS:
        faults.add(f"{place}.every", "must be a number of minutes, hours, days or weeks")
        return 1, 0
    if not (text.every.isascii() and text.every.isdecimal() and len(text.every) <= DIGITS_MAX):
        faults.add(f"{place}.every", f"is {text.every[:SHOWN_MAX]!r}; it must be a whole number, 1 or more")
        return 1, 0
    length = int(text.every) * UNITS[text.unit]
    if length <= 0:
        faults.add(f"{place}.every", "is 0; it must be a whole number, 1 or more")
        return 1, 0
    return (length // UNITS["days"], 0) if text.unit in {"days", "weeks"} else (0, length)


def _restrictions(typed: Iterable[HoursText], place: int, faults: Faults) -> tuple[Restriction, ...]:
    found: list[Restriction] = []
    where = f"{place}.hours"
    for each in typed:
        starts, ends = (_time(text, where, faults) for text in (each.starts, each.ends))
        if starts is None or ends is None:
            continue
        if each.span:
            first, last = (_day(text, where, faults) for text in (each.start_day, each.end_day))
            span = Restriction(start_day=first, start_time=starts, end_day=last, end_time=ends)
            found += WeekSpan(span=span).restrictions()
            continue
        days = tuple(sorted({_day(text, where, faults) for text in each.days}))
        if not days:
            faults.add(where, "No day is ticked: tick one, or take these hours out")
        found += DayHours(days=days, starts=starts, ends=ends).restrictions()
    return tuple(dict.fromkeys(found))


def _time(text: str, where: str, faults: Faults) -> time | None:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        faults.add(where, f"{text[:SHOWN_MAX]!r} is no time of day; it must be like 09:00")
        return None
    return found


def _day(text: str, where: str, faults: Faults) -> int:
    if text in set("0123456"):
        return int(text)
    faults.add(where, f"{text[:SHOWN_MAX]!r} is no day of the week")
    return 0


def _instant(typed: str, zone: str, where: str, faults: Faults) -> datetime | None:
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
        return local.astimezone(UTC) if local.tzinfo is not None else to_instant(zone, local)
    except (ValueError, OverflowError):
        faults.add(where, f"is {typed[:SHOWN_MAX]!r}; it must be a date and a time of day")
        return None
