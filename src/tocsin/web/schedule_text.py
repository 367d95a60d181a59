"""A schedule as it stands in a form: texts, right or wrong, and what the form's buttons do to them. Pure.

Layers are in the order of the schedule, in which the last decides; the form shows that one first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from tocsin.core.calendar import to_wall
from tocsin.core.schedule import LAYERS_MAX, Layer, Schedule
from tocsin.core.spelling import native
from tocsin.web.week_hours import DayHours, Hours, WeekSpan, hours_of

T = TypeVar("T")

MIXED: Final = "mixed"
UNITS: Final = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursText:
    """Hours in a form: of ticked *days*, or from one day to another when it is a *span*."""

    span: bool = False
    days: tuple[str, ...] = ()
    start_day: str = "0"
    starts: str = "09:00"
    end_day: str = "4"
    ends: str = "17:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerText:
    """A layer in a form; *id* is empty for a new one, *unit* ``mixed`` for a turn no one unit can say."""

    id: str = ""
    name: str = ""
    members: tuple[str, ...] = ()
    every: str = "1"
    unit: str = "weeks"
    first_turn: str = ""
    begins: str = ""
    ends: str = ""
    zone: str = ""
    hours: tuple[HoursText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleText:
    """A schedule in a form."""

    name: str = ""
    zone: str = "UTC"
    teams: tuple[str, ...] = ()
    layers: tuple[LayerText, ...] = ()


def text_of(schedule: Schedule) -> ScheduleText:
    """Write *schedule* as a form shows it."""
    return ScheduleText(
        name=schedule.name,
        zone=schedule.time_zone,
        teams=tuple(native("team", team) for team in schedule.teams),
        layers=tuple(layer_text(layer, schedule.time_zone) for layer in schedule.layers),
    )


def layer_text(layer: Layer, schedule_zone: str) -> LayerText:
    """Write *layer* as a form shows it, its times in its own zone."""
    zone = layer.time_zone or schedule_zone
    every, unit = _interval(layer)
    same = layer.effective_date == layer.rotation_start
    return LayerText(
        id=native("layer", layer.id),
        name=layer.name,
        members=tuple(NOBODY if each is None else native("user", each) for each in layer.members),
        every=every,
        unit=unit,
        first_turn=wall(layer.rotation_start, zone),
        begins="" if same else wall(layer.effective_date, zone),
        ends="" if layer.end_date is None else wall(layer.end_date, zone),
        zone=layer.time_zone or "",
        hours=tuple(map(_hours, hours_of(layer.restrictions))),
    )


def new_layer(number: int, zone: str, now: datetime) -> LayerText:
    """Write the layer with which one begins: weekly turns from the coming Monday at nine."""
    today = to_wall(zone, now).replace(hour=9, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=(7 - today.weekday()) % 7)
    return LayerText(name=f"Layer {number}", first_turn=monday.isoformat(timespec="minutes"))


def wall(at: datetime, zone: str) -> str:
    """Write an instant as the field for a date and a time shows it."""
    shown = to_wall(zone, at).replace(microsecond=0)
    return shown.isoformat(timespec="seconds" if shown.second else "minutes")


def read(form: Mapping[str, Sequence[str]]) -> ScheduleText:
    """Read what was typed, as it was typed."""

    def one(name: str, otherwise: str = "") -> str:
        return form[name][0].strip() if form.get(name) else otherwise

    layers = []
    for key in sorted(form.get("layer", ()), key=_number)[: LAYERS_MAX + 1]:
        hours = tuple(
            HoursText(
                span=one(f"{key}.{each}.span") == "yes",
                days=tuple(form.get(f"{key}.{each}.day", ())),
                start_day=one(f"{key}.{each}.start_day", "0"),
                starts=one(f"{key}.{each}.starts"),
                end_day=one(f"{key}.{each}.end_day", "4"),
                ends=one(f"{key}.{each}.ends"),
            )
            for each in form.get(f"{key}.hours", ())
        )
        layers.append(
            LayerText(
                id=one(f"{key}.id"),
                name=one(f"{key}.name"),
                members=tuple(form.get(f"{key}.member", ())),
                every=one(f"{key}.every"),
                unit=one(f"{key}.unit", "weeks"),
                first_turn=one(f"{key}.first_turn"),
                begins=one(f"{key}.begins"),
                ends=one(f"{key}.ends"),
                zone=one(f"{key}.zone"),
                hours=hours,
            )
        )
    return ScheduleText(
        name=one("name"), zone=one("time_zone"), teams=tuple(form.get("team", ())), layers=tuple(layers)
    )


def pressed(
    text: ScheduleText, button: str, form: Mapping[str, Sequence[str]], fresh: LayerText
) -> ScheduleText:
    """Do what *button* says: add, remove or move a layer, a member or hours. Unknown ones do nothing."""
    what, *numbers = button.split()
    places = [int(each) for each in numbers if each.isascii() and each.isdecimal()]
    if what == "add" and len(text.layers) < LAYERS_MAX:
        return replace(text, layers=(*text.layers, fresh))
    if not places or places[0] >= len(text.layers):
        return text
    place, layers = places[0], list(text.layers)
    layer = layers[place]
    match what, places[1:]:
        case "remove", []:
            del layers[place]
        case "copy", [] if len(layers) < LAYERS_MAX:
            layers.insert(place + 1, replace(layer, id="", name=f"{layer.name} (copy)"))
        case "higher" | "lower", []:
            layers = [*_moved(layers, place, 1 if what == "higher" else -1)]
        case _:
            chosen = (form.get(f"{place}.new") or [""])[0]
            layers[place] = _layer_pressed(layer, what, places[1:], chosen)
    return replace(text, layers=tuple(layers))


def _layer_pressed(layer: LayerText, what: str, places: Sequence[int], chosen: str) -> LayerText:
    members, hours = layer.members, layer.hours
    match what, places:
        case "join", [] if chosen:
            members = (*members, chosen)
        case "leave", [place]:
            members = _without(members, place)
        case "earlier" | "later", [place]:
            members = _moved(members, place, -1 if what == "earlier" else 1)
        case "days", []:
            hours = (*hours, HoursText(days=tuple(map(str, range(5)))))
        case "span", []:
            hours = (*hours, HoursText(span=True))
        case "always", [place]:
            hours = _without(hours, place)
        case _:
            pass
    return replace(layer, members=members, hours=hours)


def _number(key: str) -> int:
    return int(key) if key.isascii() and key.isdecimal() and len(key) < 9 else 0


def _moved(items: Sequence[T], place: int, by: int) -> tuple[T, ...]:
    moved, other = list(items), place + by
    if 0 <= place < len(moved) and 0 <= other < len(moved):
        moved[place], moved[other] = moved[other], moved[place]
    return tuple(moved)


def _without(items: Sequence[T], place: int) -> tuple[T, ...]:
    return tuple(each for number, each in enumerate(items) if number != place)


def _interval(layer: Layer) -> tuple[str, str]:
    if layer.days and not layer.seconds:
        weeks, rest = divmod(layer.days, 7)
        return (str(layer.days), "days") if rest else (str(weeks), "weeks")
    if not layer.days:
        for unit in ("hours", "minutes"):
            count, rest = divmod(layer.seconds, UNITS[unit])
            if not rest:
                return str(count), unit
    return f"{layer.days} d {layer.seconds} s", MIXED


def _hours(hours: Hours) -> HoursText:
    match hours:
        case DayHours():
            return HoursText(
                days=tuple(map(str, hours.days)),
                starts=_time(hours.starts.isoformat()),
                ends=_time(hours.ends.isoformat()),
            )
        case WeekSpan(span=span):
            return HoursText(
                span=True,
                start_day=str(span.start_day),
                starts=_time(span.start_time.isoformat()),
                end_day=str(span.end_day),
                ends=_time(span.end_time.isoformat()),
            )


def _time(text: str) -> str:
    return text.removesuffix(":00") if text.count(":") == 2 else text
