"""Google Chat, by the incoming webhook of a space: a text, in a thread for each page.

Google Workspace, "Build a Google Chat app as a webhook": one message a second and space, at most 4,096
characters.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import Attempt, Content, HttpRequest, Message, Options, Wire, refuse_extras
from tocsin.channels.prose import offers_of, prose_of
from tocsin.channels.robots import JSON, check_robot, secrets_of
from tocsin.core.receipt import Receipt

TEXT_BYTES_MAX = 4_096
REPLY = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"


@dataclass(frozen=True, slots=True)
class GoogleChatChannel:
    """Posts to a space."""

    name: str = "google_chat"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a space's webhook."""
        refuse_extras("Google Chat", path, options=options, secret=secret)
        return check_robot(
            address,
            path,
            whose="a Google Chat space",
            host="chat.googleapis.com",
            begins="/v1/spaces/",
            parameter="token",
        )

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in Chat's own little markup: ``*bold*`` and ``<link|text>``."""
        del options  # there are none
        links = " | ".join(f"<{url}|{name}>" for name, url in offers_of(message))
        room = TEXT_BYTES_MAX - len(links.encode()) - 1
        text = prose_of(message, _escaped, bold="*", links=False).within(room, between="\n")
        if links:
            text = f"{text}\n{links}"
        body: dict[str, object] = {"text": text}
        if message.thread:
            body["thread"] = {"threadKey": message.thread}
        return Content(key=message.key, text=wording.headline(message), body=msgspec.json.encode(body))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content* into the thread of its page, or into a new one."""
        joint = "&" if urlsplit(attempt.address).query else "?"
        url = f"{attempt.address}{joint}{REPLY}"
        response = await wire.http(HttpRequest(method="POST", url=url, headers=JSON, body=content.body))
        return receipt_of(response, whose="Google Chat", now=attempt.now, secrets=secrets_of(attempt))


def _escaped(text: str) -> str:
    """Keep what looks like a link or a mention from being one, though it looks the same."""
    return text.replace("<", "<\N{ZERO WIDTH SPACE}")
