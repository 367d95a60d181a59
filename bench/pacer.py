"""Requests at a pace that does not wait for answers, sent from the loop that also receives the webhooks.

One loop on one thread does both, so that neither waits for the other's turn at Python's lock.
"""

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import httptools

CONNECTIONS = 32


class _Connection(asyncio.Protocol):
    """One connection to a server, which may close it after each answer; it has one request at a time."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.transport.close()
        self.answered.set_result(self._parser.get_status_code())

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(ConnectionError("the server hung up"))

    async def ask(self, host: str, port: int, request: bytes) -> int:
        loop = asyncio.get_running_loop()
        if self.transport is None or self.transport.is_closing():
            await loop.create_connection(lambda: self, host, port)
        self._parser = httptools.HttpResponseParser(self)
        self.answered = loop.create_future()
        self.transport.write(request)
        return await self.answered


async def paced(
    url: str, headers: Mapping[str, str], bodies: Mapping[str, bytes], per_s: float
) -> dict[str, float]:
    """Post *bodies* in turn, so many a second; return when each was due, by its key.

    A request that finds no connection free waits for one, and its time runs all the same.
    """
    place = urlsplit(url)
    head = f"POST {place.path} HTTP/1.1\r\nhost: {place.netloc}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(_Connection())

    async def send(body: bytes) -> None:
        connection = await free.get()
        request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
        try:
            status = await connection.ask(place.hostname, place.port, request)
        finally:
            free.put_nowait(connection)
        assert status < 300, f"answered {status}"

    began: dict[str, float] = {}
    tasks = []
    start = time.perf_counter()
    for number, (key, body) in enumerate(bodies.items()):
        due = start + number / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        began[key] = due
        tasks.append(asyncio.create_task(send(body)))
    await asyncio.gather(*tasks)
    while not free.empty():
        if (transport := free.get_nowait().transport) is not None:
            transport.close()
    return began
