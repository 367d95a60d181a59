"""The door: every resource below both roots, challenges for whoever is not known, its own document."""

from collections.abc import Iterable
from dataclasses import replace

from tocsin import __version__
from tocsin.dialects.cloud_manager import about
from tocsin.dialects.cloud_manager.alerts import routes as alerts
from tocsin.dialects.cloud_manager.auth import Credentials
from tocsin.dialects.cloud_manager.configurations import routes as configurations
from tocsin.dialects.cloud_manager.errors import ErrorDocument, dresser
from tocsin.dialects.cloud_manager.handling import ATLAS, PREFIX
from tocsin.dialects.cloud_manager.oauth.routes import PREFIX as OAUTH
from tocsin.dialects.cloud_manager.oauth.routes import oauth_routes
from tocsin.dialects.cloud_manager.shaping import shaped
from tocsin.dialects.cloud_manager.windows import routes as windows
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.openapi import Json, Title, document, published
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route, Routes

_RESOURCES: tuple[Routes, ...] = (
    alerts.ROUTES,
    configurations.ROUTES,
    windows.ROUTES,
    about.ROUTES,
)
_ABOUT = (
    "The alerts of MongoDB Cloud Manager's public API as Tocsin speaks them: its clients need another host"
    " and nothing else. What is decided where the vendor documents nothing stands in"
    " docs/dialects/cloud-manager.md."
)
_TAGS = {
    "Alerts": "What has happened, and who has it.",
    "Alert configurations": "Which alerts there are, and who is told of them.",
    "Maintenance windows": "When some alerts tell nobody.",
    "Access tokens": "What service accounts get for their secrets.",
    "About": "What this is.",
}
_KEYS: dict[str, Json] = {
    "digest": {"type": "http", "scheme": "digest"},
    "accessToken": {"type": "http", "scheme": "bearer"},
}


def routes() -> tuple[Route, ...]:
    """Give every route below the public root."""
    return tuple(route for resource in _RESOURCES for route in resource)


def openapi(public_url: str) -> Json:
    """Write the API's OpenAPI document."""
    title = Title(
        title="Tocsin for MongoDB Cloud Manager's clients",
        version=__version__,
        description=_ABOUT,
        server=public_url,
        security=_KEYS,
        tags=_TAGS,
        problem=ErrorDocument,
        problem_media_type="application/json",
    )
    return document((*routes(), *oauth_routes()), title)


def cloud_manager_door(kit: Kit) -> Door:
    """Build the door."""
    credentials = Credentials(kit.world, nonce_lasts=kit.nonce_lasts)
    return Door(
        name="cloud_manager",
        prefixes=(PREFIX, ATLAS, OAUTH),
        routes=(
            *routes(),
            *oauth_routes(),
            *_below_atlas(routes()),
            *published(PREFIX, lambda: openapi(kit.public_url)),
        ),
        authenticate=credentials.known,
        dress=dresser(credentials.digests.challenge),
        finish=shaped,
        slashes=Slashes.IGNORE,
        options=False,
    )


def _below_atlas(found: Iterable[Route]) -> Iterable[Route]:
    """Give the same routes below the other root."""
    return [replace(route, path=ATLAS + route.path.removeprefix(PREFIX), hidden=True) for route in found]
