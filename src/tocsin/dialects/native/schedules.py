"""``/schedules``: layers of rotations, recurring shifts, imported calendars."""

from msgspec import UNSET
from starlette.responses import Response

from tocsin.actions import feeds, schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import ScheduleId
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    created,
    following,
    named,
    sure,
)
from tocsin.dialects.native.wire.recurring_shifts import shift_ids
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.schedules import (
    WORDS,
    FeedList,
    NewSchedule,
    ScheduleChanges,
    ScheduleList,
    ScheduleView,
    drafted,
    edited,
    show_feeds,
    show_schedule,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Schedules")

SCHEDULE = {"schedule_id": "the schedule's id"}
_LIST = "schedules"
_WEEKLY = {
    "name": "Weekly",
    "effective_date": "2026-03-02T00:00:00Z",
    "rotation_start": "2026-03-02T08:00:00Z",
    "interval": {"days": 7, "seconds": 0},
    "members": [{"user_id": "usr_0cv1h8q4w2mn"}, {"user_id": "usr_0cv1h8q4w2mz"}],
    "restrictions": [
        {"start_day": "monday", "start_time": "09:00:00", "end_day": "friday", "end_time": "17:00:00"}
    ],
}
_PRIMARY = {
    "id": "sch_0cv1h8q4w2mv",
    "name": "Primary",
    "time_zone": "Europe/Madrid",
    "layers": [{**_WEEKLY, "id": "lay_0cv1h8q4w2n0", "end_date": None, "time_zone": None}],
    "recurring_shift_ids": [],
    "shift_time_zone": None,
    "feeds": [],
    "team_ids": ["team_0cv1h8q4w2m6"],
    "tags": [],
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/schedules",
    permission=Permission.READ,
    summary="List schedules",
    description="The oldest first.",
    examples=(Example(title="One schedule", answer={"schedules": [_PRIMARY], "next": None, "total": 1}),),
)
async def list_schedules(call: Call, query: Stretch) -> ScheduleList:
    """List schedules."""
    listed = await call.ask(schedules.list_, after=beginning(_LIST, query), limit=query.limit)
    return ScheduleList(
        schedules=[show_schedule(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/schedules",
    permission=Permission.SCHEDULE,
    summary="Add a schedule",
    description=(
        "Turn n of a layer begins n intervals after `rotation_start`. Days are days of the wall clock: a"
        " hand-over at nine stays at nine across clock changes. Of several layers that have somebody, the"
        " last one decides. Recurring shifts and `feeds`, calendars that are read every ten minutes, lie over"
        " the layers: of these the highest level that has somebody decides."
    ),
    status=201,
    answer=ScheduleView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="Two people in weekly turns, in office hours",
            body={
                "name": "Primary",
                "time_zone": "Europe/Madrid",
                "layers": [_WEEKLY],
                "team_ids": ["team_0cv1h8q4w2m6"],
            },
            answer=_PRIMARY,
        ),
    ),
)
async def add_schedule(call: Call, body: NewSchedule) -> Response:
    """Add a schedule."""
    with reworded(WORDS):
        shifts = shift_ids(body.recurring_shift_ids)
        return await call.once(
            created("/schedules", show_schedule), schedules.create, drafted(body), shifts=shifts, now=call.now
        )


@ROUTES.get(
    "/schedules/{schedule_id}",
    permission=Permission.READ,
    summary="Read a schedule",
    description="Overrides are listed by themselves.",
    tagged=True,
    raises=(NotFound,),
    params=SCHEDULE,
    examples=(Example(title="A schedule", answer=_PRIMARY),),
)
async def read_schedule(call: Call) -> ScheduleView:
    """Read one schedule."""
    return show_schedule(await call.glance(schedules.get, schedule_of(call)))


@ROUTES.patch(
    "/schedules/{schedule_id}",
    permission=Permission.SCHEDULE,
    summary="Change a schedule",
    description=(
        "`layers` replaces all of them; a layer given with its id is the same layer, changed. So do"
        " `recurring_shift_ids` and `feeds`."
    ),
    tagged=True,
    raises=(NotFound, Conflict, PreconditionFailed),
    params=SCHEDULE,
    examples=(
        Example(title="Another name", body={"name": "First line"}, answer={**_PRIMARY, "name": "First line"}),
    ),
)
async def change_schedule(call: Call, body: ScheduleChanges) -> ScheduleView:
    """Change one schedule."""
    edit = careful(call, show_schedule, lambda was: edited(was, body))
    with reworded(WORDS):
        named = body.recurring_shift_ids
        shifts = None if named is UNSET else shift_ids(named)
        changed = await call.act(schedules.change, schedule_of(call), edit, shifts=shifts, now=call.now)
        return show_schedule(changed)


@ROUTES.get(
    "/schedules/{schedule_id}/feeds",
    permission=Permission.READ,
    summary="Say how it goes with a schedule's feeds",
    description="When each was last asked for and last well read, and what is wrong with it.",
    raises=(NotFound,),
    params=SCHEDULE,
    examples=(Example(title="None", answer={"feeds": []}),),
)
async def read_schedule_feeds(call: Call) -> FeedList:
    """Say how it goes with the imported calendars of one schedule."""

    def look(tx: Tx, actor: Actor) -> FeedList:
        schedule = schedules.get(tx, actor, schedule_of(call))
        return show_feeds(schedule, feeds.health(tx, actor, [schedule]))

    return await call.glance(look)


@ROUTES.delete(
    "/schedules/{schedule_id}",
    permission=Permission.SCHEDULE,
    summary="Delete a schedule",
    description="Refused while a policy asks whoever is on call for it.",
    raises=(NotFound, Conflict, PreconditionFailed),
    params=SCHEDULE,
)
async def delete_schedule(call: Call) -> None:
    """Delete one schedule."""
    await call.act(schedules.delete, schedule_of(call), sure=sure(call, show_schedule), now=call.now)


def schedule_of(call: Call) -> ScheduleId:
    """Read the schedule's id from the path."""
    return ScheduleId(named(call, "schedule"))
