"""The express way: one route that is too busy for the usual one, straight on ASGI.

It does for its route what ``front`` does for all others, and in the same order: it lets the caller in, heeds
the limits, reads the body, hands it over, answers, refuses and counts. What it leaves out is the Request and
Response around all that, which cost more than the rest of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

import structlog
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import TocsinError, Unauthorized
from tocsin.httpkit.bodies import read_body, refuse_body
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.errors import ClientGone, Dress, TooLarge, Unexpected
from tocsin.httpkit.front import caller_of, messages_of, trace_of

_log = structlog.get_logger(__name__)

Handle = Callable[[Actor, bytes], Awaitable[bytes]]  # who asks and what came; the body of the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Express:
    """One method and path, and what is done there. *handle*'s bytes are answered as JSON with *status*."""

    kit: Kit
    door: str
    method: str
    path: str
    permission: Permission
    handle: Handle
    dress: Dress
    status: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = perf_counter()
        status = self.status
        try:
            body = await self._serve(scope, receive)
        except ClientGone:
            status = 499
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer
            status = await self._refuse(error, scope, receive, send)
        else:
            start, rest = _messages(status, body)
            await send(start)
            await send(rest)
        self.kit.metrics.requests.count(self.door, self.path, self.method, status, perf_counter() - began)

    async def _serve(self, scope: Scope, receive: Receive) -> bytes:
        kit, headers = self.kit, scope["headers"]
        kit.gate.enter()
        try:
            actor = await kit.tokens.of_header(_authorization(headers))
            actor.must(self.permission)
            caller = caller_of(actor)
            if kit.rates.per_s:
                kit.rates.take(caller, kit.world.now())
            kit.gate.enter_as(caller)
            try:
                return await self.handle(actor, await read_body(headers, receive, limit=kit.body_limit))
            finally:
                kit.gate.leave_as(caller)
        finally:
            kit.gate.leave()

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> int:
        request = Request(scope)
        trace = trace_of(request, self.kit.world)
        if not isinstance(error, TocsinError):
            _log.error("request failed", trace=trace, method=self.method, route=self.path, exc_info=error)
            error = Unexpected()
        response = self.dress(error, request, trace)
        messages = messages_of(response)
        if isinstance(error, TooLarge) and error.more:
            await refuse_body(messages, scope["headers"], receive, send)
        else:
            for message in messages:
                await send(message)
        return response.status_code


def _authorization(headers: list[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"authorization":
            return value
    raise Unauthorized("there is no bearer token; send Authorization: Bearer <token>")


def _messages(status: int, body: bytes) -> tuple[Message, Message]:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
