"""Who is on call over time: layers of rotations, a later one winning, and overrides on top."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.core.calendar import Restriction
from tocsin.core.ids import LayerId, OverrideId, ScheduleId, TeamId, UserId, WorkspaceId


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

    With *instead_of*, only where that person would be on call otherwise.
    """

    id: OverrideId
    user: UserId
    starts_at: datetime
    ends_at: datetime
    instead_of: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
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

    *starts_at* and *ends_at* are None when the stretch has no such bound. *time_zone* is the deciding layer's.
    """

    user: UserId
    starts_at: datetime | None
    ends_at: datetime | None
    layer: LayerId | None = None
    override: OverrideId | None = None
    time_zone: str = "UTC"


# --- below: the interface that this module offers, to be written -------------------------------------
# on_call(schedule, at) -> tuple[Shift, ...]            closed form, <= 10 us for 10 layers
# shifts_at(schedule, at, position) -> tuple[Shift, ...] previous, current, next
# timeline(schedule, starts_at, ends_at) -> tuple[Shift, ...]
# gaps(schedule, starts_at, ends_at) -> tuple[Window, ...]
