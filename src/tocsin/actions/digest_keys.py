"""Keys that come as digests, the nonces they are used with, and clients that get access tokens for theirs."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions.actor import Actor
from tocsin.actions.key_kinds import Entropy, KeyKind, key_of_client
from tocsin.actions.tokens import acting_with
from tocsin.core.credential import Key
from tocsin.core.errors import Unauthorized
from tocsin.store import access_tokens, credentials, nonces
from tocsin.store.nonces import Use
from tocsin.store.transaction import Tx

__all__ = ["ACCESS_FOR", "Access", "DigestKey", "Use", "grant", "of_access_token", "of_public_key"]

ACCESS_FOR: Final = timedelta(hours=1)
_ACCESS_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestKey:
    """What a public key stands for: *ha1* proves its private key; *actor* is None when its user is gone."""

    ha1: str
    actor: Actor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who acts with an access token, and until when."""

    actor: Actor
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A new access *token*, told this once."""

    token: str
    lasts: timedelta


def of_public_key(tx: Tx, hashed: str) -> DigestKey | None:
    """Find what the public key of that SHA-256 stands for; None when it is unknown or was revoked."""
    key = credentials.by_hash(tx, hashed)
    if key is None or key.kind != KeyKind.CLOUD_MANAGER or key.revoked_at is not None:
        return None
    return DigestKey(ha1=key.extra["ha1"], actor=_actor(tx, key))


def use_once(tx: Tx, uses: Sequence[Use]) -> list[bool]:
    """Note that nonces were used, each with a count, and tell for each use whether it is the first."""
    return nonces.use(tx, uses)


def of_access_token(tx: Tx, hashed: str) -> Access | None:
    """Find who acts with the access token of that SHA-256; None when it opens nothing (any more)."""
    found = access_tokens.find(tx, hashed)
    key = None if found is None else credentials.by_id(tx, found[0])
    actor = None if key is None else _actor(tx, key)
    return None if found is None or actor is None else Access(actor=actor, until=found[1])


def grant(tx: Tx, client_id: str, client_secret: str, *, entropy: Entropy, now: datetime) -> Granted:
    """Give the client of that secret an access token; raise Unauthorized when there is none."""
    key = _client(tx, client_id, client_secret)
    token = entropy(_ACCESS_TOKEN_BYTES).hex()
    access_tokens.add(tx, _hash(token), key.id, expires_at=now + ACCESS_FOR)
    credentials.used(tx, key.id, now)
    return Granted(token=token, lasts=ACCESS_FOR)


def revoke(tx: Tx, client_id: str, client_secret: str, token: str) -> None:
    """Let an access token of the client open nothing any more; that there is none such is no error."""
    access_tokens.revoke(tx, _hash(token), _client(tx, client_id, client_secret).id)


def _client(tx: Tx, client_id: str, client_secret: str) -> Key:
    """Find the key of a client, whose secret must be right and whose user must be there."""
    number = key_of_client(client_id)
    key = None if number is None else credentials.by_id(tx, number)
    known = key.extra.get("client_secret_hash", "") if key is not None else ""
    right = hmac.compare_digest(_hash(client_secret), known or _hash(client_id))
    if key is None or not known or not right or _actor(tx, key) is None:
        raise Unauthorized("the client is not known, its secret is wrong, or it was revoked")
    return key


def _actor(tx: Tx, key: Key) -> Actor | None:
    """Find who acts with *key*; where no user stands behind it, it goes by its public name."""
    actor = acting_with(tx, key)
    if actor is not None and actor.user is None:
        return replace(actor, name=key.hint)
    return actor


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
