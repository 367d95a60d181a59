"""A receiver of webhooks that costs little, in a process of its own: python receiver.py PORT.

GET tells what came so far: how many messages, how many of them again, when the last new one did, and the CPU
time that it took to hear of them.
"""

import asyncio
import json
import sys
import time

import httptools
import uvloop

_TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class _Seen:
    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self.again = 0
        self.last_at = 0.0

    def take(self, key: bytes) -> None:
        if key in self.keys:
            self.again += 1
        else:
            self.keys.add(key)
            self.last_at = time.monotonic()

    def tell(self) -> bytes:
        told = {"new": len(self.keys), "again": self.again, "last_at": self.last_at}
        body = json.dumps(told | {"cpu_s": time.process_time()}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return head.encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        self._key = b""
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"webhook-id":
            self._key = value

    def on_message_complete(self) -> None:
        if self._parser.get_method() == b"POST":
            self._seen.take(self._key)
            self._transport.write(_TAKEN)
        else:
            self._transport.write(self._seen.tell())


async def serve(port: int) -> None:
    seen = _Seen()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(seen), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
