"""The application: one node's doors for HTTP, and the parts that run beside them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.types import Receive, Scope, Send

from tocsin.actions import nodes
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.express import Express
from tocsin.httpkit.front import Front
from tocsin.httpkit.health import Part, Readiness, health_door
from tocsin.httpkit.server import calm_collector
from tocsin.settings import Settings

GOODBYE_WITHIN_S = 2

Close = Callable[[], Awaitable[None]]
_log = structlog.get_logger(__name__)


class App:
    """One node: its doors for HTTP, and the parts that run beside them.

    *express* routes are taken before any other; a server that knows the *rides*, by their address, need not
    even come here. *closing* is called last, when nothing runs any more.
    """

    def __init__(
        self,
        kit: Kit,
        settings: Settings,
        *,
        doors: Sequence[Door] = (),
        express: Sequence[Express] = (),
        parts: Sequence[Part] = (),
        closing: Sequence[Close] = (),
        parting: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._kit = kit
        self._node = settings.node_name
        self._parts = parts
        self._closing = closing
        self._parting = parting
        self._started: list[Part] = []
        self._watch: asyncio.Task[None] | None = None
        self._express = {(way.method, way.path): way for way in express}
        self._shortcuts = [door.shortcut for door in doors if door.shortcut is not None]
        self.rides = {way.path.encode(): way for way in express}
        readiness = Readiness(kit.world, self._node, parts)
        health = health_door(kit, readiness, metrics_token=settings.metrics_token)
        self._front = Front(kit, (health, *doors))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's own start and stop."""
        if scope["type"] == "http":
            express = self._express.get((scope["method"], scope["path"]))
            if express is not None and express.takes(scope):
                await express(scope, receive, send)
            else:
                ways = (shortcut(scope) for shortcut in self._shortcuts)
                await next((way for way in ways if way is not None), self._front)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def part(self) -> None:
        """Let go of those who would stay connected for as long as they may."""
        for let_go in self._parting:
            let_go()

    async def start(self) -> None:
        """Start the database's threads and every part; stop again what had started when one cannot."""
        self._kit.world.database.start()
        try:
            for part in self._parts:
                await part.start()
                self._started.append(part)
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._kit.metrics.watch_loop(), name="tocsin-loop-lag")
        calm_collector()
        _log.info("started", node=self._node, engine=self._kit.world.database.engine)

    async def stop(self) -> None:
        """Stop every part, the last one first, say good-bye to the other nodes, and close the database.

        What one of them raises is logged and does not keep the others from being stopped. What is only closed
        is not waited for: a receiver that reads no more would hold the connection to it open for ever.
        """
        _log.info("stopping", node=self._node)
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait((self._watch,))
        while self._started:
            await _calmly(self._started.pop().stop())
        self._kit.tokens.close()
        world, node = self._kit.world, self._node
        await _calmly(
            asyncio.wait_for(world.database.write(lambda tx: nodes.leave(tx, node)), GOODBYE_WITHIN_S)
        )
        for close in self._closing:
            await _calmly(asyncio.wait_for(close(), GOODBYE_WITHIN_S))
        await asyncio.to_thread(world.database.close)
        _log.info("stopped", node=node)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:  # noqa: BLE001  # the server is told, and ends
            _log.error("cannot start", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})


async def _calmly(stopping: Awaitable[object]) -> None:
    try:
        await stopping
    except Exception as error:  # noqa: BLE001  # the rest must be stopped too
        _log.error("could not stop in order", exc_info=error)
