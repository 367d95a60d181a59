"""Telegram: what goes to the Bot API, and what its answers mean."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from message_builders import KEY, NOW, a_page, alert_line, attempt, of_kind, worst
from routing_builders import event
from telegram_api import TOKEN, BotApi
from tocsin.channels.base import deliver
from tocsin.channels.message_templates import reword
from tocsin.channels.registry import MARKUPS, check_address
from tocsin.channels.telegram import Bot, TelegramChannel, callback_of
from tocsin.core.alert_source import AlertSource
from tocsin.core.errors import Invalid
from tocsin.core.ids import IntegrationId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import ContactMethod
from tocsin.core.people_check import check_contact_method
from tocsin.core.receipt import Outcome
from tocsin.core.service import Integration

ANA, GROUP = 4711, -100_123
BOT = Bot(token=TOKEN)
ANSWERED = replace(BOT, replies=True)


def sent(api, message=None, *, chat=ANA, bot=BOT, **changes):
    to = attempt(str(chat), **changes)
    return asyncio.run(deliver(TelegramChannel(bot=bot), message or a_page(), to, api))


def buttons(call):
    keyboard = call.get("reply_markup", {}).get("inline_keyboard", [])
    return [[(each["text"], each.get("callback_data") or each["url"]) for each in row] for row in keyboard]


def test_a_page_is_a_message_with_buttons_that_lead_to_pages():
    api = BotApi(ANA)

    receipt = sent(api)

    (call,) = api.sent
    assert (receipt.outcome, receipt.provider_id) == (Outcome.DELIVERED, "1")
    assert call["chat_id"] == ANA
    assert call["disable_notification"] is False
    assert call["link_preview_options"] == {"is_disabled": True}
    assert call["shown"].startswith("🔴 [Critical] Disk full on db-1\n\nService: Payments\n1 alert, critical")
    assert "/var is 97 % full" in call["shown"]
    assert "Why: You are on call in “Primary”." in call["shown"]
    assert buttons(call) == [
        [
            ("Acknowledge", "https://tocsin.example.org/r/ack"),
            ("Resolve", "https://tocsin.example.org/r/res"),
            ("Open", "https://tocsin.example.org/pages/page_0123456789ab"),
        ]
    ]


def test_where_answers_come_back_buttons_answer_in_the_chat():
    api = BotApi(ANA)

    sent(api, bot=ANSWERED)

    (call,) = api.sent
    assert buttons(call) == [
        [("Acknowledge", f"acknowledge {KEY}"), ("Resolve", f"resolve {KEY}")],
        [("Open", "https://tocsin.example.org/pages/page_0123456789ab")],
    ]
    assert callback_of(f"acknowledge {KEY}") == ("acknowledge", KEY)
    assert callback_of("sing a song") is None


@pytest.mark.parametrize("chat", [GROUP, "@operations"])
def test_in_a_group_buttons_lead_to_the_page_alone_for_nobody_is_named(chat):
    api = BotApi(GROUP, "@operations")
    message = a_page(acknowledge_url="", resolve_url="", decline_url="")

    sent(api, message, chat=chat, bot=ANSWERED, options={})

    (call,) = api.sent
    assert [text for row in buttons(call) for text, _ in row] == ["Open"]


def test_good_news_makes_no_sound_and_asks_for_nothing():
    api = BotApi(ANA)

    sent(api, of_kind(NotificationKind.RESOLVED), bot=ANSWERED)

    (call,) = api.sent
    assert call["disable_notification"] is True
    assert [text for row in buttons(call) for text, _ in row] == ["Open"]


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_of_message_is_one_that_the_api_takes_as_it_is(kind):
    api = BotApi(ANA)

    assert sent(api, of_kind(kind)).accepted
    assert len(api.calls) == 1


def test_the_worst_message_fits_and_can_be_read():
    api = BotApi(ANA)

    assert sent(api, worst()).accepted
    (call,) = api.sent
    assert len(api.calls) == 1
    assert call["parse_mode"] == "HTML"
    assert "more alerts" in call["shown"]
    assert "Next:" in call["shown"]


@pytest.mark.parametrize("count", [1, 9, 40, 400])
def test_of_however_many_alerts_as_many_are_told_as_fit_and_the_rest_are_counted(count):
    api = BotApi(ANA)
    alerts = tuple(alert_line(number, message="m" * 400) for number in range(count))

    assert sent(api, a_page(alerts=alerts, total=count)).accepted
    (call,) = api.sent
    named = call["shown"].count("Disk full on db-") - 1  # the headline names one
    left = call["shown"].partition("and ")[2].partition(" more")[0]
    assert named + int(left or 0) == count


def test_a_link_that_telegram_takes_for_none_is_written_out():
    api = BotApi(ANA)
    here = a_page(
        acknowledge_url="http://localhost:8080/r/ack",
        resolve_url="http://localhost:8080/r/res",
        page_url="http://localhost:8080/pages/p",
    )

    assert sent(api, here).accepted
    (call,) = api.sent
    assert "reply_markup" not in call
    assert "Acknowledge: http://localhost:8080/r/ack" in call["text"]


def test_templates_make_telegrams_html_in_which_a_payload_is_only_text():
    shop = Integration(
        id=IntegrationId(5),
        workspace=1,
        service=2,
        kind="templated",
        name="Shop",
        message_templates={
            "telegram": {
                "title": "<i>{{ payload.host }}</i>",
                "message": "<code>{{ payload.note }}</code>",
                "image_url": "https://graphs.example.org/a.png",
            }
        },
    )
    said = event(details={"host": "db-1", "note": "<b>& me"})
    source = AlertSource(integration=shop, first=said, last=said)
    message, failed = reword(a_page(), [source], channel="telegram", plain=MARKUPS["telegram"], now=NOW)
    api = BotApi(ANA)

    assert sent(api, message).accepted
    (call,) = api.sent
    assert failed == ()
    assert "<i>db-1</i>" in call["text"]
    assert "<code>&lt;b&gt;&amp; me</code>" in call["text"]
    assert call["link_preview_options"]["url"] == "https://graphs.example.org/a.png"


def test_a_template_with_broken_markup_still_arrives_in_plain_words():
    api = BotApi(ANA)
    broken = alert_line(marked_title="<blink>db-1", marked_message="</b>")

    receipt = sent(api, a_page(alerts=(broken,)))

    assert receipt.accepted
    assert [method for method, _ in api.calls] == ["sendMessage", "sendMessage"]
    assert "parse_mode" not in api.sent[0]
    assert "Disk full on db-1" in api.sent[0]["text"]


@pytest.mark.parametrize(
    ("spoil", "outcome", "error"),
    [
        (lambda api: api.blocked.add(ANA), Outcome.NEVER, "bot was blocked by the user"),
        (lambda api: api.chats.clear(), Outcome.NEVER, "chat not found"),
        (lambda api: setattr(api, "failing", 1), Outcome.TRY_AGAIN, "502"),
        (lambda api: setattr(api, "wait_s", 35), Outcome.TRY_AGAIN, "retry after 35"),
    ],
)
def test_telegrams_errors_are_understood(spoil, outcome, error):
    api = BotApi(ANA)
    spoil(api)

    receipt = sent(api)

    assert receipt.outcome is outcome
    assert error in receipt.error
    assert receipt.retry_after == (timedelta(seconds=35) if "35" in error else None)


def test_a_group_that_became_a_larger_one_is_told_there():
    api = BotApi(-100_999)
    api.moved[GROUP] = -100_999

    assert sent(api, chat=GROUP).accepted
    assert api.sent[0]["chat_id"] == -100_999


def test_without_a_bot_or_with_a_wrong_one_it_fails_at_once_and_says_how_to_mend_it():
    nobody, stranger = sent(BotApi(ANA), bot=None), sent(BotApi(ANA), bot=Bot(token="9:wrong-token"))

    for receipt in (nobody, stranger):
        assert receipt.outcome is Outcome.NEVER
        assert "TOCSIN_TELEGRAM_BOT_TOKEN" in receipt.error
    assert "wrong-token" not in f"{stranger}{Bot(token='9:wrong-token')}"


def test_a_topic_of_a_group_can_be_named():
    api = BotApi(GROUP)

    sent(api, chat=GROUP, options={"topic": 7})

    assert api.sent[0]["message_thread_id"] == 7


@pytest.mark.parametrize("address", ["4711", "-100123456789", "@operations"])
def test_a_chat_is_a_number_or_a_public_name(address):
    assert check_address("telegram", address, {}) == address


@pytest.mark.parametrize("address", ["", "0", "ana", "@", "@a", "+4711", "47.11", "4711\n", "٤٧١١", "1" * 30])
def test_what_is_no_chat_is_refused(address):
    with pytest.raises(Invalid, match="address"):
        check_address("telegram", address, {})


@pytest.mark.parametrize("topic", [0, True, "7", -1, 2**40])
def test_what_is_no_topic_is_refused(topic):
    with pytest.raises(Invalid, match=r"options\.topic"):
        check_address("telegram", "-1", {"topic": topic})


@pytest.mark.parametrize("address", ["-100123", "@operations"])
def test_a_group_is_no_way_to_reach_one_person(address):
    with pytest.raises(Invalid, match="that of a group"):
        check_contact_method(ContactMethod(id=1, user=2, channel="telegram", address=address))
