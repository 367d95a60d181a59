"""``/shift-swaps``: somebody asks that another take over their duty, and somebody does."""

from starlette.responses import Response

from tocsin.actions import shift_swaps
from tocsin.actions.actor import Permission
from tocsin.actions.changing import Sure
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import ShiftSwapId
from tocsin.core.shift_swap import ShiftSwap
from tocsin.dialects.native.handling import (
    PREFIX,
    Stretch,
    beginning,
    careful,
    following,
    location,
    named,
    sure,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.shift_swaps import (
    WORDS,
    NewShiftSwap,
    ShiftSwapChanges,
    ShiftSwapList,
    ShiftSwapView,
    TakeSwap,
    benefactor,
    drafted,
    edited,
    show_shift_swap,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="Shift swaps")

_SWAP = {"shift_swap_id": "the shift swap's id"}
_LIST = "shift_swaps"
_WISH = {
    "schedule_id": "sch_0cv1h8q4w2mv",
    "starts_at": "2026-03-07T00:00:00Z",
    "ends_at": "2026-03-09T00:00:00Z",
    "beneficiary_id": "usr_0cv1h8q4w2mn",
    "description": "a wedding",
}
_OPEN = {
    **_WISH,
    "id": "swap_0cv1h8q4w2n4",
    "benefactor_id": None,
    "status": "open",
    "created_at": "2026-03-06T09:00:00Z",
    "updated_at": "2026-03-06T09:00:00Z",
}
_TAKEN = {**_OPEN, "benefactor_id": "usr_0cv1h8q4w2mz", "status": "taken"}


@ROUTES.get(
    "/shift-swaps",
    permission=Permission.READ,
    summary="List shift swaps",
    description="The oldest first, those that are over too.",
    examples=(Example(title="One swap", answer={"shift_swaps": [_OPEN], "next": None, "total": 1}),),
)
async def list_shift_swaps(call: Call, query: Stretch) -> ShiftSwapList:
    """List shift swaps."""
    listed = await call.ask(shift_swaps.list_, after=beginning(_LIST, query), limit=query.limit)
    return ShiftSwapList(
        shift_swaps=[show_shift_swap(each, call.now) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/shift-swaps",
    permission=Permission.SCHEDULE,
    summary="Ask for a shift swap",
    description="It changes nothing until somebody takes it; one that nobody took in time is past due.",
    status=201,
    answer=ShiftSwapView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(Example(title="A weekend", body=_WISH, answer=_OPEN),),
)
async def add_shift_swap(call: Call, body: NewShiftSwap) -> Response:
    """Ask that somebody take over."""

    def show(swap: ShiftSwap) -> Answer[ShiftSwapView]:
        view = show_shift_swap(swap, call.now)
        return Answer(value=view, headers=location(f"/shift-swaps/{view.id}"))

    with reworded(WORDS):
        return await call.once(show, shift_swaps.create, drafted(body, call.now), now=call.now)


@ROUTES.get(
    "/shift-swaps/{shift_swap_id}",
    permission=Permission.READ,
    summary="Read a shift swap",
    description="And how it stands with it.",
    tagged=True,
    raises=(NotFound,),
    params=_SWAP,
    examples=(Example(title="A swap", answer=_OPEN),),
)
async def read_shift_swap(call: Call) -> ShiftSwapView:
    """Read one shift swap."""
    return show_shift_swap(await call.glance(shift_swaps.get, _swap(call)), call.now)


@ROUTES.patch(
    "/shift-swaps/{shift_swap_id}",
    permission=Permission.SCHEDULE,
    summary="Change a shift swap",
    description="Taken or not.",
    tagged=True,
    raises=(NotFound, PreconditionFailed),
    params=_SWAP,
    examples=(
        Example(title="Why", body={"description": "a trip"}, answer={**_OPEN, "description": "a trip"}),
    ),
)
async def change_shift_swap(call: Call, body: ShiftSwapChanges) -> ShiftSwapView:
    """Change one shift swap."""
    edit = careful(call, lambda swap: show_shift_swap(swap, call.now), lambda was: edited(was, body))
    with reworded(WORDS):
        changed = await call.act(shift_swaps.change, _swap(call), edit, now=call.now)
    return show_shift_swap(changed, call.now)


@ROUTES.post(
    "/shift-swaps/{shift_swap_id}/take",
    permission=Permission.SCHEDULE,
    summary="Take a shift swap",
    description="From now on the benefactor is on call wherever the beneficiary would be in that span.",
    raises=(NotFound, Conflict),
    params=_SWAP,
    examples=(Example(title="Taken", body={"benefactor_id": "usr_0cv1h8q4w2mz"}, answer=_TAKEN),),
)
async def take_shift_swap(call: Call, body: TakeSwap) -> ShiftSwapView:
    """Let somebody take over."""
    with reworded(WORDS):
        taken = await call.act(shift_swaps.take, _swap(call), benefactor(body), now=call.now)
    return show_shift_swap(taken, call.now)


@ROUTES.delete(
    "/shift-swaps/{shift_swap_id}",
    permission=Permission.SCHEDULE,
    summary="Delete a shift swap",
    description="Taken or not: duty is as if it had never been.",
    raises=(NotFound, PreconditionFailed),
    params=_SWAP,
)
async def delete_shift_swap(call: Call) -> None:
    """Take one shift swap back."""
    check: Sure[ShiftSwap] = sure(call, lambda swap: show_shift_swap(swap, call.now))
    await call.act(shift_swaps.delete, _swap(call), sure=check, now=call.now)


def _swap(call: Call) -> ShiftSwapId:
    return ShiftSwapId(named(call, "shift_swap"))
