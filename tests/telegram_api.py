"""Telegram's Bot API as it is documented: what it takes, and with which errors it refuses the rest.

`BotApi.call` answers one request. As a wire it stands in for the way out; a real server has it behind HTTP.
"""

import json
from html.parser import HTMLParser
from urllib.parse import urlsplit

from tocsin.channels.base import HttpRequest, HttpResponse

TOKEN = "123456:AA-the-token"
TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote"}
)


class _Html(HTMLParser):
    """Reads Telegram's HTML; what is no tag of theirs, or is not closed in order, cannot be parsed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.fault = ""

    def handle_starttag(self, tag, attrs):
        del attrs
        if tag not in TAGS:
            self.fault = self.fault or f'Unsupported start tag "{tag}"'
        self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.fault = self.fault or f'Unexpected end tag "{tag}"'

    def handle_data(self, data):
        self.text += data


class Refused(Exception):
    """The API says no: *status*, *description*, *parameters*."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class BotApi:
    """One bot, the chats that it may write to, and the calls that were made."""

    def __init__(self, *chats: int | str) -> None:
        self.chats = set(chats)
        self.blocked: set[int | str] = set()
        self.moved: dict[int, int] = {}
        self.wait_s = 0
        self.failing = 0
        self.calls: list[tuple[str, dict]] = []
        self.sent: list[dict] = []
        self.webhook: dict = {}

    def call(self, path: str, body: bytes) -> tuple[int, dict]:
        """Answer a POST of *body* to *path*."""
        _, bot, method = path.split("/")
        if self.failing:
            self.failing -= 1
            return 502, {"ok": False, "error_code": 502, "description": "Bad Gateway"}
        if bot != f"bot{TOKEN}":
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        values = json.loads(body)
        self.calls.append((method, values))
        try:
            return 200, {"ok": True, "result": self._methods()[method](values)}
        except Refused as refused:
            said = {"ok": False, "error_code": refused.status, "description": refused.description}
            return refused.status, said | ({"parameters": refused.parameters} if refused.parameters else {})

    async def http(self, request: HttpRequest) -> HttpResponse:
        status, said = self.call(urlsplit(request.url).path, request.body)
        headers = {"content-type": "application/json"}
        return HttpResponse(status=status, headers=headers, body=json.dumps(said).encode())

    def _methods(self):
        return {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
        }

    def _get_me(self, values):
        del values
        return {"id": 123456, "is_bot": True, "first_name": "Tocsin", "username": "tocsin_bot"}

    def _set_webhook(self, values):
        if not values["url"].startswith("https://") and "127.0.0.1" not in values["url"]:
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = values
        return True

    def _delete_webhook(self, values):
        del values
        self.webhook = {}
        return True

    def _send_message(self, values):
        chat = values["chat_id"]
        if self.wait_s:
            raise Refused(429, f"Too Many Requests: retry after {self.wait_s}", retry_after=self.wait_s)
        if chat in self.moved:
            said = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, said, migrate_to_chat_id=self.moved[chat])
        if chat not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        text = _read_text(values)
        _check_keyboard(values.get("reply_markup", {}))
        self.sent.append(values | {"shown": text})
        return {
            "message_id": len(self.sent),
            "date": 1,
            "chat": {"id": chat, "type": "private"},
            "text": text,
        }


def _read_text(values: dict) -> str:
    text = values["text"]
    if values.get("parse_mode") == "HTML":
        parser = _Html()
        parser.feed(text)
        parser.close()
        if parser.fault or parser.open:
            fault = parser.fault or f'Can\'t find end tag corresponding to start tag "{parser.open[-1]}"'
            raise Refused(400, f"Bad Request: can't parse entities: {fault}")
        text = parser.text
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > 4096:
        raise Refused(400, "Bad Request: message is too long")
    return text


def _check_keyboard(markup: dict) -> None:
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if not button.get("text"):
                raise Refused(400, "Bad Request: inline keyboard button text is empty")
            if ("url" in button) == ("callback_data" in button):
                raise Refused(400, "Bad Request: inline keyboard button type must be exactly one")
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
            if "url" in button and "." not in (urlsplit(button["url"]).hostname or ""):
                said = f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
                raise Refused(400, said)
