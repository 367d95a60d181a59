"""The door of our own API: every resource's routes, bearer tokens, RFC 9457 problems."""

from collections.abc import Iterable

from tocsin.dialects.native import events
from tocsin.dialects.native.handling import PREFIX
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import problem
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Route, Routes

# One name a resource: a module beside this one, with its ROUTES.
_RESOURCES: tuple[Routes, ...] = (events.ROUTES,)


def routes() -> Iterable[Route]:
    """Give every route of the API."""
    return (route for resource in _RESOURCES for route in resource)


def native_door(kit: Kit) -> Door:
    """Build the door."""
    return Door(
        name="native",
        prefixes=(PREFIX,),
        routes=tuple(routes()),
        authenticate=kit.tokens.bearer,
        dress=problem,
        slashes=Slashes.IGNORE,
    )
