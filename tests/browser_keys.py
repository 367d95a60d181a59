"""The other end of Web Push: a browser's own keys, and what a push service reads before it takes a message.

Written apart from what is tested, from RFC 8188, RFC 8291 and RFC 8292.
"""

import base64
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.core.push import PushSubscription


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hmac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_pair() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class BrowserKeys:
    """What a browser makes when it subscribes."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=key_pair)
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def subscription(self, endpoint: str) -> PushSubscription:
        return PushSubscription(
            endpoint=endpoint, p256dh=encoded(_point(self.private.public_key())), auth=encoded(self.auth)
        )

    def as_json(self, endpoint: str) -> dict[str, Any]:
        """What ``PushSubscription.toJSON()`` gives in a browser."""
        made = self.subscription(endpoint)
        keys = {"p256dh": made.p256dh, "auth": made.auth}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def open(self, body: bytes) -> Any:
        """Open a sealed message, and read it as JSON."""
        return json.loads(self.opened(body))

    def opened(self, body: bytes) -> bytes:
        salt, (size, length), rest = body[:16], struct.unpack(">IB", body[16:21]), body[21:]
        assert (size, length) == (4_096, 65)
        assert len(body) <= 4_096
        theirs, sealed = rest[:65], rest[65:]
        ours = _point(self.private.public_key())
        shared = self.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        info = b"WebPush: info\x00" + ours + theirs
        keying = _hmac(_hmac(self.auth, shared), info + b"\x01")
        pseudo = _hmac(salt, keying)
        key = _hmac(pseudo, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _hmac(pseudo, b"Content-Encoding: nonce\x00\x01")[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert plain[-1:] == b"\x02"
        return plain[:-1]


def sender_of(authorization: str, *, audience: str) -> tuple[str, dict[str, Any]]:
    """Check the token of a sender as a push service does; give the sender's public key and its claims.

    When the token ends is left to the caller, who knows what time it is.
    """
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
    options = {"verify_exp": False, "require": ["exp", "aud", "sub"]}
    claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=audience, options=options)
    return parts["k"], claims
