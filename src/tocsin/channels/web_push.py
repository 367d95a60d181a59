"""The wire form of Web Push: a payload sealed for one browser, and the header by which push services know us.

RFC 8291 seals with AES-128-GCM under a key that only the browser and this one message share, in the form of
RFC 8188; RFC 8292 (VAPID) signs a token with the key that the browser subscribed with.
"""

import base64
import os
import struct
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.core.push import AUTH_BYTES, PUBLIC_KEY_BYTES, PushSubscription, unpadded

CURVE: Final = ec.SECP256R1()
RECORD_BYTES: Final = 4_096  # push services take no more (RFC 8030, 7.2), and we need one record only
SALT_BYTES: Final = 16
KEY_BYTES: Final = 32
TOKEN_HOURS: Final = 12  # a token may be good for 24 at most (RFC 8292, 2)
_HOUR_S: Final = 3_600
_END_OF_LAST_RECORD: Final = b"\x02"  # RFC 8188, 2
_TOKENS_KEPT: Final = 256


def seal(
    plain: bytes,
    subscription: PushSubscription,
    *,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Seal *plain* for the browser with *subscription*, under a key pair and a *salt* used for this alone."""
    theirs = unpadded(subscription.p256dh, "keys.p256dh", PUBLIC_KEY_BYTES)
    auth = unpadded(subscription.auth, "keys.auth", AUTH_BYTES)
    ours, salt = ours or ec.generate_private_key(CURVE), salt or os.urandom(SALT_BYTES)
    public = _point(ours)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    keying = _derived(shared, auth, b"WebPush: info\0" + theirs + public, 32)
    key = _derived(keying, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(keying, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + struct.pack(">IB", RECORD_BYTES, len(public)) + public
    return header + AESGCM(key).encrypt(nonce, plain + _END_OF_LAST_RECORD, None)


def authorization(key: str, endpoint: str, contact: str, now: datetime) -> str:
    """Write the header by which the push service of *endpoint* knows us, and may write to *contact*."""
    parts = urlsplit(endpoint)
    expires = (int(now.timestamp()) // _HOUR_S + TOKEN_HOURS) * _HOUR_S
    return _token(key, f"{parts.scheme}://{parts.netloc}", contact, expires)


@lru_cache(maxsize=_TOKENS_KEPT)
def _token(key: str, audience: str, contact: str, expires: int) -> str:
    private = ec.derive_private_key(int.from_bytes(unpadded(key, "key", KEY_BYTES), "big"), CURVE)
    token = jwt.encode({"aud": audience, "exp": expires, "sub": contact}, private, algorithm="ES256")
    return f"vapid t={token}, k={base64.urlsafe_b64encode(_point(private)).rstrip(b'=').decode()}"


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
