"""Who is on call, as JSON:API documents: shifts, and whoever holds which position."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.schedule import Position
from tocsin.dialects.datadog.jsonapi import IncludeText, ToMany, ToOne
from tocsin.dialects.datadog.objects import ScheduleObject, UserObject
from tocsin.dialects.datadog.wire import WhoseLinks

SHIFT_INCLUDES = ("user",)
RESPONDERS_INCLUDES = ("schedule", "responders", "responders.shifts", "responders.shifts.user")

AtText = Annotated[str, Meta(max_length=100, description="then, not now")]


class ShiftAttributes(msgspec.Struct, frozen=True):
    """From when to when a shift lasts, with the offset of its zone."""

    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET


class ShiftObject(msgspec.Struct, frozen=True, tag_field="type", tag="shifts"):
    """A stretch of duty."""

    id: str
    attributes: ShiftAttributes
    relationships: WhoseLinks


class ShiftDocument(msgspec.Struct, frozen=True):
    """Whose shift it is; null is nobody's."""

    data: ShiftObject | None
    included: list[UserObject] | UnsetType = UNSET


class PositionAttributes(msgspec.Struct, frozen=True):
    """Which shift it is, seen from the instant that was asked about."""

    position: Position


class ShiftLinks(msgspec.Struct, frozen=True):
    """The shifts of a position."""

    shifts: ToMany


class ResponderObject(msgspec.Struct, frozen=True, tag_field="type", tag="schedule_oncall_responder"):
    """Whoever holds a position."""

    id: str
    attributes: PositionAttributes
    relationships: ShiftLinks


class RespondersAttributes(msgspec.Struct, frozen=True):
    """The instant that was asked about."""

    scheduled_at: str


class RespondersLinks(msgspec.Struct, frozen=True):
    """Who is on call, and for what."""

    responders: ToMany
    schedule: ToOne


class RespondersObject(msgspec.Struct, frozen=True, tag_field="type", tag="schedule_oncall_responders"):
    """Who is on call for a schedule at an instant."""

    id: str
    attributes: RespondersAttributes
    relationships: RespondersLinks


RespondersIncluded = ScheduleObject | ResponderObject | ShiftObject | UserObject


class RespondersDocument(msgspec.Struct, frozen=True):
    """Who is on call for a schedule, and what was asked for with it."""

    data: RespondersObject
    included: list[RespondersIncluded] | UnsetType = UNSET


class AtQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The instant that is asked about."""

    at_ts: AtText | None = field(default=None, name="filter[at_ts]")
    include: IncludeText = ""


class RespondersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The instant and the positions that are asked about."""

    at_ts: AtText | None = field(default=None, name="filter[at_ts]")
    position: Annotated[
        str, Meta(max_length=100, description="previous, current, next, with commas between them")
    ] = field(default="current", name="filter[position]")
    include: IncludeText = ""
