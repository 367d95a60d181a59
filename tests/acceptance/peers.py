"""What stands around Tocsin in the acceptance tests: a mail server, an HTTP receiver, and a caller.

Servers are context managers, on free ports of 127.0.0.1. Whatever they record can be waited for, so that no
test needs to sleep.
"""

import contextlib
import json
import random
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
PATIENCE_S = 60.0
LATE_S = 20.0  # later than anybody who calls waits for an answer; that it comes then, nobody hears
HELD_S = 60.0
GLANCE_S = 0.02

T = TypeVar("T")

_CHANCE = random.SystemRandom()


def free_port() -> int:
    """Find a port on which nobody listens now, and which the system gives to no connection by itself.

    A server that comes up again finds its port free, whoever calls in the meantime.
    """
    for _ in range(1_000):
        port = _CHANCE.randrange(10_000, 32_000)
        with socket.socket() as finder, contextlib.suppress(OSError):
            finder.bind((HOST, port))
            return port
    raise AssertionError("no port is free")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back to a request of ours."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


class _Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


_TRUSTED = ssl.create_default_context()
_OPENER = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_TRUSTED), _Unredirected
)


def trust(chain: Path) -> None:
    """Trust the certificate in the file *chain* from now on, in every request of ours."""
    _TRUSTED.load_verify_locations(chain)


def http(
    method: str, url: str, body: object = None, *, token: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request, JSON unless *body* is bytes or str, and follow no redirect."""
    sent = dict(headers or {})
    data = body if isinstance(body, bytes | None) else body.encode() if isinstance(body, str) else None
    if body is not None and data is None:
        data = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    if token:
        sent["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with _OPENER.open(request, timeout=PATIENCE_S) as response:
            return Answer(status=response.status, headers=dict(response.headers), body=response.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(status=refused.code, headers=dict(refused.headers), body=refused.read())


def wait_for(found: Callable[[], T], *, what: object) -> T:
    """Wait until *found* returns something, and return it; *what*, or what it returns, says what is wrong."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < give_up_at, what() if callable(what) else what
        time.sleep(GLANCE_S)
    return value


class Recorder(Generic[T]):
    """A list to which threads append and for whose entries tests wait."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._entries: list[T] = []

    def add(self, entry: T) -> None:
        """Append *entry* and wake whoever waits."""
        with self._news:
            self._entries.append(entry)
            self._news.notify_all()

    def __iter__(self) -> Iterator[T]:
        with self._news:
            return iter(tuple(self._entries))

    def __len__(self) -> int:
        with self._news:
            return len(self._entries)

    def wait(
        self, count: int = 1, *, that: Callable[[T], bool] = lambda _: True, within: float = PATIENCE_S
    ) -> list[T]:
        """Wait until *count* entries hold for *that*, and return all that do then."""

        def found() -> list[T]:
            return [entry for entry in self._entries if that(entry)]

        with self._news:
            if not self._news.wait_for(lambda: len(found()) >= count, within):
                message = f"{len(found())} of {count} came within {within} s; all there is: {self._entries!r}"
                raise AssertionError(message)
            return found()


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as it was taken: *at* is in seconds of time.monotonic."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    at: float

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text part."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part is not None else ""

    @property
    def html(self) -> str:
        """The HTML part."""
        part = self.message.get_body(("html",))
        return part.get_content() if part is not None else ""


class MailCatcher:
    """An SMTP server that keeps what it is given. *refusals* are answers to the next DATA, first to last."""

    def __init__(self) -> None:
        self.mails: Recorder[Mail] = Recorder()
        self.refusals: list[str] = []
        self._controller = Controller(self, hostname=HOST, port=free_port())

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail; the name is aiosmtpd's."""
        if self.refusals:
            return self.refusals.pop(0)
        message = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        sender, recipients = str(envelope.mail_from), tuple(map(str, envelope.rcpt_tos))
        self.mails.add(
            Mail(sender=sender, recipients=recipients, message=message, at=time.monotonic())  # type: ignore[arg-type]
        )
        return "250 taken"

    @property
    def url(self) -> str:
        """What TOCSIN_SMTP_URL is to be."""
        return f"smtp://{HOST}:{self._controller.port}"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came; *at* is in seconds of time.monotonic, header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of callers that were killed."""


class Receiver:
    """An HTTP server that keeps what it is given. *answers* are its next statuses, then 200.

    It does not answer at paths that are held, and late at those that are late; such requests are kept as soon
    as they are there, and *unheard* has those whose caller was gone when the answer came. With *tls*, a
    certificate and its key, it speaks HTTPS.
    """

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.requests: Recorder[Request] = Recorder()
        self.answers: list[int] = []
        self.unheard: Recorder[Request] = Recorder()
        self._late: Counter[str] = Counter()
        self._over = threading.Event()
        self._held: dict[str, threading.Event] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = PATIENCE_S

            def do_POST(self) -> None:
                receiver._take(self)

            do_GET = do_PUT = do_POST  # noqa: N815 (names of http.server)

            def log_message(self, *_args: object) -> None:
                """Say nothing: requests are recorded."""

        self._server = _Server((HOST, 0), Handler)
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(GLANCE_S,), daemon=True)

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        at = time.monotonic()
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(method=handler.command or "", path=handler.path, headers=headers, body=body, at=at)
        is_late = self._late[handler.path] > 0
        held = self._over if is_late else self._held.get(handler.path)
        if held is not None:
            self._late[handler.path] -= is_late
            self.requests.add(request)
            held.wait(LATE_S if is_late else HELD_S)
        if is_late and _is_gone(handler.connection):
            self.unheard.add(request)
        handler.send_response(self.answers.pop(0) if self.answers else 200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")
        if held is None:
            self.requests.add(request)

    @contextlib.contextmanager
    def holding(self, path: str) -> Iterator[None]:
        """Answer nobody at *path* until the block ends."""
        self._held[path] = threading.Event()
        try:
            yield
        finally:
            self._held.pop(path).set()

    def be_late(self, path: str, times: int) -> None:
        """Answer the next *times* requests at *path* after LATE_S only."""
        self._late[path] = times

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._scheme}://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _is_gone(connection: socket.socket) -> bool:
    """Tell whether the other side has closed *connection*."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
