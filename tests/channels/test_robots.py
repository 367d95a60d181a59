"""The robots of chats: what each is told, how it is signed, what its answers mean, how much it takes."""

import asyncio
import base64
import hashlib
import hmac
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from aiohttp import web

from message_builders import NOW, PEOPLE, RecordingWire, a_page, alert_line, attempt, of_kind, worst
from receivers import http_receiver
from tocsin.channels.base import HttpResponse, Named, deliver
from tocsin.channels.prose import ALERTS_MAX, prose_of
from tocsin.channels.registry import CHANNELS
from tocsin.core.errors import Invalid
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome
from tocsin.httpkit.outbound import OutboundWire

LOOPBACK = [ip_network("127.0.0.0/8")]
SECRET = "SEC0123456789abcdef"
BYTES_MAX = {"dingtalk": 20_000, "wecom": 4_500, "feishu": 20_480, "teams": 28_672, "google_chat": 32_000}
ROBOTS = sorted(BYTES_MAX)


def said(name, message):
    return msgspec.json.decode(CHANNELS[name].render(message, {}).body)


def text_of(name, message):
    match name:
        case "dingtalk":
            return said(name, message)["markdown"]["text"]
        case "wecom":
            return said(name, message)["markdown"]["content"]
        case "google_chat":
            return said(name, message)["text"]
        case "feishu":
            card = said(name, message)["card"]
            return card["header"]["title"]["content"] + "\n" + card["elements"][0]["text"]["content"]
        case _:
            body = said(name, message)["attachments"][0]["content"]["body"]
            return "\n".join([body[0]["items"][0]["text"], *(block["text"] for block in body[1:])])


def answered(name, status, body, **changes):
    wire = RecordingWire(HttpResponse(status=status, body=body))
    to = attempt("https://robot.example/hook?token=t0ps3cret-t0ken", **changes)
    return asyncio.run(deliver(CHANNELS[name], a_page(), to, wire)), wire.requests


@pytest.mark.parametrize("name", ROBOTS)
def test_a_page_says_what_where_since_when_why_and_what_next(name):
    text = text_of(name, a_page())

    for part in (
        "[Critical] Disk full on db-1",
        "Service: Payments",
        "since Tue 24 Nov 2026, 07:09 (UTC+1)",
        "host=db-1",
        "Why: You are on call in “Primary”.",
        "Next: At 07:14 Ben Okafor is asked.",
    ):
        assert part in text.replace("&#91;", "[").replace("&#93;", "]")
    whole = msgspec.json.encode(said(name, a_page())).decode()
    for link in ("/r/ack", "/r/res", "/pages/page_0123456789ab"):
        assert f"https://tocsin.example.org{link}" in whole


@pytest.mark.parametrize("name", ROBOTS)
def test_what_is_over_offers_nothing_to_end_it(name):
    whole = msgspec.json.encode(said(name, of_kind(NotificationKind.RESOLVED))).decode()

    assert "[Resolved]" in whole.replace("&#91;", "[").replace("&#93;", "]")
    assert "/r/ack" not in whole
    assert "/pages/page_0123456789ab" in whole


@pytest.mark.parametrize("name", ROBOTS)
def test_the_worst_message_is_not_longer_than_the_robot_takes(name):
    body = CHANNELS[name].render(worst(), {}).body

    assert len(body) <= BYTES_MAX[name]
    assert "more alerts" in body.decode()


def test_wecoms_content_has_at_most_4096_bytes_and_google_chats_text_too():
    assert len(said("wecom", worst())["markdown"]["content"].encode()) <= 4_096
    assert len(said("google_chat", worst())["text"].encode()) <= 4_096


@pytest.mark.parametrize("name", ROBOTS)
def test_of_many_alerts_each_title_is_listed_where_there_is_room(name):
    alerts = tuple(alert_line(number, message="x" * 250) for number in range(60))

    text = text_of(name, a_page(alerts=alerts, total=60))

    listed = [number for number in range(60) if f"Disk full on db-{number}" in text]
    assert len(listed) == 60
    assert "60 alerts" in text


def test_of_ten_thousand_alerts_no_more_are_written_out_than_there_may_be_room_for():
    alerts = tuple(alert_line(number) for number in range(10_000))

    prose = prose_of(a_page(alerts=alerts, total=10_000))

    assert len(prose.alerts) == len(prose.titles) == ALERTS_MAX
    assert f"and {10_000 - ALERTS_MAX:,} more alerts" in prose.within(10**6)


