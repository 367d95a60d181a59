import contextlib
import socket
import ssl
import time

import pytest

from acceptance.tls import certificate_in
from front_builders import ADMIN, front_of, kit_of, world_at
from live_server import Impatient, live, read_all

TOKEN = f"Authorization: Bearer {ADMIN}\r\n".encode()
POST = b"POST /api/things/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + TOKEN
GET = b"GET /api/things/v1/things/t1 HTTP/1.1\r\nHost: x\r\n" + TOKEN
LAST = b"Connection: close\r\n"


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    world = world_at(tmp_path_factory.mktemp("world"), start=True)
    yield kit_of(world)
    world.database.close()


@pytest.fixture(scope="module")
def server(kit):
    with live(front_of(kit)) as server:
        yield server


@pytest.fixture(scope="module")
def impatient(kit):
    with live(front_of(kit), protocol=Impatient) as server:
        yield server


def test_a_request_is_answered_and_the_connection_kept(server):
    answer = server.exchange(GET + b"\r\n" + GET + LAST + b"\r\n")

    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_a_body_that_is_announced_too_large_is_refused_and_drained_only_so_far(server):
    with server.connect() as connection:
        connection.sendall(POST + b"Content-Length: 100000000\r\n\r\n" + b"x" * 50_000)
        sent = 0
        try:
            while sent < 50_000_000:
                sent += connection.send(b"x" * 65536)
        except (ConnectionError, TimeoutError):
            pass
        answer = read_all(connection)

    assert sent < 50_000_000
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_stops_to_listen_hears_that_its_body_is_too_large(server):
    with server.connect() as connection:
        connection.sendall(POST + b"Content-Length: 5000\r\n\r\n" + b"x" * 2_500)
        head = connection.recv(65536)
        connection.sendall(b"x" * 2_500)
        rest = read_all(connection)

    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head
    assert b"larger than 2000 bytes" in head + rest


def test_a_body_of_unknown_length_is_refused_when_it_has_become_too_large(server):
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"

    answer = server.exchange(POST + LAST + b"Transfer-Encoding: chunked\r\n\r\n", chunk * 3, b"0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_asks_before_it_sends_is_refused_before_it_does(server):
    with server.connect() as connection:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_a_client_that_asks_before_it_sends_what_is_wanted_may_go_on(server):
    with server.connect() as connection:
        connection.sendall(POST + LAST + b"Expect: 100-continue\r\nContent-Length: 14\r\n\r\n")
        leave = connection.recv(65536)
        connection.sendall(b'{"name":"one"}')
        answer = read_all(connection)

    assert leave.startswith(b"HTTP/1.1 100 Continue")
    assert answer.startswith(b"HTTP/1.1 201 ")


def test_half_a_body_does_nothing_and_leaves_nothing_behind(server, kit):
    with server.connect() as connection:
        connection.sendall(POST + b"Content-Length: 14\r\n\r\n" + b'{"name":')
    deadline = time.monotonic() + 5
    while kit.gate.under_way and time.monotonic() < deadline:
        server.exchange(GET + LAST + b"\r\n")

    assert kit.gate.under_way == 0


def test_after_a_refusal_the_connection_goes_on_where_it_can(server):
    stranger = POST.replace(ADMIN.encode(), b"tocsin_wrong")

    answer = server.exchange(
        stranger + b"Content-Length: 14\r\n\r\n" + b'{"name":"one"}', GET + LAST + b"\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"HTTP/1.1 200 OK" in answer


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", b""),
        (b"GET /api/things", b"HTTP/1.1 408 "),
        (GET, b"HTTP/1.1 408 "),
        (POST + b"Content-Length: 14\r\n\r\n" + b'{"name":', b"HTTP/1.1 408 "),
        (GET + b"\r\n" + GET, b"HTTP/1.1 200 "),
    ],
)
def test_a_client_that_falls_silent_is_hung_up_on(impatient, said, status):
    began = time.monotonic()

    answer = impatient.exchange(said)

    assert answer.startswith(status)
    assert time.monotonic() - began < 4


def test_a_connection_at_rest_is_closed_after_a_while(impatient):
    with impatient.connect() as connection:
        began = time.monotonic()
        answers = []
        for _ in range(3):
            connection.sendall(GET + b"\r\n")
            answers.append(connection.recv(65536)[:12])
        rest = read_all(connection)

    assert answers == [b"HTTP/1.1 200"] * 3
    assert rest == b""
    assert time.monotonic() - began < 4


def test_a_client_that_falls_silent_in_its_second_request_is_told(impatient):
    assert impatient.exchange(GET + b"\r\n" + GET).count(b"HTTP/1.1 408 ") == 1


def test_a_drip_of_bytes_does_not_keep_a_connection(impatient):
    with impatient.connect() as connection:
        began = time.monotonic()
        try:
            for byte in GET * 10:
                connection.sendall(bytes([byte]))
                connection.settimeout(0.02)
                try:
                    if connection.recv(65536):
                        break
                except TimeoutError:
                    continue
        except ConnectionError:
            pass

    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n",
        GET + b"X-Long: " + b"x" * 100_000 + b"\r\n",
        GET + b"X-Many: x\r\n" * 20_000,
    ],
)
def test_a_head_has_a_bound(server, head):
    assert server.exchange(head + b"\r\n").startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/things/v1/things/\xff\xfe HTTP/1.1",
        b"GET  HTTP/1.1",
        b"\x16\x03\x01",
        b"NONSENSE / HTTP/1.1",
    ],
)
def test_what_is_no_request_is_refused_and_never_a_fault_of_ours(server, request_line):
    answer = server.exchange(request_line + b"\r\nHost: x\r\n" + LAST + b"\r\n")

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 "))


def test_a_server_under_siege_still_serves(server):
    sieging = []
    for _ in range(40):
        connection = server.connect()
        connection.sendall(POST + b"Content-Length: 14\r\n\r\n")
        sieging.append(connection)

    answers = server.exchange(GET + LAST + b"\r\n")

    for connection in sieging:
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    assert answers.startswith(b"HTTP/1.1 200 ")


def test_a_client_that_keeps_its_connection_for_later_keeps_no_server_from_ending(kit, tmp_path, caplog):
    chain, key = certificate_in(tmp_path)
    trusting = ssl.create_default_context(cafile=chain)

    with contextlib.ExitStack() as kept, live(front_of(kit), certificate=(chain, key)) as server:
        client = trusting.wrap_socket(server.connect(), server_hostname="127.0.0.1")
        kept.enter_context(client)
        client.sendall(GET + b"\r\n")
        answer = client.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert "shutdown exceeded" not in caplog.text
