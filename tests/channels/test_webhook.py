import asyncio
import base64
import hashlib
import hmac
from datetime import timedelta
from ipaddress import ip_network

import msgspec
import pytest
from aiohttp import web

from message_builders import KEY, NOW, RecordingWire, a_page, alert_line, attempt, worst
from receivers import http_receiver
from tocsin.channels.base import BundledPage, HttpResponse, deliver
from tocsin.channels.standard_webhooks import make_secret
from tocsin.channels.webhook import WebhookChannel
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.receipt import Outcome
from tocsin.httpkit.outbound import OutboundWire

CHANNEL = WebhookChannel()
URL = "https://hooks.example.org/tocsin"
SECRET = make_secret(b"s" * 32)


def body(message, **options):
    return CHANNEL.render(message, options).body.decode()


def test_the_body_is_this_version_1():
    other = BundledPage(page="page_00000000000b", title="Latency", severity=Severity.WARNING)
    message = a_page(late_by=timedelta(minutes=41, milliseconds=7), drill=True, total=3, bundled=(other,))

    assert msgspec.json.decode(body(message)) == {
        "type": "tocsin.page",
        "version": 1,
        "id": KEY,
        "timestamp": "2026-11-24T06:09:00Z",
        "data": {
            "headline": "[Drill] [Critical] Disk full on db-1",
            "title": "Disk full on db-1",
            "severity": "critical",
            "workspace": "Example",
            "service": "Payments",
            "page": {
                "id": "page_0123456789ab",
                "url": "https://tocsin.example.org/pages/page_0123456789ab",
            },
            "alerts": [
                {
                    "id": "alrt_000000000001",
                    "title": "Disk full on db-1",
                    "severity": "critical",
                    "status": "firing",
                    "message": "/var is 97 % full\nand fills in 42 min",
                    "labels": {"host": "db-1", "region": "eu"},
                    "opened_at": "2026-11-24T06:09:00Z",
                    "acknowledged_by": None,
                    "links": ["https://grafana.example.org/d/abc?a=1&b=2"],
                    "image_url": None,
                    "url": "https://tocsin.example.org/alerts/alrt_000000000001",
                }
            ],
            "alerts_total": 3,
            "mentions": [],
            "because": "You are on call in “Primary”.",
            "what_next": "At 07:14 Ben Okafor is asked.",
            "body": None,
            "code": None,
            "recipient": "Ana López",
            "acknowledge_url": "https://tocsin.example.org/r/ack",
            "resolve_url": "https://tocsin.example.org/r/res",
            "late_by_s": 2460,
            "drill": True,
            "bundled": [
                {
                    "page": "page_00000000000b",
                    "title": "Latency",
                    "severity": "warning",
                    "service": None,
                    "url": None,
                }
            ],
            "change": None,
        },
    }


def test_the_worst_message_is_valid_json_of_bounded_length():
    message = worst(alerts=tuple(alert_line(number) for number in range(500)), total=500)
    data = msgspec.json.decode(body(message))["data"]

    assert (len(data["alerts"]), data["alerts_total"]) == (100, 500)
    msgspec.json.decode(body(worst()))


def test_a_request_arrives_signed_and_can_be_verified_by_hand():
    async def story():
        async with http_receiver() as receiver, OutboundWire(allow=[ip_network("127.0.0.0/8")]) as wire:
            to = attempt(
                f"{receiver.url}/hook?x=1",
                secret=SECRET,
                options={
                    "method": "PUT",
                    "headers": {"X-Token": "abc"},
                    "content_type": "application/json+x",
                },
            )
            return await deliver(CHANNEL, a_page(), to, wire), receiver.requests

    receipt, [request] = asyncio.run(story())

    assert receipt.outcome is Outcome.DELIVERED
    assert (request.method, request.path) == ("PUT", "/hook?x=1")
    assert request.headers["x-token"] == "abc"
    assert request.headers["content-type"] == "application/json+x"
    assert request.headers["webhook-id"] == KEY
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"{KEY}.{int(NOW.timestamp())}.".encode() + request.body
    digest = hmac.new(b"s" * 32, signed, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_second_copy_has_the_same_id_and_body_and_its_own_time():
    wire = RecordingWire(HttpResponse(status=200))
    for number, late in [(1, timedelta(0)), (2, timedelta(minutes=1))]:
        to = attempt(URL, secret=SECRET, number=number, now=NOW + late)
        asyncio.run(deliver(CHANNEL, a_page(), to, wire))

    first, second = wire.requests
    assert first.body == second.body
    changed = {name for name, value in first.headers if dict(second.headers)[name] != value}
    assert changed == {"webhook-timestamp", "webhook-signature"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ title }}", "Disk full on db-1"),
        ("{{ data.title }} {{ id }} {{ version }}", f"Disk full on db-1 {KEY} 1"),
        ('{"text": {{ headline|tojson }}}', '{"text": "[Critical] Disk full on db-1"}'),
        ("{% for alert in alerts %}{{ alert.labels.host }};{% endfor %}", "db-1;"),
        ("{{ drill }} {{ page.id }} {{ body }}|{{ nothing.at.all }}", "false page_0123456789ab |"),
        (
            "severity={{ severity|urlencode }}&t={{ title|urlencode }}",
            "severity=critical&t=Disk%20full%20on%20db-1",
        ),
    ],
)
def test_a_template_says_it_in_the_receivers_own_way(template, expected):
    assert body(a_page(), body=template) == expected


