"""The server under the application: uvicorn, which ends in order, and its certificate."""

import contextlib
import faulthandler
import gc
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol

import uvicorn
from starlette.types import Receive, Scope, Send

from tocsin.core.errors import Invalid
from tocsin.httpkit.express import Express
from tocsin.httpkit.protocol import BoundedProtocol
from tocsin.settings import Settings

STOP_WITHIN_S = 20
END_WITHIN_S = 75  # the whole of it; more than every step of the end may take by itself
STDERR = 2
KEEP_ALIVE_S = 65  # longer than the idle time of common proxies, so that they and not we close
BACKLOG = 2_048


class Application(Protocol):
    """What is served."""

    @property
    def rides(self) -> Mapping[bytes, Express]:
        """The routes that need not go through it, by their address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's own start and stop."""

    def part(self) -> None:
        """Let go of those who would stay connected for as long as they may."""


def must_have_certificate(settings: Settings) -> None:
    """Raise Invalid when the certificate and the key that *settings* name cannot be used together."""
    if settings.tls_cert is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, str)
    except OSError as error:
        remedy = "must name a certificate chain and the private key to it, as PEM and without a passphrase"
        raise Invalid("TOCSIN_TLS_CERT", f"or TOCSIN_TLS_KEY cannot be used: {error}", remedy) from None


def server_of(app: Application, settings: Settings) -> uvicorn.Server:
    """Make the server for *app*; ``run()`` it on the main thread, for it heeds SIGTERM and SIGINT.

    At the first of them it takes nothing more in, finishes what is under way, and stops the app.
    """
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=partial(BoundedProtocol, express=app.rides),  # type: ignore[arg-type]  # it only makes them
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    return Server(config, app.part)


class Server(uvicorn.Server):
    """Uvicorn's server, which ends well when it is told to end, and badly when it could not start.

    Whatever keeps it from ending, it does so after END_WITHIN_S, by force, and says what every thread was at.
    """

    end_within_s: float = END_WITHIN_S

    def __init__(self, config: uvicorn.Config, part: Callable[[], None]) -> None:
        super().__init__(config)
        self._part = part

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to end; exit with 3 when the app could not start."""
        try:
            super().run(sockets)
        finally:
            faulthandler.cancel_dump_traceback_later()
        if not self.started:
            raise SystemExit(3)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving: nobody new is let in, and whoever only listens is let go."""
        faulthandler.dump_traceback_later(self.end_within_s, exit=True, file=STDERR)
        self._part()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Heed SIGTERM and SIGINT while the server runs, and do not die of them afterwards."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def calm_collector() -> None:
    """Let the garbage collector forget what was there at the start, and come round less often.

    It does not look through that first: what litter there is takes less than a megabyte, and to find it would
    keep the server from being ready for a twentieth of a second.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
