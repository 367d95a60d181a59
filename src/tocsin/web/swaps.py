"""``/swaps``: asking that somebody take over a shift, taking one over, and taking it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import duty, history, schedule_preview, shift_swaps
from tocsin.actions.actor import Actor, Permission
from tocsin.core.calendar import known_zone
from tocsin.core.duty_change import DutyChange
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import UNMADE, ScheduleId, ShiftSwapId, UserId, WorkspaceId
from tocsin.core.instants import Window
from tocsin.core.people import User
from tocsin.core.schedule import Schedule
from tocsin.core.shift_swap import DESCRIPTION_LENGTH_MAX, ShiftSwap, SwapStatus
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier, instant
from tocsin.web.rendering import page
from tocsin.web.schedule_text import wall
from tocsin.web.shift_words import Face, Faces
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

SHOWN_MAX: Final = 200
OVER_SHOWN_MAX: Final = 30
STRETCHES_SHOWN: Final = 5
FIELDS: Final = ("schedule", "starts_at", "ends_at", "description")
_SOMETIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What the form begins with; times are in my zone, or in the schedule's where *zone* is empty."""

    schedule: Annotated[str, Meta(max_length=100)] = ""
    starts_at: Annotated[str, Meta(max_length=40)] = ""
    ends_at: Annotated[str, Meta(max_length=40)] = ""
    zone: Annotated[str, Meta(max_length=10)] = "mine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A swap in the list; *stretches* are the duty that passes, or has passed, from one to the other."""

    id: str
    swap: ShiftSwap
    status: str
    schedule: str
    url: str
    asker: Face
    taker: Face | None
    stretches: Sequence[DutyChange]
    more: int
    may_take: bool
    may_withdraw: bool
    busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that the page shows."""

    open: Sequence[Row]
    taken: Sequence[Row]
    over: Sequence[Row]
    schedules: Sequence[tuple[str, str]]


@ROUTES.get("/swaps", permission=Permission.READ, summary="Show shift swaps", hidden=True)
async def show_swaps(call: Call, query: Asking) -> Response:
    """Show which shifts somebody wants to pass on, and ask for it."""
    form = {"schedule": query.schedule, "starts_at": query.starts_at, "ends_at": query.ends_at}
    if not query.zone:
        form |= await call.ask(_in_my_zone, form, signed_in(call.request).user)
    return await _page(call, form, {})


@ROUTES.post(
    "/swaps", permission=Permission.SCHEDULE, summary="Ask for a swap", hidden=True, body_limit=LENGTH_MAX
)
async def ask_for_swap(call: Call, body: bytes) -> Response:
    """Ask that somebody take over a time of mine; what was typed stays when that cannot be."""
    form = fields(body)
    draft, problems = _draft(form, signed_in(call.request).user)
    if draft is None:
        return await _page(call, form, problems)
    try:
        await call.act(shift_swaps.ask, draft, now=call.now)
    except (Invalid, Conflict) as error:
        return await _page(call, form, _beside(error))
    return RedirectResponse("/swaps", 303)


@ROUTES.post(
    "/swaps/{swap_id}/take", permission=Permission.SCHEDULE, summary="Take over in a swap", hidden=True
)
async def take_swap(call: Call) -> Response:
    """Take over what somebody asked for."""
    swap = ShiftSwapId(identifier(call.params["swap_id"], "shift_swap"))
    try:
        await call.act(shift_swaps.take, swap, signed_in(call.request).user.id, now=call.now)
    except (Invalid, Conflict) as error:
        return await _page(call, {}, {"take": str(error)})
    return RedirectResponse("/swaps", 303)


@ROUTES.post(
    "/swaps/{swap_id}/withdraw", permission=Permission.SCHEDULE, summary="Take a swap back", hidden=True
)
async def withdraw_swap(call: Call) -> Response:
    """Take a swap back: duty is as if it had never been."""
    swap = ShiftSwapId(identifier(call.params["swap_id"], "shift_swap"))
    await call.act(shift_swaps.withdraw, swap, now=call.now)
    return RedirectResponse("/swaps", 303)


async def _page(call: Call, form: Mapping[str, str], problems: Mapping[str, str]) -> Response:
    user = signed_in(call.request).user
    seen = await call.ask(_look, now=call.now)
    return page(
        "swaps.html",
        now=call.now,
        user=user,
        status=400 if problems else 200,
        seen=seen,
        form=dict.fromkeys(FIELDS, "") | dict(form),
        problems=problems,
        longest=DESCRIPTION_LENGTH_MAX,
        may_change=call.actor.may(Permission.SCHEDULE),
    )


def _look(tx: Tx, actor: Actor, *, now: datetime) -> Seen:
    directory = history.directory(tx, actor)
    faces = Faces(directory.users)

    def row(swap: ShiftSwap) -> Row | None:
        schedule = directory.schedules.get(swap.schedule)
        return None if schedule is None else _row(tx, actor, swap, schedule, faces=faces, now=now)

    to_come = [row(each) for each in shift_swaps.to_come(tx, actor, now=now, limit=SHOWN_MAX)]
    over = [row(each) for each in shift_swaps.over(tx, actor, now=now, limit=OVER_SHOWN_MAX)]
    rows = [each for each in to_come if each is not None]
    named = sorted(directory.schedules.values(), key=lambda each: (each.name.casefold(), each.id))
    return Seen(
        open=[each for each in rows if each.status == SwapStatus.OPEN],
        taken=[each for each in rows if each.status == SwapStatus.TAKEN],
        over=[
            *(each for each in rows if each.status == SwapStatus.PAST_DUE),
            *(each for each in over if each is not None),
        ],
        schedules=[(native("schedule", each.id), each.name) for each in named],
    )


def _row(tx: Tx, actor: Actor, swap: ShiftSwap, schedule: Schedule, *, faces: Faces, now: datetime) -> Row:
    status = swap.status(now)
    own = actor.user == swap.beneficiary
    passed = _passed(tx, actor, swap) if status is SwapStatus.OPEN else ()
    busy = any(actor.user in change.before for change in passed) and not own
    may = actor.may(Permission.SCHEDULE)
    return Row(
        id=native("shift_swap", swap.id),
        swap=swap,
        status=status.value,
        schedule=schedule.name,
        url=f"/schedules/{native('schedule', schedule.id)}",
        asker=faces.of(swap.beneficiary),
        taker=faces.of(swap.benefactor) if swap.benefactor is not None else None,
        stretches=passed[:STRETCHES_SHOWN],
        more=max(0, len(passed) - STRETCHES_SHOWN),
        may_take=may and status is SwapStatus.OPEN and not own,
        may_withdraw=may
        and swap.ends_at > now
        and (actor.user in {swap.beneficiary, swap.benefactor} or actor.may(Permission.ADMIN)),
        busy=busy,
    )


def _passed(tx: Tx, actor: Actor, swap: ShiftSwap) -> Sequence[DutyChange]:
    """Tell what duty would pass on if whoever looks took over; to somebody unknown if it is their own."""
    other = actor.user if actor.user not in {None, swap.beneficiary} else UserId(UNMADE)

    def taken(was: Schedule) -> Schedule:
        return replace(was, swaps=(*was.swaps, replace(swap, benefactor=other)))

    window = Window(starts_at=swap.starts_at, ends_at=swap.ends_at)
    try:
        return schedule_preview.within(tx, actor, swap.schedule, taken, window).changes
    except Invalid:  # more shifts than anybody would read
        return ()


def _draft(form: Mapping[str, str], user: User) -> tuple[ShiftSwap | None, dict[str, str]]:
    problems: dict[str, str] = {}
    ends: dict[str, datetime] = {}
    for name in ("starts_at", "ends_at"):
        try:
            found = instant(form.get(name, ""), user.time_zone, name)
        except Invalid as error:
            problems[name] = f"{error.problem}; it {error.remedy}"
            continue
        if found is None:
            problems[name] = "is missing; it must be a date and a time of day"
        else:
            ends[name] = found
    schedule = 0
    try:
        schedule = identifier(form.get("schedule", ""), "schedule")
    except NotFound:
        problems["schedule"] = "is missing; choose one"
    if problems:
        return None, problems
    return ShiftSwap(
        id=ShiftSwapId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        schedule=ScheduleId(schedule),
        starts_at=ends["starts_at"],
        ends_at=ends["ends_at"],
        beneficiary=user.id,
        description=form.get("description", ""),
        updated_at=_SOMETIME,
    ), {}


def _beside(error: Invalid | Conflict) -> dict[str, str]:
    if isinstance(error, Invalid) and error.path in FIELDS:
        return {error.path: f"{error.problem}; it {error.remedy}"}
    return {"": str(error)}


def _in_my_zone(tx: Tx, actor: Actor, form: Mapping[str, str], user: User) -> dict[str, str]:
    """Turn times in the zone of the form's schedule into times in mine; what makes no sense stays."""
    try:
        schedule = ScheduleId(identifier(form["schedule"], "schedule"))
        known = duty.on_call(tx, actor, schedule, at=_SOMETIME).schedule
        zone = user.time_zone if known_zone(user.time_zone) else "UTC"
        found = {name: instant(form[name], known.time_zone, name) for name in ("starts_at", "ends_at")}
    except (Invalid, NotFound):
        return {}
    return {name: wall(at, zone) for name, at in found.items() if at is not None}
