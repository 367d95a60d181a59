"""Webhooks: a message as an HTTP request to whatever the user runs, signed if there is a secret.

The body is the JSON of ``body_of``, version 1, or what a template of the user's makes of the same values.
docs/channels/webhook.md describes both for those who receive them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import (
    AlertLine,
    Attempt,
    BundledPage,
    Content,
    HttpRequest,
    Message,
    Options,
    Wire,
    below,
    refuse_extras,
)
from tocsin.channels.standard_webhooks import check_secret, signed_headers
from tocsin.channels.templating import read_template
from tocsin.core.destination import check_url
from tocsin.core.errors import Invalid
from tocsin.core.receipt import Receipt
from tocsin.core.told import AlertTold

BODY_VERSION = 1
ALERTS_SENT_MAX = 100
LABELS_SENT_MAX = 64
TITLE_LENGTH_MAX = 1_000
TEXT_LENGTH_MAX = 8_000
HEADERS_MAX = 20
HOSTS_KEPT = 1_024
HEADER_LENGTH_MAX = 2000
METHODS = ("POST", "PUT")
OPTIONS = ("body", "content_type", "headers", "method")

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
# What belongs to the connection, or is said by the signature.
_RESERVED = re.compile(
    r"host|content-length|content-type|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect"
    r"|proxy-.*|webhook-.*|cookie",
    re.IGNORECASE,
)


_CONNECTION = re.compile(
    r"host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Sends a request to a URL.

    Options: *method* (POST or PUT), *headers* (name to value), *body* (a template) and *content_type* (of
    what the template makes).
    """

    name: str = "webhook"
    providers: int = 1
    for_machines: bool = True

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a URL that may be called; check the options, the template too."""
        unknown = {name: value for name, value in options.items() if name not in OPTIONS}
        refuse_extras("webhooks", path, options=unknown)
        where = below(path, "options")
        _method(options, where)
        _headers(options, where)
        _text(options, "content_type", where)
        if body := _text(options, "body", where):
            read_template(body, f"{where}.body")
        if secret:
            check_secret(secret, below(path, "secret"))
        return check_url(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* as JSON, or as the template says it."""
        values = body_of(message)
        template = _text(options, "body", "options")
        if template:
            # What is in "data" has its bare name too: {{ title }}.
            text = read_template(template, "options.body").render(values["data"] | values, "options.body")
            body = text.encode("utf-8", "replace")
        else:
            body = msgspec.json.encode(values)
        content_type = _text(options, "content_type", "options") or "application/json"
        headers = {"Content-Type": content_type, **_headers(options, "options")}
        return Content(
            key=message.key,
            text=values["data"]["headline"],
            body=body,
            method=_method(options, "options"),
            headers=tuple(headers.items()),
        )

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Send *content*, signed with the attempt's secret if there is one."""
        signed = signed_headers(attempt.secret, key=content.key, at=attempt.now, body=content.body)
        request = HttpRequest(
            method=content.method,
            url=attempt.address,
            headers=(*content.headers, *signed),
            body=content.body,
        )
        response = await wire.http(request)
        return receipt_of(
            response, whose=_host_of(attempt.address), now=attempt.now, secrets=_secrets_of(attempt)
        )


def body_of(message: Message) -> dict[str, Any]:
    """Make the values that a webhook sends: version 1, to which fields are added and none taken away.

    Texts that are empty and links that are not offered are null.
    """
    return {
        "type": f"tocsin.{message.kind.value}",
        "version": BODY_VERSION,
        "id": message.key,
        "timestamp": _instant(message.queued_at),
        "data": _data(message),
    }


def _data(message: Message) -> dict[str, Any]:
    return {
        "headline": wording.headline(message),
        "title": _bounded(message.title, TITLE_LENGTH_MAX),
        "severity": message.severity.value,
        "workspace": _or_none(message.workspace),
        "service": _or_none(message.service),
        "page": {"id": message.page, "url": _or_none(message.page_url)} if message.page else None,
        "alerts": [_alert(alert) for alert in message.alerts[:ALERTS_SENT_MAX]],
        "alerts_total": max(message.total, len(message.alerts)),
        "mentions": [
            {"name": each.name, "email": _or_none(each.email), "phone": _or_none(each.phone)}
            for each in message.mentions
        ],
        "because": _or_none(message.because),
        "what_next": _or_none(message.what_next),
        "body": _or_none(message.body),
        "code": _or_none(message.code),
        "recipient": _or_none(message.recipient),
        "acknowledge_url": _or_none(message.acknowledge_url),
        "resolve_url": _or_none(message.resolve_url),
        "late_by_s": int(message.late_by.total_seconds()),
        "drill": message.drill,
        "bundled": [_bundled(page) for page in message.bundled],
        "change": _change(message.told),
    }


