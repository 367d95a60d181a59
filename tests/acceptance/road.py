"""A road from one node to PostgreSQL that can be cut as a network is: what is sent on it vanishes.

Nobody is told. No connection is closed and none refused; bytes are not even confirmed, for the kernel throws
every segment away that comes to our end of a connection (a socket filter, which needs no rights). So whoever
calls finds out by waiting, as on the day on which a switch dies.
"""

import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from acceptance.peers import HOST

_ATTACH_FILTER, _DETACH_FILTER = 26, 27  # SO_ATTACH_FILTER, SO_DETACH_FILTER of Linux
_LET_NOTHING_IN = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF: return 0, the length to keep


class Road:
    """Carries bytes both ways between whoever connects to *port* and the server behind *server*, a socket."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._listener = socket.create_server((HOST, 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._clients: set[socket.socket] = set()
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Let nothing through until the block ends."""
        with self._lock:
            self._is_whole.clear()
            for end in (self._listener, *self._clients):
                _block(end)
        try:
            yield
        finally:
            with self._lock:
                for end in (self._listener, *self._clients):
                    with suppress(OSError):  # it has been closed meanwhile
                        end.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)
                self._is_whole.set()

    def close(self) -> None:
        """Let nobody on it any more."""
        self._is_whole.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with self._lock:
            self._clients.add(client)
            if not self._is_whole.is_set():
                _block(client)
        server = socket.socket(socket.AF_UNIX)
        with client, server, suppress(OSError):
            self._is_whole.wait()
            server.connect(self._server)
            back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
            back.start()
            self._pass_on(client, server)
            back.join()
        with self._lock:
            self._clients.discard(client)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        """Carry what *source* says to *target*, its end too, when there is a road."""
        with suppress(OSError):
            while said := source.recv(65_536):
                self._is_whole.wait()
                target.sendall(said)
        self._is_whole.wait()
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _block(end: socket.socket) -> None:
    program = ctypes.create_string_buffer(_LET_NOTHING_IN)
    end.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))


@contextmanager
def road_to(url: str) -> Iterator[tuple[Road, str]]:
    """Build a road to the PostgreSQL at *url*; give it, and the URL by which the server is reached on it."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    road = Road(f"{folder}/.s.PGSQL.5432")
    try:
        yield road, parts._replace(netloc=f"{parts.username}@{HOST}:{road.port}", query="").geturl()
    finally:
        road.close()
