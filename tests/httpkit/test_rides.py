import gc
import re
import time
from functools import partial

import pytest

from front_builders import ADMIN, VIEWER, front_of, kit_of, world_at
from live_server import Impatient, live, read_all
from tocsin.actions.actor import Permission
from tocsin.core.errors import Invalid
from tocsin.httpkit.errors import problem
from tocsin.httpkit.express import Express, Ride
from tocsin.httpkit.protocol import BoundedProtocol

PATH = "/api/things/v1/things"  # which the application has, too: there it answers with 201
HEAD = b"POST /api/things/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
TOKEN = f"Authorization: Bearer {ADMIN}\r\n".encode()
GET = b"GET /api/things/v1/things/t1 HTTP/1.1\r\nHost: x\r\n" + TOKEN
BODY = b'{"name":"one"}'
SIZE = b"Content-Length: 14\r\n"
LAST = b"Connection: close\r\n"
POST = HEAD + TOKEN + SIZE


async def _usual(_actor, _body):
    raise AssertionError("the server does not come this way")


def _hand_in(actor, body, reply):
    if body == b'{"name":"bad"}':
        raise Invalid("name", "is bad", "must be good")
    if body == b'{"name":"new"}':
        reply(Invalid("name", "is new", "must be old"))
    elif body == b'{"name":"ill"}':
        raise RuntimeError("a fault of ours that speaks of hunter2")
    else:
        reply(b'{"by":"%b","came":%d}' % (actor.name.encode(), len(body)))


@pytest.fixture
def kit(tmp_path):
    world = world_at(tmp_path, start=True)
    yield kit_of(world)
    world.database.close()


@pytest.fixture
def protocol(kit):
    express = Express(
        kit=kit,
        door="things",
        method="POST",
        path=PATH,
        permission=Permission.INGEST,
        handle=_usual,
        hand_in=_hand_in,
        dress=problem,
        status=202,
    )
    return {"express": {PATH.encode(): express}}


@pytest.fixture
def server(kit, protocol):
    with live(front_of(kit), protocol=partial(BoundedProtocol, **protocol)) as server:
        server.exchange(GET + LAST + b"\r\n")  # from here on the token is remembered
        yield server


def test_a_request_of_a_known_caller_is_answered_without_the_application(server, kit):
    answer = server.exchange(POST + LAST + b"\r\n" + BODY)

    head, body = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert (b"content-type: application/json" in head, b"\r\ndate: " in head) == (True, True)
    assert (b"content-length: 24" in head, b"connection: close" in head) == (True, True)
    assert body == b'{"by":"admin","came":14}'
    assert kit.metrics.requests._counts["things", PATH, "POST", 202] == 1


def test_a_body_may_come_in_pieces(server):
    with server.connect() as connection:
        for part in (POST, LAST, b"\r\n", b'{"name"', b':"one', b'"}'):
            connection.sendall(part)
            time.sleep(0.01)
        answer = read_all(connection)

    assert answer.endswith(b'{"by":"admin","came":14}')


def test_requests_that_are_sent_ahead_are_answered_in_their_order(server):
    answer = server.exchange(
        POST + b"\r\n" + BODY + GET + b"\r\n" + POST + b"\r\n" + BODY + POST + LAST + b"\r\n" + BODY
    )

    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert statuses[:2] == [b"202", b"200"]
    assert [status in {b"201", b"202"} for status in statuses[2:]] == [True, True]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name":"bad"}', b"400 Bad Request, name is bad"),
        (b'{"name":"new"}', b"400 Bad Request, name is new"),
        (b'{"name":"ill"}', b"500 Internal Server Error, something went wrong in the server"),
    ],
)
def test_what_is_wrong_is_refused_in_the_clothes_of_the_route(server, kit, body, said, capsys):
    answer = server.exchange(POST + b"\r\n" + body + GET + LAST + b"\r\n")

    status, words = said.split(b", ")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert words in answer
    assert b"content-type: application/problem+json" in answer
    assert b"hunter2" not in answer
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert (kit.gate.under_way, kit.gate._each) == (0, {})


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (HEAD + TOKEN.replace(ADMIN.encode(), b"tocsin_wrong") + SIZE, BODY, b"401"),
        (HEAD + TOKEN.replace(ADMIN.encode(), VIEWER.encode()) + SIZE, BODY, b"403"),
        (HEAD + SIZE, BODY, b"401"),
        (HEAD + TOKEN + b"Content-Length: 2001\r\n", b"x" * 2_001, b"413"),
        (POST + b"Content-Encoding: gzip\r\n", BODY, b"415"),
        (POST + b"Idempotency-Key: a\r\n", BODY, b"201"),
        (POST.replace(b"HTTP/1.1", b"HTTP/1.0"), BODY, b"201"),
        (POST.replace(b"/things HTTP", b"/things? HTTP"), BODY, b"201"),
        (HEAD + TOKEN + b"Transfer-Encoding: chunked\r\n", b"e\r\n" + BODY + b"\r\n0\r\n\r\n", b"201"),
    ],
)
def test_whatever_is_unusual_takes_the_usual_way(server, kit, head, body, status):
    answer = server.exchange(head + LAST + b"\r\n" + body)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert kit.gate.under_way == 0


def test_what_was_answered_leaves_nothing_for_the_collector(server):
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            server.exchange(POST + b"\r\n" + BODY + POST + LAST + b"\r\n" + BODY)
        for _ in range(100):  # the last one is on its way out when its client hears of the end
            left = [each for each in gc.get_objects() if isinstance(each, Ride)]
            if not left:
                break
            time.sleep(0.01)
    finally:
        gc.enable()

    assert left == []


def test_half_a_body_does_nothing_and_leaves_nothing_behind(server, kit):
    with server.connect() as connection:
        connection.sendall(POST + b"\r\n" + BODY[:5])
        deadline = time.monotonic() + 5
        while not kit.gate.under_way and time.monotonic() < deadline:
            server.exchange(GET + LAST + b"\r\n")
        held = kit.gate.under_way
    while kit.gate.under_way and time.monotonic() < deadline:
        server.exchange(GET + LAST + b"\r\n")

    assert (held, kit.gate.under_way, kit.gate._each) == (1, 0, {})
    assert kit.metrics.requests._counts["things", PATH, "POST", 499] == 1


def test_a_client_that_falls_silent_in_its_body_is_told(kit, protocol):
    with live(front_of(kit), protocol=partial(Impatient, **protocol)) as server:
        server.exchange(GET + LAST + b"\r\n")
        answer = server.exchange(POST + b"\r\n" + BODY[:5])

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert kit.gate.under_way == 0
