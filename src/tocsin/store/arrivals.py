"""Which integrations events came by lately, found among the newest events alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from tocsin.core.ids import IntegrationId, WorkspaceId
from tocsin.store.columns import instant
from tocsin.store.statements import Statement, number
from tocsin.store.tables import events
from tocsin.store.transaction import Tx

LOOKED_AT_MAX: Final = 2_000
"""So many of the newest events are looked at: what came before them came long ago, or much came since."""

_newest = (
    select(events.c.integration_id, events.c.received_at)
    .where(events.c.workspace_id == number("workspace"))
    .order_by(events.c.id.desc())
    .limit(number("most"))
    .subquery()
)
_ARRIVED = Statement(
    select(_newest.c.integration_id, func.max(_newest.c.received_at), func.count())
    .where(_newest.c.integration_id.is_not(None))
    .group_by(_newest.c.integration_id)
)


def lately(tx: Tx, workspace: WorkspaceId) -> Mapping[IntegrationId, tuple[datetime, int]]:
    """Tell when the last event came by each integration, and how many did, among the newest events."""
    rows = tx.rows(_ARRIVED, workspace=workspace, most=LOOKED_AT_MAX)
    return {IntegrationId(row[0]): (instant(row[1]), int(row[2])) for row in rows}
