"""Schedules over the wire: layers, recurring shifts, imported calendars, and people who stand in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.feed import URL_LENGTH_MAX, Feed, FeedHealth
from tocsin.core.ids import (
    UNMADE,
    FeedId,
    LayerId,
    OverrideId,
    ScheduleId,
    TeamId,
    UserId,
    WorkspaceId,
    made_at,
)
from tocsin.core.schedule import (
    FEEDS_MAX,
    INTERVAL_DAYS_MAX,
    INTERVAL_SECONDS_MAX,
    LAYERS_MAX,
    MEMBERS_MAX,
    RECURRING_SHIFTS_MAX,
    RESTRICTIONS_MAX,
    Layer,
    Override,
    Schedule,
)
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import (
    Body,
    Id,
    Instant,
    Name,
    TimeZone,
    View,
    instant,
    instant_or_none,
)
from tocsin.dialects.native.wire.spelled import all_spelled, reference, references, spelled
from tocsin.dialects.native.wire.windows import WeekSpan, show_week_spans, week_spans

WORDS: Words = (
    (re.compile(r"^teams\b"), "team_ids"),
    (re.compile(r"(members\[\d+\])$"), r"\1.user_id"),
    (re.compile(r"^user$"), "user_id"),
    (re.compile(r"^instead_of$"), "instead_of_user_id"),
    (re.compile(r"^shifts\b"), "recurring_shift_ids"),
    (re.compile(r"^shift_zone$"), "shift_time_zone"),
)

TeamIds = Annotated[list[Id], Meta(max_length=50, description="the teams that it belongs to")]
Tags = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]],
    Meta(max_length=50, description="words by which you find it"),
]


class Interval(Body):
    """How long a turn is: days of the wall clock and seconds that pass."""

    days: Annotated[int, Meta(ge=0, le=INTERVAL_DAYS_MAX)] = 0
    seconds: Annotated[int, Meta(ge=0, le=INTERVAL_SECONDS_MAX)] = 0


class Turn(Body):
    """Whose turn it is."""

    user_id: Id


class LayerBody(Body, kw_only=True):
    """One rotation: turn n begins n intervals after *rotation_start*; a member that is null is no-one."""

    id: Id | None = None
    name: Name
    effective_date: Instant
    end_date: Instant | None = None
    rotation_start: Instant
    interval: Interval
    members: Annotated[list[Turn | None], Meta(min_length=1, max_length=MEMBERS_MAX)]
    restrictions: Annotated[
        list[WeekSpan], Meta(max_length=RESTRICTIONS_MAX, description="the hours in which it counts")
    ] = field(default_factory=list)
    time_zone: Annotated[TimeZone, Meta(description="the schedule's if not given")] | None = None


Layers = Annotated[
    list[LayerBody], Meta(max_length=LAYERS_MAX, description="of several that have somebody the last wins")
]


class FeedBody(Body, kw_only=True):
    """A calendar elsewhere, read every ten minutes; one of *overrides* decides over everything else."""

    id: Id | None = None
    url: Annotated[str, Meta(max_length=URL_LENGTH_MAX, description="where it lies, an iCalendar file")]
    overrides: bool = False


FeedBodies = Annotated[list[FeedBody], Meta(max_length=FEEDS_MAX)]
ShiftIds = Annotated[
    list[Id],
    Meta(max_length=RECURRING_SHIFTS_MAX, description="the recurring shifts that lie over its layers"),
]
ShiftZone = Annotated[
    TimeZone, Meta(description="of recurring shifts that have none; the schedule's if null")
]


class NewSchedule(Body):
    """A new schedule."""

    name: Name
    time_zone: TimeZone = "UTC"
    layers: Layers = field(default_factory=list)
    recurring_shift_ids: ShiftIds = field(default_factory=list)
    shift_time_zone: ShiftZone | None = None
    feeds: FeedBodies = field(default_factory=list)
    team_ids: TeamIds = field(default_factory=list)
    tags: Tags = field(default_factory=list)


class ScheduleChanges(Body):
    """What to change about a schedule; *layers*, *recurring_shift_ids* and *feeds* replace all of them."""

    name: Name | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    layers: Layers | UnsetType = UNSET
    recurring_shift_ids: ShiftIds | UnsetType = UNSET
    shift_time_zone: ShiftZone | UnsetType | None = UNSET
    feeds: FeedBodies | UnsetType = UNSET
    team_ids: TeamIds | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class NewOverride(Body):
    """Somebody who stands in, over every layer or only over one person's shifts."""

    user_id: Id
    starts_at: Instant
    ends_at: Instant
    instead_of_user_id: Id | None = None


class ScheduleView(View):
    """Who is on call over time."""

    id: str
    name: str
    time_zone: str
    layers: list[LayerBody]
    recurring_shift_ids: list[str]
    shift_time_zone: str | None
    feeds: list[FeedBody]
    team_ids: list[str]
    tags: list[str]
    created_at: datetime


class ScheduleList(View):
    """Some of the schedules."""

    schedules: list[ScheduleView]
    next: str | None
    total: int


class FeedView(View):
    """How it goes with an imported calendar.

    The last good copy, of *read_at*, counts until there is a newer one; *problem* is why there is none.
    *skipped* counts events that make no sense, of which *remark* tells the first.
    """

    id: str
    url: str
    overrides: bool
    checked_at: datetime | None
    read_at: datetime | None
    problem: str
    events: int
    skipped: int
    remark: str


class FeedList(View):
    """The imported calendars of a schedule."""

    feeds: list[FeedView]


class OverrideView(View):
    """Somebody who stands in."""

    id: str
    user_id: str
    starts_at: datetime
    ends_at: datetime
    instead_of_user_id: str | None