@pytest.mark.parametrize("name", ROBOTS)
def test_texts_from_outside_mention_nobody_and_link_nowhere(name):
    evil = "<at id=all></at> <@all> <users/all> [click](https://evil.example)"
    alert = alert_line(title=evil, message=evil, labels={"a": evil})

    body = said(name, a_page(title=evil, because=evil, alerts=(alert,)))

    if name == "feishu":  # its header is plain text, which holds no markup
        body["card"].pop("header")
    if name == "dingtalk":  # so is its title
        assert body["at"] == {"isAtAll": False}
        body["markdown"].pop("title")
    if name == "teams":
        body["attachments"][0]["content"].pop("fallbackText")
    texts = msgspec.json.encode(body).decode()
    for markup in ("<at", "<@", "<users", "](https://evil"):
        assert markup not in texts or (name, markup) == ("google_chat", "](https://evil")


@pytest.mark.parametrize("name", ROBOTS)
def test_the_people_whom_a_page_is_for_are_named_and_their_names_mention_nobody(name):
    text = text_of(name, a_page(mentions=PEOPLE))

    assert "For Ana López, " in text
    assert "<@U1>" not in text
    assert "For " not in text_of(name, a_page())


def test_dingtalk_is_told_to_mention_those_whom_it_knows_by_their_mobile():
    body = said("dingtalk", a_page(mentions=PEOPLE))

    assert body["at"] == {"isAtAll": False, "atMobiles": ["13800138000"]}
    assert body["markdown"]["text"].endswith("@13800138000")


def test_of_a_crowd_twenty_are_named_and_the_others_counted():
    crowd = tuple(Named(name=f"P{number}", phone=f"+861380013{number:04}") for number in range(1_000))

    body = said("dingtalk", a_page(mentions=crowd))

    assert "P19 and 980 more" in body["markdown"]["text"]
    assert len(body["at"]["atMobiles"]) == 20
    assert len(msgspec.json.encode(body)) < BYTES_MAX["dingtalk"]


def test_dingtalk_is_signed_as_its_documentation_says():
    to = attempt("https://oapi.dingtalk.com/robot/send?access_token=t", secret=SECRET)
    wire = RecordingWire(HttpResponse(status=200, body=b'{"errcode":0,"errmsg":"ok"}'))

    receipt = asyncio.run(deliver(CHANNELS["dingtalk"], a_page(), to, wire))

    query = parse_qs(urlsplit(wire.requests[0].url).query)
    told = f"{query['timestamp'][0]}\n{SECRET}".encode()
    wanted = base64.b64encode(hmac.new(SECRET.encode(), told, hashlib.sha256).digest()).decode()
    assert receipt.outcome is Outcome.DELIVERED
    assert query["access_token"] == ["t"]
    assert query["timestamp"] == [str(int(NOW.timestamp() * 1000))]
    assert query["sign"] == [wanted]


def test_feishu_is_signed_as_its_documentation_says():
    _, [request] = answered("feishu", 200, b'{"code":0}', secret=SECRET)

    body = msgspec.json.decode(request.body)
    key = f"{body['timestamp']}\n{SECRET}".encode()
    assert body["timestamp"] == str(int(NOW.timestamp()))
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert body["msg_type"] == "interactive"


@pytest.mark.parametrize("name", ["dingtalk", "feishu"])
def test_without_a_secret_nothing_is_signed(name):
    _, [request] = answered(name, 200, b"{}")

    assert b"sign" not in request.body
    assert "sign" not in request.url


ANSWERS = [
    ("dingtalk", b'{"errcode":0,"errmsg":"ok"}', Outcome.DELIVERED),
    ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}', Outcome.NEVER),
    ("dingtalk", b'{"errcode":300005,"errmsg":"token is not exist"}', Outcome.NEVER),
    (
        "dingtalk",
        b'{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}',
        Outcome.TRY_AGAIN,
    ),
    ("dingtalk", b'{"errcode":-1,"errmsg":"system busy"}', Outcome.TRY_AGAIN),
    ("wecom", b'{"errcode":0,"errmsg":"ok"}', Outcome.DELIVERED),
    ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', Outcome.NEVER),
    ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}', Outcome.TRY_AGAIN),
    ("feishu", b'{"code":0,"msg":"success","data":{}}', Outcome.DELIVERED),
    ("feishu", b'{"StatusCode":0,"StatusMessage":"success"}', Outcome.DELIVERED),
    ("feishu", b'{"code":19021,"msg":"sign match fail"}', Outcome.NEVER),
    ("feishu", b'{"code":9499,"msg":"Bad Request"}', Outcome.NEVER),
    ("feishu", b'{"code":11232,"msg":"frequency limited"}', Outcome.TRY_AGAIN),
    ("wecom", b"<html>", Outcome.DELIVERED),
    ("wecom", b"[]", Outcome.DELIVERED),
    ("wecom", b'{"errcode":"0"}', Outcome.DELIVERED),
]


