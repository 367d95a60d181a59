import asyncio
import gzip
import socket
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from receivers import authority, http_receiver
from tocsin.channels.base import HttpRequest, Mail, TooLateError, Unsent
from tocsin.core.errors import Invalid
from tocsin.core.receipt import Outcome
from tocsin.httpkit import outbound, waiting
from tocsin.httpkit.outbound import BODY_LENGTH_MAX, REQUESTS_PER_HOST_MAX, OutboundWire

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


def post(url, **fields):
    return HttpRequest(method="POST", url=url, **fields)


class NameServer(AbstractResolver):
    """Answers each question with the next of *answers*; an empty one is no answer."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):  # noqa: ARG002
        if not (addresses := self.answers.pop(0)):
            raise OSError(None, "no such name")
        record = {"hostname": host, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [record | {"host": address} for address in addresses]

    async def close(self):
        pass


async def refused(url, allow=(), resolver=None):
    async with OutboundWire(allow=allow, resolver=resolver) as wire:
        with pytest.raises(Unsent) as unsent:
            await wire.http(post(url))
    return unsent.value


def test_a_request_arrives_as_it_was_made():
    async def story():
        async with http_receiver() as receiver, OutboundWire(allow=LOOPBACK) as wire:
            request = HttpRequest(
                method="PUT",
                url=f"{receiver.url}/a%2Fb/?q=%3A&r=1",
                headers=(("X-Token", "abc"), ("Content-Type", "text/plain")),
                body="Grüße".encode(),
            )
            return await wire.http(request), receiver.requests

    answer, [request] = asyncio.run(story())

    assert (answer.status, answer.body) == (200, b"ok")
    assert (request.method, request.path, request.body) == ("PUT", "/a%2Fb/?q=%3A&r=1", "Grüße".encode())
    assert request.headers["x-token"] == "abc"
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["user-agent"].startswith("Tocsin/")
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [200, 204, 400, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer(status):
    async def answer(_):
        return web.Response(status=status, headers={"Retry-After": "7"})

    async def story():
        async with http_receiver(answer) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await wire.http(post(receiver.url))

    response = asyncio.run(story())

    assert response.status == status
    assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "localhost"],
)
def test_loopback_is_refused_in_every_spelling(host):
    async def story():
        async with http_receiver() as receiver:
            port = receiver.url.rpartition(":")[2]
            return await refused(f"http://{host}:{port}/"), receiver.requests

    unsent, requests = asyncio.run(story())

    assert unsent.outcome is Outcome.NEVER
    assert "TOCSIN_OUTBOUND_ALLOW" in unsent.problem
    assert requests == []


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "[fd00::1]"],
)
def test_networks_that_are_not_public_are_refused_without_a_packet(host):
    unsent = asyncio.run(refused(f"http://{host}/latest/meta-data/"))

    assert unsent.outcome is Outcome.NEVER
    assert "may not be called" in unsent.problem


def test_allowing_one_network_allows_no_other():
    unsent = asyncio.run(refused("http://10.0.0.1/", allow=LOOPBACK))

    assert unsent.outcome is Outcome.NEVER


def test_a_name_is_judged_by_the_address_that_is_connected_to():
    """The name server says one thing first and another the next time: DNS rebinding."""
    names = NameServer(["127.0.0.1"], ["169.254.169.254"], ["10.9.8.7", "192.168.3.4"])

    unsent = [asyncio.run(refused("http://hooks.example.org/", resolver=names)) for _ in range(3)]

    assert [each.outcome for each in unsent] == [Outcome.NEVER] * 3
    assert "127.0.0.1 is loopback" in unsent[0].problem
    assert "169.254.169.254 is link-local" in unsent[1].problem
    assert "is private" in unsent[2].problem


def test_a_name_with_a_private_and_an_allowed_address_is_reached_by_the_allowed_one():
    async def story():
        names = NameServer(["10.9.8.7", "127.0.0.1"])
        async with http_receiver() as receiver, OutboundWire(allow=LOOPBACK, resolver=names) as wire:
            port = receiver.url.rpartition(":")[2]
            return await wire.http(post(f"http://receiver.example:{port}/"))

    assert asyncio.run(story()).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status):
    async def redirect(request):
        if request.path == "/private":
            return web.Response(text="secret")
        return web.Response(status=status, headers={"Location": "/private"})

    async def story():
        async with http_receiver(redirect) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await wire.http(post(f"{receiver.url}/hook")), receiver.requests

    answer, requests = asyncio.run(story())

    assert answer.status == status
    assert [request.path for request in requests] == ["/hook"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "http://ana:secret@example.org/",
        "http://example.org/\r\nX: 1",
        "http://",
        "nonsense",
    ],
)
def test_what_is_no_plain_url_is_refused_as_invalid(url):
    async def story():
        async with OutboundWire(allow=LOOPBACK) as wire:
            await wire.http(post(url))

    with pytest.raises(Invalid):
        asyncio.run(story())


def test_no_more_of_an_answer_is_read_than_matters():
    async def flood(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    async def story():
        async with http_receiver(flood) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await wire.http(post(receiver.url))

    assert len(asyncio.run(story()).body) == BODY_LENGTH_MAX


@pytest.mark.parametrize(("most", "read"), [(100_000, 100_000), (300_000, 200_000), (0, BODY_LENGTH_MAX)])
def test_as_much_of_an_answer_is_read_as_is_asked_for(most, read):
    async def long(_):
        return web.Response(body=b"x" * 200_000)

    async def story():
        async with http_receiver(long) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await wire.http(HttpRequest(method="GET", url=receiver.url, answer_max=most))

    assert len(asyncio.run(story()).body) == read


def test_a_packed_answer_is_not_unpacked():
    packed = gzip.compress(b"x" * 1_000_000)

    async def answer(_):
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    async def story():
        async with http_receiver(answer) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await wire.http(post(receiver.url))

    assert asyncio.run(story()).body == packed


def test_a_status_counts_even_when_the_body_never_comes(monkeypatch):
    monkeypatch.setattr(outbound, "BODY_TIMEOUT_S", 0.05)

    async def half(request):
        response = web.StreamResponse(status=202, headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"wait")
        await asyncio.Event().wait()
        return response

    async def story():
        async with http_receiver(half) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await wire.http(post(receiver.url))

    answer = asyncio.run(story())

    assert (answer.status, answer.body) == (202, b"wait")


def test_a_receiver_that_never_answers_is_tried_again(monkeypatch):
    monkeypatch.setattr(outbound, "REQUEST_TIMEOUT_S", 0.05)

    async def silence(_):
        await asyncio.Event().wait()
        return web.Response()

    async def story():
        async with http_receiver(silence) as receiver:
            return await refused(receiver.url, allow=LOOPBACK)

    unsent = asyncio.run(story())

    assert unsent.outcome is Outcome.TRY_AGAIN
    assert "did not answer within" in unsent.problem


def test_a_receiver_that_is_not_there_or_breaks_off_is_tried_again():
    async def hang_up(request):
        request.transport.abort()
        return web.Response()

    async def story():
        async with http_receiver(hang_up) as receiver:
            broken = await refused(f"{receiver.url}/secret-token", allow=LOOPBACK)
        return broken, await refused(f"{receiver.url}/secret-token", allow=LOOPBACK)

    for unsent in asyncio.run(story()):
        assert unsent.outcome is Outcome.TRY_AGAIN
        assert "127.0.0.1" in unsent.problem
        assert "secret-token" not in unsent.problem


def test_a_name_that_nobody_knows_is_tried_again():
    unsent = asyncio.run(refused("https://no.example/secret-token", resolver=NameServer([])))

    assert unsent.outcome is Outcome.TRY_AGAIN
    assert unsent.problem == "no.example is not known to the name server"


def test_a_certificate_that_cannot_be_trusted_is_never_good_enough(tmp_path):
    async def story(ours):
        async with http_receiver(tls=ours.server) as receiver:
            async with OutboundWire(allow=LOOPBACK, tls=ours.client) as wire:
                answer = await wire.http(post(receiver.url))
            return answer, await refused(receiver.url, allow=LOOPBACK)

    with authority(tmp_path) as ours:
        answer, unsent = asyncio.run(story(ours))

    assert answer.status == 200
    assert unsent.outcome is Outcome.NEVER
    assert "certificate" in unsent.problem


def test_connections_are_kept_and_no_cookie_is(monkeypatch):
    async def answer(_):
        return web.Response(headers={"Set-Cookie": "session=1"})

    async def story():
        async with http_receiver(answer) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            for _ in range(5):
                await wire.http(post(receiver.url))
            return receiver.requests

    requests = asyncio.run(story())

    assert len({request.connection for request in requests}) == 1
    assert all("cookie" not in request.headers for request in requests)


def test_one_slow_receiver_leaves_room_for_the_others(monkeypatch):
    async def story():
        release = asyncio.Event()

        async def slow(_):
            await release.wait()
            return web.Response()

        async with (
            http_receiver(slow) as stuck,
            http_receiver() as quick,
            OutboundWire(allow=LOOPBACK) as wire,
        ):
            waiting = [asyncio.create_task(wire.http(post(stuck.url))) for _ in range(outbound.REQUESTS_MAX)]
            answer = await wire.http(post(quick.url))
            at_once = len(stuck.requests)
            release.set()
            await asyncio.gather(*waiting)
            return answer, at_once, len(stuck.requests)

    answer, at_once, in_all = asyncio.run(story())

    assert answer.status == 200
    assert at_once <= outbound.REQUESTS_PER_HOST_MAX
    assert in_all == outbound.REQUESTS_MAX


def test_without_a_mail_server_mail_says_which_setting_is_missing():
    async def story():
        async with OutboundWire() as wire:
            await wire.mail(Mail(sender="a@example.org", recipient="b@example.org", content=b""))

    with pytest.raises(Unsent, match="TOCSIN_SMTP_URL is not set"):
        asyncio.run(story())


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_a_receiver_that_does_not_read_what_is_sent_does_not_keep_the_wire_open(monkeypatch):
    monkeypatch.setattr(outbound, "CLOSE_WITHIN_S", 0.05)

    async def story():
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            deaf.setblocking(False)
            wire = OutboundWire(allow=LOOPBACK)
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
            sending = asyncio.create_task(wire.http(post(url, body=bytes(50_000_000))))
            connection, _ = await asyncio.get_running_loop().sock_accept(deaf)
            await wire.close()
            sending.cancel()
            await asyncio.wait((sending,))
            connection.close()
        return sending.done()

    assert asyncio.run(story())


@pytest.mark.parametrize(
    ("says", "body"), [((False,), b""), ((False,), b"a body"), ((True, False), b"a body")]
)
def test_what_came_too_late_is_not_begun_and_says_so(says, body):
    answers = iter(says)

    async def story():
        wire = OutboundWire(allow=LOOPBACK, may_begin=lambda _term: next(answers))
        async with http_receiver() as receiver, wire:
            with pytest.raises(TooLateError):
                await wire.http(post(receiver.url, body=body))
            return receiver.requests

    assert asyncio.run(story()) == []


def test_a_request_belongs_to_the_term_in_which_it_came():
    asked = []

    async def story():
        terms = iter((7, 8))
        wire = OutboundWire(
            allow=LOOPBACK, term=lambda: next(terms), may_begin=lambda term: not asked.append(term)
        )
        async with http_receiver() as receiver, wire:
            await wire.http(post(receiver.url, body=b"one"))
            await wire.http(post(receiver.url, body=b"two"))

    asyncio.run(story())

    assert asked == [7, 7, 8, 8]


def test_what_waits_for_room_at_its_host_for_too_long_was_no_attempt(monkeypatch):
    monkeypatch.setattr(waiting, "WAIT_MAX_S", 0.05)

    async def story():
        answered = asyncio.Event()

        async def answer(_):
            await answered.wait()
            return web.Response()

        async with http_receiver(answer) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            under_way = [
                asyncio.create_task(wire.http(post(receiver.url))) for _ in range(REQUESTS_PER_HOST_MAX)
            ]
            await asyncio.sleep(0)
            with pytest.raises(TooLateError):
                await wire.http(post(receiver.url))
            answered.set()
            return [answer.status for answer in await asyncio.gather(*under_way)], len(wire._hosts)

    statuses, hosts = asyncio.run(story())

    assert (set(statuses), len(statuses), hosts) == ({200}, REQUESTS_PER_HOST_MAX, 0)
