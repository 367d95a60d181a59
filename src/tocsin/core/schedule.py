"""Who is on call over time: layers of rotations, a later one winning, recurring shifts and overrides on top.

`on_call` answers for an instant, in closed form or from the stretch of an agenda that holds it, `timeline`
for a span by walking from one answer to the next: they are the same answers. `rotation` has the arithmetic
of one layer, `agenda` that of recurring shifts and imported calendars, `roster` lays them over each other;
here are the values that the rest of Tocsin sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from tocsin.core import recurring_shift
from tocsin.core.agenda import Agenda, Occurrence, Series
from tocsin.core.calendar import Restriction, hours_of
from tocsin.core.compiled import compiled_once
from tocsin.core.errors import Invalid
from tocsin.core.evolve import quickly_made
from tocsin.core.feed import Feed, Names, may_be_on_call, parts_of
from tocsin.core.ids import (
    FeedId,
    LayerId,
    OverrideId,
    RecurringShiftId,
    ScheduleId,
    ShiftSwapId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.instants import DAY, FUTURE, SECOND, Window, complement, micros, moment
from tocsin.core.people import User
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.roster import NO_LAYER, NO_OVERRIDE, Duty, Roster, StandIn
from tocsin.core.rotation import Rotation, Turns
from tocsin.core.shift_swap import ShiftSwap
from tocsin.core.zone import zone

NAME_LENGTH_MAX = 255
LAYERS_MAX = 100
MEMBERS_MAX = 500
RESTRICTIONS_MAX = 100
OVERRIDES_MAX = 1_000
RECURRING_SHIFTS_MAX = 200
FEEDS_MAX = 20
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
    """Layers in order, the last that has somebody deciding, and over them recurring shifts and feeds.

    Of these the highest level that has somebody decides, and everybody in it counts; those that override
    come before any level. *overrides* lie on top of it all, and *swaps* that somebody took on them.
    *shift_zone* is the zone of recurring shifts without one, the schedule's if None. *names* tells whom the
    events of feeds mean; without it they mean nobody. The directory has schedules with names, and in their
    shifts only people who may be on call.
    """

    id: ScheduleId
    workspace: WorkspaceId
    name: str
    time_zone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    teams: tuple[TeamId, ...] = ()
    tags: tuple[str, ...] = ()
    shifts: tuple[RecurringShift, ...] = ()
    shift_zone: str | None = None
    feeds: tuple[Feed, ...] = ()
    swaps: tuple[ShiftSwap, ...] = ()
    names: Names | None = field(default=None, compare=False, repr=False)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of duty, [starts_at, ends_at), in which one turn of one layer, or one override, decides.

    *starts_at* and *ends_at* are None when the stretch has no such bound. *time_zone* is that of the deciding
    layer, or of the schedule for an override that asks for no layer. Instead of *layer* it is
    *recurring_shift* or *feed* that is set where one of these decides. *override* or *swap* is set besides
    where somebody stands in for the person whose turn it is.
    """

    user: UserId
    starts_at: datetime | None
    ends_at: datetime | None
    layer: LayerId | None = None
    override: OverrideId | None = None
    time_zone: str = "UTC"
    recurring_shift: RecurringShiftId | None = None
    feed: FeedId | None = None
    swap: ShiftSwapId | None = None


def on_call(schedule: Schedule, at: datetime) -> tuple[Shift, ...]:
    """Tell who is on call at the instant *at*, each with the shift that holds it; nobody: an empty tuple."""
    plan = _plan(schedule)
    return tuple([plan.shift(duty) for duty in plan.roster.duties(micros(at))[2]])


def unchanged_until(schedule: Schedule, at: datetime) -> datetime | None:
    """Tell until when `on_call` answers as it does at *at*, or a moment before that; None: for ever."""
    return moment(_plan(schedule).roster.duties(micros(at))[1])


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
    return tuple([plan.shift(duty) for duty in duties_of(schedule, starts_at, ends_at)])


def timeline_up_to(
    schedule: Schedule, starts_at: datetime, ends_at: datetime, most: int
) -> tuple[Shift, ...] | None:
    """List what `timeline` lists; None when there are more than *most* shifts, found out at that cost."""
    begins, ends = micros(starts_at), micros(ends_at)
    if begins >= ends:
        return ()
    plan = _plan(schedule)
    found = plan.roster.over_time(begins, ends, most=most)
    return None if len(found) > most else tuple([plan.shift(duty) for duty in found])


