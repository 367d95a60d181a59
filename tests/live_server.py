"""A real server for an ASGI application, on a thread of its own, and a socket to misbehave with."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from tocsin.httpkit.protocol import BoundedProtocol


class Impatient(BoundedProtocol):
    """Waits a little while only."""

    first_byte_within_s = 0.3
    request_within_s = 0.3

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timeout_keep_alive = 0.3


@dataclass(frozen=True)
class Live:
    """A server that listens on *port* of this machine."""

    port: int

    def connect(self) -> socket.socket:
        """Open a connection on which nothing takes for ever."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def exchange(self, *parts: bytes) -> bytes:
        """Send *parts*, and read until the server hangs up."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side hangs up, however it does that."""
    came = b""
    try:
        while part := connection.recv(65536):
            came += part
    except ConnectionResetError:
        pass
    return came


@contextmanager
def live(
    app: Any,
    *,
    protocol: Callable[..., BoundedProtocol] = BoundedProtocol,
    lifespan: str = "off",
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[Live]:
    """Serve *app* for the length of the block, with a *certificate* and its key by TLS."""
    chain, key = certificate or (None, None)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=protocol,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        ssl_certfile=chain,
        ssl_keyfile=key,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        thread.join(0.01)
    try:
        yield Live(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
