"""Schedules to and fro: layers in the order sent, times as they were written where that is promised."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from msgspec import UNSET, structs

from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, LayerId, ScheduleId, UserId, WorkspaceId
from tocsin.core.schedule import Layer, Schedule
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.hours import show_spans, spans_of
from tocsin.dialects.datadog.jsonapi import Include, Included, Reference, ToMany, to_many, to_one
from tocsin.dialects.datadog.objects import (
    Known,
    ScheduleAttributes,
    TeamExtras,
    show_schedule,
    show_teams,
    show_user,
)
from tocsin.dialects.datadog.schedules.wire import (
    ChangedSchedule,
    Interval,
    LayerAttributes,
    LayerBody,
    LayerLinks,
    LayerObject,
    MemberObject,
    NewSchedule,
    ScheduleDocument,
    ScheduleIncluded,
    ScheduleItem,
    ScheduleItemLinks,
    Turn,
)
from tocsin.dialects.datadog.spelled import reference, team_ids
from tocsin.dialects.datadog.times import read_time, show_utc
from tocsin.dialects.datadog.wire import WhoseLinks

WORDS = (
    (re.compile(r"^teams\[(\d+)\]$"), r"teams.data[\1].id"),
    (re.compile(r"(members\[\d+\])$"), r"\1.user.id"),
)


def drafted(body: NewSchedule) -> Schedule:
    """Read a new schedule; ids of its layers count for nothing."""
    given = body.attributes
    if not given.layers:
        raise _without_layers()
    nameless = [structs.replace(layer, id=None) for layer in given.layers]
    return Schedule(
        id=ScheduleId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=given.name,
        time_zone=given.time_zone,
        layers=tuple(_layers(nameless)),
        teams=team_ids(body.relationships),
        tags=tuple(given.tags or ()),
    )


def replaced(was: Schedule, body: ChangedSchedule) -> Schedule:
    """Read what a schedule is to be from now on; whoever stands in goes on standing in.

    Recurring shifts, feeds and swaps stay as they are. One that has only these may go on without layers.
    """
    given = body.attributes
    if not given.layers and (was.layers or not (was.shifts or was.feeds)):
        raise _without_layers()
    return replace(
        was,
        name=given.name,
        time_zone=given.time_zone,
        layers=tuple(_layers(given.layers)),
        teams=team_ids(body.relationships),
        tags=tuple(given.tags or ()),
    )


def people_in(schedule: Schedule) -> set[UserId]:
    """Give everybody who has a turn in some layer."""
    return {member for layer in schedule.layers for member in layer.members if member is not None}


def everybody_in(schedule: Schedule) -> set[UserId]:
    """Give everybody who has a turn in some layer or recurring shift."""
    return people_in(schedule).union(*(shift.people for shift in schedule.shifts))


def show(
    schedule: Schedule,
    include: Include,
    known: Known,
    extras: TeamExtras,
    written: Sequence[LayerBody] = (),
) -> ScheduleDocument:
    """Write a schedule with what *include* brings; the times of layers as *written*, if that is given."""
    included: Included[ScheduleIncluded] = Included()
    if "teams" in include:
        included.add(*show_teams(schedule.teams, known, extras))
    if "layers" in include:
        for place, layer in enumerate(schedule.layers):
            included.add(_show_layer(layer, written[place] if written else None))
            if "layers.members" in include:
                included.add(*_show_members(layer))
        if "layers.members.user" in include:
            people = (known.users.get(member) for member in sorted(people_in(schedule)))
            included.add(*(show_user(user) for user in people if user is not None))
    return ScheduleDocument(show_schedule(schedule), included.shown(include))


def show_item(schedule: Schedule) -> ScheduleItem:
    """Write a schedule for a list."""
    return ScheduleItem(
        to_uuid(schedule.id),
        ScheduleAttributes(schedule.name, list(schedule.tags), schedule.time_zone),
        ScheduleItemLinks(to_many("teams", schedule.teams)),
    )


def _without_layers() -> Invalid:
    return Invalid("layers", "is empty", "must have at least 1 entry")


def _layers(given: Sequence[LayerBody]) -> Iterator[Layer]:
    return (_layer(each, f"layers[{place}]") for place, each in enumerate(given))


def _layer(given: LayerBody, path: str) -> Layer:
    end = given.end_date
    return Layer(
        id=LayerId(UNMADE if given.id is None else reference(given.id, "layer", f"{path}.id")),
        name=given.name,
        effective_date=read_time(given.effective_date, f"{path}.effective_date"),
        end_date=None if end is None else read_time(end, f"{path}.end_date"),
        rotation_start=read_time(given.rotation_start, f"{path}.rotation_start"),
        days=given.interval.days,
        seconds=given.interval.seconds,
        members=tuple(_member(each, f"{path}.members[{n}]") for n, each in enumerate(given.members)),
        restrictions=spans_of(given.restrictions or ()),
        time_zone=given.time_zone,
    )


def _member(given: Turn, path: str) -> UserId | None:
    if given.user is None or given.user.id is None:
        return None
    return UserId(reference(given.user.id, "user", f"{path}.user.id"))


def _show_layer(layer: Layer, written: LayerBody | None) -> LayerObject:
    identifier = to_uuid(layer.id)
    end = UNSET if layer.end_date is None else show_utc(layer.end_date)
    effective, rotation = show_utc(layer.effective_date), show_utc(layer.rotation_start)
    if written is not None:
        effective, rotation = written.effective_date, written.rotation_start
        end = UNSET if written.end_date is None else written.end_date
    members = [Reference(_place(identifier, place), "members") for place in range(len(layer.members))]
    attributes = LayerAttributes(
        name=layer.name,
        effective_date=effective,
        rotation_start=rotation,
        applied_rotation_start=rotation,
        end_date=end,
        interval=Interval(layer.days, layer.seconds),
        restrictions=show_spans(layer.restrictions),
        time_zone=UNSET if layer.time_zone is None else layer.time_zone,
    )
    return LayerObject(identifier, attributes, LayerLinks(ToMany(members)))


def _show_members(layer: Layer) -> Iterator[MemberObject]:
    """Write who takes turns; no-one does not come along, and keeps their place."""
    identifier = to_uuid(layer.id)
    for place, member in enumerate(layer.members):
        if member is not None:
            yield MemberObject(_place(identifier, place), WhoseLinks(to_one("users", member)))


def _place(layer: str, place: int) -> str:
    return f"{layer}-member-{place + 1}"
