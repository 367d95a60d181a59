"""Recurring shifts over the wire: times on the wall, rules, and groups of people."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, RecurringShiftId, TeamId, UserId, WorkspaceId, made_at
from tocsin.core.recurrence import DAYS, ENTRIES_MAX, INTERVAL_MAX, Frequency, Recurrence
from tocsin.core.recurring_shift import GROUPS_MAX, LEVEL_MAX, PEOPLE_MAX, START_INDEX_MAX, RecurringShift
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import (
    INSTANT_MAX,
    Body,
    Id,
    Instant,
    TimeZone,
    View,
    instant_or_none,
    seconds,
    span,
)
from tocsin.dialects.native.wire.spelled import reference, references, spelled

WORDS: Words = (
    (re.compile(r"^duration$"), "duration_s"),
    (re.compile(r"^team\[0\]$"), "team_id"),
    (re.compile(r"^groups\[(\d+)\]\[(\d+)\]$"), r"groups[\1][\2]"),
    (re.compile(r"^rule\b"), "rule"),
)

ShiftName = Annotated[str, Meta(max_length=255, description="a name for people")]
Wall = Annotated[
    datetime, Meta(tz=False, description="what the clock on the wall shows, such as 2026-03-02T09:00:00")
]
Lasting = Annotated[int, Meta(ge=1, description="whole seconds by the clock on the wall")]
Level = Annotated[
    int, Meta(ge=-LEVEL_MAX, le=LEVEL_MAX, description="where shifts overlap the higher decides")
]
Numbers = Annotated[list[int], Meta(max_length=ENTRIES_MAX)]
Day = Annotated[str, Meta(pattern=r"^[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)$", max_length=5)]
FrequencyName = Literal["hourly", "daily", "weekly", "monthly", "yearly"]
DayName = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
Groups = Annotated[
    list[Annotated[list[Id], Meta(max_length=PEOPLE_MAX)]],
    Meta(
        max_length=GROUPS_MAX, description="user ids; each group is on call together, an empty one is nobody"
    ),
]


class RuleBody(Body):
    """When it comes back, as RFC 5545 (3.3.10) has it; *until* is the latest it may begin."""

    frequency: FrequencyName
    interval: Annotated[int, Meta(ge=1, le=INTERVAL_MAX)] = 1
    by_day: Annotated[list[Day], Meta(max_length=ENTRIES_MAX)] = field(default_factory=list)
    by_month: Numbers = field(default_factory=list)
    by_month_day: Numbers = field(default_factory=list)
    by_year_day: Numbers = field(default_factory=list)
    by_hour: Numbers = field(default_factory=list)
    by_minute: Numbers = field(default_factory=list)
    by_position: Numbers = field(default_factory=list)
    week_start: DayName = "MO"
    until: Wall | None = None


class NewRecurringShift(Body, kw_only=True):
    """A new recurring shift; it counts once a schedule names it."""

    name: ShiftName = ""
    team_id: Id | None = None
    start: Wall
    duration_s: Lasting
    rule: RuleBody | None = None
    groups: Groups = field(default_factory=list)
    in_turn: bool = False
    first_group: Annotated[int, Meta(ge=0, le=START_INDEX_MAX)] = 0
    rotation_start: Wall | None = None
    cut: bool = False
    ends_at: Instant | None = None
    level: Level = 0
    override: bool = False
    time_zone: Annotated[TimeZone, Meta(description="the schedule's if not given")] | None = None


class RecurringShiftChanges(Body):
    """What to change about a recurring shift; *groups* and *rule* replace what was."""

    name: ShiftName | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET
    start: Wall | UnsetType = UNSET
    duration_s: Lasting | UnsetType = UNSET
    rule: RuleBody | UnsetType | None = UNSET
    groups: Groups | UnsetType = UNSET
    in_turn: bool | UnsetType = UNSET
    first_group: Annotated[int, Meta(ge=0, le=START_INDEX_MAX)] | UnsetType = UNSET
    rotation_start: Wall | UnsetType | None = UNSET
    cut: bool | UnsetType = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    level: Level | UnsetType = UNSET
    override: bool | UnsetType = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET


class RecurringShiftView(View):
    """Duty that comes back."""

    id: str
    name: str
    team_id: str | None
    start: datetime
    duration_s: int
    rule: RuleBody | None
    groups: list[list[str]]
    in_turn: bool
    first_group: int
    rotation_start: datetime | None
    cut: bool
    ends_at: datetime | None
    level: int
    override: bool
    time_zone: str | None
    created_at: datetime


class RecurringShiftList(View):
    """Some of the recurring shifts."""

    recurring_shifts: list[RecurringShiftView]
    next: str | None
    total: int


def drafted(body: NewRecurringShift) -> RecurringShift:
    """Read a new recurring shift."""
    return RecurringShift(
        id=RecurringShiftId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        team=_team(body.team_id),
        start=_wall(body.start, "start"),
        duration=span(_bounded(body.duration_s)),
        rule=None if body.rule is None else _rule(body.rule),
        groups=_groups(body.groups),
        in_turn=body.in_turn,
        first_group=body.first_group,
        rotation_start=_wall_or_none(body.rotation_start, "rotation_start"),
        cut=body.cut,
        ends_at=instant_or_none(body.ends_at, "ends_at"),
        level=body.level,
        override=body.override,
        time_zone=body.time_zone,
    )


def edited(was: RecurringShift, body: RecurringShiftChanges) -> RecurringShift:
    """Apply changes to a recurring shift."""
    new = replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        team=was.team if body.team_id is UNSET else _team(body.team_id),
        start=was.start if body.start is UNSET else _wall(body.start, "start"),
        duration=was.duration if body.duration_s is UNSET else span(_bounded(body.duration_s)),
        groups=was.groups if body.groups is UNSET else _groups(body.groups),
        in_turn=was.in_turn if body.in_turn is UNSET else body.in_turn,
        first_group=was.first_group if body.first_group is UNSET else body.first_group,
        cut=was.cut if body.cut is UNSET else body.cut,
        level=was.level if body.level is UNSET else body.level,
        override=was.override if body.override is UNSET else body.override,
        time_zone=was.time_zone if body.time_zone is UNSET else body.time_zone,
    )
    if body.rule is not UNSET:
        new = replace(new, rule=None if body.rule is None else _rule(body.rule))
    if body.rotation_start is not UNSET:
        new = replace(new, rotation_start=_wall_or_none(body.rotation_start, "rotation_start"))
    if body.ends_at is not UNSET:
        new = replace(new, ends_at=instant_or_none(body.ends_at, "ends_at"))
    return new


def show_recurring_shift(shift: RecurringShift) -> RecurringShiftView:
    """Write a recurring shift."""
    return RecurringShiftView(
        id=native("recurring_shift", shift.id),
        name=shift.name,
        team_id=spelled("team", shift.team),
        start=shift.start,
        duration_s=seconds(shift.duration),
        rule=None if shift.rule is None else _show_rule(shift.rule),
        groups=[[native("user", user) for user in group] for group in shift.groups],
        in_turn=shift.in_turn,
        first_group=shift.first_group,
        rotation_start=shift.rotation_start,
        cut=shift.cut,
        ends_at=shift.ends_at,
        level=shift.level,
        override=shift.override,
        time_zone=shift.time_zone,
        created_at=made_at(shift.id),
    )


def shift_ids(given: Sequence[str]) -> list[RecurringShiftId]:
    """Read the recurring shifts that a schedule is made of."""
    return [RecurringShiftId(each) for each in references(given, "recurring_shift", "recurring_shift_ids")]


def _team(given: str | None) -> TeamId | None:
    return None if given is None else TeamId(reference(given, "team", "team_id"))


def _groups(given: Sequence[Sequence[str]]) -> tuple[tuple[UserId, ...], ...]:
    return tuple(
        tuple(
            UserId(reference(user, "user", f"groups[{number}][{place}]")) for place, user in enumerate(group)
        )
        for number, group in enumerate(given)
    )


def _rule(given: RuleBody) -> Recurrence:
    return Recurrence(
        frequency=Frequency(given.frequency),
        interval=given.interval,
        by_day=tuple(day.removeprefix("+") for day in given.by_day),
        by_month=tuple(given.by_month),
        by_month_day=tuple(given.by_month_day),
        by_year_day=tuple(given.by_year_day),
        by_hour=tuple(given.by_hour),
        by_minute=tuple(given.by_minute),
        by_position=tuple(given.by_position),
        week_start=DAYS.index(given.week_start),
        until=_wall_or_none(given.until, "rule.until"),
    )


def _show_rule(rule: Recurrence) -> RuleBody:
    week_start: DayName = DAYS[rule.week_start]
    return RuleBody(
        frequency=rule.frequency.value,
        interval=rule.interval,
        by_day=list(rule.by_day),
        by_month=list(rule.by_month),
        by_month_day=list(rule.by_month_day),
        by_year_day=list(rule.by_year_day),
        by_hour=list(rule.by_hour),
        by_minute=list(rule.by_minute),
        by_position=list(rule.by_position),
        week_start=week_start,
        until=rule.until,
    )


def _bounded(duration_s: int) -> int:
    most = 100 * 366 * 86_400
    if duration_s > most:
        raise Invalid("duration_s", f"is {duration_s}", f"must be at most {most}")
    return duration_s


def _wall(given: datetime, path: str) -> datetime:
    if not 1970 <= given.year < INSTANT_MAX.year:
        raise Invalid(path, f"is {given.isoformat()}", f"must lie between 1970 and {INSTANT_MAX.year}")
    return given.replace(microsecond=0)


def _wall_or_none(given: datetime | None, path: str) -> datetime | None:
    return None if given is None else _wall(given, path)
