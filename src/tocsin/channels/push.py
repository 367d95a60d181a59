"""Push messages to browsers (Web Push, RFC 8030), sealed from here to the browser; no vendor stands between.

What a browser gets is a small JSON document, which the pages' service worker shows as a notification.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import Attempt, Content, HttpRequest, Message, Options, Wire, below, refuse_extras
from tocsin.channels.web_push import authorization, seal
from tocsin.core.errors import Invalid
from tocsin.core.notification import NotificationKind
from tocsin.core.push import CHANNEL
from tocsin.core.receipt import Outcome, Receipt

PAYLOAD_BYTES_MAX: Final = 3_000  # well below what push services take, sealed
TITLE_LENGTH_MAX: Final = 200
BODY_LENGTH_MAX: Final = 1_200
MESSAGE_LENGTH_MAX: Final = 300
TITLES_MAX: Final = 5
CONTACT: Final = "mailto:operator@localhost"

_DAY_S: Final = 86_400
# How long a push service keeps a message for a browser that is not to be reached: what comes late says so.
_KEPT_S: Final = {
    NotificationKind.PAGE: _DAY_S,
    NotificationKind.VERIFICATION: 900,  # as long as its code is good
    NotificationKind.TEST: 900,
}
_AT_ONCE: Final = (
    NotificationKind.PAGE,
    NotificationKind.REMINDER,
    NotificationKind.VERIFICATION,
    NotificationKind.TEST,
)
_GONE: Final = frozenset({404, 410})  # RFC 8030, 7.3: the subscription has ended
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.:\[\]-]{1,260}/[0-9a-f]{16}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")  # RFC 8030, 5.4


@dataclass(frozen=True, slots=True, kw_only=True)
class PushChannel:
    """Sends to a browser by way of its push service, which may write to us at *contact*."""

    contact: str = CONTACT
    name: str = CHANNEL
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it can name a browser: its push service and the digest of its subscription."""
        refuse_extras("push messages", path, options=options, secret=secret)
        if not _ADDRESS.fullmatch(address):
            remedy = "must be one that a browser gave to itself, on the page /me/browser"
            raise Invalid(below(path, "address"), "names no browser", remedy)
        return address

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in as few bytes as a push service takes, and how it is to be treated on its way."""
        del options  # there are none
        headers = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Encoding", "aes128gcm"),
            ("TTL", str(_KEPT_S.get(message.kind, _DAY_S))),
            ("Urgency", "high" if message.kind in _AT_ONCE else "normal"),
        ]
        topic = _topic(message)
        if _TOPIC.fullmatch(topic):
            headers.append(("Topic", topic))
        payload = _payload(message)
        return Content(
            key=message.key, text=str(payload["title"]), body=_fitted(payload), headers=tuple(headers)
        )

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Seal *content* for the browser, and hand it to its push service."""
        if attempt.browser is None:
            error = "this browser is not subscribed any more; subscribe it again on /me/browser"
            return Receipt(outcome=Outcome.NEVER, error=error, gone=True)
        subscription = attempt.browser.subscription
        known = authorization(attempt.browser.key, subscription.endpoint, self.contact, attempt.now)
        request = HttpRequest(
            method="POST",
            url=subscription.endpoint,
            headers=(*content.headers, ("Authorization", known)),
            body=seal(content.body, subscription),
        )
        response = await wire.http(request)
        whose = urlsplit(subscription.endpoint).hostname or "the push service"
        receipt = receipt_of(response, whose=whose, now=attempt.now, secrets=(subscription.endpoint,))
        if response.status in _GONE:
            error = f"{whose} says that this browser's subscription has ended"
            return Receipt(outcome=Outcome.NEVER, error=error, gone=True)
        if receipt.accepted:
            return Receipt(outcome=Outcome.SENT, provider_id=_place(response.headers.get("location", "")))
        return receipt


def _topic(message: Message) -> str:
    """Name what newer messages take the place of while it waits: its page, unless it tells of more."""
    return message.key if message.bundled else message.thread or message.key


def _payload(message: Message) -> dict[str, object]:
    """Say *message* for the service worker; paths lead to the server that the browser subscribed at."""
    asks = message.kind.asks and bool(message.acknowledge_url)
    return {
        "kind": message.kind.value,
        "title": wording.headline(message, TITLE_LENGTH_MAX),
        "body": wording.shorten("\n".join(filter(None, _lines(message))), BODY_LENGTH_MAX),
        "tag": _topic(message),
        "at": int(message.queued_at.timestamp() * 1000),
        "severity": message.severity.value,
        "url": _path(message.page_url) or "/now",
        "answer": _path(message.callback_url),
        "asks": asks,
    }


def _lines(message: Message) -> list[str]:
    titles = [wording.one_line(alert.title, 100) for alert in message.alerts[1 : 1 + TITLES_MAX]]
    first = message.alerts[0].message if message.alerts else ""
    return [
        f"Code: {wording.one_line(message.code, 20)}" if message.code else "",
        wording.shorten(wording.clean(message.body), MESSAGE_LENGTH_MAX),
        wording.one_line(message.service, 80),
        wording.one_line(first, MESSAGE_LENGTH_MAX),
        *titles,
        wording.left_out(message, 1 + len(titles)) if message.alerts else "",
        f"and {len(message.bundled)} more page{'' if len(message.bundled) == 1 else 's'}"
        if message.bundled
        else "",
        wording.one_line(message.because, 200),
        wording.one_line(message.what_next, 200),
    ]


def _fitted(payload: dict[str, object]) -> bytes:
    """Write *payload* in at most PAYLOAD_BYTES_MAX: what it says at length gives way, the rest is short."""
    encode: Callable[[object], bytes] = msgspec.json.encode
    body, written = str(payload["body"]), encode(payload)
    while len(written) > PAYLOAD_BYTES_MAX and body:
        body = wording.shorten(body, max(1, len(body) * 3 // 4))
        if len(body) <= 1:
            body = ""
        written = encode(payload | {"body": body})
    return written


def _path(url: str) -> str:
    return urlsplit(url).path


def _place(location: str) -> str:
    """Keep the end of a message's own address, by which its push service knows it; the rest is secret."""
    return location.rstrip("/").rpartition("/")[2][:100]
