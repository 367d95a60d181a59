import asyncio
from ipaddress import ip_network

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from message_builders import BARE, RecordingWire, a_page, alert_line, attempt, of_kind, worst
from receivers import http_receiver
from tocsin.channels.base import BundledPage, HttpResponse, deliver
from tocsin.channels.slack import SlackChannel
from tocsin.core.errors import Invalid
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome
from tocsin.httpkit.outbound import OutboundWire

CHANNEL = SlackChannel()
LOOPBACK = [ip_network("127.0.0.0/8")]
HOOK = "https://hooks.slack.com/services/T0/B0/x"


def said(message, options=None):
    return msgspec.json.decode(CHANNEL.render(message, options or {}).body)


def post(*answers, options=None, message=None):
    wire = RecordingWire(*answers)
    to = attempt(HOOK, options=options or {})
    receipt = asyncio.run(deliver(CHANNEL, message or a_page(), to, wire))
    return receipt, [msgspec.json.decode(request.body) for request in wire.requests]


def texts_of(blocks):
    """Every text object in *blocks*."""
    for block in blocks:
        for value in block.values():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict) and each.get("type") in ("plain_text", "mrkdwn"):
                    yield each["text"]
                elif isinstance(each, dict) and "text" in each:
                    yield each["text"]["text"]


def test_a_page_is_said_in_these_blocks():
    payload = said(a_page())

    assert payload["text"] == (
        "[Critical] Disk full on db-1\n"
        "You are on call in “Primary”.\n"
        "At 07:14 Ben Okafor is asked.\n"
        "Acknowledge: https://tocsin.example.org/r/ack\n"
        "https://tocsin.example.org/pages/page_0123456789ab"
    )
    header, fields, alert, why, then, actions = payload["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "🔴 [Critical] Disk full on db-1", "emoji": True}
    assert [field["text"] for field in fields["fields"]] == [
        "*Service*\nPayments",
        "*Severity*\nCritical",
        "*Alerts*\n1 alert",
        "*Page*\n<https://tocsin.example.org/pages/page_0123456789ab|page_0123456789ab>",
    ]
    assert alert["text"]["text"] == (
        "🔴 *<https://tocsin.example.org/alerts/alrt_000000000001|Disk full on db-1>*\n"
        "firing since Tue 24 Nov 2026, 07:09 (UTC+1)\n"
        "/var is 97 % full\nand fills in 42 min\n"
        "`host=db-1` `region=eu`"
    )
    assert why["elements"][0]["text"] == "*Why:* You are on call in “Primary”."
    assert then["elements"][0]["text"] == "*Next:* At 07:14 Ben Okafor is asked."
    assert [(button["text"]["text"], button["url"]) for button in actions["elements"]] == [
        ("Acknowledge", "https://tocsin.example.org/r/ack"),
        ("Resolve", "https://tocsin.example.org/r/res"),
        ("Open", "https://tocsin.example.org/pages/page_0123456789ab"),
    ]


def test_what_is_over_has_no_button_to_end_it():
    [actions] = [
        block for block in said(of_kind(NotificationKind.RESOLVED))["blocks"] if block["type"] == "actions"
    ]

    assert [button["text"]["text"] for button in actions["elements"]] == ["Open"]


def test_what_source_texts_hold_mentions_nobody_and_ends_no_link():
    title = "<!channel> <@U1> a|b & <https://evil.example|click>"
    payload = said(a_page(title=title, because=title, alerts=(alert_line(title=title, message=title),)))

    for text in [payload["text"], *texts_of(payload["blocks"])]:
        assert "<!" not in text
        assert "<@" not in text
        assert "<https://evil" not in text
    alert = payload["blocks"][2]["text"]["text"]
    assert "|&lt;!channel&gt; &lt;@U1&gt; a¦b &amp; &lt;https://evil.example¦click&gt;>*" in alert


def test_only_web_addresses_become_links():
    payload = said(a_page(alerts=(alert_line(url="javascript:alert(1)"),)))

    assert "javascript" not in msgspec.json.encode(payload).decode()


LONG = st.text(alphabet="ab<&> \n\r🚨ב|`", max_size=6000)


@given(
    title=LONG,
    message=LONG,
    because=LONG,
    body=LONG,
    counts=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_however_much_there_is_to_say_slacks_limits_hold(title, message, because, body, counts):
    alerts, bundled = counts
    page = a_page(
        title=title,
        because=because,
        what_next=because,
        body=body,
        service=title,
        alerts=tuple(
            alert_line(title=title, message=message, labels={title: message}) for _ in range(alerts)
        ),
        total=10_000,
        bundled=tuple(
            BundledPage(
                page="page_1", title=title, severity=Severity.INFO, url="https://x.example/" + "y" * 400
            )
            for _ in range(bundled)
        ),
    )
    payload = said(page)

    assert len(payload["blocks"]) <= 50
    assert len(payload["text"]) <= 4000
    assert len(payload["blocks"][0]["text"]["text"]) <= 150
    for block in payload["blocks"]:
        if block["type"] == "section":
            assert len(block.get("text", {}).get("text", "")) <= 3000
            assert len(block.get("fields", [])) <= 10
            assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert len(block.get("elements", [])) <= 10
    assert all(text.strip() for text in texts_of(payload["blocks"])), "an empty text is refused"


def test_the_worst_message_is_still_a_message():
    payload = said(worst())

    assert len(payload["blocks"]) <= 50
    assert any("and 12,285 more alerts" in text for text in texts_of(payload["blocks"]))
    assert any("Late by 41 min" in text for text in texts_of(payload["blocks"]))
    assert any("drill" in text for text in texts_of(payload["blocks"]))


def test_an_option_names_the_channel():
    assert said(a_page(), {"channel": "ops"})["channel"] == "#ops"
    assert "channel" not in said(a_page())
    assert CHANNEL.check(HOOK, {"channel": "C024BE91L"}) == HOOK


@pytest.mark.parametrize("channel", ["a b", "", 5, None, "<!here>"])
def test_an_option_that_names_no_channel_is_refused(channel):
    with pytest.raises(Invalid) as refusal:
        CHANNEL.check(HOOK, {"channel": channel}, "destination")

    assert refusal.value.path == "destination.options.channel"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"ok", Outcome.DELIVERED),
        (200, b'{"success":true}', Outcome.DELIVERED),
        (200, b"no_service", Outcome.NEVER),
        (200, b"invalid_token", Outcome.NEVER),
        (403, b"action_prohibited", Outcome.NEVER),
        (403, b"invalid_token", Outcome.NEVER),
        (404, b"channel_not_found", Outcome.NEVER),
        (404, b"no_service", Outcome.NEVER),
        (410, b"channel_is_archived", Outcome.NEVER),
        (302, b"", Outcome.NEVER),
        (408, b"", Outcome.TRY_AGAIN),
        (429, b"", Outcome.TRY_AGAIN),
        (500, b"rollup_error", Outcome.TRY_AGAIN),
        (503, b"", Outcome.TRY_AGAIN),
    ],
)
def test_slacks_answers_are_understood(status, body, outcome):
    receipt, posts = post(HttpResponse(status=status, body=body))

    assert receipt.outcome is outcome
    assert len(posts) == 1
    if not receipt.accepted:
        assert receipt.error.startswith(f"Slack answered {status}")
        assert "services/T0" not in receipt.error