def test_a_template_may_make_characters_that_no_encoding_has():
    assert body(a_page(), body=r"{{ '\ud800' }}") == "?"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"method": "GET"}, "options.method"),
        ({"method": 5}, "options.method"),
        ({"body": 5}, "options.body"),
        ({"body": "{{ title"}, "options.body"),
        ({"body": "{{ title.upper() }}"}, "options.body"),
        ({"body": "x" * 20_000}, "options.body"),
        ({"content_type": "text/plain\r\nX: 1"}, "options.content_type"),
        ({"content_type": 5}, "options.content_type"),
        ({"headers": "X: 1"}, "options.headers"),
        ({"headers": {f"X-{number}": "1" for number in range(21)}}, "options.headers"),
        ({"headers": {"X Y": "1"}}, "options.headers"),
        ({"headers": {"X-Y": "1\r\nHost: evil"}}, "options.headers.X-Y"),
        ({"headers": {"X-Y": ""}}, "options.headers.X-Y"),
        ({"headers": {"X-Y": "é"}}, "options.headers.X-Y"),
        ({"headers": {"X-Y": 1}}, "options.headers.X-Y"),
        ({"headers": {"Host": "evil"}}, "options.headers.Host"),
        ({"headers": {"Content-Length": "1"}}, "options.headers.Content-Length"),
        ({"headers": {"transfer-encoding": "chunked"}}, "options.headers.transfer-encoding"),
        ({"headers": {"Webhook-Signature": "v1,x"}}, "options.headers.Webhook-Signature"),
        ({"colour": "red"}, "options.colour"),
    ],
)
def test_an_option_that_cannot_be_followed_is_refused_where_it_is_set(options, path):
    with pytest.raises(Invalid) as refusal:
        CHANNEL.check(URL, options)

    assert refusal.value.path == path


def test_a_secret_that_cannot_sign_is_refused_where_it_is_set():
    with pytest.raises(Invalid) as refusal:
        CHANNEL.check(URL, {}, "destination", secret="hunter2")

    assert refusal.value.path == "destination.secret"
    assert CHANNEL.check(URL, {"headers": {"Authorization": "Bearer abc"}}, secret=SECRET) == URL


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "delivered"), (204, "delivered"), (410, "never"), (404, "never"), (503, "try_again")],
)
def test_a_real_receivers_status_decides(status, outcome):
    async def answer(_):
        return web.Response(status=status, headers={"Retry-After": "9"})

    async def story():
        async with http_receiver(answer) as receiver, OutboundWire(allow=[ip_network("127.0.0.0/8")]) as wire:
            return await deliver(CHANNEL, a_page(), attempt(receiver.url), wire)

    receipt = asyncio.run(story())

    assert receipt.outcome == outcome
    assert receipt.retry_after == (timedelta(seconds=9) if outcome == "try_again" else None)


def test_an_error_names_the_host_and_repeats_no_secret():
    refusal = HttpResponse(status=401, body=f"wrong: Bearer hunter2 {SECRET}".encode())
    to = attempt(
        "https://hooks.example.org/path-that-is-secret",
        secret=SECRET,
        options={"headers": {"Authorization": "Bearer hunter2"}},
    )

    receipt = asyncio.run(deliver(CHANNEL, a_page(), to, RecordingWire(refusal)))

    assert receipt.error == "hooks.example.org answered 401 wrong: (secret) (secret)"


def test_a_private_address_is_refused_and_never_tried_again():
    async def story():
        async with OutboundWire() as wire:
            return await deliver(CHANNEL, a_page(), attempt("http://169.254.169.254/latest/meta-data"), wire)

    receipt = asyncio.run(story())

    assert receipt.outcome is Outcome.NEVER
    assert "link-local" in receipt.error
