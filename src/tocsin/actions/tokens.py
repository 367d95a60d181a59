"""Who is behind a token."""

from datetime import datetime

from tocsin.actions.actor import PERMISSIONS, Actor, Permission
from tocsin.core.credential import Key
from tocsin.core.ids import KeyId
from tocsin.core.people import Role, UserStatus
from tocsin.core.service import Integration
from tocsin.store import credentials, integrations, people
from tocsin.store.transaction import Tx

KIND = "tocsin"

_PERMISSIONS = {permission.value: permission for permission in Permission}


def of_token(tx: Tx, token_hash: str) -> Actor | None:
    """Find who acts with the native token of that SHA-256; None when it is unknown or opens nothing more."""
    key = credentials.by_hash(tx, token_hash)
    return acting_with(tx, key) if key is not None and key.kind == KIND else None


def acting_with(tx: Tx, key: Key) -> Actor | None:
    """Find who acts with *key*, of whatever kind; None when it was revoked or its user is not active.

    A key acts as its user; one without a user may do what an admin may. Scopes that are names of permissions
    narrow that; a vendor's own scopes are for its dialect to heed.
    """
    if key.revoked_at is not None:
        return None
    if key.user is None:
        actor = Actor(workspace=key.workspace, name=key.name, permissions=PERMISSIONS[Role.ADMIN])
    else:
        user = people.find(tx, key.workspace, key.user)
        if user.status is not UserStatus.ACTIVE:
            return None
        actor = Actor.of_user(user)
    wanted = frozenset(_PERMISSIONS[scope] for scope in key.scopes if scope in _PERMISSIONS)
    return actor.with_key(key.id, service=key.service, only=wanted or None)


def integration_of(tx: Tx, token_hash: str) -> Integration | None:
    """Find the integration that the token of that SHA-256 opens, or opened before it was revoked."""
    return integrations.by_token(tx, token_hash)


def used(tx: Tx, key: KeyId, now: datetime) -> None:
    """Remember that *key* was used."""
    credentials.used(tx, key, now)
