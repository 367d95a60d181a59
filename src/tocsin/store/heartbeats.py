"""When integrations were last heard of, and which of them have gone quiet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from tocsin.core.ids import IntegrationId, WorkspaceId
from tocsin.store.bulk import upsert_many
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number
from tocsin.store.tables import heartbeats
from tocsin.store.transaction import Tx

_PUT = upsert_many(heartbeats, keys=("integration_id",))
_mine = heartbeats.c.integration_id == number("integration")
_GET = Statement(select(heartbeats).where(_mine))
_DROP = Statement(delete(heartbeats).where(_mine))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """When an integration last gave a sign of life; it is *missing* when that has been too long ago."""

    seen_at: datetime
    missing: bool


def get(tx: Tx, integration: IntegrationId) -> Heartbeat | None:
    """Read the heartbeat of *integration*; None when it never gave one."""
    row = tx.one(_GET, integration=integration)
    return None if row is None else Heartbeat(seen_at=instant(row[2]), missing=bool(row[3]))


def put(
    tx: Tx, integration: IntegrationId, workspace: WorkspaceId, *, seen_at: datetime, missing: bool
) -> None:
    """Remember when *integration* was heard of, or that it is missing."""
    tx.run_many(_PUT, [(integration, workspace, micros(seen_at), int(missing))])


def drop(tx: Tx, integration: IntegrationId) -> None:
    """Forget the heartbeat of *integration*."""
    tx.run(_DROP, integration=integration)
