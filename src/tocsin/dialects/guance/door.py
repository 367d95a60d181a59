"""Guance's door: every resource's routes, keys in a header, the envelope, and a document of its own.

The prefix is shared: whose a path is that leads nowhere is told by the header ``DF-API-KEY``.
"""

from tocsin import __version__
from tocsin.dialects.guance.auth import Keys, claims
from tocsin.dialects.guance.dates import routes as dates
from tocsin.dialects.guance.envelope import Refusal
from tocsin.dialects.guance.errors import dress
from tocsin.dialects.guance.events import routes as events
from tocsin.dialects.guance.handling import PREFIX
from tocsin.dialects.guance.monitors import routes as monitors
from tocsin.dialects.guance.mutes import routes as mutes
from tocsin.dialects.guance.notify import routes as notify
from tocsin.dialects.guance.people import groups, keys, members
from tocsin.dialects.guance.strategies import routes as strategies
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.openapi import Json, Title, document, published
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route, Routes

# One name a resource, in the order of the document.
_RESOURCES: tuple[Routes, ...] = (
    strategies.ROUTES,
    dates.ROUTES,
    notify.ROUTES,
    members.ROUTES,
    groups.ROUTES,
    keys.ROUTES,
    monitors.ROUTES,
    mutes.ROUTES,
    events.ROUTES,
)

DOCUMENT = "/guance/openapi.json"  # below the prefix
_ABOUT = (
    "Guance's open API for alert strategies as Tocsin speaks it: its clients need another host and nothing"
    " else. What is decided where the vendor documents nothing, and what is not spoken, stands in"
    " docs/dialects/guance.md."
)
_TAGS = {
    "Alert strategies": "Who is told of what, when, and how often.",
    "Notification dates": "Dates that strategies share.",
    "Notify objects": "Places that are told.",
    "Members": "The people of the workspace.",
    "Teams": "People who are told together.",
    "Keys": "What opens this API.",
    "Monitors": "What events come from, by name.",
    "Mute rules": "When nobody is told.",
    "Events": "What was said, and what is not well.",
}
_KEYS: dict[str, Json] = {"apiKeyAuth": {"type": "apiKey", "in": "header", "name": "DF-API-KEY"}}


def routes() -> tuple[Route, ...]:
    """Give every route of the API."""
    return tuple(route for resource in _RESOURCES for route in resource)


def openapi(public_url: str) -> Json:
    """Write the API's OpenAPI document."""
    title = Title(
        title="Tocsin for Guance's clients",
        version=__version__,
        description=_ABOUT,
        server=public_url,
        security=_KEYS,
        all_needed=True,
        tags=_TAGS,
        problem=Refusal,
        problem_media_type="application/json",
    )
    return document(routes(), title)


def guance_door(kit: Kit) -> Door:
    """Build the door."""
    holders = Keys(kit.world)
    return Door(
        name="guance",
        prefixes=(f"{PREFIX}/",),
        routes=(*routes(), *published(PREFIX, lambda: openapi(kit.public_url), DOCUMENT)),
        authenticate=holders.authenticate,
        dress=dress,
        claims=claims,
        slashes=Slashes.EXACT,
        any_media=True,
    )
