import asyncio
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import httpx
import pytest
import structlog

from front_builders import ADMIN, Keyring, door_of, kit_of, world_at
from live_server import live
from tocsin.actions.actor import Permission
from tocsin.app.application import App
from tocsin.app.assembly import assemble
from tocsin.core.errors import Overloaded
from tocsin.httpkit.errors import problem
from tocsin.httpkit.express import Express
from tocsin.httpkit.server import calm_collector, server_of
from tocsin.opening import migrate
from tocsin.settings import load
from tocsin.store import nodes

EVENTS = "/api/tocsin/v1/events"


@dataclass
class Engine:
    """A part that writes down what is done with it."""

    name: str = "engine"
    problem: str = "stands still"
    turns: bool = True
    story: list[str] = field(default_factory=list)
    fails_at: str = ""

    async def start(self) -> None:
        self._do("start")

    async def stop(self) -> None:
        self._do("stop")

    def turning(self, _now):
        return self.turns

    def _do(self, what: str) -> None:
        self.story.append(f"{self.name} {what}")
        if self.fails_at == what:
            raise RuntimeError(f"cannot {what}")


@pytest.fixture
def world(tmp_path, _sqlite_template):
    shutil.copy(_sqlite_template, tmp_path / "tocsin.db")
    return world_at(tmp_path)


def _settings(**variables):
    named = {f"TOCSIN_{name.upper()}": text for name, text in variables.items()}
    return load({"TOCSIN_DATA_DIR": "/nowhere", "TOCSIN_NODE_NAME": "node-1"} | named)


def _app(world, *parts, **options) -> App:
    settings = options.pop("settings", _settings())
    kit = kit_of(world)
    return App(kit, settings, doors=(door_of(kit),), parts=parts, **options)


def _living(app: App, *requests: tuple[str, str], token: str | None = None) -> list[httpx.Response]:
    """Start *app*, send it *requests*, and stop it."""

    async def story() -> list[httpx.Response]:
        await app.start()
        transport = httpx.ASGITransport(app)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
            answers = [await client.request(method, path) for method, path in requests]
        await app.stop()
        return answers

    return asyncio.run(story())


def test_a_healthy_node_says_that_it_answers_and_that_it_is_ready(world):
    alive, ready = _living(_app(world, Engine()), ("GET", "/healthz"), ("GET", "/readyz"))

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def test_a_node_whose_engine_stands_still_is_alive_and_not_ready(world):
    alive, ready = _living(_app(world, Engine(turns=False)), ("GET", "/healthz"), ("GET", "/readyz"))

    assert alive.status_code == 200
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
    assert ready.json() == {"status": "not ready", "problems": {"engine": "stands still"}}


def test_a_node_that_stops_is_forgotten_by_the_others(tmp_path, world):
    app = _app(world)
    seen: list[list[str]] = []

    async def story() -> None:
        await app.start()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            await client.get("/readyz")
        seen.append([node.name for node in world.database.read_now(nodes.all_)])
        await app.stop()

    asyncio.run(story())
    again = world_at(tmp_path)
    seen.append([node.name for node in again.database.read_now(nodes.all_)])
    again.database.close()

    assert seen == [["node-1"], []]


def test_the_parts_are_stopped_in_the_reverse_of_their_order(world):
    story: list[str] = []
    one, two = Engine("one", story=story), Engine("two", story=story)

    async def close() -> None:
        story.append("closed")

    _living(_app(world, one, two, closing=(close,)))

    assert story == ["one start", "two start", "two stop", "one stop", "closed"]


def test_a_part_that_cannot_stop_does_not_keep_the_others_from_it(world):
    story: list[str] = []
    one, two = Engine("one", story=story), Engine("two", story=story, fails_at="stop")

    with structlog.testing.capture_logs() as logs:
        _living(_app(world, one, two))

    assert story[-2:] == ["two stop", "one stop"]
    assert any("could not stop" in entry["event"] for entry in logs)


def test_a_server_that_cannot_start_stops_what_had_started(world):
    story: list[str] = []
    one, two = Engine("one", story=story), Engine("two", story=story, fails_at="start")

    with pytest.raises(RuntimeError, match="cannot start"):
        _living(_app(world, one, two))

    assert story == ["one start", "two start", "one stop"]


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 401), ("s3cret", 200)])
def test_the_metrics_can_be_kept_from_strangers(world, token, status):
    app = _app(world, settings=_settings(metrics_token="s3cret"))

    (answer,) = _living(app, ("GET", "/metrics"), token=token)

    assert answer.status_code == status
    assert ("tocsin_build_info" in answer.text) is (status == 200)


def test_without_a_token_of_their_own_the_metrics_are_open(world):
    (answer,) = _living(_app(world), ("GET", "/metrics"))

    assert answer.headers["content-type"].startswith("text/plain")
    assert 'tocsin_build_info{version="' in answer.text


