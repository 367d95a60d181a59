"""The door of our own API: every resource's routes, bearer tokens, RFC 9457 problems, its own document."""

from tocsin import __version__
from tocsin.dialects.native import (
    alert_care,
    alert_policies,
    alerts,
    api_keys,
    audit_log,
    contact_methods,
    date_sets,
    destinations,
    duty,
    escalation_policies,
    events,
    explain,
    integrations,
    invitations,
    monitors,
    notification_rules,
    notifications,
    pages,
    recurring_shifts,
    rehearsals,
    schedules,
    services,
    shift_swaps,
    silences,
    teams,
    users,
    workspace,
)
from tocsin.dialects.native.handling import PREFIX
from tocsin.dialects.native.integrations import Doorkeeper
from tocsin.dialects.native.wire.integrations import Inlets
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import problem
from tocsin.httpkit.openapi import Json, Title, document, published
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route, Routes

# One name a resource: a module beside this one, with its ROUTES; in the order of the document.
_RESOURCES: tuple[Routes, ...] = (
    events.ROUTES,
    alerts.ROUTES,
    alert_care.ROUTES,
    pages.ROUTES,
    notifications.ROUTES,
    explain.ROUTES,
    rehearsals.ROUTES,
    users.ROUTES,
    invitations.ROUTES,
    contact_methods.ROUTES,
    notification_rules.ROUTES,
    teams.ROUTES,
    schedules.ROUTES,
    recurring_shifts.ROUTES,
    duty.ROUTES,
    shift_swaps.ROUTES,
    escalation_policies.ROUTES,
    alert_policies.ROUTES,
    date_sets.ROUTES,
    monitors.ROUTES,
    silences.ROUTES,
    services.ROUTES,
    integrations.ROUTES,
    destinations.ROUTES,
    api_keys.ROUTES,
    workspace.ROUTES,
    audit_log.ROUTES,
)

_ABOUT = (
    "Everything that Tocsin knows. Ids are taken in any spelling that it has given out, times are RFC 3339,"
    " durations whole seconds. Lists come in stretches with a cursor, every refusal is a problem document"
    " (RFC 9457) that names the field and what would be right."
)
_TAGS = {
    "Events": "What sources said, once.",
    "Alerts": "The trouble behind events.",
    "Pages": "Runs of escalation plans.",
    "Notifications": "Messages to people and places.",
    "Explain": "Nights that have not happened.",
    "Foresight": "Days to come, days gone by, and drills.",
    "Users": "People, and what they may do.",
    "Contact methods": "Where people are reached.",
    "Notification rules": "How people want to be told.",
    "Teams": "People who are asked together.",
    "Schedules": "Rotations, recurring shifts, imported calendars.",
    "Recurring shifts": "Duty that comes back by a rule of the calendar.",
    "On call": "Who is on call, and who stands in.",
    "Shift swaps": "Duty that somebody wants to give away for a while.",
    "Escalation policies": "Named lists of steps from an alert to a human.",
    "Alert policies": "Which alerts go where.",
    "Date sets": "Dates that time windows share.",
    "Monitors": "What watches and reports, by the id that its events carry.",
    "Silences": "When alerts page nobody.",
    "Services": "What raises alerts.",
    "Integrations": "Doors for events.",
    "Destinations": "Places to tell that are not people.",
    "API keys": "For programs.",
    "Workspace": "The tenant.",
    "Audit log": "Who changed what.",
}


def routes(inlets: Inlets, public_url: str) -> tuple[Route, ...]:
    """Give every route of the API.

    *inlets* are the kinds of integrations with what checks their mappings, *public_url* is the address at
    which people and programs reach this server.
    """
    keeper = Doorkeeper(inlets, public_url).routes()
    return tuple(route for resource in (*_RESOURCES, keeper) for route in resource)


def openapi(all_routes: tuple[Route, ...], public_url: str) -> Json:
    """Write the API's OpenAPI document."""
    title = Title(
        title="Tocsin",
        version=__version__,
        description=_ABOUT,
        server=public_url,
        security={"token": {"type": "http", "scheme": "bearer"}},
        tags=_TAGS,
    )
    return document(all_routes, title)


def native_door(kit: Kit, *, inlets: Inlets, public_url: str) -> Door:
    """Build the door; see ``routes`` for what it needs to know."""
    found = routes(inlets, public_url)
    return Door(
        name="native",
        prefixes=(PREFIX,),
        routes=(*found, *published(PREFIX, lambda: openapi(found, public_url))),
        authenticate=kit.tokens.bearer,
        recognise=kit.tokens.recognise,
        dress=problem,
        slashes=Slashes.IGNORE,
    )
