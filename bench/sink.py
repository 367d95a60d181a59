"""A webhook receiver that costs next to nothing: it answers 200 and notes when each request came."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import httptools
import uvloop
from harness import HOST

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Sink:
    """Counts requests; *bodies* has them when *keeps* is set, each with the moment at which it was whole.

    It lives on *loop*, which has a thread of its own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.port = 0
        self.count = 0
        self.last_at = 0.0
        self.keeps = False
        self.bodies: list[tuple[float, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run *work* on the loop that receives, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def rest(self, quiet_s: float = 1.0, at_most_s: float = 120.0) -> None:
        """Wait until nothing has come for *quiet_s*."""
        ends_at = time.perf_counter() + at_most_s
        while time.perf_counter() < ends_at:
            before = self.count
            time.sleep(quiet_s)
            if self.count == before:
                return


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parts: list[bytes] = []
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if self._sink.keeps:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        sink = self._sink
        sink.count += 1
        sink.last_at = time.perf_counter()
        if sink.keeps:
            sink.bodies.append((sink.last_at, b"".join(self._parts)))
            self._parts = []
        self._transport.write(_ANSWER)


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a receiver on a thread of its own."""
    loop, ready = uvloop.new_event_loop(), threading.Event()
    made = Sink(loop)

    async def serve() -> asyncio.Server:
        server = await loop.create_server(lambda: _Connection(made), HOST, 0)
        made.port = server.sockets[0].getsockname()[1]
        return server

    def run() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()
        server.close()
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
