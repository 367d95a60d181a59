"""``/schedules``: made of shifts or of imported calendars, and who is on call by them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET

from tocsin.actions import extras, feeds, recurring_shifts, schedules
from tocsin.actions.actor import Permission
from tocsin.core.calendar import known_zone
from tocsin.core.errors import NotFound
from tocsin.core.ids import UNMADE, RecurringShiftId, ScheduleId, TeamId, WorkspaceId
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import NAME_LENGTH_MAX, Schedule, who
from tocsin.dialects.grafana_oncall.bodies import read_fields
from tocsin.dialects.grafana_oncall.errors import plainly, refused, wrong_field
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, done, looked_up, must_accept_json, seeing
from tocsin.dialects.grafana_oncall.schedules import wire
from tocsin.dialects.grafana_oncall.schedules.feeding import (
    OVERRIDES,
    PRIMARY,
    Fetched,
    fetched,
    url_of,
    with_urls,
)
from tocsin.dialects.grafana_oncall.schedules.kinds import (
    CALENDAR,
    DIALECT,
    ICAL,
    SCHEDULE,
    TYPES,
    WEB,
    kept_of,
    kind_of,
    kinds_of,
)
from tocsin.dialects.grafana_oncall.schedules.shift_fields import BAD_ZONE
from tocsin.dialects.grafana_oncall.schedules.shifts import OVERRIDES_REFUSED
from tocsin.dialects.grafana_oncall.spelled import write, write_or_none
from tocsin.dialects.grafana_oncall.team_filter import team_filter
from tocsin.httpkit.requests import Call

SCHEDULES = Resource(
    "schedules", "schedule", shown=wire.Schedule, noun="schedule", may_write=Permission.SCHEDULE
)
NO_WEB_UPDATE: Final = "Web schedule update is not enabled through API"
_NO_SLACK: Final = {"channel_id": None, "user_group_id": None}
_ONE: Final = {"id": "the schedule's id"}


def _show(ask: Ask, found: Sequence[Schedule]) -> list[wire.Schedule]:
    kept = kept_of(ask, [schedule.id for schedule in found])
    directory = ask.directory
    shown = []
    for schedule in found:
        known = directory.schedules.get(schedule.id)
        on_call = () if known is None else who(known, ask.now)
        now = [write("user", user) for user in on_call if user in directory.users]
        shown.append(_show_one(schedule, kept.get(schedule.id, {}), now))
    return shown


@SCHEDULES.lists(_show)
def list_schedules(ask: Ask) -> Sequence[Schedule]:
    """List schedules, the oldest first: all, those of a name or of a team."""
    found = schedules.all_(ask.tx, ask.actor)
    name, team = ask.query.one("name"), team_filter(ask)
    if name:
        found = [each for each in found if each.name == name]
    if team is not None:
        found = [each for each in found if _team(each) in team]
    return found


@SCHEDULES.reads
def read_schedule(ask: Ask, identifier: int) -> wire.Schedule:
    """Read one schedule."""
    return _show(ask, [schedules.get(ask.tx, ask.actor, ScheduleId(identifier))])[0]


@SCHEDULES.routes.post(
    "/",
    permission=Permission.SCHEDULE,
    summary="Create a schedule",
    status=201,
    body_later=wire.ScheduleBody,
)
async def create_schedule(call: Call) -> wire.Schedule:
    """Make a schedule; its imported calendars are read at once."""
    must_accept_json(call)
    fields = await read_fields(call)
    kind = fields.raw("type")
    if kind is UNSET or kind is None:
        raise plainly("type", "This field is required")
    if kind not in TYPES:
        raise plainly("type", "Invalid type")
    _read_alone(fields, kind, new=True)
    found = await fetched(call, fields)
    if kind == ICAL and found.urls.get(PRIMARY) is None:
        sentence = "This field may not be blank." if PRIMARY in fields else "This field is required."
        raise wrong_field(PRIMARY, sentence)
    return await done(call, lambda ask: _create(ask, kind, fields, found))


@SCHEDULES.routes.put(
    "/{id}/",
    permission=Permission.SCHEDULE,
    summary="Update a schedule",
    raises=(NotFound,),
    params=_ONE,
    body_later=wire.ScheduleBody,
    body_optional=True,
)
async def update_schedule(call: Call) -> wire.Schedule:
    """Change what is named; `shifts` replaces all of them."""
    return await _changed(call)


@SCHEDULES.routes.patch(
    "/{id}/",
    permission=Permission.SCHEDULE,
    summary="Change a schedule",
    raises=(NotFound,),
    params=_ONE,
    body_later=wire.ScheduleBody,
    body_optional=True,
)
async def change_schedule(call: Call) -> wire.Schedule:
    """Change what is named; `shifts` replaces all of them."""
    return await _changed(call)


@SCHEDULES.deletes
def delete_schedule(ask: Ask, identifier: int) -> None:
    """Delete a schedule; a web schedule takes its shifts along."""
    schedule = schedules.get(ask.tx, seeing(ask.actor), ScheduleId(identifier))
    kind = kind_of(schedule, kept_of(ask, [schedule.id]).get(schedule.id, {}))
    schedules.delete(ask.tx, ask.actor, schedule.id, now=ask.now)
    if kind == WEB:
        still = recurring_shifts.schedules_of(ask.tx, ask.actor, [each.id for each in schedule.shifts])
        for shift in schedule.shifts:
            if not still[shift.id]:
                recurring_shifts.delete(ask.tx, ask.actor, shift.id, now=ask.now)


async def _changed(call: Call) -> wire.Schedule:
    must_accept_json(call)
    schedule_id = ScheduleId(SCHEDULES.id_in_path(call))
    fields = await read_fields(call)

    def kind_now(ask: Ask) -> str:
        schedule = schedules.get(ask.tx, seeing(ask.actor), schedule_id)
        return kind_of(schedule, kept_of(ask, [schedule_id]).get(schedule_id, {}))

    kind = await looked_up(call, kind_now)
    if kind == WEB:
        raise refused(NO_WEB_UPDATE)
    _read_alone(fields, kind, new=False)
    found = await fetched(call, fields, schedule_id)
    if kind == ICAL and PRIMARY in found.urls and found.urls[PRIMARY] is None:
        raise wrong_field(PRIMARY, "This field may not be blank.")
    return await done(call, lambda ask: _change(ask, schedule_id, kind, fields, found))


def _create(ask: Ask, kind: str, fields: Fields, found: Fetched) -> wire.Schedule:
    blank = Schedule(id=ScheduleId(UNMADE), workspace=WorkspaceId(UNMADE), name="", time_zone="UTC")
    draft = _edited(ask, blank, kind, fields, found)
    draft = replace(draft, shift_zone="UTC" if kind == WEB else None)
    _move_from_web(ask, draft.shifts, kind, None)
    made = schedules.create(ask.tx, ask.actor, draft, now=ask.now)
    feeds.keep_copies(ask.tx, made, found.copies, now=ask.now)
    _keep(ask, made, kind, fields, {})
    return _show(ask, [made])[0]


def _change(ask: Ask, schedule_id: ScheduleId, kind: str, fields: Fields, found: Fetched) -> wire.Schedule:
    was = schedules.get(ask.tx, seeing(ask.actor), schedule_id)
    new = _edited(ask, was, kind, fields, found)
    _move_from_web(ask, new.shifts, kind, schedule_id)
    changed = schedules.change(ask.tx, ask.actor, schedule_id, lambda _: new, now=ask.now)
    feeds.keep_copies(ask.tx, changed, found.copies, now=ask.now)
    _keep(ask, changed, kind, fields, kept_of(ask, [schedule_id]).get(schedule_id, {}))
    return _show(ask, [changed])[0]


def _read_alone(fields: Fields, kind: str, *, new: bool) -> dict[str, Any]:
    """Read what can be read without looking anything up; refuse what is wrong with it."""
    name = fields.text("name", required=new, longest=NAME_LENGTH_MAX)
    zone = fields.text("time_zone", required=new and kind == CALENDAR, null=kind == WEB, blank=kind == WEB)
    if isinstance(zone, str) and zone and not known_zone(zone):
        fields.wrong("time_zone", BAD_ZONE)
    web = fields.boolean("enable_web_overrides")
    shifts: Any = fields.listed("shifts")
    slack = fields.raw("slack")
    if slack is not UNSET and slack is not None and not isinstance(slack, dict):
        fields.wrong("slack", f"Invalid data. Expected a dictionary, but got {type(slack).__name__}.")
    if kind == ICAL and new and fields.raw(PRIMARY) is UNSET:
        fields.wrong(PRIMARY, "This field is required.")
    fields.must_be_right()
    return {"name": name, "time_zone": zone, "enable_web_overrides": web, "shifts": shifts}


def _edited(ask: Ask, was: Schedule, kind: str, fields: Fields, found: Fetched) -> Schedule:
    read = _read_alone(fields, kind, new=was.id == UNMADE)
    team = fields.reference("team_id", "team", ask.directory.teams)
    fields.must_be_right()
    new = was
    if isinstance(read["name"], str):
        new = replace(new, name=read["name"])
    if read["time_zone"] and kind != ICAL:
        new = replace(new, time_zone=read["time_zone"])
    if team is not UNSET:
        first = () if team is None else (TeamId(team),)
        new = replace(new, teams=(*first, *(each for each in was.teams[1:] if each not in first)))
    if read["shifts"] is not UNSET and kind != ICAL:
        new = replace(new, shifts=_shifts(ask, fields, kind))
    names = {ICAL: (PRIMARY, OVERRIDES), CALENDAR: (OVERRIDES,), WEB: ()}[kind]
    return replace(
        new, feeds=with_urls(was.feeds, {name: url for name, url in found.urls.items() if name in names})
    )


def _shifts(ask: Ask, fields: Fields, kind: str) -> tuple[RecurringShift, ...]:
    """Find the shifts that are named; those that are not there vanish."""
    known = {shift.id: shift for shift in recurring_shifts.all_(ask.tx, seeing(ask.actor))}
    named = fields.references("shifts", "shift", known)
    fields.must_be_right()
    found = tuple(known[RecurringShiftId(each)] for each in named or ()) if named is not UNSET else ()
    if kind == CALENDAR and any(shift.override for shift in found):
        raise refused(OVERRIDES_REFUSED)
    return found


def _move_from_web(
    ask: Ask, shifts: Sequence[RecurringShift], kind: str, schedule_id: ScheduleId | None
) -> None:
    """Take *shifts* out of other web schedules: a shift is part of one of these alone."""
    if kind != WEB or not shifts:
        return
    part_of = recurring_shifts.schedules_of(ask.tx, ask.actor, [shift.id for shift in shifts])
    others = sorted({each for some in part_of.values() for each in some} - {schedule_id})
    kinds = kinds_of(ask, [each for each in others if each is not None])
    moved = {shift.id for shift in shifts}

    def without(was: Schedule) -> Schedule:
        return replace(was, shifts=tuple(each for each in was.shifts if each.id not in moved))

    for other, its_kind in kinds.items():
        if its_kind == WEB:
            schedules.change(ask.tx, ask.actor, other, without, now=ask.now)


def _keep(ask: Ask, schedule: Schedule, kind: str, fields: Fields, kept: Mapping[str, Any]) -> None:
    new = {**kept, "type": kind}
    if isinstance(fields.raw("slack"), dict):
        given = fields.raw("slack")
        new["slack"] = {name: given.get(name) for name in _NO_SLACK}
    enabled = fields.boolean("enable_web_overrides")
    if isinstance(enabled, bool):
        new["enable_web_overrides"] = enabled
    if new != kept:
        extras.keep(ask.tx, ask.actor, schedule.id, new, dialect=DIALECT, kind=SCHEDULE)


def _team(schedule: Schedule) -> TeamId | None:
    return schedule.teams[0] if schedule.teams else None


def _show_one(schedule: Schedule, kept: Mapping[str, Any], on_call_now: list[str]) -> wire.Schedule:
    kind = kind_of(schedule, kept)
    made_of_shifts, overridden = kind != ICAL, kind != WEB
    return wire.Schedule(
        id=write("schedule", schedule.id),
        type=kind,
        team_id=write_or_none("team", _team(schedule)),
        name=schedule.name,
        time_zone=schedule.time_zone if made_of_shifts else UNSET,
        on_call_now=on_call_now,
        shifts=[write("shift", shift.id) for shift in schedule.shifts] if made_of_shifts else UNSET,
        ical_url_primary=url_of(schedule, PRIMARY) if kind == ICAL else UNSET,
        ical_url_overrides=url_of(schedule, OVERRIDES) if overridden else UNSET,
        enable_web_overrides=bool(kept.get("enable_web_overrides")) if kind == CALENDAR else UNSET,
        slack={**_NO_SLACK, **(kept.get("slack") or {})},
    )
