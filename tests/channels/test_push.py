"""Push messages: sealed as the standard's own example is, small, and read by nobody on their way."""

import asyncio
import json
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from browser_keys import BrowserKeys, decoded, encoded, key_pair, sender_of
from message_builders import NOW, RecordingWire, a_page, alert_line, attempt, of_kind, worst
from receivers import http_receiver
from tocsin.channels.base import BundledPage, HttpResponse, deliver
from tocsin.channels.push import PushChannel
from tocsin.channels.web_push import seal
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.push import PushAccess, PushSubscription
from tocsin.core.receipt import Outcome
from tocsin.httpkit.outbound import OutboundWire

CURVE = ec.SECP256R1()
ENDPOINT = "https://push.example.net/wpush/v2/gAAAAABsecret"
OURS = key_pair()
KEY = encoded(OURS.private_numbers().private_value.to_bytes(32, "big"))
CALLBACK = "https://tocsin.example.org/push/token"


def to(browser: BrowserKeys, endpoint: str = ENDPOINT, **changes):
    access = PushAccess(subscription=browser.subscription(endpoint), key=KEY)
    return attempt("push.example.net/0123456789abcdef", browser=access, **changes)


def sent(message, *, answer=None, browser=None):
    """Send *message*; give the receipt, the request, and what the browser reads."""
    browser = browser or BrowserKeys()
    wire = RecordingWire(answer or HttpResponse(status=201))
    receipt = asyncio.run(deliver(PushChannel(contact="mailto:ops@example.org"), message, to(browser), wire))
    [request] = wire.requests
    return receipt, request, browser.open(request.body)


