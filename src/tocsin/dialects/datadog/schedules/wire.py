"""Schedules as JSON:API documents: what clients send, and what they are answered."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.schedule import (
    INTERVAL_DAYS_MAX,
    INTERVAL_SECONDS_MAX,
    LAYERS_MAX,
    MEMBERS_MAX,
    RESTRICTIONS_MAX,
)
from tocsin.dialects.datadog.jsonapi import IncludeText, ToMany
from tocsin.dialects.datadog.objects import ScheduleAttributes, ScheduleObject, TeamObject, UserObject
from tocsin.dialects.datadog.times import LENGTH_MAX
from tocsin.dialects.datadog.wire import (
    ListMeta,
    Name,
    PageNumber,
    PageSize,
    Relationships,
    Tags,
    TimeRestriction,
    WhoseLinks,
    ZoneName,
)

INCLUDES = ("teams", "layers", "layers.members", "layers.members.user")

Time = Annotated[str, Meta(max_length=LENGTH_MAX, description="an RFC 3339 time with its offset")]


class Interval(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long a turn is: days of the wall clock, and seconds that pass after them."""

    days: Annotated[int, Meta(ge=0, le=INTERVAL_DAYS_MAX)] = 0
    seconds: Annotated[int, Meta(ge=0, le=INTERVAL_SECONDS_MAX)] = 0


class TurnUser(msgspec.Struct, frozen=True):
    """Names whose turn it is; null is no-one."""

    id: str | None = None


class Turn(msgspec.Struct, frozen=True):
    """Whose turn it is; ``{}`` is no-one's."""

    user: TurnUser | None = None


class LayerBody(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation; with its *id*, when a schedule is replaced, it stays the same layer."""

    id: str | None = None
    name: Name
    effective_date: Time
    rotation_start: Time
    end_date: Time | None = None
    interval: Interval
    members: Annotated[list[Turn], Meta(min_length=1, max_length=MEMBERS_MAX)]
    restrictions: Annotated[list[TimeRestriction], Meta(max_length=RESTRICTIONS_MAX)] | None = None
    time_zone: ZoneName | None = None


class ScheduleBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a schedule is."""

    name: Name
    time_zone: ZoneName
    tags: Tags | None = None
    layers: Annotated[list[LayerBody], Meta(max_length=LAYERS_MAX)]


class NewSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule to be made."""

    type: Literal["schedules"]
    attributes: ScheduleBody
    relationships: Relationships | None = None


class ChangedSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """What a schedule is to be from now on."""

    id: str
    type: Literal["schedules"]
    attributes: ScheduleBody
    relationships: Relationships | None = None


class CreateSchedule(msgspec.Struct, frozen=True):
    """A request to make a schedule."""

    data: NewSchedule


class UpdateSchedule(msgspec.Struct, frozen=True):
    """A request to replace a schedule."""

    data: ChangedSchedule


class LayerAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """What a layer is."""

    name: str
    effective_date: str
    rotation_start: str
    applied_rotation_start: str
    end_date: str | UnsetType = UNSET
    interval: Interval
    restrictions: list[TimeRestriction]
    time_zone: str | UnsetType = UNSET


class LayerLinks(msgspec.Struct, frozen=True):
    """Who takes turns in a layer."""

    members: ToMany


class LayerObject(msgspec.Struct, frozen=True, tag_field="type", tag="layers"):
    """A layer."""

    id: str
    attributes: LayerAttributes
    relationships: LayerLinks


class MemberObject(msgspec.Struct, frozen=True, tag_field="type", tag="members"):
    """Somebody's place in a layer."""

    id: str
    relationships: WhoseLinks


ScheduleIncluded = TeamObject | LayerObject | MemberObject | UserObject


class ScheduleDocument(msgspec.Struct, frozen=True):
    """A schedule, and what was asked for with it."""

    data: ScheduleObject
    included: list[ScheduleIncluded] | UnsetType = UNSET


class ScheduleItemLinks(msgspec.Struct, frozen=True):
    """To whom a schedule belongs."""

    teams: ToMany


class ScheduleItem(msgspec.Struct, frozen=True, tag_field="type", tag="schedules"):
    """A schedule in a list."""

    id: str
    attributes: ScheduleAttributes
    relationships: ScheduleItemLinks


class ScheduleList(msgspec.Struct, frozen=True):
    """A page of the schedules."""

    data: list[ScheduleItem]
    meta: ListMeta
    included: list[TeamObject] | UnsetType = UNSET


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of which schedules."""

    size: PageSize = field(default=10, name="page[size]")
    number: PageNumber = field(default=0, name="page[number]")
    query: Annotated[str, Meta(max_length=1_000, description="which schedules")] = field(
        default="", name="filter[query]"
    )
    include: IncludeText = ""