def _change(told: AlertTold | None) -> dict[str, object] | None:
    """Say what became of an alert, by whom, and until when it is meant to last."""
    if told is None or told.change is None:
        return None
    return {
        "what": told.change.value,
        "at": _instant(told.at),
        "by": told.by.display_name if told.by is not None else None,
        "until": None if told.until is None else _instant(told.until),
    }


def _bundled(page: BundledPage) -> dict[str, object]:
    return {
        "page": page.page,
        "title": _bounded(page.title, TITLE_LENGTH_MAX),
        "severity": page.severity.value,
        "service": _or_none(page.service),
        "url": _or_none(page.url),
    }


def _alert(alert: AlertLine) -> dict[str, object]:
    return {
        "id": _or_none(alert.id),
        "title": _bounded(alert.title, TITLE_LENGTH_MAX),
        "severity": alert.severity.value,
        "status": alert.status.value,
        "message": _or_none(alert.message),
        "labels": {
            _bounded(name, TITLE_LENGTH_MAX): _bounded(value, TITLE_LENGTH_MAX)
            for name, value in sorted(alert.labels.items())[:LABELS_SENT_MAX]
        },
        "opened_at": _instant(alert.opened_at),
        "acknowledged_by": _or_none(alert.acknowledged_by),
        "links": [_bounded(link, TITLE_LENGTH_MAX) for link in alert.links],
        "image_url": _or_none(alert.image_url),
        "url": _or_none(alert.url),
    }


@lru_cache(HOSTS_KEPT)
def _host_of(address: str) -> str:
    return urlsplit(address).hostname or "the receiver"


def _secrets_of(attempt: Attempt) -> Iterator[str]:
    """List what must not be told, if anybody wants to know."""
    yield from attempt.secret.split()
    yield from _headers(attempt.options, "options").values()


def _instant(at: datetime) -> str:
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat().removesuffix("+00:00") + "Z"


def _or_none(text: str) -> str | None:
    if text and len(text) <= TEXT_LENGTH_MAX and text.isprintable():  # as nearly all is
        return text
    return _bounded(text, TEXT_LENGTH_MAX) or None if text else None


def _bounded(text: str, length: int) -> str:
    """Clean *text* and cut it; what is much too long is cut before, so that it costs no time."""
    if len(text) <= length and text.isprintable():  # as nearly all is
        return text
    return wording.shorten(wording.clean(text[: 2 * length]), length)


def _text(options: Options, name: str, where: str) -> str:
    value = options.get(name, "")
    if not isinstance(value, str):
        raise Invalid(f"{where}.{name}", "is not a text", "must be one")
    if name == "content_type" and value and not _HEADER_VALUE.fullmatch(value):
        raise Invalid(f"{where}.{name}", "is not a media type", "must be like application/json")
    return value


def _method(options: Options, where: str) -> str:
    method = options.get("method", "POST")
    if not isinstance(method, str) or method not in METHODS:
        raise Invalid(f"{where}.method", f"is {method!r}"[:100], f"must be one of {', '.join(METHODS)}")
    return method


def is_header(name: object, value: str) -> bool:
    """Tell whether *name* and *value* are a header that may be added to a request."""
    right = isinstance(name, str) and _HEADER_NAME.fullmatch(name) and not _CONNECTION.fullmatch(name)
    return bool(right) and _HEADER_VALUE.fullmatch(value) is not None


def _headers(options: Options, where: str) -> dict[str, str]:
    """Return the headers that the options add; refuse what would change the request or the signature."""
    headers = options.get("headers", {})
    if not isinstance(headers, Mapping) or len(headers) > HEADERS_MAX:
        remedy = f"must be at most {HEADERS_MAX} names, each with a value"
        raise Invalid(f"{where}.headers", "is not an object, or too many", remedy)
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise Invalid(
                f"{where}.headers", f"contains the name {name!r}"[:100], "must have names like X-Token"
            )
        if _RESERVED.fullmatch(name):
            raise Invalid(f"{where}.headers.{name}", "is set by Tocsin", "must be left out")
        right = isinstance(value, str) and len(value) <= HEADER_LENGTH_MAX and _HEADER_VALUE.fullmatch(value)
        if not right:
            remedy = f"must be 1 to {HEADER_LENGTH_MAX} printable ASCII characters without outer spaces"
            raise Invalid(f"{where}.headers.{name}", "is no value for a header", remedy)
    return dict(headers)
