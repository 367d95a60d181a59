"""Two people at one schedule: what somebody else changed meanwhile, and both changes in one form. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from tocsin.web.schedule_text import MIXED, NOBODY, HoursText, LayerText, ScheduleText
from tocsin.web.week_hours import DAYS

_WORDS: Final = {
    "name": "name",
    "zone": "time zone",
    "teams": "teams",
    "members": "members",
    "first_turn": "first turn",
    "begins": "beginning",
    "ends": "end",
    "hours": "hours",
}
NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs: what it is, and its value before and after, in words."""

    what: str
    before: str
    after: str


def differences(was: ScheduleText, new: ScheduleText, names: Mapping[str, str]) -> list[Difference]:
    """Say what differs between two schedules; *names* calls people and teams by their ids."""
    found = _differing(was, new, "", names)
    old, later = ({each.id: each for each in text.layers if each.id} for text in (was, new))
    for identifier, layer in old.items():
        if identifier in later:
            found += _differing(layer, later[identifier], f"{layer.name}: ", names)
        else:
            found.append(Difference(what=f"layer {layer.name}", before="was there", after="was removed"))
    found += [
        Difference(what=f"layer {layer.name}", before="was not there", after="was added")
        for layer in new.layers
        if layer.id not in old
    ]
    stay = [each.id for each in was.layers if each.id in later]
    if stay != [each.id for each in new.layers if each.id in old]:
        before, after = ([each.name for each in reversed(text.layers)] for text in (was, new))
        found.append(Difference(what="order of layers", before=", ".join(before), after=", ".join(after)))
    return found


def merged(base: ScheduleText, theirs: ScheduleText, mine: ScheduleText) -> ScheduleText:
    """Put both changes of *base* into one; where they meet, *mine* stays."""
    found: dict[str, Any] = _fields(base, theirs, mine, without="layers")
    began, now = ({each.id: each for each in text.layers if each.id} for text in (base, theirs))
    layers: list[LayerText] = []
    for layer in mine.layers:
        if layer.id not in began:
            layers.append(layer)
        elif layer.id in now:
            each = _fields(began[layer.id], now[layer.id], layer)
            layers.append(replace(layer, **each))
        elif layer != began[layer.id]:  # they removed what I have changed: it comes back, as a new one
            layers.append(replace(layer, id=""))
    known = {each.id for each in layers}
    layers += [each for each in theirs.layers if each.id not in began and each.id not in known]
    if [each.id for each in mine.layers] == [each.id for each in base.layers]:
        places = {each.id: place for place, each in enumerate(theirs.layers)}
        layers.sort(key=lambda each: places.get(each.id, len(places)))
    return ScheduleText(**found, layers=tuple(layers))


def _fields(base: Any, theirs: Any, mine: Any, without: str = "") -> dict[str, Any]:
    found = {}
    for each in fields(base):
        if each.name != without:
            untouched = getattr(mine, each.name) == getattr(base, each.name)
            found[each.name] = getattr(theirs if untouched else mine, each.name)
    return found


def _differing(was: Any, new: Any, where: str, names: Mapping[str, str]) -> list[Difference]:
    found = []
    if isinstance(was, LayerText) and (was.every, was.unit) != (new.every, new.unit):
        lengths = [f"{each.every} {each.unit}".removesuffix(f" {MIXED}") for each in (was, new)]
        found.append(Difference(what=f"{where}length of a turn", before=lengths[0], after=lengths[1]))
    for each in fields(was):
        before, after = getattr(was, each.name), getattr(new, each.name)
        if each.name in _WORDS and before != after:
            told = [_told(value, names) for value in (before, after)]
            found.append(Difference(what=f"{where}{_WORDS[each.name]}", before=told[0], after=told[1]))
    return found


def _told(value: str | Sequence[Any], names: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value.replace("T", " ") if value[:4].isdecimal() and "T" in value else value or NOTHING
    return ", ".join(_named(each, names) for each in value) or NOTHING


def _named(item: str | HoursText, names: Mapping[str, str]) -> str:
    if isinstance(item, str):
        return "nobody" if item == NOBODY else names.get(item, "somebody who is gone")
    if item.span:
        return f"{_day(item.start_day)} {item.starts} to {_day(item.end_day)} {item.ends}"
    return f"{' '.join(map(_day, item.days))} {item.starts}-{item.ends}"


def _day(text: str) -> str:
    return DAYS[int(text)] if text in set("0123456") else text
