"""WeCom (WeChat Work), by a group's robot: Markdown of at most 4,096 bytes.

Developer centre, "Group robots": at most 20 messages a minute, `errcode` in the answer.
"""

from dataclasses import dataclass

import msgspec

from tocsin.channels import wording
from tocsin.channels.base import Attempt, Content, Message, Options, Wire, refuse_extras
from tocsin.channels.prose import prose_of
from tocsin.channels.robots import Codes, check_robot, post
from tocsin.core.receipt import Receipt

CONTENT_BYTES_MAX = 4_096

_CODES = Codes(
    names=(("errcode", "errmsg"),), busy=frozenset({-1, 45033}), too_fast=frozenset({45009, 45047})
)


@dataclass(frozen=True, slots=True)
class WeComChannel:
    """Posts to a group's robot."""

    name: str = "wecom"
    providers: int = 1
    for_machines: bool = False

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a robot's webhook."""
        refuse_extras("WeCom", path, options=options, secret=secret)
        return check_robot(
            address,
            path,
            whose="a WeCom robot",
            host="qyapi.weixin.qq.com",
            begins="/cgi-bin/webhook/send",
            parameter="key",
        )

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* in Markdown."""
        del options  # there are none
        text = prose_of(message).within(CONTENT_BYTES_MAX, between="\n")
        body = {"msgtype": "markdown", "markdown": {"content": text}}
        return Content(key=message.key, text=wording.headline(message), body=msgspec.json.encode(body))

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content*."""
        return await post(content.body, attempt, wire, whose="WeCom", codes=_CODES)
