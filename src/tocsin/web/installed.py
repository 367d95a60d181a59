"""What makes the pages an app: its service worker, what it shows without a network, and its icons."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.responses import Response

from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.rendering import STATIC, page, static_url

ROUTES = Routes("", tag="Pages")

OFFLINE: Final = "/offline"
_KEPT: Final = (
    "tocsin.css",
    "alerts.css",
    "forms.css",
    "tocsin.js",
    "forms.js",
    "bell.svg",
)  # what base.html asks for
_SHELL: Final = "const SHELL = [];"
_ICONS: Final = {
    "app-icon.svg": "image/svg+xml",
    "app-icon-192.png": "image/png",
    "app-icon-512.png": "image/png",
    "badge-96.png": "image/png",
}
# Its address stays, and browsers ask for it anew: it must never be an old one.
_WORKER: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
}
_ICON: Final = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}


@ROUTES.get("/service-worker.js", permission=None, summary="Give the service worker", hidden=True)
async def give_worker(call: Call) -> Response:
    """Give the script that runs while no page is open; it names what it keeps, by content."""
    del call
    shell = [OFFLINE, *map(static_url, _KEPT)]
    source = (STATIC / "service-worker.js").read_text("utf-8")
    filled = source.replace(_SHELL, f"const SHELL = {msgspec.json.encode(shell).decode()};", 1)
    return Response(filled, 200, _WORKER, media_type="text/javascript")


@ROUTES.get(OFFLINE, permission=None, summary="Show that there is no connection", hidden=True)
async def show_offline(call: Call) -> Response:
    """Show what is shown when Tocsin cannot be reached."""
    return page("offline.html", now=call.now)


def icons() -> Routes:
    """Serve the icons that the manifest names, whose addresses cannot change with their content."""
    own = Routes("", tag="Pages")
    for name, media in _ICONS.items():
        own.get(f"/{name}", permission=None, summary="Give an icon of the app", hidden=True)(
            _icon(name, media)
        )
    return own


def _icon(name: str, media: str) -> Callable[[Call], Awaitable[Response]]:
    content = (STATIC / name).read_bytes()

    async def give(call: Call) -> Response:
        del call
        return Response(content, 200, _ICON, media_type=media)

    return give
