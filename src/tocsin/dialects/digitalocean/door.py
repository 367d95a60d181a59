"""DigitalOcean's door: apps and their alerts, bearer tokens, the vendor's errors, its own document."""

import uuid
from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tocsin import __version__
from tocsin.dialects.digitalocean import alerts, apps
from tocsin.dialects.digitalocean.auth import Bearers
from tocsin.dialects.digitalocean.errors import Fault, dress
from tocsin.dialects.digitalocean.handling import PREFIX
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.openapi import Json, Title, document, published
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route

_ABOUT: Final = (
    "DigitalOcean's App Platform API as Tocsin speaks it, as far as alerts and their destinations need it:"
    " its clients need another host and nothing else. What is decided where the vendor documents nothing"
    " stands in docs/dialects/digitalocean.md."
)
_TAGS: Final = {"Apps": "Services that raise alerts.", "Alerts": "What is told, and to whom."}
_REQUEST_ID: Final = "x-request-id"


def routes(webhook_hosts: Iterable[str] = ()) -> tuple[Route, ...]:
    """Give every route of the API."""
    return (*apps.ROUTES, *alerts.routes(webhook_hosts))


def openapi(public_url: str) -> Json:
    """Write the API's OpenAPI document."""
    title = Title(
        title="Tocsin for DigitalOcean's App Platform clients",
        version=__version__,
        description=_ABOUT,
        server=public_url,
        security={"bearer": {"type": "http", "scheme": "bearer"}},
        tags=_TAGS,
        problem=Fault,
        problem_media_type="application/json",
    )
    return document(routes(), title)


def digitalocean_door(kit: Kit, *, webhook_hosts: Iterable[str] = ()) -> Door:
    """Build the door; Slack webhooks may lead to *webhook_hosts* beside Slack's own."""
    bearers, entropy = Bearers(kit.world, limits=kit.vendor_limits), kit.world.entropy

    def finish(request: Request, response: Response) -> Response:
        if _REQUEST_ID not in response.headers:
            response.headers[_REQUEST_ID] = str(uuid.UUID(bytes=entropy(16), version=4))
        return bearers.finish(request, response)

    return Door(
        name="digitalocean",
        prefixes=(f"{PREFIX}/", PREFIX),
        routes=(*routes(webhook_hosts), *published(PREFIX, lambda: openapi(kit.public_url))),
        authenticate=bearers.authenticate,
        dress=dress,
        finish=finish,
        slashes=Slashes.IGNORE,
        options=False,
    )
