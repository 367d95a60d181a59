"""The express way: one route that is too busy for the usual one.

It does for its route what ``front`` does for all others, and in the same order: it lets the caller in, heeds
the limits, reads the body, hands it over, answers, refuses and counts. What it leaves out is the Request and
Response around all that, which cost more than the rest of it.

A request about which nothing is unusual, of a caller who is remembered, goes without ASGI, too: on a *ride*,
which the protocol lets it begin as soon as its head is there (see ``httpkit.protocol``).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import TocsinError, Unauthorized
from tocsin.httpkit.bodies import read_body, refuse_body
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.errors import ClientGone, Dress, TooLarge, Unexpected
from tocsin.httpkit.front import caller_of, messages_of, trace_of
from tocsin.httpkit.intake import Reply
from tocsin.httpkit.networks import must_be_from
from tocsin.httpkit.requests import ONCE

_log = structlog.get_logger(__name__)

Handle = Callable[[Actor, bytes], Awaitable[bytes]]  # who asks and what came; the body of the answer
HandIn = Callable[[Actor, bytes, Reply], None]  # the same, without waiting for it
Headers = list[tuple[bytes, bytes]]
Answer = Callable[[int, Headers, bytes], None]  # status, headers and body

_JSON = (b"content-type", b"application/json")
_ONCE = ONCE.encode()
_UNUSUAL = frozenset({b"content-encoding", b"transfer-encoding", b"expect", b"upgrade", _ONCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Express:
    """One method and path, and what is done there. *handle*'s bytes are answered as JSON with *status*.

    *hand_in* does the same without waiting; only with it there are rides.
    """

    kit: Kit
    door: str
    method: str
    path: str
    permission: Permission
    handle: Handle
    dress: Dress
    status: int
    hand_in: HandIn | None = None

    def takes(self, scope: Scope) -> bool:
        """Tell whether a request is for here; one to be done once is not, for its answer must be kept."""
        if scope["method"] != self.method or scope["path"] != self.path:
            return False
        return not any(name == _ONCE for name, _ in scope["headers"])

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
        self.count(status, began)

    def board(self, headers: Headers, answer: Answer) -> "Ride | None":
        """Let a request in for a ride, at whose end *answer* is called; None if it must take the other way.

        The other way is for whatever is unusual: a caller who is not remembered, a limit that is reached, a
        body that is compressed, or too long, or of a length that is not told before, or what is to be done
        once. Nothing is refused here.
        """
        kit, length, actor = self.kit, None, None
        for name, value in headers:
            if name == b"authorization":
                actor = kit.tokens.known_to_open(value[7:]) if value[:7] == b"Bearer " else None
            elif name == b"content-length":
                length = int(value) if value.isdigit() else None
            elif name in _UNUSUAL:
                return None
        if self.hand_in is None or actor is None or length is None or length > kit.body_limit:
            return None
        caller = caller_of(actor)
        if actor.networks or self.permission not in actor.permissions or not kit.gate.has_room_for(caller):
            return None
        try:
            if kit.rates.per_s:
                kit.rates.take(caller, kit.world.now())
        except TocsinError:
            return None
        kit.gate.enter()
        kit.gate.enter_as(caller)
        return Ride(self, self.hand_in, actor, headers, answer=answer)

    async def _serve(self, scope: Scope, receive: Receive) -> bytes:
        kit, headers = self.kit, scope["headers"]
        kit.gate.enter()
        try:
            actor = await kit.tokens.of_header(_authorization(headers))
            must_be_from(actor, scope)
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
        response = self.refusal(error, Request(scope))
        messages = messages_of(response)
        if isinstance(error, TooLarge) and error.more:
            await refuse_body(messages, scope["headers"], receive, send)
        else:
            for message in messages:
                await send(message)
        return response.status_code

    def refusal(self, error: BaseException, request: Request) -> Response:
        """Dress *error*; what was not foreseen is logged and told under its trace id."""
        trace = trace_of(request, self.kit.world)
        if not isinstance(error, TocsinError):
            _log.error("request failed", trace=trace, method=self.method, route=self.path, exc_info=error)
            error = Unexpected()
        return self.dress(error, request, trace)

    def count(self, status: int, began: float) -> None:
        """Count a request that was answered with *status*."""
        self.kit.metrics.requests.count(self.door, self.path, self.method, status, perf_counter() - began)


class Ride:
    """One request on the express way that goes without ASGI, from when it was let in.

    Either `go` is called, once, when its body is there, or `give_up`.
    """

    __slots__ = ("_actor", "_answer", "_began", "_caller", "_express", "_hand_in", "_headers")

    def __init__(
        self, express: Express, hand_in: HandIn, actor: Actor, headers: Headers, *, answer: Answer
    ) -> None:
        self._express = express
        self._hand_in = hand_in
        self._actor = actor
        self._caller = caller_of(actor)
        self._headers = headers
        self._answer = answer
        self._began = perf_counter()

    def go(self, body: bytes) -> None:
        """Hand the request in; it is answered when that is done."""
        try:
            self._hand_in(self._actor, body, self._done)
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer
            self._done(error)

    def give_up(self) -> None:
        """Hear that the client went away before its request was whole."""
        self._leave()
        self._express.count(499, self._began)

    def _done(self, outcome: bytes | BaseException) -> None:
        self._leave()
        express = self._express
        if isinstance(outcome, bytes):
            status, headers, body = express.status, [_JSON], outcome
        else:
            scope = {"type": "http", "method": express.method, "path": express.path, "headers": self._headers}
            response = express.refusal(outcome, Request(scope))
            status, headers, body = response.status_code, response.raw_headers, bytes(response.body)
        express.count(status, self._began)
        self._answer(status, headers, body)

    def _leave(self) -> None:
        gate = self._express.kit.gate
        gate.leave_as(self._caller)
        gate.leave()


def _authorization(headers: list[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"authorization":
            return value
    raise Unauthorized("there is no bearer token; send Authorization: Bearer <token>")


def _messages(status: int, body: bytes) -> tuple[Message, Message]:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