class OverrideList(View):
    """Some of a schedule's overrides."""

    overrides: list[OverrideView]
    next: str | None
    total: int


def drafted(body: NewSchedule) -> Schedule:
    """Read a new schedule."""
    return Schedule(
        id=ScheduleId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        time_zone=body.time_zone,
        layers=_layers(body.layers),
        teams=team_ids(body.team_ids),
        tags=tuple(body.tags),
        shift_zone=body.shift_time_zone,
        feeds=_feeds(body.feeds, ()),
    )


def edited(was: Schedule, body: ScheduleChanges) -> Schedule:
    """Apply changes to a schedule."""
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        time_zone=was.time_zone if body.time_zone is UNSET else body.time_zone,
        layers=was.layers if body.layers is UNSET else _layers(body.layers),
        teams=was.teams if body.team_ids is UNSET else team_ids(body.team_ids),
        tags=was.tags if body.tags is UNSET else tuple(body.tags),
        shift_zone=was.shift_zone if body.shift_time_zone is UNSET else body.shift_time_zone,
        feeds=was.feeds if body.feeds is UNSET else _feeds(body.feeds, was.feeds),
    )


def drafted_override(body: NewOverride) -> Override:
    """Read a new override."""
    instead = body.instead_of_user_id
    return Override(
        id=OverrideId(UNMADE),
        user=UserId(reference(body.user_id, "user", "user_id")),
        starts_at=instant(body.starts_at, "starts_at"),
        ends_at=instant(body.ends_at, "ends_at"),
        instead_of=None if instead is None else UserId(reference(instead, "user", "instead_of_user_id")),
    )


def team_ids(given: Sequence[str]) -> tuple[TeamId, ...]:
    """Read the teams that something belongs to."""
    return tuple(TeamId(each) for each in references(given, "team", "team_ids"))


def show_schedule(schedule: Schedule) -> ScheduleView:
    """Write a schedule."""
    return ScheduleView(
        id=native("schedule", schedule.id),
        name=schedule.name,
        time_zone=schedule.time_zone,
        layers=[_show_layer(each) for each in schedule.layers],
        recurring_shift_ids=all_spelled("recurring_shift", [each.id for each in schedule.shifts]),
        shift_time_zone=schedule.shift_zone,
        feeds=[
            FeedBody(id=native("feed", each.id), url=each.url, overrides=each.overrides)
            for each in schedule.feeds
        ],
        team_ids=all_spelled("team", schedule.teams),
        tags=list(schedule.tags),
        created_at=made_at(schedule.id),
    )


def show_feeds(schedule: Schedule, health: Mapping[FeedId, FeedHealth]) -> FeedList:
    """Write how it goes with the imported calendars of a schedule."""
    return FeedList(feeds=[_show_feed(each, health.get(each.id, FeedHealth())) for each in schedule.feeds])


def show_override(override: Override) -> OverrideView:
    """Write an override."""
    return OverrideView(
        id=native("override", override.id),
        user_id=native("user", override.user),
        starts_at=override.starts_at,
        ends_at=override.ends_at,
        instead_of_user_id=spelled("user", override.instead_of),
    )


def _feeds(given: Sequence[FeedBody], was: Sequence[Feed]) -> tuple[Feed, ...]:
    """Read feeds; one whose address changes is another, for which there is no copy yet."""
    known = {each.id: each for each in was}
    feeds: list[Feed] = []
    for place, each in enumerate(given):
        number = UNMADE if each.id is None else reference(each.id, "feed", f"feeds[{place}].id")
        old = known.get(FeedId(number))
        if old is not None and old.url == each.url:
            feeds.append(replace(old, overrides=each.overrides))
        else:
            number = UNMADE if old is not None else number
            feeds.append(Feed(id=FeedId(number), url=each.url, overrides=each.overrides))
    return tuple(feeds)


def _show_feed(feed: Feed, health: FeedHealth) -> FeedView:
    return FeedView(
        id=native("feed", feed.id),
        url=feed.url,
        overrides=feed.overrides,
        checked_at=health.checked_at,
        read_at=health.read_at,
        problem=health.problem,
        events=0 if feed.calendar is None else len(feed.calendar.events),
        skipped=health.skipped,
        remark=health.remark,
    )


def _layers(given: Sequence[LayerBody]) -> tuple[Layer, ...]:
    return tuple(_layer(each, f"layers[{place}]") for place, each in enumerate(given))


def _layer(given: LayerBody, path: str) -> Layer:
    return Layer(
        id=LayerId(UNMADE if given.id is None else reference(given.id, "layer", f"{path}.id")),
        name=given.name,
        effective_date=instant(given.effective_date, f"{path}.effective_date"),
        end_date=instant_or_none(given.end_date, f"{path}.end_date"),
        rotation_start=instant(given.rotation_start, f"{path}.rotation_start"),
        days=given.interval.days,
        seconds=given.interval.seconds,
        members=tuple(
            None
            if each is None
            else UserId(reference(each.user_id, "user", f"{path}.members[{place}].user_id"))
            for place, each in enumerate(given.members)
        ),
        restrictions=week_spans(given.restrictions),
        time_zone=given.time_zone,
    )


def _show_layer(layer: Layer) -> LayerBody:
    return LayerBody(
        id=native("layer", layer.id),
        name=layer.name,
        effective_date=layer.effective_date,
        end_date=layer.end_date,
        rotation_start=layer.rotation_start,
        interval=Interval(days=layer.days, seconds=layer.seconds),
        members=[None if each is None else Turn(user_id=native("user", each)) for each in layer.members],
        restrictions=show_week_spans(layer.restrictions),
        time_zone=layer.time_zone,
    )
