"""``/services``: the things that raise alerts."""

from starlette.responses import Response

from tocsin.actions import services
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import ServiceId
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
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.services import (
    WORDS,
    NewService,
    ServiceChanges,
    ServiceList,
    ServiceView,
    drafted,
    edited,
    show_service,
)
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Services")

_SERVICE = {"service_id": "the service's id"}
_LIST = "services"
_SHOP = {
    "id": "svc_0cv1h8q4w2mq",
    "name": "Online shop",
    "slug": "online-shop",
    "description": "",
    "team_id": None,
    "created_at": "2026-03-06T09:00:00Z",
}


@ROUTES.get(
    "/services",
    permission=Permission.READ,
    summary="List services",
    description="The oldest first.",
    examples=(Example(title="One service", answer={"services": [_SHOP], "next": None, "total": 1}),),
)
async def list_services(call: Call, query: Stretch) -> ServiceList:
    """List services."""
    listed = await call.ask(services.list_, after=beginning(_LIST, query), limit=query.limit)
    return ServiceList(
        services=[show_service(each) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.post(
    "/services",
    permission=Permission.CONFIGURE,
    summary="Add a service",
    description="Its slug, by which events name it, is made of its name if you give none.",
    status=201,
    answer=ServiceView,
    tagged=True,
    once=True,
    raises=(Conflict,),
    examples=(Example(title="A service", body={"name": "Online shop"}, answer=_SHOP),),
)
async def add_service(call: Call, body: NewService) -> Response:
    """Add a service."""
    with reworded(WORDS):
        return await call.once(
            created("/services", show_service), services.create, drafted(body), now=call.now
        )


@ROUTES.get(
    "/services/{service_id}",
    permission=Permission.READ,
    summary="Read a service",
    description="Events name it by its id or its slug.",
    tagged=True,
    raises=(NotFound,),
    params=_SERVICE,
    examples=(Example(title="A service", answer=_SHOP),),
)
async def read_service(call: Call) -> ServiceView:
    """Read one service."""
    return show_service(await call.glance(services.get, _service(call)))


@ROUTES.patch(
    "/services/{service_id}",
    permission=Permission.CONFIGURE,
    summary="Change a service",
    description="Senders that use the old slug must learn the new one.",
    tagged=True,
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_SERVICE,
    examples=(Example(title="Another slug", body={"slug": "shop"}, answer={**_SHOP, "slug": "shop"}),),
)
async def change_service(call: Call, body: ServiceChanges) -> ServiceView:
    """Change one service."""
    edit = careful(call, show_service, lambda was: edited(was, body))
    with reworded(WORDS):
        return show_service(await call.act(services.change, _service(call), edit, now=call.now))


@ROUTES.delete(
    "/services/{service_id}",
    permission=Permission.CONFIGURE,
    summary="Delete a service",
    description=(
        "With its integrations. Refused while it has firing alerts, or an alert policy, a silence or a key"
        " names it."
    ),
    raises=(NotFound, Conflict, PreconditionFailed),
    params=_SERVICE,
)
async def delete_service(call: Call) -> None:
    """Delete one service."""
    await call.act(services.delete, _service(call), sure=sure(call, show_service), now=call.now)


def _service(call: Call) -> ServiceId:
    return ServiceId(named(call, "service"))
