"""What stands around Tocsin in the demo: a mail server whose mails can be read in a browser, and telephones.

Both listen on free ports of this machine and give what they got to *tell*, on threads of their own.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 900px; padding: 24px }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid #8884 }
iframe { width: 100%; height: 80vh; border: 1px solid #8884; border-radius: 8px; background: #fff }
"""
_PAGE = "<!doctype html><meta charset=utf-8><title>{title}</title>{head}<style>{style}</style>{body}"


def free_port() -> int:
    """Find a port on which nobody listens now."""
    with socket.socket() as finder:
        finder.bind((HOST, 0))
        port: int = finder.getsockname()[1]
        return port


class MailCatcher:
    """An SMTP server, and beside it a page that shows what it was given; nothing goes any further."""

    def __init__(self, tell: Callable[[EmailMessage], None]) -> None:
        self.mails: list[EmailMessage] = []
        self._tell = tell
        self._smtp = Controller(self, hostname=HOST, port=free_port())
        self._web = _server(_handler(get=self._show))

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail; the name is aiosmtpd's."""
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.mails.append(mail)
        self._tell(mail)
        return "250 taken"

    @property
    def smtp_url(self) -> str:
        """What TOCSIN_SMTP_URL is to be."""
        return f"smtp://{HOST}:{self._smtp.port}"

    @property
    def url(self) -> str:
        """Where the mails can be read."""
        return f"http://{HOST}:{self._web.server_port}"

    def __enter__(self) -> Self:
        self._smtp.start()
        _start(self._web)
        return self

    def __exit__(self, *_: object) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._smtp.stop()

    def _show(self, path: str) -> str:
        number = path.removeprefix("/")
        if number.isascii() and number.isdecimal() and int(number) < len(self.mails):
            return _mail(self.mails[int(number)])
        rows = "".join(
            f"<tr><td>{escape(str(mail['To']))}<td><a href=/{number}>{escape(str(mail['Subject']))}</a>"
            for number, mail in reversed(list(enumerate(self.mails)))
        )
        return _PAGE.format(
            title="Mails",
            head='<meta http-equiv="refresh" content="3">',
            style=_STYLE,
            body=f"<h1>Mails</h1><table><tr><th>To<th>Subject{rows}</table>",
        )


class Telephones:
    """A webhook receiver: each path is somebody's telephone, or a place where people look."""

    def __init__(self, tell: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._tell = tell
        self._web = _server(_handler(post=self._ring))

    def url(self, whose: str) -> str:
        """Where *whose* telephone takes messages."""
        return f"http://{HOST}:{self._web.server_port}/{whose}"

    def __enter__(self) -> Self:
        _start(self._web)
        return self

    def __exit__(self, *_: object) -> None:
        self._web.shutdown()
        self._web.server_close()

    def _ring(self, path: str, body: bytes) -> None:
        self._tell(path.removeprefix("/"), json.loads(body))


def _mail(mail: EmailMessage) -> str:
    part = mail.get_body(("html", "plain"))
    content = part.get_content() if part is not None else ""
    # The frame may open links and nothing else, as in a mail program.
    may = "allow-popups allow-popups-to-escape-sandbox"
    frame = f'<iframe sandbox="{may}" srcdoc="{escape(_in_new_tabs(content))}">'
    head = f"<p><a href=/>All mails</a><h1>{escape(str(mail['Subject']))}</h1><p>To {escape(str(mail['To']))}"
    return _PAGE.format(
        title=escape(str(mail["Subject"])), head="", style=_STYLE, body=f"{head}{frame}</iframe>"
    )


def _in_new_tabs(html: str) -> str:
    return f'<base target="_blank">{html}'


def _handler(
    *, get: Callable[[str], str] | None = None, post: Callable[[str, bytes], None] | None = None
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._answer(200, get(self.path)) if get else self._answer(405, "")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if post:
                post(self.path, body)
            self._answer(200 if post else 405, "")

        def _answer(self, status: int, page: str) -> None:
            content = page.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing: the story says it better."""

    return Handler


def _server(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    return server


def _start(server: ThreadingHTTPServer) -> None:
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
