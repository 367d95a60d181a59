"""DingTalk, by a custom robot of a group: Markdown, signed if the robot asks for signatures.

Open platform, "Custom robot access": at most 20 messages a minute and 20,000 bytes, `errcode` in the answer.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from tocsin.channels import wording
from tocsin.channels.base import Attempt, Content, Message, Options, Wire, refuse_extras
from tocsin.channels.prose import prose_of
from tocsin.channels.robots import Codes, check_robot, check_secret, post, signature
from tocsin.core.receipt import Receipt

TEXT_BYTES_MAX = 18_000
TITLE_LENGTH_MAX = 100

_CHINESE = re.compile(r"^\+86(?=1\d{10}$)")

_CODES = Codes(
    names=(("errcode", "errmsg"),), busy=frozenset({-1, 1002}), too_fast=frozenset({130101, 410100, 90018})
)


@dataclass(frozen=True, slots=True)
class DingTalkChannel:
    """Posts to a group's robot; the *secret*, ``SEC…``, is there when the robot checks signatures."""

    name: str = "dingtalk"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a robot's webhook."""
        refuse_extras("DingTalk", path, options=options)
        check_secret(secret, path)
        return check_robot(
            address,
            path,
            whose="a DingTalk robot",
            host="oapi.dingtalk.com",
            begins="/robot/send",
            parameter="access_token",
        )

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in Markdown; the title is what the list of conversations shows."""
        del options  # there are none
        text = prose_of(message).within(TEXT_BYTES_MAX)
        at: dict[str, object] = {"isAtAll": False}
        if mobiles := _mobiles(message):
            # Only those count who stand in the text as well.
            text = f"{text}\n\n{' '.join(f'@{mobile}' for mobile in mobiles)}"
            at["atMobiles"] = mobiles
        title = wording.headline(message, TITLE_LENGTH_MAX)
        body = {"msgtype": "markdown", "markdown": {"title": title, "text": text}, "at": at}
        return Content(key=message.key, text=title, body=msgspec.json.encode(body))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content*, signed as of the attempt's moment."""
        return await post(
            content.body, attempt, wire, whose="DingTalk", codes=_CODES, url=signed_address(attempt)
        )


def _mobiles(message: Message) -> list[str]:
    """Give the mobile numbers of those whom *message* names, as DingTalk knows its users by them."""
    numbers = (_CHINESE.sub("", each.phone) for each in message.mentions)
    return list(dict.fromkeys(each for each in numbers if each.isdecimal()))[: wording.MENTIONS_SHOWN_MAX]


def signed_address(attempt: Attempt) -> str:
    """Return the address with the milliseconds of now and their signature, which holds for an hour."""
    if not attempt.secret:
        return attempt.address
    timestamp = str(int(attempt.now.timestamp() * 1000))
    sign = quote(signature(attempt.secret, f"{timestamp}\n{attempt.secret}"), safe="")
    joint = "&" if "?" in attempt.address else "?"
    return f"{attempt.address}{joint}timestamp={timestamp}&sign={sign}"
