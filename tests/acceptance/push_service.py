"""A push service for one browser, which speaks RFC 8030 and opens what it is given with that browser's keys.

A real one could not open anything; this one hands what it reads to the test, as the browser would get it.
"""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from acceptance.peers import HOST, Recorder
from browser_keys import BrowserKeys, sender_of

PATH = "/wpush/v2/subscription"


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """A message as the browser would get it, and the headers that told the service how to treat it."""

    said: dict[str, Any]
    headers: dict[str, str]
    sender: str


class PushService:
    """Takes messages for one browser; *gone* makes it say that the subscription has ended."""

    def __init__(self) -> None:
        self.browser = BrowserKeys()
        self.messages: Recorder[Pushed] = Recorder()
        self.refused: Recorder[str] = Recorder()
        self.gone = False
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name is http.server's
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers = service.take(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def subscription(self) -> dict[str, Any]:
        """What the browser hands to the page when it subscribes."""
        return self.browser.as_json(self.origin + PATH)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Take a message as RFC 8030 (5), 8291 (4) and 8292 (4.2) want it, or refuse it."""
        if path != PATH:
            return 404, {}
        if self.gone:
            return 410, {}
        try:
            assert headers["Content-Encoding"] == "aes128gcm"
            assert headers["TTL"].isdecimal()
            sender, _ = sender_of(headers["Authorization"], audience=self.origin)
            said = json.loads(self.browser.opened(body))
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is the sender's
            self.refused.add(repr(fault))
            return 400, {}
        self.messages.add(Pushed(said=said, headers=headers, sender=sender))
        return 201, {"Location": f"{self.origin}/message/{len(self.messages)}"}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
