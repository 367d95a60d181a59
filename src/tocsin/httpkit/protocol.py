"""The server's side of a connection, with bounds on what a client may keep it busy with.

Uvicorn reads a request for as long as it takes, and a head of any size. Here a whole request must come within
REQUEST_WITHIN_S of its first byte, a connection must say something within FIRST_BYTE_WITHIN_S, and a head has
at most HEAD_MAX bytes.

Requests to the busiest routes are answered from here, without ASGI; see ``httpkit.express``.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tocsin.httpkit.express import Express, Headers, Ride

FIRST_BYTE_WITHIN_S = 10.0
REQUEST_WITHIN_S = 30.0
HEAD_MAX = 64 * 1024
GOODBYE_WITHIN_S = 1.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection. *express* has the routes that are answered from here, by their addresses."""

    first_byte_within_s = FIRST_BYTE_WITHIN_S
    request_within_s = REQUEST_WITHIN_S

    def __init__(self, *args: Any, express: Mapping[bytes, Express] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._express = express or {}
        self._too_late: asyncio.TimerHandle | None = None
        self._coming = False  # a request has begun and is not whole yet
        self._in_head = False
        self._head_size = 0
        self._trip: Trip | None = None  # the request that is coming, if it is on a ride
        self._idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Wait for the first byte, not for ever."""
        super().connection_made(transport)
        self._too_late = self.loop.call_later(self.first_byte_within_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super()._unset_keepalive_if_required()
        if self._trip is not None:
            self._trip.give_up()
            self._trip = None
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
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._coming = self._in_head = True
        self._head_size = 0

    def on_url(self, url: bytes) -> None:
        """Read a part of the address."""
        self._count(len(url))
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read a header, as uvicorn does; written out, for there are several to each request."""
        self._count(len(name) + len(value))
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Let the request begin: on a ride if it can, or else in the application."""
        self._in_head = False
        express = self._express.get(self.url)
        if express is None or not self._takes_a_ride(express):
            self._make_scope()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Read a part of the body."""
        if self._trip is None:
            super().on_body(body)
        else:
            self._trip.parts.append(body)

    def on_message_complete(self) -> None:
        """Take it that the request is whole."""
        self._coming = False
        trip, self._trip = self._trip, None
        if trip is None:
            super().on_message_complete()
        else:
            trip.go()

    def on_response_complete(self) -> None:
        """Begin with what was sent ahead, or wait for the next request, by a timer that runs on and on."""
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_for_more(self.timeout_keep_alive)

    def shutdown(self) -> None:
        """Hang up when the server ends, after the answer that is under way.

        By TLS both sides say goodbye, and a client that keeps its connections for later does not listen: the
        server would wait for each of those for as long as it waits for anything.
        """
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(GOODBYE_WITHIN_S, self._leave)

    def _leave(self) -> None:
        if not self.transport.get_write_buffer_size():
            self.transport.abort()

    def timeout_keep_alive_handler(self) -> None:
        """Hang up on who has said nothing for so long; whoever has is given the rest of their time."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:  # a request is being answered, and its end sets the timer anew
            return
        left_s = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._wait_for_more(left_s)
        else:
            super().timeout_keep_alive_handler()

    def _wait_for_more(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        """Take it that the client said something. Setting the timer for each request would cost more."""
        self._idle_since = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless it was refused already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _make_scope(self) -> None:
        """Let uvicorn make what it makes when a request begins, and keep what was read since."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers

    def _takes_a_ride(self, express: Express) -> bool:
        """Let the request take a ride if nothing about it is unusual and the one before it is answered."""
        parser, before = self.parser, self.cycle
        if (
            parser.get_method().decode() != express.method
            or parser.get_http_version() != "1.1"
            or (before is not None and not before.response_complete)
            or self.flow.write_paused
        ):
            return False
        trip = Trip(self, keep_alive=parser.should_keep_alive())
        ride = express.board(self.headers, trip.answer)
        if ride is None:
            return False
        trip.ride = ride
        self.cycle = trip  # type: ignore[assignment]  # it has all that is asked of it here
        self._trip = trip
        return True

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


class Trip:
    """A request on a ride, and its answer on the way back. To uvicorn it is what its own cycles are."""

    __slots__ = (
        "disconnected",
        "keep_alive",
        "message_event",
        "parts",
        "protocol",
        "response_complete",
        "ride",
    )

    def __init__(self, protocol: BoundedProtocol, *, keep_alive: bool) -> None:
        self.protocol = protocol
        self.ride: Ride | None = None  # until the request is whole
        self.parts: list[bytes] = []
        self.keep_alive = keep_alive
        self.message_event = _NOBODY_WAITS
        self.disconnected = False
        self.response_complete = False

    @property
    def response_started(self) -> bool:
        """Whether it is being answered; that takes no time here."""
        return self.response_complete

    def go(self) -> None:
        """Begin the ride, and let go of it.

        It knows the way back to here. If it were known from here still, both would be litter that only a
        collection finds: one of those for thousands of requests holds up all that come meanwhile.
        """
        ride, self.ride = self.ride, None
        if ride is not None:
            ride.go(b"".join(self.parts))

    def give_up(self) -> None:
        """Hear that the client went away before its request was whole."""
        ride, self.ride = self.ride, None
        if ride is not None:
            ride.give_up()

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the answer, unless the client has gone."""
        protocol = self.protocol
        if protocol.transport.is_closing():
            return
        lines = [STATUS_LINE[status], _lines_of(protocol.server_state.default_headers)]
        lines += [b"%b: %b\r\n" % header for header in headers if header[0] != b"content-length"]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        protocol.transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (b"".join(lines), len(body), body))
        self.response_complete = True
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class _NobodyWaits:
    def set(self) -> None:
        """Tell nobody."""


_NOBODY_WAITS = _NobodyWaits()
_latest: tuple[Headers, bytes] = ([], b"")


def _lines_of(headers: Headers) -> bytes:
    """Write the headers that all answers have; uvicorn makes them anew once a second."""
    global _latest  # noqa: PLW0603 - the answers of a second have the same
    if headers is not _latest[0]:
        _latest = (headers, b"".join([b"%b: %b\r\n" % header for header in headers]))
    return _latest[1]