def test_a_message_is_sealed_as_in_the_example_of_the_standard():
    """RFC 8291, section 5."""
    private = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    subscription = PushSubscription(
        endpoint=ENDPOINT,
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
    )

    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        subscription,
        ours=ec.derive_private_key(private, CURVE),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )

    assert encoded(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(plain=st.binary(max_size=3_993))
def test_whatever_is_sealed_is_opened_by_the_browser_that_it_is_for(plain):
    browser = BrowserKeys()

    assert browser.opened(seal(plain, browser.subscription(ENDPOINT))) == plain


def test_a_page_says_what_is_wrong_and_where_to_answer():
    receipt, request, said = sent(a_page(callback_url=CALLBACK))

    assert (receipt.outcome, request.method, request.url) == (Outcome.SENT, "POST", ENDPOINT)
    assert said["title"] == "[Critical] Disk full on db-1"
    assert "/var is 97 % full" in said["body"]
    assert "You are on call in “Primary”." in said["body"]
    assert (said["asks"], said["answer"], said["url"]) == (True, "/push/token", "/pages/page_0123456789ab")
    assert said["at"] == int((NOW - timedelta(seconds=2)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("kind", "ttl", "urgency"),
    [
        (NotificationKind.PAGE, "86400", "high"),
        (NotificationKind.VERIFICATION, "900", "high"),
        (NotificationKind.TEST, "900", "high"),
        (NotificationKind.RESOLVED, "86400", "normal"),
        (NotificationKind.OPERATOR, "86400", "normal"),
    ],
)
def test_a_push_service_is_told_how_long_it_is_worth_and_how_urgent_it_is(kind, ttl, urgency):
    _, request, _ = sent(of_kind(kind))

    headers = dict(request.headers)
    assert (headers["TTL"], headers["Urgency"]) == (ttl, urgency)
    assert headers["Content-Encoding"] == "aes128gcm"


def test_news_of_a_page_takes_the_place_of_what_still_waits_about_it():
    _, page, first = sent(a_page(thread="page_0123456789ab"))
    _, news, then = sent(a_page(kind=NotificationKind.RESOLVED, thread="page_0123456789ab"))

    assert dict(page.headers)["Topic"] == dict(news.headers)["Topic"] == "page_0123456789ab"
    assert first["tag"] == then["tag"]


def test_a_message_that_tells_of_several_pages_is_never_replaced_by_one_that_tells_of_one():
    other = BundledPage(page="page_2", title="Another", severity=Severity.ERROR)

    _, request, said = sent(a_page(thread="page_0123456789ab", bundled=(other,)))

    assert dict(request.headers)["Topic"] == "ntf_0123456789ab"
    assert "and 1 more page" in said["body"]


def test_we_are_known_to_the_push_service_by_the_key_that_the_browser_subscribed_with():
    _, request, _ = sent(a_page())

    key, claims = sender_of(dict(request.headers)["Authorization"], audience="https://push.example.net")
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(key))
    assert point.public_numbers() == OURS.public_key().public_numbers()
    assert claims["sub"] == "mailto:ops@example.org"
    left = claims["exp"] - NOW.timestamp()
    assert timedelta(hours=11).total_seconds() <= left <= timedelta(hours=24).total_seconds()


@pytest.mark.parametrize("message", [worst(), worst(title="🚨" * 5_000, callback_url=CALLBACK)])
def test_the_worst_message_still_fits_and_keeps_its_links(message):
    _, request, said = sent(message)

    assert len(request.body) <= 4_096
    assert said["url"] == "/pages/page_0123456789ab"
    assert said["title"]


def test_titles_of_more_alerts_stand_in_the_text():
    alerts = tuple(alert_line(number) for number in range(1, 12))

    _, _, said = sent(a_page(alerts=alerts, total=11))

    assert "Disk full on db-2" in said["body"]
    assert "and 5 more alerts" in said["body"]


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "gone", "wait"),
    [
        (201, {"location": "https://push.example.net/m/abc"}, Outcome.SENT, False, None),
        (200, {}, Outcome.SENT, False, None),
        (404, {}, Outcome.NEVER, True, None),
        (410, {}, Outcome.NEVER, True, None),
        (429, {"retry-after": "17"}, Outcome.TRY_AGAIN, False, timedelta(seconds=17)),
        (500, {}, Outcome.TRY_AGAIN, False, None),
        (503, {"retry-after": "3"}, Outcome.TRY_AGAIN, False, timedelta(seconds=3)),
        (401, {}, Outcome.NEVER, False, None),
        (403, {}, Outcome.NEVER, False, None),
        (413, {}, Outcome.NEVER, False, None),
        (301, {"location": "https://elsewhere.example/"}, Outcome.NEVER, False, None),
    ],
)
def test_each_answer_of_a_push_service_is_understood(status, headers, outcome, gone, wait):
    receipt, _, _ = sent(a_page(), answer=HttpResponse(status=status, headers=headers))

    assert (receipt.outcome, receipt.gone, receipt.retry_after) == (outcome, gone, wait)
    assert "secret" not in receipt.error
    assert receipt.provider_id == ("abc" if "m/abc" in str(headers) else "")


def test_without_a_subscription_nothing_is_sent_and_the_browser_counts_as_gone():
    wire = RecordingWire(HttpResponse(status=201))

    receipt = asyncio.run(
        deliver(PushChannel(), a_page(), attempt("push.example.net/0123456789abcdef"), wire)
    )

    assert (receipt.outcome, receipt.gone, wire.requests) == (Outcome.NEVER, True, [])
    assert "/me/browser" in receipt.error


@pytest.mark.parametrize("allow", [[], [ip_network("127.0.0.0/8")]], ids=["guarded", "allowed"])
def test_a_push_service_on_a_private_network_is_called_only_where_the_operator_allows_it(allow):
    async def taken(_):
        return web.Response(status=201)

    async def story():
        async with http_receiver(taken) as service, OutboundWire(allow=allow) as wire:
            browser = BrowserKeys()
            receipt = await deliver(PushChannel(), a_page(), to(browser, f"{service.url}/p/1"), wire)
            return receipt, [browser.open(each.body)["title"] for each in service.requests]

    receipt, titles = asyncio.run(story())

    assert receipt.accepted == bool(allow)
    assert titles == (["[Critical] Disk full on db-1"] if allow else [])


def test_what_stands_for_a_browser_says_nothing_of_its_endpoint():
    subscription = BrowserKeys().subscription(ENDPOINT)

    assert subscription.address.startswith("push.example.net/")
    assert "secret" not in subscription.address
    assert "secret" not in json.dumps(repr(subscription))
