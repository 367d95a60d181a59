"""A wire to PostgreSQL that can be cut at a chosen moment: a socket between the client and the server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

NAME = ".s.PGSQL.5432"
PATIENCE_S = 10


class Wire:
    """Carries everything both ways until what a client says contains a certain text; then it is cut."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.cuts = 0
        self.down = False
        self._lock = threading.Lock()
        self.open: set[socket.socket] = set()
        self._at, self._heard, self._times, self._then_down = b"", False, 0, False

    def cut(self, at: str, *, heard: bool, times: int = 1, then_down: bool = False) -> None:
        """Cut the next *times* connections on which a client says *at*.

        It is cut before the server hears of it or, when *heard* is set, after the server has answered and
        before the client hears that. *then_down*: after that nobody gets through, until `down` is unset.
        """
        with self._lock:
            self._at, self._heard, self._times, self.cuts = at.encode(), heard, times, 0
            self._then_down = then_down

    def break_off(self) -> None:
        """Cut every connection that there is now, whatever is under way; the server may be at it still."""
        for client in tuple(self.open):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def ends_with(self, said: bytes) -> tuple[bool, bool]:
        """Tell whether the connection is cut at what was *said*, and whether the server is to hear it."""
        with self._lock:
            if self.down:
                return True, False
            if not (self._times and self._at in said):
                return False, True
            self._times -= 1
            self.cuts += 1
            self.down = self._then_down and not self._times
            return True, self._heard


class _Connection:
    def __init__(self, wire: Wire, client: socket.socket) -> None:
        self._wire = wire
        self._client = client
        self._server = socket.socket(socket.AF_UNIX)
        self._cut = False
        self._answered = threading.Event()

    def carry(self) -> None:
        with self._client, self._server, suppress(OSError):
            self._wire.open.add(self._client)
            self._server.connect(self._wire.server)
            back = threading.Thread(target=self._back, daemon=True)
            back.start()
            self._forth()
            for end in (self._client, self._server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()
        self._wire.open.discard(self._client)

    def _forth(self) -> None:
        while said := self._client.recv(65_536):
            cut, heard = self._wire.ends_with(said)
            self._cut = cut
            if heard:
                self._server.sendall(said)
            if cut:
                if heard:
                    self._answered.wait(PATIENCE_S)
                return

    def _back(self) -> None:
        with suppress(OSError):
            while answer := self._server.recv(65_536):
                if self._cut:
                    self._answered.set()
                    return
                self._client.sendall(answer)
            self._client.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(url: str, folder: Path) -> Iterator[tuple[Wire, str]]:
    """Lay a wire to the server at *url*; give it and the URL by which the server is reached through it."""
    parts = urlsplit(url)
    host = parse_qs(parts.query)["host"][0]
    wire = Wire(f"{host}/{NAME}")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / NAME))
    listener.listen(50)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection = _Connection(wire, listener.accept()[0])
                threading.Thread(target=connection.carry, daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield wire, parts._replace(query=f"host={folder}").geturl()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