@pytest.mark.parametrize(("name", "body", "outcome"), ANSWERS)
def test_an_answer_of_200_with_a_code_in_it_is_a_refusal(name, body, outcome):
    receipt, posts = answered(name, 200, body)

    assert receipt.outcome is outcome
    assert len(posts) == 1
    if outcome is not Outcome.DELIVERED:
        assert "answered" in receipt.error


@pytest.mark.parametrize(
    ("name", "body"), [("dingtalk", b'{"errcode":130101}'), ("feishu", b'{"code":11232}')]
)
def test_who_sends_too_fast_waits_a_minute(name, body):
    receipt, _ = answered(name, 200, body)

    assert receipt.retry_after is not None
    assert receipt.retry_after.total_seconds() == 60


@pytest.mark.parametrize("name", ROBOTS)
def test_errors_hold_neither_tokens_nor_secrets(name):
    body = f'{{"errcode":1,"errmsg":"t0ps3cret-t0ken {SECRET}","code":1,"msg":"t0ps3cret-t0ken {SECRET}"}}'
    status = 200 if name in ("dingtalk", "wecom", "feishu") else 400

    receipt, _ = answered(
        name, status, body.encode(), secret=SECRET if name in ("dingtalk", "feishu") else ""
    )

    assert receipt.outcome is Outcome.NEVER
    assert "t0ps3cret" not in receipt.error


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("dingtalk", "https://oapi.dingtalk.com/robot/send"),
        ("dingtalk", "http://oapi.dingtalk.com/robot/send?access_token=t"),
        ("dingtalk", "https://oapi.dingtalk.com/other?access_token=t"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/"),
        ("google_chat", "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k"),
        ("teams", "ftp://example.org/x"),
    ],
)
def test_what_is_no_robots_webhook_is_refused(name, address):
    with pytest.raises(Invalid) as refusal:
        CHANNELS[name].check(address, {}, "destination")

    assert refusal.value.path == "destination.address"


@pytest.mark.parametrize("name", ["dingtalk", "feishu"])
def test_what_is_no_robots_secret_is_refused(name):
    with pytest.raises(Invalid) as refusal:
        CHANNELS[name].check("https://proxy.example/robot", {}, secret="two words")

    assert refusal.value.path == "secret"


def test_google_chat_keeps_the_messages_of_a_page_in_one_thread():
    _, [request] = answered("google_chat", 200, b"{}")

    assert request.url.endswith("&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD")
    assert said("google_chat", a_page(thread="page_1"))["thread"] == {"threadKey": "page_1"}


def test_teams_gets_an_adaptive_card_of_version_1_4_and_may_answer_202():
    receipt, [request] = answered("teams", 202, b"")

    [attachment] = msgspec.json.decode(request.body)["attachments"]
    assert receipt.outcome is Outcome.DELIVERED
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (attachment["content"]["type"], attachment["content"]["version"]) == ("AdaptiveCard", "1.4")
    assert [action["title"] for action in attachment["content"]["actions"]] == [
        "Acknowledge",
        "Resolve",
        "Open",
    ]


def test_a_real_robot_that_checks_signatures_takes_the_message():
    async def answer(request):
        query = request.query
        told = f"{query['timestamp']}\n{SECRET}".encode()
        wanted = base64.b64encode(hmac.new(SECRET.encode(), told, hashlib.sha256).digest()).decode()
        right = query["sign"] == wanted
        return web.json_response({"errcode": 0 if right else 310000, "errmsg": "ok" if right else "sign"})

    async def story():
        async with http_receiver(answer) as receiver, OutboundWire(allow=LOOPBACK) as wire:
            to = attempt(f"{receiver.url}/robot/send?access_token=t", secret=SECRET)
            return await deliver(CHANNELS["dingtalk"], a_page(), to, wire), receiver.requests

    receipt, [request] = asyncio.run(story())

    assert receipt.outcome is Outcome.DELIVERED, receipt
    assert msgspec.json.decode(request.body)["msgtype"] == "markdown"
