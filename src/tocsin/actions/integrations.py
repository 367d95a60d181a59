"""Integrations: doors for events into a service, each opened by a token that is told once."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tocsin.actions import audit, heartbeats
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_known, must_have_room
from tocsin.core.errors import Conflict
from tocsin.core.ids import IntegrationId
from tocsin.core.listing import Listed
from tocsin.core.service import Integration
from tocsin.core.service_check import check_integration
from tocsin.store import integrations, services
from tocsin.store.secrets import token_hash
from tocsin.store.transaction import Tx

TOKEN_BYTES: Final = 24
HINT_LENGTH: Final = 4

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An integration with its new *token*, which nobody can read again."""

    integration: Integration
    token: str


def create(
    tx: Tx,
    actor: Actor,
    draft: Integration,
    *,
    entropy: Entropy,
    now: datetime,
    token: str | None = None,
) -> Opened:
    """Add an integration to a service; its source has checked the mapping.

    A *token* that is given is kept, sealed, so that it can be shown again; any other is told once.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, integrations.list_, "integrations")
    shown, token = token, token or _token(entropy)
    made = replace(
        draft,
        id=IntegrationId(tx.new_id()),
        workspace=actor.workspace,
        token_hint=token[-HINT_LENGTH:],
        revoked_at=None,
    )
    check_integration(made)
    must_be_known(tx, actor, services.get_many, [(made.service, "service")], "service")
    integrations.add(tx, made, token_hash=token_hash(token), shown=shown)
    heartbeats.expect(tx, made, None, now=now)
    audit.created(tx, actor, "integration", made, name=made.name, now=now)
    return Opened(integration=made, token=token)


def get(tx: Tx, actor: Actor, integration_id: IntegrationId) -> Integration:
    """Read an integration."""
    actor.must(Permission.READ)
    return integrations.find(tx, actor.workspace, integration_id)


def tokens_of(tx: Tx, actor: Actor, ids: Sequence[IntegrationId]) -> Mapping[IntegrationId, str]:
    """Give the tokens of those integrations, which the caller has just read, that are made to be shown."""
    actor.must(Permission.READ)
    return integrations.tokens(tx, ids)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Integration]:
    """List integrations, revoked ones too, the oldest first."""
    actor.must(Permission.READ)
    return integrations.list_(tx, actor.workspace, after=after, limit=limit)


def change(
    tx: Tx, actor: Actor, integration_id: IntegrationId, edit: Edit[Integration], *, now: datetime
) -> Integration:
    """Change an integration's name, its mapping, or the service that its events belong to."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = integrations.find(tx, actor.workspace, integration_id)
    new = edit(was)
    check_integration(new)
    if new.service != was.service:
        must_be_known(tx, actor, services.get_many, [(new.service, "service")], "service")
    if new != was:
        integrations.save(tx, new, was)
        heartbeats.expect(tx, new, was, now=now)
        audit.changed(tx, actor, "integration", new, was=was, name=new.name, now=now)
    return new


def rotate(tx: Tx, actor: Actor, integration_id: IntegrationId, *, entropy: Entropy, now: datetime) -> Opened:
    """Give an integration a new token; the old one opens nothing any more.

    Raise Conflict for one that was revoked.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = integrations.find(tx, actor.workspace, integration_id)
    if was.revoked_at is not None:
        raise Conflict(f"integration {was.name} was revoked; make a new one")
    token = _token(entropy)
    new = replace(was, token_hint=token[-HINT_LENGTH:])
    shown = token if integrations.tokens(tx, (was.id,)) else None
    integrations.set_token(tx, new, token_hash=token_hash(token), hint=new.token_hint, shown=shown)
    audit.did(tx, actor, "rotated", "integration", new, name=new.name, now=now)
    return Opened(integration=new, token=token)


def revoke(
    tx: Tx,
    actor: Actor,
    integration_id: IntegrationId,
    *,
    sure: Sure[Integration] = anyway,
    now: datetime,
) -> Integration:
    """Close an integration for good; what came through it stays."""

    def edit(was: Integration) -> Integration:
        sure(was)
        return was if was.revoked_at is not None else replace(was, revoked_at=now)

    return change(tx, actor, integration_id, edit, now=now)


def _token(entropy: Entropy) -> str:
    return base64.urlsafe_b64encode(entropy(TOKEN_BYTES)).decode()
