"""Datadog's door: every resource's routes, pairs of keys, errors as they really are, its own document."""

from tocsin import __version__
from tocsin.dialects.datadog import validate
from tocsin.dialects.datadog.auth import KeyPairs, claims
from tocsin.dialects.datadog.contacts import channels
from tocsin.dialects.datadog.contacts import rules as notification_rules
from tocsin.dialects.datadog.errors import Faults, dress
from tocsin.dialects.datadog.handling import PREFIX
from tocsin.dialects.datadog.jsonapi import MEDIA
from tocsin.dialects.datadog.pages import routes as pages
from tocsin.dialects.datadog.people import routes as people
from tocsin.dialects.datadog.policies import routes as policies
from tocsin.dialects.datadog.routing import on_call as team_on_call
from tocsin.dialects.datadog.routing import routes as routing
from tocsin.dialects.datadog.schedules import on_call, overrides
from tocsin.dialects.datadog.schedules import routes as schedules
from tocsin.dialects.datadog.teams import memberships
from tocsin.dialects.datadog.teams import routes as teams
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.openapi import Json, Title, document, published
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route, Routes

# One name a resource, in the order of the document.
_RESOURCES: tuple[Routes, ...] = (
    schedules.ROUTES,
    on_call.ROUTES,
    overrides.ROUTES,
    policies.ROUTES,
    routing.ROUTES,
    team_on_call.ROUTES,
    pages.ROUTES,
    channels.ROUTES,
    notification_rules.ROUTES,
    people.ROUTES,
    teams.ROUTES,
    memberships.ROUTES,
)

_ABOUT = (
    "Datadog's On-Call API as Tocsin speaks it: its clients need another host and nothing else. What is"
    " decided where the vendor documents nothing, and what is not spoken, stands in docs/dialects/datadog.md."
)
_TAGS = {
    "Schedules": "Rotations.",
    "On call": "Who is on call.",
    "Overrides": "Who stands in.",
    "Escalation policies": "Named lists of steps from a page to a human.",
    "Routing rules": "Where the pages of a team go.",
    "Pages": "Asking people by hand.",
    "Notification channels": "Where people are reached.",
    "Notification rules": "How people want to be told.",
    "Users": "People, and their invitations.",
    "Teams": "People who are asked together.",
    "Team memberships": "Who is in a team.",
    "Keys": "Whether keys are any good.",
}
_KEYS: dict[str, Json] = {
    "apiKeyAuth": {"type": "apiKey", "in": "header", "name": "DD-API-KEY"},
    "appKeyAuth": {"type": "apiKey", "in": "header", "name": "DD-APPLICATION-KEY"},
}


def routes() -> tuple[Route, ...]:
    """Give every route of the API."""
    return tuple(route for resource in _RESOURCES for route in resource)


def openapi(public_url: str) -> Json:
    """Write the API's OpenAPI document."""
    title = Title(
        title="Tocsin for Datadog's On-Call clients",
        version=__version__,
        description=_ABOUT,
        server=public_url,
        security=_KEYS,
        all_needed=True,
        tags=_TAGS,
        problem=Faults,
        problem_media_type=MEDIA,
    )
    return document(routes(), title)


def datadog_door(kit: Kit) -> Door:
    """Build the door."""
    pairs = KeyPairs(kit.world)
    return Door(
        name="datadog",
        prefixes=(f"{PREFIX}/", f"{validate.FIRST_PREFIX}/"),
        routes=(
            *routes(),
            *validate.routes(pairs),
            *published(f"{PREFIX}/on-call", lambda: openapi(kit.public_url)),
        ),
        authenticate=pairs.by_both,
        recognise=pairs.recognise,
        dress=dress,
        claims=claims,
        slashes=Slashes.IGNORE,
    )
