"""``/monitors``: what watches and reports, by the id that its events carry."""

from starlette.responses import Response

from tocsin.actions import monitors
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import MonitorId
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
from tocsin.dialects.native.wire.monitors import (
    MonitorChanges,
    MonitorList,
    MonitorView,
    NewMonitor,
    drafted,
    edited,
    show_monitor,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Monitors")

_ONE = {"monitor_id": "the monitor's id"}
_LIST = "monitors"
_PODS = {
    "id": "mon_0cv1h8q4w2mx",
    "key": "rul_4c5d",
    "name": "Pods that restart",
    "description": "",
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/monitors",
    permission=Permission.READ,
    summary="List monitors",
    description="The oldest first.",
    examples=(Example(title="One monitor", answer={"monitors": [_PODS], "next": None, "total": 1}),),
)
async def list_monitors(call: Call, query: Stretch) -> MonitorList:
    """List monitors."""
    listed = await call.ask(monitors.list_, after=beginning(_LIST, query), limit=query.limit)
    return MonitorList(
        monitors=[show_monitor(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/monitors",
    permission=Permission.CONFIGURE,
    summary="Add a monitor",
    description="Nothing is measured here: it gives the `monitor_id` of events a name. Its key is its own.",
    status=201,
    answer=MonitorView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(
        Example(
            title="A check of pods",
            body={"key": "rul_4c5d", "name": "Pods that restart"},
            answer=_PODS,
        ),
    ),
)
async def add_monitor(call: Call, body: NewMonitor) -> Response:
    """Add a monitor."""
    return await call.once(created("/monitors", show_monitor), monitors.create, drafted(body), now=call.now)


@ROUTES.get(
    "/monitors/{monitor_id}",
    permission=Permission.READ,
    summary="Read a monitor",
    description="By its own id.",
    tagged=True,
    raises=(NotFound,),
    params=_ONE,
    examples=(Example(title="A monitor", answer=_PODS),),
)
async def read_monitor(call: Call) -> MonitorView:
    """Read one monitor."""
    return show_monitor(await call.glance(monitors.get, _monitor(call)))


@ROUTES.patch(
    "/monitors/{monitor_id}",
    permission=Permission.CONFIGURE,
    summary="Change a monitor",
    description="A key that another monitor has is refused.",
    tagged=True,
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_ONE,
    examples=(Example(title="Another name", body={"name": "Pods"}, answer={**_PODS, "name": "Pods"}),),
)
async def change_monitor(call: Call, body: MonitorChanges) -> MonitorView:
    """Change one monitor."""
    edit = careful(call, show_monitor, lambda was: edited(was, body))
    return show_monitor(await call.act(monitors.change, _monitor(call), edit, now=call.now))


@ROUTES.delete(
    "/monitors/{monitor_id}",
    permission=Permission.CONFIGURE,
    summary="Delete a monitor",
    description="Policies go on taking the events that carry its key.",
    raises=(NotFound, PreconditionFailed),
    params=_ONE,
)
async def delete_monitor(call: Call) -> None:
    """Delete one monitor."""
    await call.act(monitors.delete, _monitor(call), sure=sure(call, show_monitor), now=call.now)


def _monitor(call: Call) -> MonitorId:
    return MonitorId(named(call, "monitor"))
