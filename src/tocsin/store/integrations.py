"""Integrations: the doors for events, each opened by a token of which only a hash is kept."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import select, update

from tocsin.core.ids import IntegrationId
from tocsin.core.service import Integration
from tocsin.store import workspaces
from tocsin.store.columns import from_json, instant_or_none, micros_or_none, span, to_json
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, among, number, words
from tocsin.store.tables import integrations
from tocsin.store.transaction import Row, Tx

_BY_TOKEN = Statement(select(integrations.c.id).where(integrations.c.token_hash == words("hash")))
_SET_TOKEN = Statement(
    update(integrations)
    .where(integrations.c.id == number("integration"))
    .values(token_hash=words("hash"), token_hint=words("hint"), token_sealed=words("sealed"))
)
_SEALED = Statement(
    select(integrations.c.id, integrations.c.token_sealed).where(
        among(integrations.c.id, "ids"), integrations.c.token_sealed.is_not(None)
    )
)


class _Integrations(Kept[Integration]):
    noun = "integration"
    table = integrations
    beside = MappingProxyType({"token_hash": None, "token_sealed": None})

    def row(self, tx: Tx, value: Integration) -> Row:  # noqa: ARG002  # others need it
        return (
            value.id,
            value.workspace,
            value.service,
            value.kind,
            value.name,
            value.token_hint,
            to_json(value.mapping),
            micros_or_none(value.revoked_at),
            value.description or None,
            None if value.heartbeat is None else span(value.heartbeat),
            to_json(value.message_templates) if value.message_templates else None,
        )

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Integration]:  # noqa: ARG002  # others need it
        return [
            Integration(
                id=row[0],
                workspace=row[1],
                service=row[2],
                kind=row[3],
                name=row[4],
                token_hint=row[6],
                mapping=from_json(row[7]),
                revoked_at=instant_or_none(row[8]),
                description=row[9] or "",
                heartbeat=None if row[10] is None else timedelta(microseconds=row[10]),
                message_templates={} if row[12] is None else from_json(row[12]),
            )
            for row in rows
        ]


_integrations = _Integrations()
save = _integrations.save
delete = _integrations.delete
find = _integrations.find
get_many = _integrations.get_many
all_ = _integrations.all_
list_ = _integrations.list_


def add(tx: Tx, integration: Integration, *, token_hash: str, shown: str | None = None) -> None:
    """Store a new integration with the hash of its token, which is kept, sealed, if it is to be *shown*."""
    sealed = None if shown is None else tx.vault.seal(shown, _place(integration.id))
    _integrations.add(tx, integration, token_hash=token_hash, token_sealed=sealed)


def tokens(tx: Tx, ids: Sequence[IntegrationId]) -> Mapping[IntegrationId, str]:
    """Open the tokens of those integrations whose addresses may be shown again."""
    rows = tx.rows(_SEALED, ids=ids) if ids else []
    return {door: tx.vault.open(sealed, _place(door)) for door, sealed in rows}


def by_token(tx: Tx, token_hash: str) -> Integration | None:
    """Find the integration that a token opens, revoked or not, by the token's hash."""
    found: int | None = tx.scalar(_BY_TOKEN, hash=token_hash)
    return None if found is None else get_many(tx, (found,))[0]


def set_token(
    tx: Tx, integration: Integration, *, token_hash: str, hint: str, shown: str | None = None
) -> None:
    """Give an integration a new token; the one before opens nothing from then on."""
    workspaces.changed(tx, integration.workspace)
    sealed = None if shown is None else tx.vault.seal(shown, _place(integration.id))
    door = IntegrationId(integration.id)
    tx.run(_SET_TOKEN, integration=door, hash=token_hash, hint=hint, sealed=sealed)


def _place(identifier: int) -> str:
    return f"integrations.token:{identifier}"
