"""The kinds of API keys: what each is made of, in the form that its API's clients expect.

What a key is found by is kept as a hash, what else is needed to recognise it is sealed, and nothing can be
read again. Where a kind takes a pair, both parts are of one key.
"""

import base64
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tocsin.core.ids import KeyId
from tocsin.core.spelling import from_hex_24, to_hex_24
from tocsin.store.secrets import token_hash

DIGEST_REALM: Final = "MMS Public API"
HINT_LENGTH: Final = 4
_CLIENT: Final = "mdb_sa_id_"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

Entropy = Callable[[int], bytes]


class KeyKind(StrEnum):
    """The API that a key is for."""

    TOCSIN = "tocsin"
    DATADOG = "datadog"
    GRAFANA_ONCALL = "grafana_oncall"
    CLOUD_MANAGER = "cloud_manager"
    GUANCE = "guance"
    DIGITALOCEAN = "digitalocean"
    CALENDAR = "calendar"
    SHIFT_CALENDAR = "shift_calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What a new key is made of.

    *key* is its main secret and *parts* all that its owner is told, once, by the API's own names. It is
    found by *found_by*; *extra* is kept sealed, and *hint* may be shown.
    """

    key: str
    parts: Mapping[str, str]
    found_by: str
    extra: Mapping[str, str] = field(default_factory=dict)
    hint: str


def new_secrets(kind: KeyKind, key: KeyId, entropy: Entropy) -> Secrets:
    """Make the secrets of a new key of *kind* with the id *key*."""
    match kind:
        case KeyKind.TOCSIN:
            return _one(f"tocsin_{_base64(entropy(32))}", "token")
        case KeyKind.GRAFANA_ONCALL | KeyKind.CALENDAR | KeyKind.SHIFT_CALENDAR:
            return _one(entropy(32).hex(), "token")
        case KeyKind.GUANCE:
            return _one(entropy(16).hex(), "api_key")
        case KeyKind.DIGITALOCEAN:
            return _one(f"dop_v1_{entropy(32).hex()}", "token")
        case KeyKind.DATADOG:
            return _pair(entropy)
        case KeyKind.CLOUD_MANAGER:
            return _digest(key, entropy)


def digest_ha1(public_key: str, private_key: str) -> str:
    """Hash a pair of keys as HTTP digest does: it stands for the private key, and is as secret."""
    told = f"{public_key}:{DIGEST_REALM}:{private_key}".encode()
    return hashlib.md5(told, usedforsecurity=False).hexdigest()  # RFC 7616 leaves no choice


def key_of_client(client_id: str) -> KeyId | None:
    """Read from a client id which key it is part of; None when no key has such a one."""
    digits = client_id.removeprefix(_CLIENT)
    number = None if digits == client_id else from_hex_24(digits)
    return None if number is None else KeyId(number)


def _one(secret: str, name: str) -> Secrets:
    return Secrets(key=secret, parts={name: secret}, found_by=token_hash(secret), hint=secret[-HINT_LENGTH:])


def _pair(entropy: Entropy) -> Secrets:
    """Make an API key, by which the pair is found, and the application key that must come with it."""
    api_key, application_key = entropy(16).hex(), entropy(20).hex()
    return Secrets(
        key=api_key,
        parts={"api_key": api_key, "application_key": application_key},
        found_by=token_hash(api_key),
        extra={"application_key_hash": token_hash(application_key)},
        hint=api_key[-HINT_LENGTH:],
    )


def _digest(key: KeyId, entropy: Entropy) -> Secrets:
    """Make a digest's user name and password, and a client id, which holds the key's own, with its secret."""
    public_key = "".join(_LETTERS[byte % len(_LETTERS)] for byte in entropy(8))
    private_key = str(uuid.UUID(bytes=entropy(16), version=4))
    client_secret = f"mdb_sa_sk_{_base64(entropy(30))}"
    return Secrets(
        key=private_key,
        parts={
            "public_key": public_key,
            "private_key": private_key,
            "client_id": f"{_CLIENT}{to_hex_24(key)}",
            "client_secret": client_secret,
        },
        found_by=token_hash(public_key),
        extra={"ha1": digest_ha1(public_key, private_key), "client_secret_hash": token_hash(client_secret)},
        hint=public_key,
    )


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
