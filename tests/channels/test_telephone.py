"""Text messages and calls by Twilio: what goes over the wire, and what its answers mean."""

import asyncio
import base64
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import msgspec
import pytest

from message_builders import KEY, RecordingWire, a_page, attempt, of_kind, worst
from tocsin.channels.base import HttpResponse, deliver
from tocsin.channels.registry import CHANNELS, connected
from tocsin.channels.sms import TEXT_LENGTH_MAX, SmsChannel, text_of
from tocsin.channels.twilio import TWIML_LENGTH_MAX, Twilio, outcome_of, sign, twiml
from tocsin.channels.voice import VoiceChannel, script_of
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome

TOKEN = "12345678901234567890123456789012"
ACCOUNT = Twilio(account_sid="AC1", auth_token=TOKEN, sender="+15005550006")
CALLBACK = "https://tocsin.example.org/twilio/t0ken"
NUMBER = "+14155550100"


def sent(channel, *answers, message=None, account=ACCOUNT, **changes):
    wire = RecordingWire(*(answers or (HttpResponse(status=201, body=b'{"sid":"SM1","status":"queued"}'),)))
    said = message or a_page(callback_url=CALLBACK)
    receipt = asyncio.run(deliver(connected(account)[channel], said, attempt(NUMBER, **changes), wire))
    return receipt, wire.requests


def form_of(request):
    return {
        name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()
    }


def test_a_text_message_is_posted_as_twilio_documents_it():
    receipt, [request] = sent("sms")

    assert request.method == "POST"
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    credentials = base64.b64encode(f"AC1:{TOKEN}".encode()).decode()
    assert dict(request.headers)["Authorization"] == f"Basic {credentials}"
    form = form_of(request)
    assert (form["To"], form["From"], form["StatusCallback"]) == (NUMBER, "+15005550006", CALLBACK)
    assert form["Body"] == (
        "[Critical] Disk full on db-1\n"
        "You are on call in “Primary”.\n"
        "Reply ACK to acknowledge, RESOLVE if it is over, OUT to be left out.\n"
        "https://tocsin.example.org/pages/page_0123456789ab"
    )
    assert (receipt.outcome, receipt.provider_id) == (Outcome.SENT, "SM1")


def test_a_messaging_service_is_named_as_one():
    account = Twilio(account_sid="AC1", auth_token=TOKEN, sender="MG1", api_url="https://eu.example/")

    _, [request] = sent("sms", account=account)

    assert form_of(request)["MessagingServiceSid"] == "MG1"
    assert request.url.startswith("https://eu.example/2010-04-01/")


def test_a_call_reads_the_alert_out_and_asks_for_a_key():
    receipt, [request] = sent("voice")

    form = form_of(request)
    assert request.url.endswith("/Calls.json")
    assert (form["StatusCallback"], form["StatusCallbackEvent"]) == (CALLBACK, "completed")
    document = ET.fromstring(form["Twiml"])
    gather = document.find("Gather")
    assert gather is not None
    assert (gather.get("action"), gather.get("numDigits"), gather.get("method")) == (CALLBACK, "1", "POST")
    said = [say.text for say in gather.findall("Say")]
    assert said[:3] == ["This is Tocsin. Critical alert.", "Disk full on db-1", "Service: Payments."]
    assert "Press 1 to acknowledge" in said[-1]
    assert len(document.findall("Gather")) == 2
    assert receipt.outcome is Outcome.SENT


def test_what_cannot_be_answered_asks_for_no_key():
    for message in (of_kind(NotificationKind.RESOLVED), a_page(callback_url="", acknowledge_url="")):
        assert "<Gather" not in twiml(script_of(message))


def test_a_code_is_read_out_twice_slowly():
    script = script_of(of_kind(NotificationKind.VERIFICATION))

    assert script.sentences[-2:] == ("Your code is 4, 9, 3, 0, 2, 7.", "Again: 4, 9, 3, 0, 2, 7.")


