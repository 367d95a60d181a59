"""Microsoft Teams, by the webhook of a workflow: an adaptive card of at most 28 KB.

Microsoft Learn, "Create incoming webhooks with Workflows for Microsoft Teams", and the schema of adaptive
cards, of which Teams shows version 1.4.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import Attempt, Content, HttpRequest, Message, Options, Wire, below, refuse_extras
from tocsin.channels.prose import defused, mark_of, offers_of, prose_of
from tocsin.channels.robots import JSON, secrets_of
from tocsin.core.destination import check_url
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Receipt

BODY_BYTES_MAX = 28_000
ALERTS_BYTES = (16_000, 6_000, 0)  # tried in turn: how much the rest takes depends on its texts
TITLE_LENGTH_MAX = 200
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"

_STYLES = {
    Severity.CRITICAL: "attention",
    Severity.ERROR: "attention",
    Severity.WARNING: "warning",
    Severity.NODATA: "emphasis",
    Severity.INFO: "accent",
}

Element = dict[str, object]


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """Posts a card to a workflow, which posts it to a channel or chat."""

    name: str = "teams"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a URL."""
        refuse_extras("Teams", path, options=options, secret=secret)
        return check_url(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* as an adaptive card."""
        del options  # there are none
        title = wording.headline(message, TITLE_LENGTH_MAX)
        sizes = (msgspec.json.encode(_card(message, title, room)) for room in ALERTS_BYTES)
        body = next((each for each in sizes if len(each) <= BODY_BYTES_MAX), None)
        return Content(key=message.key, text=title, body=body or msgspec.json.encode(_bare(message, title)))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content*; a workflow answers 202, for it posts the card afterwards."""
        request = HttpRequest(method="POST", url=attempt.address, headers=JSON, body=content.body)
        response = await wire.http(request)
        return receipt_of(response, whose="Teams", now=attempt.now, secrets=secrets_of(attempt))


def _card(message: Message, title: str, room: int) -> Element:
    actions: list[Element] = [
        {"type": "Action.OpenUrl", "title": name, "url": url} for name, url in offers_of(message)
    ]
    return _wrapped(title, list(_body(message, title, room)), actions)


def _bare(message: Message, title: str) -> Element:
    """Say no more than the title, for what is too long in every other way."""
    return _wrapped(title, [_text(f"{mark_of(message)} {defused(title)}")], [])


def _wrapped(title: str, body: list[Element], actions: list[Element]) -> Element:
    card: Element = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": title,
        "body": body,
        "actions": actions,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "contentUrl": None, "content": card}],
    }


def _body(message: Message, title: str, room: int) -> Iterator[Element]:
    headline = _text(f"{mark_of(message)} {defused(title)}", size="Large", weight="Bolder")
    yield {"type": "Container", "style": _style(message), "bleed": True, "items": [headline]}
    prose = prose_of(message, links=False)
    for text in prose.head[1:]:
        yield _text(text)
    for text in prose.fitting(room):
        yield _text(text, separator=True)
    for text in prose.tail:
        yield _text(text, isSubtle=True, size="Small")


def _text(text: str, **more: object) -> Element:
    return {"type": "TextBlock", "text": text.replace("\n", "\n\n"), "wrap": True, **more}


def _style(message: Message) -> str:
    if message.kind is NotificationKind.PAGE:
        return _STYLES[message.severity]
    return "good" if message.kind is NotificationKind.RESOLVED else "default"
