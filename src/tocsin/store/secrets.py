"""The vault: what must not be readable in the database file, a backup or a replica.

Secrets that Tocsin has to use again (webhook addresses, provider tokens) are encrypted with AES-256-GCM.
Tokens that it only has to recognise are kept as SHA-256: they are long and random, so that this is enough.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_FINGERPRINTS_KEPT_MAX = 4_096


class BadKeyError(Exception):
    """The vault's keys are malformed, or none of them opens what was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKey:
    """One key of the vault; *name* travels with all that it seals, so that keys can be changed over time."""

    name: str
    secret: bytes


class Vault:
    """Seals with the first of its keys and opens with any of them.

    To change the key, put a new one in front; drop the old one when nothing is sealed with it any more.
    """

    __slots__ = ("_blind", "_ciphers", "_keys", "_known")

    def __init__(self, keys: Sequence[VaultKey]) -> None:
        if not keys:
            raise BadKeyError("the vault needs at least one key")
        self._keys = tuple(keys)
        self._ciphers = {key.name: AESGCM(_derived(key, "seal")) for key in keys}
        self._blind = _derived(keys[-1], "fingerprint")
        self._known: dict[str, int] = {}  # in a storm the same few addresses are asked about all the time

    @classmethod
    def from_text(cls, text: str) -> "Vault":
        """Read keys written as ``name:base64`` with blanks or commas between them, the newest first."""
        return cls([_read_key(part) for part in text.replace(",", " ").split()])

    def seal(self, plain: str, place: str) -> str:
        """Encrypt *plain* for *place* (table, column, id); it cannot be opened for another."""
        name = self._keys[0].name
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._ciphers[name].encrypt(nonce, plain.encode(), place.encode())
        return f"{name}:{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Decrypt what was sealed for *place*; raise BadKeyError when it was not, or its key is gone."""
        name, _, body = sealed.partition(":")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise BadKeyError(f"{place} is sealed with key {name!r}, which the vault does not have")
        raw = base64.urlsafe_b64decode(body)
        try:
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode()
        except InvalidTag as error:
            raise BadKeyError(f"{place} does not open with key {name!r}") from error

    def fingerprint(self, text: str) -> int:
        """Give 63 bits by which equal texts are found again without being readable.

        The oldest key makes it, so that it outlives the addition of new ones.
        """
        known = self._known.get(text)
        if known is None:
            digest = hmac.digest(self._blind, text.encode(), "sha256")
            if len(self._known) >= _FINGERPRINTS_KEPT_MAX:
                self._known.clear()
            known = self._known[text] = int.from_bytes(digest[:8], "big") >> 1
        return known

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """Derive keys for *purpose*, such as signing links: sign with the first, accept any."""
        return tuple(_derived(key, purpose) for key in self._keys)


def new_key(name: str) -> str:
    """Make a key for the vault, in the form that ``Vault.from_text`` reads."""
    return f"{name}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def token_hash(token: str) -> str:
    """Hash a token or key that is long and random, in the form in which it is stored and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def _read_key(part: str) -> VaultKey:
    name, _, body = part.partition(":")
    try:
        secret = base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise BadKeyError(f"vault key {name!r} is not base64") from error
    if not name or len(secret) != KEY_BYTES:
        raise BadKeyError(f"vault key {name!r} must be written name:base64 of {KEY_BYTES} bytes")
    return VaultKey(name=name, secret=secret)


def _derived(key: VaultKey, purpose: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"tocsin {purpose}".encode())
    return kdf.derive(key.secret)
