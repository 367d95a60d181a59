"""Who is behind a token, or a pair of keys."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.actions.actor import PERMISSIONS, Actor
from tocsin.actions.key_kinds import KeyKind
from tocsin.actions.scopes import permissions_of
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId
from tocsin.core.people import Role, UserStatus
from tocsin.core.service import Integration
from tocsin.store import credentials, integrations, people
from tocsin.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A pair of keys that was found by the first; the second must come with it for *actor* to act."""

    actor: Actor
    second_hash: str

    def is_whole(self, second: bytes) -> bool:
        """Tell whether *second* is the other key of the pair."""
        return hmac.compare_digest(hashlib.sha256(second).hexdigest(), self.second_hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a key: *actor* may act with it while they are *active*."""

    actor: Actor
    active: bool


def of_token(tx: Tx, hashed: str) -> Actor | None:
    """Find who acts with the native token of that SHA-256; None when it is unknown or opens nothing more."""
    key = credentials.by_hash(tx, hashed)
    return acting_with(tx, key) if key is not None and key.kind == KeyKind.TOCSIN else None


def of_pair(tx: Tx, hashed: str) -> Pair | None:
    """Find the pair of keys whose first has that SHA-256; None when it is unknown or opens nothing more."""
    key = credentials.by_hash(tx, hashed)
    if key is None or key.kind != KeyKind.DATADOG:
        return None
    actor = acting_with(tx, key)
    return None if actor is None else Pair(actor=actor, second_hash=key.extra["application_key_hash"])


def holder_of(tx: Tx, hashed: str, kind: KeyKind) -> Holder | None:
    """Find the holder of the one-part key of *kind* with that SHA-256; None when it opens nothing more."""
    key = credentials.by_hash(tx, hashed)
    return None if key is None or key.kind != kind else _holder(tx, key)


def acting_with(tx: Tx, key: Key) -> Actor | None:
    """Find who acts with *key*, of whatever kind; None when it was revoked or its user is not active.

    A key acts as its user; one without a user may do what an admin may. Scopes narrow that.
    """
    holder = _holder(tx, key)
    return holder.actor if holder is not None and holder.active else None


def _holder(tx: Tx, key: Key) -> Holder | None:
    if key.revoked_at is not None:
        return None
    active = True
    if key.user is None:
        actor = Actor(workspace=key.workspace, name=key.name, permissions=PERMISSIONS[Role.ADMIN])
    else:
        user = people.find(tx, key.workspace, key.user)
        actor, active = Actor.of_user(user), user.status is UserStatus.ACTIVE
    only = permissions_of(key.kind, key.scopes) if key.scopes else None
    actor = replace(actor.with_key(key.id, service=key.service, only=only), networks=key.networks)
    return Holder(actor=actor, active=active)


def integration_of(tx: Tx, hashed: str) -> Integration | None:
    """Find the integration that the token of that SHA-256 opens, or opened before it was revoked."""
    return integrations.by_token(tx, hashed)


def used(tx: Tx, key: KeyId, now: datetime) -> None:
    """Remember that *key* was used."""
    credentials.used(tx, key, now)