def test_the_worst_message_is_short_enough_and_still_xml():
    text = text_of(worst(callback_url=CALLBACK))
    script = twiml(script_of(worst(callback_url=CALLBACK)))

    assert len(text) <= TEXT_LENGTH_MAX
    assert text.endswith("https://tocsin.example.org/pages/page_0123456789ab")
    assert "Reply ACK" in text
    assert len(script) <= TWIML_LENGTH_MAX
    ET.fromstring(script)


ANSWERS = [
    (201, b'{"sid":"SM1"}', Outcome.SENT),
    (400, b'{"code":21211,"message":"The To number is not valid","status":400}', Outcome.NEVER),
    (400, b'{"code":21610,"message":"Attempt to send to unsubscribed recipient"}', Outcome.NEVER),
    (400, b'{"code":21606,"message":"The From number is not valid"}', Outcome.NEXT_PROVIDER),
    (401, b'{"code":20003,"message":"Authenticate"}', Outcome.NEXT_PROVIDER),
    (403, b'{"code":20005,"message":"Account not active"}', Outcome.NEXT_PROVIDER),
    (404, b"not json", Outcome.NEVER),
    (429, b'{"code":20429,"message":"Too Many Requests"}', Outcome.TRY_AGAIN),
    (500, b'{"code":20500,"message":"Internal"}', Outcome.TRY_AGAIN),
    (503, b"", Outcome.TRY_AGAIN),
]


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize(("status", "body", "outcome"), ANSWERS)
def test_twilios_answers_are_understood(channel, status, body, outcome):
    receipt, _ = sent(channel, HttpResponse(status=status, body=body))

    assert receipt.outcome is outcome
    assert receipt.accepted or receipt.error.startswith(f"Twilio answered {status}")


def test_twilios_error_code_is_told_and_the_token_is_not():
    body = f'{{"code":21211,"message":"bad {TOKEN}"}}'.encode()

    receipt, _ = sent("sms", HttpResponse(status=400, body=body))

    assert "21211" in receipt.error
    assert TOKEN not in receipt.error


def test_without_a_carrier_the_message_fails_at_once_and_says_how_to_get_one():
    for name in ("sms", "voice"):
        wire = RecordingWire(HttpResponse(status=201))
        receipt = asyncio.run(deliver(CHANNELS[name], a_page(), attempt(NUMBER), wire))
        assert receipt.outcome is Outcome.NEVER
        assert "TOCSIN_TWILIO_ACCOUNT_SID" in receipt.error
        assert wire.requests == []


def test_the_second_carrier_is_tried_when_it_is_its_turn():
    other = Twilio(account_sid="AC2", auth_token="t", sender="+1")
    for channel in (SmsChannel(carriers=(ACCOUNT, other)), VoiceChannel(carriers=(ACCOUNT, other))):
        wire = RecordingWire(HttpResponse(status=201, body=b"{}"))
        asyncio.run(deliver(channel, a_page(), attempt(NUMBER, provider=1), wire))
        assert channel.providers == 2
        assert "/Accounts/AC2/" in wire.requests[0].url


def test_the_signature_is_the_one_in_twilios_documentation():
    """The example of "Validating signatures from Twilio"."""
    form = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+12349013030"],
        "Digits": ["1234"],
        "From": ["+12349013030"],
        "To": ["+18005551212"],
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    assert sign("12345", url, form) == b"0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    account = Twilio(account_sid="AC1", auth_token="12345", sender="+1")
    assert account.signed(url, form, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")
    assert not account.signed(url, form | {"Digits": ["1235"]}, "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")
    assert not account.signed(url, form, "\ud800é")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("queued", None),
        ("sent", None),
        ("ringing", None),
        ("in-progress", None),
        ("unheard-of", None),
        ("delivered", Outcome.DELIVERED),
        ("completed", Outcome.DELIVERED),
        ("undelivered", Outcome.NEVER),
        ("busy", Outcome.NEVER),
        ("no-answer", Outcome.NEVER),
    ],
)
def test_the_states_of_messages_and_calls_are_understood(status, outcome):
    assert outcome_of(status) is outcome


def test_the_same_content_is_made_twice():
    for name in ("sms", "voice"):
        content = CHANNELS[name].render(a_page(), {})
        assert content.key == KEY
        assert msgspec.json.decode(content.body)["callback"] == ""
