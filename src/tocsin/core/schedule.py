"""Who is on call over time: layers of rotations, a later one winning, and overrides on top.

`on_call` answers for an instant in closed form, `timeline` for a span by walking from one answer to the
next: they are the same answers. `rotation` has the arithmetic of one layer, `roster` lays them over each
other; here are the values that the rest of Tocsin sees, and what makes a schedule one that can be taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from tocsin.core.calendar import Restriction, check_spans, hours_of, known_zone
from tocsin.core.compiled import compiled_once
from tocsin.core.errors import Invalid, check_text
from tocsin.core.ids import LayerId, OverrideId, ScheduleId, TeamId, UserId, WorkspaceId
from tocsin.core.instants import DAY, FUTURE, SECOND, Window, complement, micros, moment
from tocsin.core.roster import NO_LAYER, NO_OVERRIDE, Duty, Roster, StandIn
from tocsin.core.rotation import Rotation, Turns
from tocsin.core.zone import zone

NAME_LENGTH_MAX = 255
LAYERS_MAX = 100
MEMBERS_MAX = 500
RESTRICTIONS_MAX = 100
OVERRIDES_MAX = 1_000
INTERVAL_DAYS_MAX = 400
INTERVAL_SECONDS_MAX = 2_592_000
INTERVAL_MIN_S = 60

# A year of a rotation that hands off every quarter of an hour has 35,040 shifts.
SHIFTS_MAX = 50_000


class Position(StrEnum):
    """Which shift of a schedule is meant, seen from an instant."""

    PREVIOUS = "previous"
    CURRENT = "current"
    NEXT = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One rotation: turn n begins n intervals after *rotation_start* and belongs to members[n mod count].

    An interval is *days* of the wall clock plus *seconds* elapsed; a member None is a turn of no-one.
    The layer counts in [effective_date, end_date) and, if it has any, inside its *restrictions*.
    *time_zone* None means the schedule's.
    """

    id: LayerId
    name: str
    effective_date: datetime
    end_date: datetime | None = None
    rotation_start: datetime
    days: int = 0
    seconds: int = 0
    members: tuple[UserId | None, ...]
    restrictions: tuple[Restriction, ...] = ()
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A stand-in: *user* is on call in [starts_at, ends_at), over every layer.

    With *instead_of*, only where that person would be on call otherwise; it takes over their shifts, each by
    itself. Of several overrides the later in the list wins: over what the ones before it did, and over those
    that stand in for the same person.
    """

    id: OverrideId
    user: UserId
    starts_at: datetime
    ends_at: datetime
    instead_of: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Schedule:
    """Layers in order, the last that has somebody deciding, and overrides on top of them all."""

    id: ScheduleId
    workspace: WorkspaceId
    name: str
    time_zone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    teams: tuple[TeamId, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of duty, [starts_at, ends_at), in which one turn of one layer, or one override, decides.

    *starts_at* and *ends_at* are None when the stretch has no such bound. *time_zone* is that of the deciding
    layer, or of the schedule for an override that asks for no layer. *layer* and *override* are both set
    where somebody stands in for the person whose turn it is.
    """

    user: UserId
    starts_at: datetime | None
    ends_at: datetime | None
    layer: LayerId | None = None
    override: OverrideId | None = None
    time_zone: str = "UTC"


def on_call(schedule: Schedule, at: datetime) -> tuple[Shift, ...]:
    """Tell who is on call at the instant *at*, each with the shift that holds it; nobody: an empty tuple."""
    plan = _plan(schedule)
    return tuple([plan.shift(duty) for duty in plan.roster.duties(micros(at))[2]])


def who(schedule: Schedule, at: datetime) -> tuple[UserId, ...]:
    """Tell who is on call at the instant *at*, as `on_call` does, without the cost of the shifts."""
    return _plan(schedule).roster.people(micros(at))


