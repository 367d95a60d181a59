"""Mails as mail services hand them on: Mailgun's and SendGrid's forms, Postmark's JSON.

Sources: Mailgun, "Receive, Forward and Store"; SendGrid, "Inbound Parse Webhook"; Postmark, "Inbound
webhook". The part of the recipient's address in front of the @ is the key of an integration.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import getaddresses
from html import unescape
from typing import Any, Final

from tocsin.core.errors import Invalid
from tocsin.sources import multipart, templated
from tocsin.sources.base import FORM, Draft, Inbound, Source, read_form, read_json

TYPE: Final = "inbound_email"
TEXT_LENGTH_MAX: Final = 200_000
ADDRESSES_LENGTH_MAX: Final = 2_000
_RECIPIENTS: Final = ("recipient", "to", "To", "OriginalRecipient", "envelope")
_HIDDEN: Final = ("head", "script", "style")
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/tr|/li|/h[1-6])[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail: the *keys* that it is addressed to, and what it says."""

    keys: tuple[str, ...]
    subject: str
    message: str
    sender: str

    @property
    def payload(self) -> dict[str, str]:
        """The payload of the alert that it becomes."""
        return {"subject": self.subject, "message": self.message, "sender": self.sender}


def read(content_type: str, body: bytes) -> Mail:
    """Read what a mail service has sent; raises Invalid when it is no mail."""
    media = content_type.partition(";")[0].strip().lower()
    if media == FORM:
        fields: Mapping[str, Any] = read_form(body)
    elif media == multipart.MULTIPART:
        fields = multipart.read(content_type, body).texts
    else:
        document = read_json(body)
        if not isinstance(document, dict):
            raise Invalid("", "the body is not an object", "must be a mail as a mail service sends it")
        fields = document
    text = _first(fields, "stripped-text", "body-plain", "text", "TextBody", "StrippedTextReply")
    html = _first(fields, "body-html", "html", "HtmlBody")
    return Mail(
        keys=tuple(_keys(fields)),
        subject=_first(fields, "subject", "Subject"),
        message=(text or plain(html)).strip(),
        sender=_first(fields, "sender", "from", "From"),
    )


def source_of(mail: Mail) -> Source:
    """Make a source that reads *mail*, whatever came in."""

    def drafts(inbound: Inbound) -> tuple[Draft, ...]:
        return templated.drafts(mail.payload, inbound)

    return Source(name=TYPE, title="Inbound e-mail", read=drafts)


def plain(html: str) -> str:
    """Turn HTML into the text that people see."""
    text = html[:TEXT_LENGTH_MAX]
    for name in _HIDDEN:
        text = _without(text, name)
    text = unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _without(html: str, name: str) -> str:
    """Leave out what stands between the tags called *name*, and all that follows one that never ends."""
    low, kept, place = html.lower(), [], 0
    while (start := low.find(f"<{name}", place)) >= 0:
        kept.append(html[place:start])
        end = low.find(f"</{name}", start)
        if end < 0:
            return "".join(kept)
        closed = low.find(">", end)
        place = len(html) if closed < 0 else closed + 1
    return "".join((*kept, html[place:]))


def _keys(fields: Mapping[str, Any]) -> Iterable[str]:
    found: dict[str, None] = {}
    for name in _RECIPIENTS:
        value = fields.get(name)
        if isinstance(value, str):
            addresses = re.findall(r"[^\s\"'<>,;:\[\]{}]+@[^\s\"'<>,;:\[\]{}]+", value[:ADDRESSES_LENGTH_MAX])
            addresses += [address for _, address in getaddresses([value[:ADDRESSES_LENGTH_MAX]])]
            for address in addresses[: multipart.PARTS_MAX]:
                key = address.partition("@")[0].partition("+")[0]
                if _KEY.fullmatch(key):
                    found[key] = None
    return found


def _first(fields: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")
