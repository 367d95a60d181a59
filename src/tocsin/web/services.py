"""``/services``: what raises alerts, and the doors by which its events come in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import arrivals, history, services
from tocsin.actions.actor import Actor, Permission
from tocsin.core.ids import UNMADE, ServiceId, WorkspaceId
from tocsin.core.service import Integration, Service
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, Values, identifier
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorView:
    """An integration in the list, with when the last event came by it, and how many lately."""

    id: str
    integration: Integration
    last_at: datetime | None
    lately: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service, with its open integrations and whose it is."""

    service: Service
    id: str
    team: str
    doors: Sequence[DoorView]


@ROUTES.get("/services", permission=Permission.READ, summary="Show services", hidden=True)
async def show_services(call: Call) -> Response:
    """Show what raises alerts."""
    found = await call.ask(_look)
    return _answer(call, "services.html", services=look_for(asked(call), found, _texts))


@ROUTES.get("/services/{service_id}", permission=Permission.READ, summary="Show a service", hidden=True)
async def show_service(call: Call) -> Response:
    """Show one service and its integrations."""
    service = ServiceId(identifier(call.params["service_id"], "service"))

    def look(tx: Tx, actor: Actor) -> ServiceView:
        services.get(tx, actor, service)
        (found,) = [each for each in _look(tx, actor) if each.service.id == service]
        return found

    return _answer(call, "service.html", each=await call.ask(look))


def _texts(each: ServiceView) -> Iterator[str]:
    yield from (each.service.name, each.service.slug, each.service.description, each.team)
    for door in each.doors:
        yield from (door.integration.name, door.integration.kind)


def _answer(call: Call, template: str, **values: Any) -> Response:
    return shown(call, template, public_url=call.kit.public_url, **values)


def _look(tx: Tx, actor: Actor) -> list[ServiceView]:
    directory, heard = history.directory(tx, actor), arrivals.lately(tx, actor)
    doors: dict[ServiceId, list[DoorView]] = {}
    for each in sorted(directory.integrations.values(), key=lambda each: (each.name.casefold(), each.id)):
        if each.revoked_at is None:
            last, lately = heard.get(each.id, (None, 0))
            view = DoorView(id=native("integration", each.id), integration=each, last_at=last, lately=lately)
            doors.setdefault(each.service, []).append(view)
    teams = {team.id: team.name for team in directory.teams.values()}
    return [
        ServiceView(
            service=service,
            id=native("service", service.id),
            team=teams.get(service.team, "") if service.team is not None else "",
            doors=doors.get(service.id, []),
        )
        for service in sorted(directory.services.values(), key=lambda each: (each.name.casefold(), each.id))
    ]


# --- the form -----------------------------------------------------------------------------------------


def _form_of(service: Service, _around: Around) -> Values:
    return {
        "name": [service.name],
        "slug": [service.slug],
        "description": [service.description],
        "team": [native("team", service.team)] if service.team is not None else [""],
    }


def _read(form: Form, around: Around, was: Service | None) -> Service:
    reader = Reader(form)
    team = reader.take("team", lambda text: choosing.team_of(text, around.directory), None)
    reader.done()
    new = was or Service(id=ServiceId(UNMADE), workspace=WorkspaceId(UNMADE), name="", slug="")
    return replace(new, name=form("name"), slug=form("slug"), description=form("description"), team=team)


def _choices(around: Around, _form: Form) -> Mapping[str, Any]:
    return {"teams": [("", "nobody in particular"), *choosing.teams(around.directory)]}


KIND: Final = Kind(
    noun="service",
    kind="service",
    path="/services",
    template="service_form.html",
    permission=Permission.CONFIGURE,
    blank=lambda _call: {},
    form_of=_form_of,
    read=_read,
    get=services.get,
    create=lambda tx, actor, draft, call: services.create(tx, actor, draft, now=call.now),
    change=services.change,
    delete=services.delete,
    choices=_choices,
)
FORMS: Final = editing_routes(KIND)
