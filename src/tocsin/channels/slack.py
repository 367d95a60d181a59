"""Slack, by an incoming webhook: one message in blocks, within the limits of Slack's Block Kit.

Chats that understand Slack's webhooks (Mattermost, Rocket.Chat and others) read the text instead.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import (
    AlertLine,
    Attempt,
    Content,
    HttpRequest,
    Message,
    Options,
    Wire,
    below,
    refuse_extras,
)
from tocsin.core.alert import AlertStatus
from tocsin.core.destination import check_slack_channel, check_slack_webhook
from tocsin.core.event import Severity
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome, Receipt

# Block Kit's limits (docs.slack.dev, reference, blocks).
BLOCKS_MAX = 50
HEADER_LENGTH_MAX = 150
SECTION_LENGTH_MAX = 3000
FIELD_LENGTH_MAX = 2000
URL_LENGTH_MAX = 3000
TEXT_LENGTH_MAX = 4000  # of the fallback; longer ones are cut, at 40,000 with a loss

ALERTS_SHOWN_MAX = 8
LISTS_MAX = 20  # sections of titles, beyond the alerts that are shown
OTHER_TITLE_LENGTH_MAX = 120
BUNDLED_SHOWN_MAX = 10
MESSAGE_LENGTH_MAX = 800
MARKED_TITLE_MAX = 600  # of what templates make; longer ones are said in plain words, cut
MARKED_MESSAGE_MAX = 1200

_MARKS = {
    Severity.CRITICAL: "🔴",
    Severity.ERROR: "🟠",
    Severity.WARNING: "🟡",
    Severity.NODATA: "🟣",
    Severity.INFO: "🔵",
}
_PART_OF_ENTITY = re.compile(r"&[a-z]{0,3}\Z")
# Slack answers 200 and "ok", or an error in a word; some of its replacements answer 200 and such a word.
_ERROR_WORDS = re.compile(r"(?:invalid|no|too_many|channel|user|team|action|posting)_[a-z_]+|rollup_error")
_UNREADABLE = re.compile(r"invalid_(?:payload|blocks|attachments)|no_text")
_LINK = re.compile(r"<(?P<what>[^|<>]*)(?:\|(?P<label>[^<>]*))?>")
_STYLE = re.compile(r"(?<!\w)(?P<mark>[*_~`])(?P<text>\S(?:.*?\S)?)(?P=mark)(?!\w)")

Block = dict[str, object]


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """Posts to an incoming webhook. Option *channel*: where to post, for webhooks that may choose."""

    name: str = "slack"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is the URL of an incoming webhook; check the one option."""
        others = {name: value for name, value in options.items() if name != "channel"}
        refuse_extras("Slack", path, options=others, secret=secret)
        if "channel" in options:
            channel = options["channel"]
            check_slack_channel(channel if isinstance(channel, str) else "", below(path, "options.channel"))
        return check_slack_webhook(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in blocks, with a text for notifications and for whoever reads no blocks."""
        text = _escaped(_fallback(message), TEXT_LENGTH_MAX)
        payload = _addressed({"text": text, "blocks": list(_blocks(message))[:BLOCKS_MAX]}, options)
        return Content(key=message.key, text=text, body=msgspec.json.encode(payload))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content*; if its blocks are refused, post the text alone, for it must arrive."""
        plain = msgspec.json.encode(_addressed({"text": content.text}, attempt.options))
        receipt, word = await _post(content.body, attempt, wire)
        if receipt.outcome is Outcome.NEVER and _UNREADABLE.match(word):
            receipt, word = await _post(plain, attempt, wire)
        return receipt


async def _post(body: bytes, attempt: Attempt, wire: Wire) -> tuple[Receipt, str]:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    response = await wire.http(HttpRequest(method="POST", url=attempt.address, headers=headers, body=body))
    receipt = receipt_of(response, whose="Slack", now=attempt.now)
    word = response.excerpt()
    if receipt.accepted and _ERROR_WORDS.fullmatch(word):
        receipt = Receipt(outcome=Outcome.NEVER, error=f"Slack answered {response.status} {word}")
    return receipt, word


def _addressed(payload: Block, options: Options) -> Block:
    channel = options.get("channel")
    return payload | {"channel": check_slack_channel(channel)} if isinstance(channel, str) else payload


def plain(text: str) -> str:
    """Turn *text*, which is Slack's mrkdwn, into plain words."""
    bare = _LINK.sub(lambda found: found["label"] or found["what"], text)
    bare = _STYLE.sub(r"\g<text>", bare)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escaped(text: str, length: int) -> str:
    """Escape what Slack reads as its own, and cut to *length* without cutting an escape in two."""
    text = wording.clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(text) <= length:
        return text
    return _PART_OF_ENTITY.sub("", text[: length - 1]) + wording.ELLIPSIS


def _fallback(message: Message) -> str:
    """Say the most needful in plain words."""
    lines = [
        wording.headline(message, 300),
        wording.lateness(message),
        wording.mentions(message),
        wording.shorten(message.body, 2000),
        message.code,
        wording.one_line(message.because, 500),
        wording.one_line(message.what_next, 500),
        f"Acknowledge: {message.acknowledge_url}" if message.acknowledge_url and _asks(message) else "",
        message.page_url,
    ]
    return "\n".join(line for line in lines if line)


def _blocks(message: Message) -> Iterator[Block]:
    headline = _escaped(f"{_mark(message)} {wording.headline(message, 140)}", HEADER_LENGTH_MAX)
    yield {"type": "header", "text": {"type": "plain_text", "text": headline, "emoji": True}}
    notes = [wording.lateness(message), "This is a drill. Nothing is broken." if message.drill else ""]
    if any(notes):
        yield _context(*filter(None, notes))
    if named := wording.mentions(message):
        yield _section(_escaped(named, SECTION_LENGTH_MAX))
    title = wording.one_line(message.title, 2000)
    if len(title) > 100:  # the header may have cut it
        yield _section(_escaped(title, SECTION_LENGTH_MAX))
    if body := wording.clean(message.body).strip():
        yield _section(_escaped(body, SECTION_LENGTH_MAX))
    if message.code:
        yield _section(f"*{_escaped(message.code, 100)}*")
    if fields := list(_fields(message)):
        yield {"type": "section", "fields": [_mrkdwn(field) for field in fields]}
    yield from _alert_blocks(message)
    yield from _bundled_blocks(message)
    if message.because:
        yield _context(f"*Why:* {_escaped(wording.one_line(message.because, 600), 1000)}")
    if message.what_next:
        yield _context(f"*Next:* {_escaped(wording.one_line(message.what_next, 600), 1000)}")
    if buttons := list(_buttons(message)):
        yield {"type": "actions", "elements": buttons}


def _fields(message: Message) -> Iterator[str]:
    if message.service:
        yield f"*Service*\n{_escaped(wording.one_line(message.service), 300)}"
    if message.alerts:
        yield f"*Severity*\n{wording.severity_word(message.severity)}"
        yield f"*Alerts*\n{wording.alert_count(message)}"
    if message.page:
        yield f"*Page*\n{_linked(message.page, message.page_url)}"


def _alert_blocks(message: Message) -> Iterator[Block]:
    shown = message.alerts[:ALERTS_SHOWN_MAX]
    for alert in shown:
        yield _section(_alert_text(alert, message.time_zone))
        if alert.image_url:
            title = wording.one_line(alert.title, 300)
            yield {"type": "image", "image_url": alert.image_url, "alt_text": title or "a picture"}
    lists, listed = _lists(message.alerts[len(shown) :])
    yield from map(_section, lists)
    if more := wording.left_out(message, len(shown) + listed):
        yield _context(more)


def _lists(alerts: Sequence[AlertLine]) -> tuple[list[str], int]:
    """Give the titles of *alerts* in at most LISTS_MAX texts, and how many alerts these are."""
    lists = [""]
    for number, alert in enumerate(alerts):
        line = f"• {_escaped(wording.one_line(alert.title, OTHER_TITLE_LENGTH_MAX), 600)}\n"
        if len(lists[-1]) + len(line) > SECTION_LENGTH_MAX:
            if len(lists) == LISTS_MAX:
                return lists, number
            lists.append("")
        lists[-1] += line
    return [text for text in lists if text], len(alerts)


def _alert_text(alert: AlertLine, time_zone: str) -> str:
    resolved = alert.status is AlertStatus.RESOLVED
    state = "resolved, was firing since" if resolved else "firing since"
    mark = "🟢" if resolved else _MARKS[alert.severity]
    title = f"*{_linked(wording.one_line(alert.title, 300), alert.url)}*"
    if 0 < len(alert.marked_title) <= MARKED_TITLE_MAX:
        title = alert.marked_title
    lines = [f"{mark} {title}", f"{state} {wording.moment(alert.opened_at, time_zone)}"]
    if alert.acknowledged_by:
        lines[1] += f", acknowledged by {_escaped(wording.one_line(alert.acknowledged_by, 80), 200)}"
    if 0 < len(alert.marked_message) <= MARKED_MESSAGE_MAX:
        lines.append(alert.marked_message)
    elif alert.message and alert.message != alert.title:
        lines.append(_escaped(wording.shorten(alert.message, MESSAGE_LENGTH_MAX), 1200))
    if alert.labels or alert.dimensions:
        lines.append(
            " ".join(f"`{_escaped(label.replace('`', chr(39)), 100)}`" for label in wording.labels(alert, 8))
        )
    return "\n".join(lines)


def _bundled_blocks(message: Message) -> Iterator[Block]:
    if not message.bundled:
        return
    lines = ["*Also waiting*"]
    lines += [
        f"{_MARKS[page.severity]} {_linked(wording.one_line(page.title, 100), page.url)}"
        for page in message.bundled[:BUNDLED_SHOWN_MAX]
    ]
    if (more := len(message.bundled) - BUNDLED_SHOWN_MAX) > 0:
        lines.append(f"and {more} more")
    yield _section(_cut_at_line("\n".join(lines)))


def _buttons(message: Message) -> Iterator[Block]:
    offers = [("Open", message.page_url)]
    if _asks(message):
        offers = [("Acknowledge", message.acknowledge_url), ("Resolve", message.resolve_url), *offers]
    for name, url in offers:
        if url and len(url) <= URL_LENGTH_MAX:
            button: Block = {"type": "button", "action_id": name.lower(), "url": url}
            button["text"] = {"type": "plain_text", "text": name}
            yield button | ({"style": "primary"} if name == "Acknowledge" else {})


def _linked(text: str, url: str) -> str:
    text = _escaped(text.replace("|", "¦") if url else text, 600)
    return f"<{url.replace('&', '&amp;')}|{text}>" if wording.is_web_link(url) else text


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(*texts: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def _mrkdwn(text: str) -> Block:
    # verbatim: names of people and channels in an alert's text call nobody
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _cut_at_line(text: str) -> str:
    return text if len(text) <= SECTION_LENGTH_MAX else text[: text.rindex("\n", 0, SECTION_LENGTH_MAX)]


def _mark(message: Message) -> str:
    if message.kind is NotificationKind.PAGE:
        return _MARKS[message.severity]
    return "🟢" if message.kind is NotificationKind.RESOLVED else "⚪"


def _asks(message: Message) -> bool:
    return message.kind.asks or message.kind is NotificationKind.TEST