def shifts_at(schedule: Schedule, at: datetime, position: Position) -> tuple[Shift, ...]:
    """Tell the shift that holds *at*, the first to begin after it ends, or the last to end before it began.

    With nobody on call, next and previous count from *at*. A shift behind more than QUIET_STRETCHES_MAX
    changes of layers without anybody, each of LEAPS_MAX closed hours and turns of no-one, is not found.
    """
    plan = _plan(schedule)
    instant = micros(at)
    begins, ends, duties = plan.roster.duties(instant)
    match position:
        case Position.CURRENT:
            pass
        case Position.NEXT:
            duties = plan.roster.after(ends if duties else instant)
        case Position.PREVIOUS:
            duties = plan.roster.before(begins if duties else instant)
        case _:
            assert_never(position)
    return tuple([plan.shift(duty) for duty in duties])


def timeline(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> tuple[Shift, ...]:
    """List the shifts in [starts_at, ends_at) by their beginning, cut off at either end of that span.

    Raises Invalid when there are more than SHIFTS_MAX.
    """
    plan = _plan(schedule)
    begins, ends = micros(starts_at), micros(ends_at)
    if begins >= ends:
        return ()
    found: list[Duty] = []
    latest: dict[tuple[UserId, int, int, int], int] = {}
    for steps, (_, until, duties) in enumerate(plan.roster.walk(begins)):
        if steps == SHIFTS_MAX:
            problem = f"is so late that the span holds more than {SHIFTS_MAX} shifts"
            raise Invalid("ends_at", problem, "must be nearer to the start")
        for duty in duties:
            key = duty[2:]
            place = latest.get(key)
            # A duty may come in pieces: several people on call at once, or the search for its end cut short.
            if place is not None and found[place].ends >= duty.begins:
                found[place] = found[place]._replace(ends=duty.ends)
            else:
                latest[key] = len(found)
                found.append(duty)
        if until >= ends:
            break
    return tuple(
        [
            plan.shift(duty._replace(begins=max(duty.begins, begins), ends=min(duty.ends, ends)))
            for duty in found
        ]
    )


def gaps(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> tuple[Window, ...]:
    """List the parts of [starts_at, ends_at) in which nobody is on call, however short.

    Raises Invalid as `timeline` does.
    """
    covered = [
        Window(starts_at=shift.starts_at or starts_at, ends_at=shift.ends_at or ends_at)
        for shift in timeline(schedule, starts_at, ends_at)
    ]
    return complement(covered, Window(starts_at=starts_at, ends_at=ends_at))


def check(schedule: Schedule) -> None:
    """Raise Invalid, naming the field, for a schedule that cannot be kept; it may have no layers yet."""
    check_text(schedule.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    _check_zone(schedule.time_zone, "time_zone")
    _check_count(schedule.layers, "layers", LAYERS_MAX)
    names: set[str] = set()
    for number, layer in enumerate(schedule.layers):
        path = f"layers[{number}]"
        _check_layer(layer, path)
        if layer.name in names:
            raise Invalid(f"{path}.name", f"is {layer.name!r} again", "must be unique within the schedule")
        names.add(layer.name)
    _check_count(schedule.overrides, "overrides", OVERRIDES_MAX)
    for number, override in enumerate(schedule.overrides):
        path = f"overrides[{number}]"
        _check_instant(override.starts_at, f"{path}.starts_at")
        _check_instant(override.ends_at, f"{path}.ends_at")
        if override.ends_at <= override.starts_at:
            problem = f"is {override.ends_at.isoformat()}"
            raise Invalid(f"{path}.ends_at", problem, "must be later than starts_at")


class _Plan:
    """A schedule worked out: its roster, and what is needed to tell its shifts."""

    __slots__ = ("_layers", "_overrides", "_zone", "roster")

    def __init__(self, schedule: Schedule) -> None:
        stand_ins = [
            StandIn(number, micros(each.starts_at), micros(each.ends_at), each.user, each.instead_of)
            for number, each in enumerate(schedule.overrides)
        ]
        self.roster = Roster([_rotation(layer, schedule.time_zone) for layer in schedule.layers], stand_ins)
        self._layers = tuple((layer.id, layer.time_zone or schedule.time_zone) for layer in schedule.layers)
        self._overrides = tuple(each.id for each in schedule.overrides)
        self._zone = schedule.time_zone

    def shift(self, duty: Duty) -> Shift:
        """Put *duty* into the words of the schedule."""
        begins, ends, user, layer, _, override = duty
        layer_id, zone_name = (None, self._zone) if layer == NO_LAYER else self._layers[layer]
        return Shift(
            user=user,
            starts_at=moment(begins),
            ends_at=moment(ends),
            layer=layer_id,
            override=None if override == NO_OVERRIDE else self._overrides[override],
            time_zone=zone_name,
        )


_plan = compiled_once(_Plan)


def _rotation(layer: Layer, schedule_zone: str) -> Rotation | None:
    """Work *layer* out; None when it never has anybody."""
    if not any(member is not None for member in layer.members):
        return None
    zone_name = layer.time_zone or schedule_zone
    hours = hours_of(layer.restrictions, zone_name) if layer.restrictions else None
    turns = Turns(
        start=micros(layer.rotation_start),
        days=layer.days * DAY,
        seconds=layer.seconds * SECOND,
        zone=zone(zone_name),
    )
    return Rotation(
        turns=turns,
        members=layer.members,
        effective=micros(layer.effective_date),
        end=FUTURE if layer.end_date is None else micros(layer.end_date),
        hours=None if hours is None or hours.always else hours,
    )


def _check_layer(layer: Layer, path: str) -> None:
    check_text(layer.name, f"{path}.name", shortest=1, longest=NAME_LENGTH_MAX)
    _check_instant(layer.effective_date, f"{path}.effective_date")
    _check_instant(layer.rotation_start, f"{path}.rotation_start")
    if layer.end_date is not None:
        _check_instant(layer.end_date, f"{path}.end_date")
        if layer.end_date <= layer.effective_date:
            raise Invalid(
                f"{path}.end_date", f"is {layer.end_date.isoformat()}", "must be later than effective_date"
            )
    _check_interval(layer, f"{path}.interval")
    if not layer.members:
        raise Invalid(f"{path}.members", "is empty", "must name at least one member; no-one is a member too")
    _check_count(layer.members, f"{path}.members", MEMBERS_MAX)
    _check_count(layer.restrictions, f"{path}.restrictions", RESTRICTIONS_MAX)
    check_spans(layer.restrictions, f"{path}.restrictions")
    if layer.time_zone is not None:
        _check_zone(layer.time_zone, f"{path}.time_zone")


def _check_interval(layer: Layer, path: str) -> None:
    if not 0 <= layer.days <= INTERVAL_DAYS_MAX:
        raise Invalid(f"{path}.days", f"is {layer.days}", f"must be 0 to {INTERVAL_DAYS_MAX}")
    if not 0 <= layer.seconds <= INTERVAL_SECONDS_MAX:
        raise Invalid(f"{path}.seconds", f"is {layer.seconds}", f"must be 0 to {INTERVAL_SECONDS_MAX}")
    if not layer.days and layer.seconds < INTERVAL_MIN_S:
        problem = f"is {layer.seconds} s altogether"
        raise Invalid(path, problem, f"must be days and seconds of at least {INTERVAL_MIN_S} s together")


def _check_zone(name: str, path: str) -> None:
    if not known_zone(name):
        problem = f"is {name[:NAME_LENGTH_MAX]!r}, which is no time zone"
        raise Invalid(path, problem, "must be an IANA name such as Europe/Berlin")


def _check_instant(at: datetime, path: str) -> None:
    if at.utcoffset() is None:
        raise Invalid(path, f"is {at.isoformat()}", "must carry an offset from UTC, such as Z")


def _check_count(items: Sequence[object], path: str, most: int) -> None:
    if len(items) > most:
        raise Invalid(path, f"has {len(items)} entries", f"must have at most {most}")