def test_slack_may_say_how_long_to_wait():
    receipt, _ = post(HttpResponse(status=429, headers={"retry-after": "30"}))

    assert receipt.retry_after is not None
    assert receipt.retry_after.total_seconds() == 30


@pytest.mark.parametrize(
    "word", [b"invalid_payload", b"invalid_blocks", b"invalid_blocks_format", b"no_text"]
)
def test_when_the_blocks_are_refused_the_text_still_arrives(word):
    refusal, ok = HttpResponse(status=400, body=word), HttpResponse(status=200, body=b"ok")

    receipt, posts = post(refusal, ok, options={"channel": "#ops"})

    assert receipt.outcome is Outcome.DELIVERED
    assert "blocks" in posts[0]
    assert posts[1] == {"text": posts[0]["text"], "channel": "#ops"}


def test_a_text_that_is_refused_too_is_refused():
    receipt, posts = post(HttpResponse(status=400, body=b"invalid_payload"))

    assert receipt.outcome is Outcome.NEVER
    assert len(posts) == 2


def test_it_is_posted_as_json_to_a_real_receiver():
    async def answer(request):
        is_json = request.content_type == "application/json"
        return web.Response(text="ok") if is_json else web.Response(status=400)

    async def story():
        async with http_receiver(answer) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            return await deliver(
                CHANNEL, a_page(), attempt(f"{receiver.url}/hooks/x"), wire
            ), receiver.requests

    receipt, [request] = asyncio.run(story())

    assert receipt.outcome is Outcome.DELIVERED
    assert (request.method, request.path) == ("POST", "/hooks/x")
    assert msgspec.json.decode(request.body)["text"].startswith("[Critical]")


def test_a_bare_message_is_a_header_and_its_body():
    blocks = said(a_page(kind=NotificationKind.TEST, title="Test", body="It works.", because="", **BARE))[
        "blocks"
    ]

    assert [block["type"] for block in blocks] == ["header", "section"]
