"""``/recurring-shifts``: duty that comes back by a rule of the calendar."""

from starlette.responses import Response

from tocsin.actions import recurring_shifts
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import RecurringShiftId
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
from tocsin.dialects.native.wire.recurring_shifts import (
    WORDS,
    NewRecurringShift,
    RecurringShiftChanges,
    RecurringShiftList,
    RecurringShiftView,
    drafted,
    edited,
    show_recurring_shift,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Recurring shifts")

_SHIFT = {"recurring_shift_id": "the recurring shift's id"}
_LIST = "recurring_shifts"
_NIGHTS = {
    "name": "Nights",
    "start": "2026-03-02T18:00:00",
    "duration_s": 54_000,
    "rule": {"frequency": "weekly", "by_day": ["MO", "TU", "WE", "TH"]},
    "groups": [["usr_0cv1h8q4w2mn"], ["usr_0cv1h8q4w2mz"]],
    "in_turn": True,
    "level": 1,
}
_SHOWN = {
    **_NIGHTS,
    "id": "rsh_0cv1h8q4w2n2",
    "team_id": None,
    "rule": {
        "frequency": "weekly",
        "interval": 1,
        "by_day": ["MO", "TU", "WE", "TH"],
        "by_month": [],
        "by_month_day": [],
        "by_year_day": [],
        "by_hour": [],
        "by_minute": [],
        "by_position": [],
        "week_start": "MO",
        "until": None,
    },
    "first_group": 0,
    "rotation_start": None,
    "cut": False,
    "ends_at": None,
    "override": False,
    "time_zone": None,
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/recurring-shifts",
    permission=Permission.READ,
    summary="List recurring shifts",
    description="The oldest first.",
    examples=(Example(title="One shift", answer={"recurring_shifts": [_SHOWN], "next": None, "total": 1}),),
)
async def list_recurring_shifts(call: Call, query: Stretch) -> RecurringShiftList:
    """List recurring shifts."""
    listed = await call.ask(recurring_shifts.list_, after=beginning(_LIST, query), limit=query.limit)
    return RecurringShiftList(
        recurring_shifts=[show_recurring_shift(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/recurring-shifts",
    permission=Permission.SCHEDULE,
    summary="Add a recurring shift",
    description=(
        "It counts once a schedule names it in `recurring_shift_ids`, and goes by the clock on the wall."
        " `in_turn`, its groups have it one after the other, each for one interval of the rule; without,"
        " there is one group. Where shifts overlap the higher `level` decides, equal ones count together, and"
        " an `override` comes before all."
    ),
    status=201,
    answer=RecurringShiftView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(Example(title="Two people, a week of nights each", body=_NIGHTS, answer=_SHOWN),),
)
async def add_recurring_shift(call: Call, body: NewRecurringShift) -> Response:
    """Add a recurring shift."""
    with reworded(WORDS):
        return await call.once(
            created("/recurring-shifts", show_recurring_shift),
            recurring_shifts.create,
            drafted(body),
            now=call.now,
        )


@ROUTES.get(
    "/recurring-shifts/{recurring_shift_id}",
    permission=Permission.READ,
    summary="Read a recurring shift",
    description="Its times are what the clock on the wall shows in its zone, or else the schedule's.",
    tagged=True,
    raises=(NotFound,),
    params=_SHIFT,
    examples=(Example(title="A shift", answer=_SHOWN),),
)
async def read_recurring_shift(call: Call) -> RecurringShiftView:
    """Read one recurring shift."""
    return show_recurring_shift(await call.glance(recurring_shifts.get, _shift(call)))


@ROUTES.patch(
    "/recurring-shifts/{recurring_shift_id}",
    permission=Permission.SCHEDULE,
    summary="Change a recurring shift",
    description="In every schedule that it is part of, for the past too; `ends_at` ends it and keeps that.",
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_SHIFT,
    examples=(
        Example(
            title="Until then",
            body={"ends_at": "2026-06-01T00:00:00Z"},
            answer={**_SHOWN, "ends_at": "2026-06-01T00:00:00Z"},
        ),
    ),
)
async def change_recurring_shift(call: Call, body: RecurringShiftChanges) -> RecurringShiftView:
    """Change one recurring shift."""
    edit = careful(call, show_recurring_shift, lambda was: edited(was, body))
    with reworded(WORDS):
        return show_recurring_shift(await call.act(recurring_shifts.change, _shift(call), edit, now=call.now))


@ROUTES.delete(
    "/recurring-shifts/{recurring_shift_id}",
    permission=Permission.SCHEDULE,
    summary="Delete a recurring shift",
    description="Schedules are as if it had never been.",
    raises=(NotFound, PreconditionFailed),
    params=_SHIFT,
)
async def delete_recurring_shift(call: Call) -> None:
    """Delete one recurring shift."""
    await call.act(recurring_shifts.delete, _shift(call), sure=sure(call, show_recurring_shift), now=call.now)


def _shift(call: Call) -> RecurringShiftId:
    return RecurringShiftId(named(call, "recurring_shift"))
