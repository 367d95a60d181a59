"""A browser that takes push messages: where its push service takes them, and the keys that seal them.

RFC 8030 says how they are handed in, RFC 8291 how they are sealed, RFC 8292 (VAPID) how we are known.
"""

import base64
import binascii
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from tocsin.core.destination import check_url
from tocsin.core.errors import Invalid

CHANNEL: Final = "push"
PUBLIC_KEY_BYTES: Final = 65  # a point of P-256, not compressed (RFC 8291, 3.1)
AUTH_BYTES: Final = 16  # RFC 8291, 3.2
_DIGEST_LENGTH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """What a browser hands in when it subscribes: *p256dh* and *auth* are base64url without padding."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @property
    def address(self) -> str:
        """The name of the subscription: its push service, and a digest by which it is known again."""
        digest = sha256(self.endpoint.encode()).hexdigest()[:_DIGEST_LENGTH]
        return f"{urlsplit(self.endpoint).netloc}/{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAccess:
    """What it takes to send to a browser: its *subscription*, and our private key (base64url, 32 bytes)."""

    subscription: PushSubscription
    key: str = field(repr=False)


def check_subscription(subscription: PushSubscription) -> None:
    """Raise Invalid, naming the field, for what cannot be a subscription."""
    if check_url(subscription.endpoint, "endpoint") != subscription.endpoint:
        raise Invalid("endpoint", "is not in its plain form", "must be the URL that the browser gave")
    public = unpadded(subscription.p256dh, "keys.p256dh", PUBLIC_KEY_BYTES)
    if public[0] != 4:
        raise Invalid("keys.p256dh", "is no point of P-256", "must be the key that the browser gave")
    unpadded(subscription.auth, "keys.auth", AUTH_BYTES)


def unpadded(text: str, path: str, length: int) -> bytes:
    """Read base64url without padding, which must be of *length* bytes; raise Invalid, under *path*."""
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != length:
        raise Invalid(path, f"is not {length} bytes as base64url", "must be the key that the browser gave")
    return found
