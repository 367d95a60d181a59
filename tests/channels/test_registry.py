import asyncio
from ipaddress import ip_network

import msgspec
import pytest
from structlog.testing import capture_logs

from browser_keys import BrowserKeys, encoded
from message_builders import KEY, RecordingWire, a_page, attempt, of_kind, worst
from receivers import http_receiver, mail_server
from tocsin.channels.base import HttpResponse, MailReply, Unsent, deliver
from tocsin.channels.registry import CHANNELS, channel_named, check_address, connected
from tocsin.channels.telegram import Bot
from tocsin.channels.twilio import Twilio
from tocsin.core.errors import Invalid
from tocsin.core.notification import NotificationKind
from tocsin.core.push import PushAccess
from tocsin.core.receipt import Outcome, Receipt
from tocsin.httpkit.outbound import OutboundWire

NAMES = list(CHANNELS)
KINDS = list(NotificationKind)
GOOD_ADDRESSES = {
    "email": "ana@example.org",
    "slack": "https://hooks.slack.com/services/T0/B0/x",
    "telegram": "4711",
    "sms": "+14155550100",
    "voice": "+14155550100",
    "push": "push.example.net/0123456789abcdef",
    "teams": "https://prod-1.westeurope.logic.azure.com/workflows/x/triggers/manual/paths/invoke?sig=s3cret",
    "google_chat": "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k&token=t",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=t",
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/x",
    "webhook": "https://example.org/hook",
    "grafana_oncall": "https://example.org/hook",
    "guance_http": "https://example.org/events",
    "log": "everything",
}


def a_browser(endpoint):
    return PushAccess(subscription=BrowserKeys().subscription(endpoint), key=encoded(b"\1" * 32))


def test_the_channels_are_these():
    known = (
        "email sms voice push slack telegram teams google_chat dingtalk wecom feishu webhook"
        " grafana_oncall guance_http log"
    )

    assert known.split() == NAMES


def test_an_unknown_channel_is_refused_with_the_known_ones():
    with pytest.raises(Invalid, match="must be one of email, sms, voice, push, slack"):
        channel_named("pigeon")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_channel_says_every_kind_of_message(name, kind):
    message = of_kind(kind)

    content = CHANNELS[name].render(message, {})

    said = f"{content.subject}{content.text}{content.html}{content.body.decode()}"
    assert message.title in said
    assert content.key == KEY
    for part in (message.body, message.code):
        assert part in said or name == "log" or ", ".join(part.replace(" ", "")) in said


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_that_a_channel_does_not_know_fails_loudly(name):
    message = a_page(kind="phone tree")

    with pytest.raises((AssertionError, AttributeError, KeyError)):
        CHANNELS[name].render(message, {})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("message", [a_page(), worst()], ids=["page", "worst"])
def test_a_message_is_said_the_same_way_twice(name, message):
    assert CHANNELS[name].render(message, {}) == CHANNELS[name].render(message, {})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_channel_brings_every_kind_to_a_real_receiver(name, kind):
    async def story():
        async with http_receiver() as receiver, mail_server() as mailbox:
            elsewhere = ("email", "log", "sms", "voice", "push", "telegram")
            address = GOOD_ADDRESSES[name] if name in elsewhere else receiver.url
            carrier = Twilio(account_sid="AC1", auth_token="t", sender="+1", api_url=receiver.url)
            bot = Bot(token="1:t", api_url=receiver.url)
            channel = connected(carrier, bot=bot)[name]
            allow = [ip_network("127.0.0.0/8")]
            smtp_url = f"smtp://127.0.0.1:{mailbox.port}"
            async with OutboundWire(allow=allow, smtp_url=smtp_url) as wire:
                to = attempt(address, browser=a_browser(receiver.url))
                receipt = await deliver(channel, of_kind(kind), to, wire)
            return receipt, [*receiver.requests, *mailbox.mails]

    with capture_logs() as lines:
        receipt, arrived = asyncio.run(story())

    assert receipt.accepted, receipt
    assert len(arrived) + len(lines) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_check_keeps_a_good_address_and_names_the_field_of_a_bad_one(name):
    good = GOOD_ADDRESSES[name]

    assert check_address(name, good, {}) == good
    with pytest.raises(Invalid) as refusal:
        check_address(name, f"{good}\r\n", {}, "destination")
    assert refusal.value.path == "destination.address"


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_a_channel_does_not_know_is_refused(name):
    with pytest.raises(Invalid) as refusal:
        check_address(name, GOOD_ADDRESSES[name], {"colour": "red"})

    assert refusal.value.path == "options.colour"


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"webhook", "dingtalk", "feishu"}))
def test_a_secret_that_a_channel_has_no_use_for_is_refused(name):
    with pytest.raises(Invalid) as refusal:
        check_address(name, GOOD_ADDRESSES[name], {}, secret="whsec_abc")

    assert refusal.value.path == "secret"


@pytest.mark.parametrize("outcome", [Outcome.TRY_AGAIN, Outcome.NEXT_PROVIDER, Outcome.NEVER])
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"log"}))
def test_no_answer_is_a_receipt_that_says_why(name, outcome):
    wire = RecordingWire(Unsent(outcome, "the line is dead"))

    carrier = Twilio(account_sid="AC1", auth_token="t", sender="+1")
    channel = connected(carrier, bot=Bot(token="1:t"))[name]
    to = attempt(GOOD_ADDRESSES[name], browser=a_browser("https://push.example.net/x"))
    receipt = asyncio.run(deliver(channel, a_page(), to, wire))

    assert receipt == Receipt(outcome=outcome, error="the line is dead")


def test_what_cannot_be_said_is_a_receipt_too_and_nothing_is_sent():
    wire = RecordingWire(HttpResponse(status=200))
    to = attempt(options={"body": "{{ 1 / 0 }}"})

    receipt = asyncio.run(deliver(CHANNELS["webhook"], a_page(), to, wire))

    assert receipt.outcome is Outcome.NEVER
    assert "options.body cannot be filled in: division by zero" in receipt.error
    assert wire.requests == []


def test_sending_waits_for_nothing_but_the_wire():
    """The simulation drives channels by hand, without an event loop."""
    for name, answer in [("email", MailReply(code=250, text="ok")), ("webhook", HttpResponse(status=200))]:
        sending = deliver(CHANNELS[name], a_page(), attempt(GOOD_ADDRESSES[name]), RecordingWire(answer))
        with pytest.raises(StopIteration) as finished:
            sending.send(None)
        assert finished.value.value.accepted


def test_the_log_writes_one_line_and_nothing_that_one_could_act_by():
    with capture_logs() as lines:
        receipt = asyncio.run(deliver(CHANNELS["log"], worst(), attempt("everything"), RecordingWire()))

    [line] = lines
    assert receipt.outcome is Outcome.DELIVERED
    assert (line["event"], line["address"], line["alerts"]) == ("notification", "everything", 12_345)
    assert "https://" not in msgspec.json.encode(line).decode()
    assert "\n" not in line["text"]
