"""The door: every resource's routes, bare tokens, the vendor's refusals and headers, its own document."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tocsin import __version__
from tocsin.core.errors import Invalid
from tocsin.dialects.grafana_oncall.alert_groups import alert_routes as alerts
from tocsin.dialects.grafana_oncall.alert_groups import routes as alert_groups
from tocsin.dialects.grafana_oncall.auth import Holders, claims
from tocsin.dialects.grafana_oncall.chains import steps as chains
from tocsin.dialects.grafana_oncall.errors import Detail, dress
from tocsin.dialects.grafana_oncall.handling import PREFIX
from tocsin.dialects.grafana_oncall.integrations import route_routes as integration_routes
from tocsin.dialects.grafana_oncall.integrations import routes as integrations
from tocsin.dialects.grafana_oncall.paging import routes as paging
from tocsin.dialects.grafana_oncall.people import routes as people
from tocsin.dialects.grafana_oncall.rules import routes as rules
from tocsin.dialects.grafana_oncall.schedules.final_shifts import EXPORTS
from tocsin.dialects.grafana_oncall.schedules.routes import SCHEDULES
from tocsin.dialects.grafana_oncall.schedules.shifts import SHIFTS
from tocsin.dialects.grafana_oncall.schedules.swaps import SWAPS
from tocsin.dialects.grafana_oncall.webhooks import routes as webhooks
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.front import raw_path
from tocsin.httpkit.openapi import Json, Title, document, published
from tocsin.httpkit.router import Missed, Router, Slashes
from tocsin.httpkit.routes import Route, Routes

# One name a resource, in the order of the document.
_RESOURCES: tuple[Routes, ...] = (
    rules.ROUTES,
    *people.ROUTES,
    *chains.ROUTES,
    paging.ROUTES,
    integrations.ROUTES,
    integration_routes.ROUTES,
    alert_groups.ROUTES,
    *alerts.ROUTES,
    SHIFTS.routes,
    SCHEDULES.routes,
    EXPORTS,
    SWAPS.routes,
    *webhooks.ROUTES,
)

DOCUMENT: Final = "/oncall/openapi.json"  # below the prefix
_ABOUT = (
    "Grafana OnCall's public API as Tocsin speaks it: its clients need another host and nothing else. Where"
    " Tocsin does otherwise, and what it does not speak, stands in docs/dialects/grafana-oncall.md."
)
_TOKEN: dict[str, Json] = {"token": {"type": "apiKey", "in": "header", "name": "Authorization"}}


def routes() -> tuple[Route, ...]:
    """Give every route of the API."""
    return tuple(route for resource in _RESOURCES for route in resource)


def openapi(public_url: str) -> Json:
    """Write the API's OpenAPI document."""
    title = Title(
        title="Tocsin for Grafana OnCall's clients",
        version=__version__,
        description=_ABOUT,
        server=public_url,
        security=_TOKEN,
        problem=Detail,
        problem_media_type="application/json",
    )
    return document(routes(), title)


def grafana_oncall_door(kit: Kit) -> Door:
    """Build the door."""
    known = routes()
    names = sorted({route.path.split("/")[3] for route in known})
    methods, holders = _Methods(known), Holders(kit.world, limits=kit.vendor_limits)
    return Door(
        name="grafana_oncall",
        prefixes=(f"{PREFIX}//", f"{PREFIX}/", *(f"{PREFIX}/{name}/" for name in names)),
        routes=(*known, *published(PREFIX, lambda: openapi(kit.public_url), DOCUMENT)),
        authenticate=holders.authenticate,
        recognise=holders.recognise,
        claims=claims,
        dress=dress,
        finish=methods.finish,
        slashes=Slashes.COLLAPSE,
        options=False,
    )


class _Methods:
    """Tells every caller which methods a path has, and on what an answer depends."""

    def __init__(self, known: tuple[Route, ...]) -> None:
        self._router: Router[None] = Router()
        for route in known:
            self._router.add(route.method, route.path, None, slashes=Slashes.COLLAPSE)

    def finish(self, request: Request, response: Response) -> Response:
        """Add the headers that every answer has."""
        response.headers["vary"] = "Accept, Origin"
        if "allow" not in response.headers:
            try:
                found = self._router.find("TRACE", raw_path(request.scope))
            except Invalid:
                return response
            if isinstance(found, Missed) and found.allow:
                response.headers["allow"] = ", ".join(found.allow)
        return response
