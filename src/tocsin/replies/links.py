"""Links that act for somebody: signed, bound to one notification and one person, and good for a while.

A token is the base64url of a fixed record and 16 bytes of its HMAC-SHA256. Whoever holds it may do what it
says, and nothing else, so it goes only to the address of the person whom it names. It says nothing by itself
of whether that person may still act: whoever acts on it must ask.
"""

import base64
import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from tocsin.core.ids import AlertId, NotificationId, PageId, UserId, WorkspaceId

PATH = "/r"
PURPOSE = "reply links"  # what the vault derives their keys for
LIFETIME = timedelta(days=7)

_VERSION = 1
_RECORD = struct.Struct(">BBQQQQQQ")  # version, reply, five ids (0 is none), seconds since 1970
_DIGEST_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{88}")  # 66 bytes: no bit is left over, so a token has one spelling


class Reply(StrEnum):
    """What a person says. *decline*: no more messages to me about this page; others are asked as planned."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    DECLINE = "decline"


class BadLink(StrEnum):
    """Why a link is good for nothing."""

    BROKEN = "broken"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave to give *reply* about *page*, or about *alert* where there is no page.

    *user* is who gives it; None is whoever reads a mailbox or channel that belongs to nobody.
    """

    reply: Reply
    workspace: WorkspaceId
    notification: NotificationId
    user: UserId | None = None
    page: PageId | None = None
    alert: AlertId | None = None
    expires_at: datetime


_REPLIES = tuple(Reply)  # their order is in every link that was sent: add at the end


def sign(grant: Grant, keys: Sequence[bytes]) -> str:
    """Write *grant* as a token, signed with the first of *keys*; it expires on a whole second."""
    record = _RECORD.pack(
        _VERSION,
        _REPLIES.index(grant.reply),
        grant.workspace,
        grant.notification,
        grant.user or 0,
        grant.page or 0,
        grant.alert or 0,
        int(grant.expires_at.timestamp()),
    )
    return base64.urlsafe_b64encode(record + _digest(record, keys[0])).decode("ascii")


def link(public_url: str, token: str) -> str:
    """Return the address at which the server behind *public_url* takes *token*."""
    return f"{public_url.rstrip('/')}{PATH}/{token}"


def verify(token: str, keys: Sequence[bytes], now: datetime) -> Grant | BadLink:
    """Read *token* if one of *keys* signed it and it has not expired at *now*."""
    if not _TOKEN.fullmatch(token):
        return BadLink.BROKEN
    data = base64.urlsafe_b64decode(token)
    record, digest = data[: _RECORD.size], data[_RECORD.size :]
    if not any(hmac.compare_digest(digest, _digest(record, key)) for key in keys):
        return BadLink.BROKEN
    version, reply, workspace, notification, user, page, alert, seconds = _RECORD.unpack(record)
    if version != _VERSION or reply >= len(_REPLIES):
        return BadLink.BROKEN
    expires_at = datetime.fromtimestamp(seconds, UTC)
    if expires_at <= now:
        return BadLink.EXPIRED
    return Grant(
        reply=_REPLIES[reply],
        workspace=WorkspaceId(workspace),
        notification=NotificationId(notification),
        user=UserId(user) if user else None,
        page=PageId(page) if page else None,
        alert=AlertId(alert) if alert else None,
        expires_at=expires_at,
    )


def _digest(record: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"tocsin reply link\n" + record, sha256).digest()[:_DIGEST_BYTES]
