"""The way of a request through the house: to its route, past the limits, to its handler, and back.

One tree holds the routes of all doors, for the vendors' paths interleave. Whatever is raised on the way
becomes an answer in the clothes of the door whose path it was. An answer that was given before and still
holds is given again without going the whole way; see ``httpkit.repeats``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tocsin.actions.actor import Actor
from tocsin.core.errors import TocsinError
from tocsin.httpkit.bodies import read_body, refuse_body, require_json
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import ClientGone, MethodNotAllowed, NoSuchPath, TooLarge, Unexpected, problem
from tocsin.httpkit.etags import Conditions, etag_of_body
from tocsin.httpkit.metrics import NO_ROUTE
from tocsin.httpkit.networks import must_be_from
from tocsin.httpkit.repeats import Asked, Lasting, Repeat, repeats_of
from tocsin.httpkit.requests import Call
from tocsin.httpkit.router import Missed, Router
from tocsin.httpkit.routes import Answer, Route, response_of
from tocsin.world import World

ASKED_MAX = 20_000

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    door: Door
    route: Route


@dataclass(frozen=True, slots=True)
class _Served:
    """What becomes of a request; *response* is None when the client has gone."""

    door: str
    route: str
    response: Response | None
    unread: bool = False


_Made = tuple[Response, tuple[Lasting, datetime] | None]  # with how long it lasts, and from when


class Front:
    """All doors, as one ASGI application for HTTP requests."""

    def __init__(self, kit: Kit, doors: Sequence[Door]) -> None:
        self._kit = kit
        self._router: Router[_Entry] = Router()
        self._before: dict[Asked, _Entry] = {}  # where questions led to whose answers last
        for door in doors:
            for route in door.routes:
                self._router.add(route.method, route.path, _Entry(door, route), slashes=door.slashes)
        owners = [(prefix, door) for door in doors for prefix in door.prefixes]
        self._owners = sorted(owners, key=lambda owner: -len(owner[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = perf_counter()
        before = self._before.get(_asked(scope)) if scope["method"] == "GET" else None
        if before is not None and (repeat := self._repeat(before, scope)) is not None:
            door, path = before.door.name, before.route.path
            self._kit.metrics.requests.count(door, path, "GET", 200, perf_counter() - began)
            for message in repeat.messages:
                await send(message)
            return
        request = Request(scope, receive)
        served = await self._serve(request)
        response = served.response
        status = 499 if response is None else response.status_code  # 499: the client went away
        self._kit.metrics.requests.count(
            served.door, served.route, scope["method"], status, perf_counter() - began
        )
        if response is None:
            return
        if scope["method"] == "HEAD":
            response.body = b""
        if served.unread:
            await refuse_body(messages_of(response), scope["headers"], receive, send)
        else:
            await response(scope, receive, send)

    def _repeat(self, entry: _Entry, scope: Scope) -> Repeat | None:
        """Find the answer that was given before to a caller who may have it; None is no refusal.

        It is given in the same breath, so that the gate need not count it; the rate does.
        """
        kit, headers = self._kit, scope["headers"]
        actor = entry.door.recognise(headers)
        if actor is None or actor.networks or entry.route.permission not in actor.permissions:
            return None
        directory = kit.world.database.standing(actor.workspace)
        if directory is None:
            return None
        repeat, now = repeats_of(directory).get(_asked(scope)), kit.world.now()
        if repeat is None or not repeat.holds(now, headers):
            return None
        try:
            kit.rates.take(caller_of(actor), now)
        except TocsinError:
            return None
        return repeat

    async def _serve(self, request: Request) -> _Served:
        try:
            found = self._router.find(request.method, raw_path(request.scope))
        except TocsinError as error:
            return await self._miss(error, request)
        if isinstance(found, Missed):
            return await self._miss(found, request)
        entry = found.target
        path = entry.route.path
        gate = self._kit.gate
        try:
            gate.enter()
        except TocsinError as error:
            return self._refuse(entry.door, path, error, request)
        try:
            response, lasting = await self._admit(entry, found.params, request)
            response = entry.door.finish(request, response)
            if lasting is not None and request.method == "GET" and response.status_code == 200:
                self._keep(entry, request, response, *lasting)
            return _Served(entry.door.name, path, response)
        except ClientGone:
            return _Served(entry.door.name, path, None)
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer
            return self._refuse(entry.door, path, error, request)
        finally:
            gate.leave()

    async def _admit(self, entry: _Entry, params: dict[str, str], request: Request) -> _Made:
        """Let the caller in, if the route is for callers, and within the limits; then handle the request."""
        route, kit = entry.route, self._kit
        if route.permission is None:
            return await self._handle(entry, params, request, None)
        actor = await entry.door.authenticate(request)
        must_be_from(actor, request.scope)
        actor.must(route.permission)
        caller = caller_of(actor)
        kit.rates.take(caller, kit.world.now())
        kit.gate.enter_as(caller)
        try:
            return await self._handle(entry, params, request, actor)
        finally:
            kit.gate.leave_as(caller)

    async def _handle(
        self, entry: _Entry, params: dict[str, str], request: Request, actor: Actor | None
    ) -> _Made:
        route, scope = entry.route, request.scope
        limit = route.body_limit or self._kit.body_limit
        call = Call(request=request, kit=self._kit, route=route, params=params, actor=actor, limit=limit)
        arguments = {}
        if route.query is not None:
            arguments["query"] = route.query.read(scope["query_string"])
        if route.body is not None:
            if not (route.any_media or entry.door.any_media):
                require_json(request.headers.get("content-type"))
            call.body = await read_body(scope["headers"], request.receive, limit=limit)
            arguments["body"] = route.body.read(call.body)
        elif route.takes_bytes:
            arguments["body"] = call.body = await read_body(scope["headers"], request.receive, limit=limit)
        result = await route.handler(call, **arguments)
        response, etag = response_of(route, result)
        if route.tagged or etag:
            response = _tagged(request, response, etag)
        lasting = result.lasting if isinstance(result, Answer) else None
        return response, None if lasting is None else (lasting, call.now)

    def _keep(
        self, entry: _Entry, request: Request, response: Response, lasting: Lasting, since: datetime
    ) -> None:
        """Keep a good answer for whoever asks the same."""
        asked = _asked(request.scope)
        answer = Repeat(
            messages=messages_of(response),
            since=since,
            until=lasting.until,
            tagged="etag" in response.headers,
        )
        repeats_of(lasting.directory).keep(asked, answer)
        if len(self._before) >= ASKED_MAX:
            self._before.clear()
        self._before[asked] = entry

    async def _miss(self, missed: Missed[_Entry] | TocsinError, request: Request) -> _Served:
        """Answer for a path, or a method, that is not there, or for a path that cannot be read."""
        error: TocsinError = NoSuchPath(request.scope["path"])
        if isinstance(missed, TocsinError):
            error, missed = missed, Missed()
        door = missed.neighbours[0].door if missed.neighbours else self._owner(request)
        method = request.method
        try:
            if door is not None and door.guarded:
                must_be_from(await door.authenticate(request), request.scope)
            if missed.allow and method == "OPTIONS" and door is not None and door.options:
                answer = Response(None, 204, {"allow": ", ".join((*missed.allow, "OPTIONS"))})
                return _Served(door.name, NO_ROUTE, door.finish(request, answer))
            if missed.allow:
                error = MethodNotAllowed(method, missed.allow)
        except Exception as other:  # noqa: BLE001  # whatever it is, the caller gets an answer
            return self._refuse(door, NO_ROUTE, other, request)
        return self._refuse(door, NO_ROUTE, error, request)

    def _refuse(self, door: Door | None, route: str, error: Exception, request: Request) -> _Served:
        """Dress *error* as *door* does; what was not foreseen is logged and told under its trace id."""
        trace = trace_of(request, self._kit.world)
        if not isinstance(error, TocsinError):
            _log.error("request failed", trace=trace, method=request.method, route=route, exc_info=error)
            error = Unexpected()
        unread = isinstance(error, TooLarge) and error.more
        name = door.name if door is not None else NO_ROUTE
        if door is None:
            return _Served(name, route, problem(error, request, trace), unread)
        try:
            return _Served(name, route, door.finish(request, door.dress(error, request, trace)), unread)
        except Exception as fault:  # noqa: BLE001  # the error before it must be answered all the same
            _log.error("an error could not be dressed", trace=trace, door=name, exc_info=fault)
            return _Served(name, route, problem(Unexpected(), request, trace), unread)

    def _owner(self, request: Request) -> Door | None:
        path: str = request.scope["path"]
        owners = [(prefix, door) for prefix, door in self._owners if path.startswith(prefix)]
        owners = [(prefix, door) for prefix, door in owners if len(prefix) == len(owners[0][0])]
        claimed = (door for _, door in owners if door.claims(request))
        return next(claimed, owners[0][1] if owners else None)


def caller_of(actor: Actor) -> tuple[int, int]:
    """Give what an actor's requests are counted by: their key, the integration, or the person."""
    return actor.workspace, actor.key or actor.integration or actor.user or 0


def raw_path(scope: Scope) -> bytes:
    """Give the path of a request as it came, percent-encoded."""
    path: bytes | None = scope.get("raw_path")
    return quote(scope["path"]).encode() if path is None else path


def trace_of(request: Request, world: World) -> str:
    """Give the trace id of *request*: the caller's (W3C Trace Context), or a new one."""
    match = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    return match[1] if match else world.entropy(16).hex()


def messages_of(response: Response) -> tuple[Message, Message]:
    """Give *response* as the two messages of ASGI."""
    start = {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    return start, {"type": "http.response.body", "body": response.body}


def _asked(scope: Scope) -> Asked:
    return raw_path(scope), scope["query_string"]


def _tagged(request: Request, response: Response, etag: str | None) -> Response:
    """Tag a good answer, and leave out the body that a reader has already."""
    if response.status_code not in {200, 201}:
        return response
    etag = etag or etag_of_body(bytes(response.body))
    if request.method in {"GET", "HEAD"} and Conditions.of(request.headers).has(etag):
        return Response(None, 304, {"etag": etag})
    response.headers["etag"] = etag
    return response
