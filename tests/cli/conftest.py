"""A server to talk to: it keeps what it was asked, and answers what the test has laid ready."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.main import cli

API = "/api/tocsin/v1"
TOKEN = "tk_0123456789"


@dataclass
class Asked:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Peer:
    """Answers each path with the next thing laid ready for it, and the last of them for ever."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    ready: dict[tuple[str, str], list[tuple[int, Any, dict[str, str]]]] = field(default_factory=dict)

    def answers(self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.ready.setdefault((method, API + path), []).append((status, body, named))

    def next_answer(self, method: str, path: str) -> tuple[int, Any, dict[str, str]]:
        waiting = self.ready.get((method, path))
        if not waiting:
            return 404, {"title": "Not Found", "detail": f"there is nothing at {path}"}, {}
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def bodies(self, method: str = "POST") -> list[Any]:
        return [asked.body for asked in self.asked if asked.method == method]


def handler_for(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            parts = urlsplit(self.path)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): text for name, text in self.headers.items()}
            peer.asked.append(Asked(self.command, parts.path, parse_qsl(parts.query), headers, body))
            status, answer, named = peer.next_answer(self.command, parts.path)
            written = (
                answer
                if isinstance(answer, bytes)
                else b""
                if answer is None
                else json.dumps(answer).encode()
            )
            self.send_response(status)
            for name, text in named.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(peer))
    peer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield peer
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tocsin(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line against *peer*, with a key, in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, stdin: str | None = None, **env: str | None) -> Result:
        known = {"TOCSIN_URL": peer.url, "TOCSIN_TOKEN": TOKEN, **env}
        return CliRunner().invoke(cli, words, input=stdin, env=known, prog_name="tocsin")

    return run
