"""The outgoing webhooks of Grafana OnCall: a request whose every part is a template over an alert group.

The *address* of such a destination is a template, too. What the templates see is made by ``oncall_values``.
Source: Grafana OnCall documentation, "Outgoing webhooks".
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import (
    Attempt,
    Content,
    HttpRequest,
    Message,
    Options,
    Wire,
    below,
    refuse_extras,
)
from tocsin.channels.oncall_values import values_of
from tocsin.channels.rich_templates import YES, read_rich
from tocsin.channels.webhook import HEADER_LENGTH_MAX, HEADERS_MAX, is_header
from tocsin.core.destination import check_url
from tocsin.core.errors import Invalid
from tocsin.core.receipt import Exchange, Outcome, Receipt

NAME: Final = "grafana_oncall"
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
TEXTS: Final = (
    *("http_method", "headers", "data", "trigger_template", "preset"),
    *("username", "password", "authorization_header"),
)
MASK: Final = "*" * 16
BODY_KEPT_MAX: Final = 20_000
TOLD_KEPT_MAX: Final = 50_000
ADDRESS_LENGTH_MAX: Final = 2_048


@dataclass(frozen=True, slots=True)
class OnCallWebhookChannel:
    """Sends a request as templates say. Options: TEXTS, and *forward_all*, which sends all there is."""

    name: str = NAME
    providers: int = 1
    for_machines: bool = True

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a template that can be read; check the options, the templates too."""
        unknown = {name: value for name, value in options.items() if name not in (*TEXTS, "forward_all")}
        refuse_extras("these webhooks", path, options=unknown, secret=secret)
        where = below(path, "options")
        for name in TEXTS:
            _text(options, name, where)
        if not isinstance(options.get("forward_all", True), bool):
            raise Invalid(f"{where}.forward_all", "is no truth", "must be true or false")
        if options.get("http_method", "POST") not in METHODS:
            raise Invalid(f"{where}.http_method", "is not known", f"must be one of {', '.join(METHODS)}")
        for name in ("headers", "data", "trigger_template"):
            if text := _text(options, name, where):
                read_rich(text, f"{where}.{name}")
        if not address or len(address) > ADDRESS_LENGTH_MAX or not address.isprintable():
            remedy = f"must have 1 to {ADDRESS_LENGTH_MAX} characters"
            raise Invalid(below(path, "address"), "is empty, too long or on several lines", remedy)
        if "{{" not in address and "{%" not in address:
            return check_url(address, below(path, "address"))
        read_rich(address, below(path, "address"))
        return address

    def render(self, message: Message, options: Options) -> Content:
        """Fill in every part of the request; none is made when its condition does not hold."""
        values = values_of(message)
        told = json.dumps(values)[:TOLD_KEPT_MAX]
        content = Content(key=message.key, text=wording.headline(message))
        condition = _text(options, "trigger_template", "options")
        trigger = _made(condition, values, message, "trigger_template").strip() if condition else ""
        if condition and trigger.lower() not in YES:
            return replace(content, exchange=Exchange(trigger=trigger[:1_000] or "False", told=told))
        method = str(options.get("http_method", "POST"))
        body, media = _body(options, values, message) if method in WITH_BODY else (b"", "")
        headers = _headers(options, values, message)
        if media and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = media
        exchange = Exchange(
            trigger=trigger[:1_000],
            headers=_masked(headers),
            body=body[:BODY_KEPT_MAX].decode("utf-8", "replace"),
            told=told,
        )
        return replace(
            content,
            method=method,
            body=body,
            headers=tuple(headers.items()),
            values=values,
            exchange=exchange,
        )

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Make the request, if there is one to be made, and keep what was answered."""
        exchange = content.exchange
        if content.values is None:
            return Receipt(outcome=Outcome.DELIVERED, exchange=exchange)
        address = read_rich(attempt.address, "address")
        url = check_url(address.render(content.values, "address", now=attempt.now).strip(), "address")
        request = HttpRequest(method=content.method, url=url, headers=content.headers, body=content.body)
        response = await wire.http(request)
        secrets = [
            text for name in ("password", "authorization_header") if (text := attempt.options.get(name))
        ]
        whose = urlsplit(url).hostname or "the receiver"
        receipt = receipt_of(response, whose=whose, now=attempt.now, secrets=[str(each) for each in secrets])
        if exchange is None:
            return receipt
        answered = response.body[:BODY_KEPT_MAX].decode("utf-8", "replace")
        return replace(receipt, exchange=replace(exchange, url=url, status=response.status, content=answered))


def _made(template: str, values: Mapping[str, Any], message: Message, name: str) -> str:
    return read_rich(template, name).render(values, name, now=message.queued_at)


def _body(options: Options, values: Mapping[str, Any], message: Message) -> tuple[bytes, str]:
    """Make the body: all there is, or what the template makes, as JSON if that is what it is."""
    if options.get("forward_all", True):
        return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"), "application/json"
    text = _made(_text(options, "data", "options"), values, message, "data")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text.encode("utf-8", "replace"), "text/plain; charset=utf-8" if text else ""
    return text.encode("utf-8", "replace"), "application/json"


def _headers(options: Options, values: Mapping[str, Any], message: Message) -> dict[str, str]:
    """Make the headers: what their template makes is an object of texts."""
    headers: dict[str, str] = {}
    template = _text(options, "headers", "options")
    if template.strip():
        try:
            made = json.loads(_made(template, values, message, "headers") or "{}")
        except (ValueError, RecursionError):
            raise Invalid("headers", "does not make JSON", "must make an object of texts") from None
        if not isinstance(made, dict) or len(made) > HEADERS_MAX:
            raise Invalid("headers", "does not make an object", "must make an object of texts")
        for name, value in made.items():
            text = value if isinstance(value, str) else json.dumps(value)
            if not is_header(name, text) or len(text) > HEADER_LENGTH_MAX:
                raise Invalid("headers", f"makes {name!r}, which is no header"[:100], "must make headers")
            headers[name] = text
    user = _text(options, "username", "options")
    own = _text(options, "authorization_header", "options")
    if own and is_header("Authorization", own):
        headers["Authorization"] = own
    elif user:
        pair = f"{user}:{_text(options, 'password', 'options')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _masked(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    secret = {"authorization", "proxy-authorization", "x-api-key", "cookie"}
    return tuple((name, MASK if name.lower() in secret else value) for name, value in headers.items())


def _text(options: Options, name: str, where: str) -> str:
    value = options.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{where}.{name}", "is not a text", "must be one")
    return value
