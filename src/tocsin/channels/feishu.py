"""Feishu (Lark), by a custom bot of a group: an interactive card, signed if the bot asks for signatures.

Open platform, "Custom bot guide": 100 messages a minute and 5 a second, at most 20 KB, `code` in the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import msgspec

from tocsin.channels import wording
from tocsin.channels.base import Attempt, Content, Message, Options, Wire, refuse_extras
from tocsin.channels.prose import mark_of, offers_of, prose_of
from tocsin.channels.robots import Codes, check_robot, check_secret, post, signature
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Receipt

TEXT_BYTES_MAX = 14_000  # 20 KB with the buttons, the header and JSON's escapes
TITLE_LENGTH_MAX = 150

_CODES = Codes(
    names=(("code", "msg"), ("StatusCode", "StatusMessage")),
    busy=frozenset({9500, 11247}),
    too_fast=frozenset({11232, 99991400}),
)
_COLOURS = {
    Severity.CRITICAL: "red",
    Severity.ERROR: "orange",
    Severity.WARNING: "yellow",
    Severity.NODATA: "purple",
    Severity.INFO: "blue",
}
_MARKUP = re.compile(r"[*~_`\[\]]")
_HOSTS = ("open.feishu.cn", "open.larksuite.com")

Element = dict[str, object]


@dataclass(frozen=True, slots=True)
class FeishuChannel:
    """Posts to a group's bot; the *secret* is there when the bot checks signatures."""

    name: str = "feishu"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a bot's webhook."""
        refuse_extras("Feishu", path, options=options)
        check_secret(secret, path)
        for host in _HOSTS:
            address = check_robot(
                address, path, whose="a Feishu bot", host=host, begins="/open-apis/bot/v2/hook/"
            )
        return address

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* as a card."""
        del options  # there are none
        title = wording.headline(message, TITLE_LENGTH_MAX)
        card = {
            "config": {"wide_screen_mode": True},
            "header": {
                "template": _colour(message),
                "title": {"tag": "plain_text", "content": f"{mark_of(message)} {title}"},
            },
            "elements": list(_elements(message)),
        }
        body = {"msg_type": "interactive", "card": card}
        return Content(key=message.key, text=title, body=msgspec.json.encode(body))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content*, signed as of the attempt's moment."""
        return await post(signed(content.body, attempt), attempt, wire, whose="Feishu", codes=_CODES)


def signed(body: bytes, attempt: Attempt) -> bytes:
    """Add the seconds of now and their signature, which holds for an hour, if there is a secret."""
    if not attempt.secret:
        return body
    timestamp = str(int(attempt.now.timestamp()))
    sign = signature(f"{timestamp}\n{attempt.secret}")
    return msgspec.json.encode({"timestamp": timestamp, "sign": sign, **msgspec.json.decode(body)})


def _elements(message: Message) -> Iterator[Element]:
    text = prose_of(message, _escaped, links=False).within(TEXT_BYTES_MAX)
    yield {"tag": "div", "text": {"tag": "lark_md", "content": text}}
    if buttons := [_button(name, url) for name, url in offers_of(message)]:
        yield {"tag": "action", "actions": buttons}


def _button(name: str, url: str) -> Element:
    kind = "primary" if name == "Acknowledge" else "default"
    return {"tag": "button", "type": kind, "url": url, "text": {"tag": "plain_text", "content": name}}


def _escaped(text: str) -> str:
    """Write what Feishu reads as its own, mentions above all, as entities."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", escape(text, quote=False))


def _colour(message: Message) -> str:
    if message.kind is NotificationKind.PAGE:
        return _COLOURS[message.severity]
    return "green" if message.kind is NotificationKind.RESOLVED else "grey"
