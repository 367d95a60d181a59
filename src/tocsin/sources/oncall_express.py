"""The express way to the addresses of ``sources.grafana_oncall``: straight on ASGI, for what is usual.

Usual is JSON of a known length by POST, from a sender whose key is remembered, within every limit. Whatever
else it is goes the whole way; so nothing is refused here but what a body cannot be.
"""

from collections.abc import Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.actions.intake import Parcel
from tocsin.core.errors import TocsinError
from tocsin.core.service import Integration
from tocsin.httpkit.bodies import read_body
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.errors import ClientGone, Dress, Unexpected
from tocsin.httpkit.front import messages_of, trace_of
from tocsin.sources import templated
from tocsin.sources.base import Inbound
from tocsin.sources.inlet import Inlet, Inlets
from tocsin.sources.routes import LONG_BODY

OK: Final = b'"Ok."'
ROUTE: Final = "/integrations/v1/{type}/{key}"
_PREFIX: Final = "/integrations/v1/"
_HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(OK))]
_TAKEN: Final[Message] = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
_SAID: Final[Message] = {"type": "http.response.body", "body": OK}
_UNUSUAL: Final = frozenset({b"content-encoding", b"transfer-encoding", b"expect"})
_log = structlog.get_logger(__name__)

Known = Callable[[str, str], Integration | None]
Count = Callable[[Integration], bool]


class Shortcut:
    """Finds what is usual and takes it in. *known* remembers keys, *count* tells whether there is room."""

    def __init__(self, kit: Kit, inlets: Inlets, *, known: Known, count: Count, dress: Dress) -> None:
        self._kit = kit
        self._inlets = inlets
        self._known = known
        self._count_in = count
        self._dress = dress

    def __call__(self, scope: Scope) -> ASGIApp | None:
        """Give what answers the request, None when it has to go the whole way."""
        path: str = scope["path"]
        if scope["method"] != "POST" or not path.startswith(_PREFIX):
            return None
        type_, _, key = path[len(_PREFIX) :].rstrip("/").partition("/")
        if not key or "/" in key or not _is_usual(scope["headers"]):
            return None
        integration = self._known(type_, key)
        inlet = None if integration is None else self._inlets.at_hand(integration)
        if integration is None or inlet is None or not self._has_room(integration):
            return None

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(integration, inlet, scope, receive, send)

        return serve

    def _has_room(self, integration: Integration) -> bool:
        caller = (integration.workspace, integration.id)
        return (
            self._kit.gate.has_room_for(caller) and not self._kit.rates.per_s and self._count_in(integration)
        )

    async def _serve(
        self, integration: Integration, inlet: Inlet, scope: Scope, receive: Receive, send: Send
    ) -> None:
        kit, began, status = self._kit, self._kit.world.now(), 200
        caller = (integration.workspace, integration.id)
        kit.gate.enter()
        kit.gate.enter_as(caller)
        try:
            body = await read_body(scope["headers"], receive, limit=LONG_BODY)
            await self._take(integration, inlet, body)
            await send(_TAKEN)
            await send(_SAID)
        except ClientGone:
            status = 499
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer
            status = await self._refuse(error, Request(scope), send)
        finally:
            kit.gate.leave_as(caller)
            kit.gate.leave()
        took_s = max(0.0, (kit.world.now() - began).total_seconds())
        kit.metrics.requests.count("grafana_oncall_addresses", ROUTE, "POST", status, took_s)

    async def _take(self, integration: Integration, inlet: Inlet, body: bytes) -> None:
        now = self._kit.world.now()
        inbound = Inbound(
            body=body,
            received_at=now,
            mapping=integration.mapping,
            rules=lambda payload: inlet.fits(payload, now),
        )
        parcel = Parcel(
            workspace=integration.workspace,
            drafts=templated.read(inbound),
            service=integration.service,
            integration=integration.id,
        )
        await self._kit.intake.take(parcel)

    async def _refuse(self, error: Exception, request: Request, send: Send) -> int:
        trace = trace_of(request, self._kit.world)
        if not isinstance(error, TocsinError):
            _log.error("request failed", trace=trace, method="POST", route=ROUTE, exc_info=error)
            error = Unexpected()
        response = self._dress(error, request, trace)
        for message in messages_of(response):
            await send(message)
        return response.status_code


def _is_usual(headers: list[tuple[bytes, bytes]]) -> bool:
    """Tell whether a body is JSON of a length that is told and not too long to be read at once."""
    length = -1
    for name, value in headers:
        if name == b"content-length":
            length = int(value) if value.isdigit() else -1
        elif name == b"content-type":
            if not value.startswith(b"application/json"):
                return False
        elif name in _UNUSUAL:
            return False
    return 0 <= length <= LONG_BODY
