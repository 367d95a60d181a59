"""What a handler is given: the request, who asks, the instant at which it happens, and the way to act."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from tocsin.actions import history, idempotency
from tocsin.actions.actor import Actor
from tocsin.actions.idempotency import Reply
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, Unauthorized
from tocsin.httpkit.bodies import read_body
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.etags import Conditions
from tocsin.httpkit.routes import Route, response_of
from tocsin.world import Tx

P = ParamSpec("P")
T = TypeVar("T")

ONCE = "idempotency-key"  # what a request is sent with to be done once
REPLAYED = "idempotent-replayed"  # what it is answered with when it had been done before

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class Call:
    """One request on its way through a handler. *now* is the one instant at which all of it happens.

    *params* are the path's parameters, decoded; *body* is what came in, if the handler takes it. *kit* is
    what all doors share.
    """

    __slots__ = ("_actor", "body", "kit", "limit", "now", "params", "request", "route", "world")

    def __init__(
        self,
        *,
        request: Request,
        kit: Kit,
        route: Route,
        params: dict[str, str],
        actor: Actor | None,
        limit: int,
    ) -> None:
        self.request = request
        self.kit = kit
        self.world = kit.world
        self.route = route
        self.params = params
        self.now: datetime = kit.world.now()
        self.body = b""
        self.limit = limit
        self._actor = actor

    @property
    def actor(self) -> Actor:
        """Who asks; Unauthorized on a route that is open to anybody."""
        if self._actor is None:
            raise Unauthorized
        return self._actor

    @property
    def conditions(self) -> Conditions:
        """What the request demands of the object that it meets: If-Match, If-None-Match."""
        return Conditions.of(self.request.headers)

    async def read(self) -> bytes:
        """Read the body, for a handler that looks at something else first (see ``Route.body_later``)."""
        headers = self.request.scope["headers"]
        self.body = await read_body(headers, self.request.receive, limit=self.limit)
        return self.body

    async def directory(self) -> Directory:
        """Give the configuration of the caller's workspace; the database is asked only where it must be."""
        known = self.world.database.standing(self.actor.workspace)
        if known is None:
            known = await self.glance(history.compiled)
        return known if known is not None else await self.ask(history.directory)

    async def act(
        self, action: Callable[Concatenate[Tx, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run *action* as the caller, in one transaction, and return when it is on disk.

        An action that writes an instant is given ``now=call.now``.
        """
        actor = self.actor
        return await self.world.database.write(lambda tx: action(tx, actor, *args, **kwargs))

    async def once(
        self,
        show: Callable[[T], object],
        action: Callable[Concatenate[Tx, Actor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """Run *action* like ``act``, and answer with what *show* makes of its result.

        When the request has an Idempotency-Key, its answer is kept in the same transaction and given again
        to whoever repeats the request; the route says so with ``once=True``, and its handler takes ``body``.
        """
        actor, header = self.actor, self.request.headers.get(ONCE)

        def answer(tx: Tx) -> Response:
            return response_of(self.route, show(action(tx, actor, *args, **kwargs)))[0]

        if header is None:
            return await self.world.database.write(answer)
        key, request_hash = _idempotency_key(header), self._hash()
        reply = await self.world.database.write(
            lambda tx: idempotency.once(
                tx,
                actor,
                key=key,
                request_hash=request_hash,
                make=lambda: _reply(answer(tx)),
                now=self.now,
            )
        )
        headers = dict(reply.headers) | ({REPLAYED: "true"} if reply.again else {})
        return Response(reply.body, reply.status, headers)

    async def ask(
        self, query: Callable[Concatenate[Tx, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run *query* as the caller, over one unchanging state of the database."""
        actor = self.actor
        return await self.world.database.read(lambda tx: query(tx, actor, *args, **kwargs))

    async def glance(
        self, query: Callable[Concatenate[Tx, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same for a *query* of a few rows by key, which is faster done than handed to a thread."""
        actor = self.actor
        return await self.world.database.read(lambda tx: query(tx, actor, *args, **kwargs), short=True)

    def _hash(self) -> str:
        scope = self.request.scope
        told = (scope["method"].encode(), scope["path"].encode(), scope["query_string"], self.body)
        return hashlib.sha256(b"\0".join(told)).hexdigest()


def _idempotency_key(header: str) -> str:
    key = header.strip().strip('"')
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key", "is malformed", "must be 1 to 255 printable ASCII characters")
    return key


def _reply(response: Response) -> Reply:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Reply(status=response.status_code, headers=headers, body=bytes(response.body).decode())
