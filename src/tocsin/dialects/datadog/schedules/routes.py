"""``/on-call/schedules``: list, create, read, replace, delete."""

from msgspec import UNSET

from tocsin.actions import extras, schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.named import Named, look_up
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import ScheduleId
from tocsin.core.schedule import Schedule
from tocsin.dialects.datadog.errors import in_use
from tocsin.dialects.datadog.handling import (
    PREFIX,
    Including,
    lasting,
    must_be_in_path,
    path_id,
    read_body,
    reworded,
)
from tocsin.dialects.datadog.jsonapi import MEDIA, Include, read_include
from tocsin.dialects.datadog.objects import DIALECT, TEAM, TeamExtras, show_teams
from tocsin.dialects.datadog.schedules.query import Matches, read_query
from tocsin.dialects.datadog.schedules.translate import (
    WORDS,
    drafted,
    people_in,
    replaced,
    show,
    show_item,
)
from tocsin.dialects.datadog.schedules.wire import (
    INCLUDES,
    CreateSchedule,
    ListQuery,
    ScheduleDocument,
    ScheduleList,
    UpdateSchedule,
)
from tocsin.dialects.datadog.wire import place_of
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Schedules")
SCHEDULE = {"schedule_id": "the schedule's id"}

_CREATE: JsonReader[CreateSchedule] = JsonReader(CreateSchedule)
_UPDATE: JsonReader[UpdateSchedule] = JsonReader(UpdateSchedule)


@ROUTES.get(
    "/schedules",
    permission=Permission.READ,
    summary="List schedules",
    description="By name. `include`: `teams`.",
    media=MEDIA,
)
async def list_on_call_schedules(call: Call, query: ListQuery) -> Answer[ScheduleList]:
    """List schedules, a page of them."""
    include, matches = read_include(query.include, ("teams",)), read_query(query.query)
    return await lasting(call, _listed, query=query, include=include, matches=matches)


@ROUTES.post(
    "/schedules",
    permission=Permission.SCHEDULE,
    summary="Create a schedule",
    description=f"`include`: {', '.join(f'`{path}`' for path in INCLUDES)}.",
    status=201,
    body_later=CreateSchedule,
    media=MEDIA,
)
async def create_on_call_schedule(call: Call, query: Including) -> ScheduleDocument:
    """Create a schedule."""
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _CREATE)).data
    draft = drafted(given)

    def create(tx: Tx, actor: Actor) -> ScheduleDocument:
        made = schedules.create(tx, actor, draft, now=call.now)
        known, avatars = _around(tx, actor, made, include)
        return show(made, include, known, avatars, given.attributes.layers)

    with reworded(WORDS):
        return await call.act(create)


@ROUTES.get(
    "/schedules/{schedule_id}",
    permission=Permission.READ,
    summary="Read a schedule",
    description=f"`include`: {', '.join(f'`{path}`' for path in INCLUDES)}.",
    media=MEDIA,
    raises=(NotFound,),
    params=SCHEDULE,
)
async def get_on_call_schedule(call: Call, query: Including) -> Answer[ScheduleDocument]:
    """Read a schedule."""
    schedule_id = ScheduleId(path_id(call, "schedule"))
    return await lasting(call, _read, schedule_id, query.include)


@ROUTES.put(
    "/schedules/{schedule_id}",
    permission=Permission.SCHEDULE,
    summary="Replace a schedule",
    description=(
        "Layers with an `id` stay the same layers; others are new, and those that are not there are removed."
        f" `include`: {', '.join(f'`{path}`' for path in INCLUDES)}."
    ),
    body_later=UpdateSchedule,
    media=MEDIA,
    raises=(NotFound,),
    params=SCHEDULE,
)
async def update_on_call_schedule(call: Call, query: Including) -> ScheduleDocument:
    """Replace a schedule."""
    schedule_id = ScheduleId(path_id(call, "schedule"))
    await must_be_there(call, schedule_id)
    include = read_include(query.include, INCLUDES)
    given = (await read_body(call, _UPDATE)).data
    must_be_in_path(call, "schedule", given.id)

    def update(tx: Tx, actor: Actor) -> ScheduleDocument:
        changed = schedules.change(tx, actor, schedule_id, lambda was: replaced(was, given), now=call.now)
        known, avatars = _around(tx, actor, changed, include)
        return show(changed, include, known, avatars, given.attributes.layers)

    with reworded(WORDS):
        return await call.act(update)


@ROUTES.delete(
    "/schedules/{schedule_id}",
    permission=Permission.SCHEDULE,
    summary="Delete a schedule",
    description="Refused while an escalation policy names it.",
    raises=(NotFound, Conflict),
    params=SCHEDULE,
)
async def delete_on_call_schedule(call: Call) -> None:
    """Delete a schedule."""
    schedule_id = ScheduleId(path_id(call, "schedule"))
    with in_use("schedule", schedule_id):
        await call.act(schedules.delete, schedule_id, now=call.now)


async def must_be_there(call: Call, schedule_id: ScheduleId) -> None:
    """Raise NotFound unless the schedule is there."""
    schedule_in(await call.directory(), schedule_id)


def schedule_in(directory: Directory, schedule_id: ScheduleId) -> Schedule:
    """Give the schedule with this id; raise NotFound when there is none."""
    schedule = directory.schedules.get(schedule_id)
    if schedule is None:
        raise NotFound("schedule", str(schedule_id))
    return schedule


def _listed(
    tx: Tx, actor: Actor, directory: Directory, *, query: ListQuery, include: Include, matches: Matches
) -> ScheduleList:
    found = sorted(
        (each for each in directory.schedules.values() if matches(each)),
        key=lambda each: (each.name.casefold(), each.name, each.id),
    )
    shown = found[query.number * query.size :][: query.size]
    teams = list(dict.fromkeys(team for each in shown for team in each.teams)) if include.asked else []
    avatars = extras.kept(tx, actor, teams, dialect=DIALECT, kind=TEAM)
    return ScheduleList(
        [show_item(each) for each in shown],
        place_of(number=query.number, size=query.size, total=len(found)),
        show_teams(teams, directory, avatars) if include.asked else UNSET,
    )


def _read(
    tx: Tx, actor: Actor, directory: Directory, schedule_id: ScheduleId, include_text: str
) -> ScheduleDocument:
    schedule = schedule_in(directory, schedule_id)
    include = read_include(include_text, INCLUDES)
    return show(schedule, include, directory, _avatars(tx, actor, schedule, include))


def _around(tx: Tx, actor: Actor, schedule: Schedule, include: Include) -> tuple[Named, TeamExtras]:
    """Look up what is to be included with a schedule that was just written."""
    known = look_up(
        tx,
        actor,
        of_users=people_in(schedule) if "layers.members.user" in include else (),
        of_teams=schedule.teams if "teams" in include else (),
    )
    return known, _avatars(tx, actor, schedule, include)


def _avatars(tx: Tx, actor: Actor, schedule: Schedule, include: Include) -> TeamExtras:
    teams = schedule.teams if "teams" in include else ()
    return extras.kept(tx, actor, teams, dialect=DIALECT, kind=TEAM)
