"""``/``: what this is."""

import msgspec

from tocsin import __version__
from tocsin.actions.actor import Permission
from tocsin.dialects.cloud_manager.handling import PREFIX, link, look
from tocsin.dialects.cloud_manager.lists import Link
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes

ROUTES = Routes(PREFIX, tag="About")


class RootDocument(msgspec.Struct, frozen=True, rename="camel"):
    """What stands at the root."""

    app_name: str
    build: str
    throttling: bool
    links: list[Link]


@ROUTES.get("", permission=Permission.READ, summary="Read what this is")
async def read_root(call: Call) -> RootDocument:
    """Say what this is."""
    look(call)
    return RootDocument("Tocsin", __version__, throttling=False, links=link(call))