def duties_of(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> list[Duty]:
    """List what `timeline` lists, in the words of the roster: it takes a fraction of the time.

    Raises Invalid as `timeline` does.
    """
    begins, ends = micros(starts_at), micros(ends_at)
    if begins >= ends:
        return []
    found = _plan(schedule).roster.over_time(begins, ends, most=SHIFTS_MAX)
    if len(found) > SHIFTS_MAX:
        problem = f"is so late that the span holds more than {SHIFTS_MAX} shifts"
        raise Invalid("ends_at", problem, "must be nearer to the start")
    return found


def gaps(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> tuple[Window, ...]:
    """List the parts of [starts_at, ends_at) in which nobody is on call, however short.

    Raises Invalid as `timeline` does.
    """
    covered = [
        Window(starts_at=shift.starts_at or starts_at, ends_at=shift.ends_at or ends_at)
        for shift in timeline(schedule, starts_at, ends_at)
    ]
    return complement(covered, Window(starts_at=starts_at, ends_at=ends_at))


def for_people(schedule: Schedule, users: Mapping[UserId, User], names: Names) -> Schedule:
    """Leave only those of *users* in recurring shifts who may be on call; let *names* be known to feeds."""
    if not schedule.shifts and not schedule.feeds:
        return schedule

    def able(user_id: UserId) -> bool:
        user = users.get(user_id)
        return user is not None and may_be_on_call(user)

    shifts = tuple(
        each
        if all(map(able, each.people))
        else replace(each, groups=tuple(tuple(filter(able, group)) for group in each.groups))
        for each in schedule.shifts
    )
    return replace(schedule, shifts=shifts, names=names)


# What decides: its zone, and which layer, recurring shift or feed it is.
_Place = tuple[str, LayerId | None, RecurringShiftId | None, FeedId | None]


class _Plan:
    """A schedule worked out: its roster, and what is needed to tell its shifts."""

    __slots__ = ("_nowhere", "_overrides", "_places", "_swaps", "roster")

    def __init__(self, schedule: Schedule) -> None:
        stand_ins = [
            StandIn(number, micros(each.starts_at), micros(each.ends_at), each.user, each.instead_of)
            for number, each in enumerate(schedule.overrides)
        ]
        taken = [each for each in schedule.swaps if each.benefactor is not None]
        for number, swap in enumerate(taken, len(stand_ins)):
            begins, ends = micros(swap.starts_at), micros(swap.ends_at)
            benefactor = swap.benefactor or swap.beneficiary
            stand_ins.append(StandIn(number, begins, ends, benefactor, swap.beneficiary))
        zone_name = schedule.time_zone
        rotations = [_rotation(layer, zone_name) for layer in schedule.layers]
        self.roster = Roster(rotations, stand_ins, _agendas(schedule))
        self._places: tuple[_Place, ...] = (
            *[(each.time_zone or zone_name, each.id, None, None) for each in schedule.layers],
            *[(_shift_zone(schedule, each), None, each.id, None) for each in schedule.shifts],
            *[(zone_name, None, None, each.id) for each in schedule.feeds],
        )
        self._overrides = tuple(each.id for each in schedule.overrides)
        self._swaps = tuple(each.id for each in taken)
        self._nowhere: _Place = (zone_name, None, None, None)

    def shift(self, duty: Duty) -> Shift:
        """Put *duty* into the words of the schedule."""
        begins, ends, user, place, _, override = duty
        zone_name, layer, shift, feed = self._nowhere if place == NO_LAYER else self._places[place]
        swap = override - len(self._overrides)
        return Shift(
            user=user,
            starts_at=moment(begins),
            ends_at=moment(ends),
            layer=layer,
            override=None if override == NO_OVERRIDE or swap >= 0 else self._overrides[override],
            time_zone=zone_name,
            recurring_shift=shift,
            feed=feed,
            swap=self._swaps[swap] if swap >= 0 else None,
        )


_plan = compiled_once(_Plan)


def _shift_zone(schedule: Schedule, shift: RecurringShift) -> str:
    return shift.time_zone or schedule.shift_zone or schedule.time_zone


def _agendas(schedule: Schedule) -> list[Agenda]:
    """Lay recurring shifts and feeds side by side where they are of one level, the highest level first."""
    levels: dict[tuple[bool, int], tuple[list[Series], list[Occurrence]]] = {}
    for place, shift in enumerate(schedule.shifts, len(schedule.layers)):
        series = recurring_shift.series_of(shift, _shift_zone(schedule, shift), place)
        if series is not None:
            rank = (shift.override, 0 if shift.override else shift.level)
            levels.setdefault(rank, ([], []))[0].append(series)
    names = schedule.names
    feeds = schedule.feeds if names is not None else ()
    for place, feed in enumerate(feeds, len(schedule.layers) + len(schedule.shifts)):
        for level, parts in parts_of(feed, names or Names(()), place).items():
            recurring, single = levels.setdefault((feed.overrides, 0 if feed.overrides else level), ([], []))
            recurring += parts[0]
            single += parts[1]
    return [Agenda(*levels[rank]) for rank in sorted(levels, reverse=True)]


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
