"""Telegram, by a bot: messages with buttons to people's own chats, and to groups and channels.

Telegram's Bot API: "sendMessage", "InlineKeyboardButton", "Making requests", "ResponseParameters".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import RETRY_AFTER_MAX, receipt_of
from tocsin.channels.base import (
    Attempt,
    Content,
    HttpRequest,
    HttpResponse,
    Message,
    Options,
    Wire,
    below,
    refuse_extras,
)
from tocsin.channels.prose import offers_of
from tocsin.channels.telegram_text import html_of, plain, text_of
from tocsin.core.destination import check_telegram_chat, is_own_chat
from tocsin.core.errors import Invalid
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Outcome, Receipt

__all__ = ["API", "Bot", "TelegramChannel", "callback_of", "plain"]

API: Final = "https://api.telegram.org"
CALLBACK_BYTES_MAX: Final = 64
TOPIC_MAX: Final = 2**31 - 1
JSON: Final = (("Content-Type", "application/json"),)
WORDS: Final = {"acknowledge": "Acknowledge", "resolve": "Resolve"}

_LOUD: Final = (
    NotificationKind.PAGE,
    NotificationKind.REMINDER,
    NotificationKind.VERIFICATION,
    NotificationKind.TEST,
)
# What is wrong with how it is said, and not with where it goes.
_UNREADABLE: Final = re.compile(
    r"parse entities|button|inline keyboard|too long|wrong http url|web ?page", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A bot: its *token*, and whether what people answer in the chat comes back to this server."""

    token: str = field(repr=False)
    api_url: str = API
    replies: bool = False

    def request(self, method: str, values: Mapping[str, Any]) -> HttpRequest:
        """Make the request that calls *method* of the Bot API."""
        url = f"{self.api_url.rstrip('/')}/bot{self.token}/{method}"
        return HttpRequest(method="POST", url=url, headers=JSON, body=msgspec.json.encode(values))


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """Sends by *bot*. Option *topic*: the number of a topic, in a group that has them."""

    bot: Bot | None = None
    name: str = "telegram"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it can name a chat: its number, or @ and the name of a public one."""
        others = {name: value for name, value in options.items() if name != "topic"}
        refuse_extras("Telegram", path, options=others, secret=secret)
        topic = options.get("topic", 1)
        if isinstance(topic, bool) or not isinstance(topic, int) or not 1 <= topic <= TOPIC_MAX:
            raise Invalid(below(path, "options.topic"), "is no topic", "must be the number of one")
        return check_telegram_chat(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in HTML with buttons, and in plain words for when that is refused."""
        pictures = [alert.image_url for alert in message.alerts if alert.image_url]
        preview: dict[str, Any] = {"is_disabled": True}
        if pictures:
            preview = {"url": pictures[0], "prefer_large_media": True, "show_above_text": True}
        values: dict[str, Any] = {
            "text": html_of(message),
            "parse_mode": "HTML",
            "link_preview_options": preview,
            "disable_notification": message.kind not in _LOUD,
        }
        if "topic" in options:
            values["message_thread_id"] = options["topic"]
        said = _Said(values=values, asks=_asks(message), offers=tuple(offers_of(message)))
        return Content(key=message.key, text=text_of(message), body=msgspec.json.encode(said))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Send *content*; if Telegram cannot read it, send it in plain words, for it must arrive."""
        if self.bot is None:
            problem = "no bot is set up for Telegram; see TOCSIN_TELEGRAM_BOT_TOKEN"
            return Receipt(outcome=Outcome.NEVER, error=problem)
        said = msgspec.json.decode(content.body, type=_Said)
        keyboard = _keyboard(said, content.key, here=self.bot.replies and is_own_chat(attempt.address))
        values = said.values | ({"reply_markup": {"inline_keyboard": keyboard}} if keyboard else {})
        answer = await self._post(self.bot, attempt.address, values, wire)
        if answer.status == 400 and _UNREADABLE.search(_description(answer)):
            bare = {"text": content.text, "link_preview_options": {"is_disabled": True}}
            answer = await self._post(self.bot, attempt.address, bare, wire)
        return _receipt(answer, self.bot, attempt.now)

    async def _post(self, bot: Bot, chat: str, values: Mapping[str, Any], wire: Wire) -> HttpResponse:
        """Send to *chat*, or to what it has become: a group that grows gets another number."""
        answer = await wire.http(bot.request("sendMessage", {"chat_id": _chat(chat), **values}))
        moved = _parameters(answer).get("migrate_to_chat_id") if answer.status == 400 else None
        if isinstance(moved, int):
            return await wire.http(bot.request("sendMessage", {"chat_id": moved, **values}))
        return answer


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent, but for the chat and the buttons, which depend on where it goes."""

    values: dict[str, Any]
    asks: bool
    offers: tuple[tuple[str, str], ...]


def callback_of(data: str) -> tuple[str, str] | None:
    """Read what a button says: the word, and the key of the message that it stands under."""
    word, _, key = data.partition(" ")
    return (word, key) if word in WORDS and key else None


def _keyboard(said: _Said, key: str, *, here: bool) -> list[list[dict[str, str]]]:
    """Make the buttons: to be answered by *here*, in the chat, or each leading to a page that asks again."""
    links = [{"text": name, "url": url} for name, url in said.offers]
    if not (here and said.asks):
        return [links] if links else []
    words = [{"text": text, "callback_data": f"{word} {key}"} for word, text in WORDS.items()]
    if any(len(each["callback_data"].encode()) > CALLBACK_BYTES_MAX for each in words):
        return [links] if links else []
    opened = [each for each in links if each["text"] not in WORDS.values()]
    return [words, opened] if opened else [words]


def _asks(message: Message) -> bool:
    return message.kind.asks and bool(message.acknowledge_url)


def _chat(address: str) -> int | str:
    return address if address.startswith("@") else int(address)


def _receipt(answer: HttpResponse, bot: Bot, now: datetime) -> Receipt:
    """Read what Telegram answered: 429 says when to come back, and 400 and 403 that nobody is there."""
    read = receipt_of(answer, whose="Telegram", now=now, secrets=(bot.token,))
    if read.accepted:
        return Receipt(outcome=Outcome.DELIVERED, provider_id=_message_id(answer))
    error = wording.one_line(f"Telegram answered {answer.status} {_description(answer)}", 200)
    wait = _parameters(answer).get("retry_after")
    if read.outcome is Outcome.TRY_AGAIN and isinstance(wait, int):
        after = timedelta(seconds=max(0, min(wait, int(RETRY_AFTER_MAX.total_seconds()))))
        return Receipt(outcome=Outcome.TRY_AGAIN, error=error, retry_after=after)
    if answer.status in (401, 404):
        error = "Telegram does not know the bot; see TOCSIN_TELEGRAM_BOT_TOKEN"
    return Receipt(outcome=read.outcome, error=error, retry_after=read.retry_after)


def _read(answer: HttpResponse) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _description(answer: HttpResponse) -> str:
    return str(_read(answer).get("description", ""))[:200]


def _parameters(answer: HttpResponse) -> Mapping[str, Any]:
    found = _read(answer).get("parameters")
    return found if isinstance(found, dict) else {}


def _message_id(answer: HttpResponse) -> str:
    result = _read(answer).get("result")
    return str(result.get("message_id", ""))[:40] if isinstance(result, dict) else ""