def test_an_express_route_is_taken_before_any_door(world):
    kit = kit_of(world, Keyring())

    async def handle(actor, body):
        if body == b"full":
            raise Overloaded("too much")
        return b'{"way":"express"}'

    express = Express(
        kit=kit,
        door="native",
        method="POST",
        path=EVENTS,
        permission=Permission.INGEST,
        handle=handle,
        dress=problem,
        status=202,
    )
    app = App(kit, _settings(), doors=(door_of(kit),), express=(express,))

    posted, got = _living(app, ("POST", EVENTS), ("GET", EVENTS), token=ADMIN)

    assert (posted.status_code, posted.json()) == (202, {"way": "express"})
    assert got.status_code == 404


def test_doors_are_open_while_the_app_lives(world):
    (answer,) = _living(_app(world), ("GET", "/api/things/v1/things/t1"), token=ADMIN)

    assert answer.json()["name"] == "one"


def test_a_real_server_starts_and_stops_the_app(world):
    engine = Engine()

    with live(_app(world, engine), lifespan="on") as server:
        answer = server.exchange(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert engine.story == ["engine start", "engine stop"]


SERVER = """
import asyncio, sys
from pathlib import Path
from front_builders import kit_of, world_at
from tocsin.app.application import App
from tocsin.httpkit.server import server_of
from tocsin.settings import load
from tocsin.opening import migrate

class Engine:
    name, problem = "engine", ""
    def turning(self, now): return True
    async def stop(self):
        print("stopped", flush=True)
        if sys.argv[2] == "stuck": await asyncio.Event().wait()
    async def start(self):
        if sys.argv[2] == "broken": raise RuntimeError("cannot start")
        print("started", flush=True)

settings = load({"TOCSIN_DATA_DIR": sys.argv[1], "TOCSIN_PORT": sys.argv[3]})
app = App(kit_of(world_at(Path(sys.argv[1]))), settings, parts=(Engine(),))
server = server_of(app, settings)
if sys.argv[2] == "stuck": server.end_within_s = 0.2
server.run()
"""


def _server(folder, state: str) -> subprocess.Popen[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [sys.executable, "-c", SERVER, str(folder), state, str(port)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, env=environment, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_stops_its_parts_and_ends_well(tmp_path, world, told_by):
    world.database.close()

    with _server(tmp_path, "whole") as server:
        started = server.stdout.readline()
        server.send_signal(told_by)
        rest, _ = server.communicate(timeout=20)

    assert (started, server.returncode) == ("started\n", 0)
    assert "stopped" in rest.splitlines()


def test_a_server_that_something_keeps_from_ending_ends_by_force_and_says_what_it_was_at(tmp_path, world):
    world.database.close()

    with _server(tmp_path, "stuck") as server:
        server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=20)

    assert server.returncode == 1
    assert "Timeout (0:00:00.2" in errors
    assert "most recent call first" in errors


def test_what_does_not_close_is_not_waited_for(world, monkeypatch):
    monkeypatch.setattr("tocsin.app.application.GOODBYE_WITHIN_S", 0.01)
    closed = []

    async def never() -> None:
        await asyncio.Event().wait()

    async def at_once() -> None:
        closed.append("the other one")

    _living(_app(world, closing=(never, at_once)))

    assert closed == ["the other one"]


def test_a_server_whose_parts_cannot_start_ends_with_an_error(tmp_path, world):
    world.database.close()

    with _server(tmp_path, "broken") as server:
        server.communicate(timeout=20)

    assert server.returncode == 3


def test_a_web_socket_is_refused(world):
    sent: list[dict[str, object]] = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    app = _app(world)
    asyncio.run(app({"type": "websocket", "path": "/"}, receive, send))
    world.database.close()

    assert sent == [{"type": "websocket.close", "code": 1000}]


def test_the_server_is_set_as_the_settings_say(world):
    settings = _settings(host="127.0.0.7", port="9999", tls_cert="/c.pem", tls_key="/k.pem")

    config = server_of(_app(world), settings).config
    world.database.close()

    assert (config.host, config.port) == ("127.0.0.7", 9999)
    assert (str(config.ssl_certfile), str(config.ssl_keyfile)) == ("/c.pem", "/k.pem")
    assert not config.proxy_headers


def test_the_collector_is_calm_after_the_start():
    before = gc.get_threshold()

    try:
        calm_collector()
        assert gc.get_threshold() == (50_000, 20, 100)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_a_node_that_is_put_together_whole_is_ready_and_has_its_doors(tmp_path):
    settings = load({"TOCSIN_DATA_DIR": str(tmp_path), "TOCSIN_NODE_NAME": "node-1"})
    migrate(settings)
    last = b" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    with live(assemble(settings), lifespan="on") as server:
        ready = server.exchange(b"GET /readyz" + last)
        express = server.exchange(b"POST /api/tocsin/v1/events" + last)
        native = server.exchange(b"GET /api/tocsin/v1/users" + last)
        integration = server.exchange(b"POST /integrations/alertmanager/none" + last)
        reply = server.exchange(b"GET /r/none" + last)
        metrics = server.exchange(b"GET /metrics" + last)

    assert b'{"status":"ready"}' in ready
    assert express.startswith(b"HTTP/1.1 401 ")
    assert native.startswith(b"HTTP/1.1 401 ")
    assert integration.startswith(b"HTTP/1.1 404 ")
    assert b"text/html" in reply
    assert b"tocsin_oldest_overdue_timer_seconds" in metrics
