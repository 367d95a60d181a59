"""The server's side of a connection, with bounds on what a client may keep it busy with.

Uvicorn reads a request for as long as it takes, and a head of any size. Here a whole request must come within
REQUEST_WITHIN_S of its first byte, a connection must say something within FIRST_BYTE_WITHIN_S, and a head has
at most HEAD_MAX bytes.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FIRST_BYTE_WITHIN_S = 10.0
REQUEST_WITHIN_S = 30.0
HEAD_MAX = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    first_byte_within_s = FIRST_BYTE_WITHIN_S
    request_within_s = REQUEST_WITHIN_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._too_late: asyncio.TimerHandle | None = None
        self._coming = False  # a request has begun and is not whole yet
        self._in_head = False
        self._head_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Wait for the first byte, not for ever."""
        super().connection_made(transport)
        self._too_late = self.loop.call_later(self.first_byte_within_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; only a request that does not come in one piece costs a timer."""
        super().data_received(data)
        if not self._coming:
            self._stop_waiting()
        elif self._too_late is None:
            self._too_late = self.loop.call_later(self.request_within_s, self._give_up)

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        super().on_message_begin()
        self._coming = self._in_head = True
        self._head_size = 0

    def on_url(self, url: bytes) -> None:
        """Read a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the application begin."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take it that the request is whole."""
        self._coming = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless it was refused already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > HEAD_MAX:
            self._refuse(b"431 Request Header Fields Too Large", b"the head of the request is too large")
            raise ValueError("the head is too large")  # which ends the parsing

    def _give_up(self) -> None:
        self._too_late = None
        if self._in_head or (self._coming and not self.cycle.response_started):
            self._refuse(b"408 Request Timeout", b"the request did not come in time")
        else:
            self.transport.close()

    def _refuse(self, status: bytes, said: bytes) -> None:
        head = b"HTTP/1.1 %b\r\ncontent-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(said)) + said)
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None
