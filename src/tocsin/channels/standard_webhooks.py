"""Signatures by the Standard Webhooks scheme, version 1.0.0 (standardwebhooks.com): HMAC-SHA256.

A secret is ``whsec_`` and 24 to 64 bytes in base64. Several, parted by spaces, sign side by side, so that
a receiver can change from one to the next without missing a message.
"""

import base64
import binascii
import hmac
from datetime import datetime
from hashlib import sha256

from tocsin.core.errors import Invalid

PREFIX = "whsec_"
KEY_BYTES_MIN, KEY_BYTES_MAX = 24, 64
SECRETS_MAX = 4


def make_secret(chance: bytes) -> str:
    """Spell *chance*, at least KEY_BYTES_MIN random bytes, as a secret."""
    return PREFIX + base64.b64encode(chance).decode("ascii")


def check_secret(text: str, path: str = "secret") -> str:
    """Return *text* if it is one secret or several; raise Invalid, under *path*, if not."""
    secrets = text.split(" ")
    if not text.isprintable() or len(secrets) > SECRETS_MAX:
        raise Invalid(
            path, "is not a signing secret", f"must be 1 to {SECRETS_MAX} of whsec_..., one space apart"
        )
    for secret in secrets:
        _key(secret, path)
    return text


def signed_headers(secret: str, *, key: str, at: datetime, body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the headers that name the message *key*, tell the time *at* and, given a *secret*, sign both.

    *key* stays the same when a message is sent again, *at* does not.
    """
    timestamp = str(int(at.timestamp()))
    headers = (("webhook-id", key), ("webhook-timestamp", timestamp))
    if not secret:
        return headers
    signed = f"{key}.{timestamp}.".encode() + body
    digests = [hmac.new(_key(each, "secret"), signed, sha256).digest() for each in secret.split(" ")]
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in digests)
    return (*headers, ("webhook-signature", signatures))


def _key(secret: str, path: str) -> bytes:
    remedy = f"must be {PREFIX} and {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes in base64"
    if not secret.startswith(PREFIX):
        raise Invalid(path, "is not a signing secret", remedy)
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(path, "is not in base64", remedy) from None
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise Invalid(path, f"holds {len(key)} bytes", remedy)
    return key
