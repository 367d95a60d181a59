"""Retention: what is older than the operator wants to keep goes, a little at a time."""

from datetime import datetime, timedelta

import structlog

from tocsin.actions import retention
from tocsin.world import Tx, World

_log = structlog.get_logger(__name__)


class Sweep:
    """Deletes old events, resolved alerts and what hangs on them in small transactions."""

    def __init__(self, world: World, *, keep_events: timedelta, keep_alerts: timedelta) -> None:
        self._world = world
        self._keep_events = keep_events
        self._keep_alerts = keep_alerts

    async def turn(self) -> datetime | None:
        """Delete one batch; return now when there may be more, None when that was all."""
        swept = await self._world.database.write(self._sweep)
        if swept.rows:
            _log.info("old records were deleted", **swept.by_table)
        return self._world.now() if swept.more else None

    def turn_now(self) -> int:
        """Delete one batch on this thread; return how many rows went."""
        return self._world.database.transact(self._sweep).rows

    def _sweep(self, tx: Tx) -> retention.Swept:
        now = self._world.now()
        return retention.sweep(
            tx, events_before=now - self._keep_events, alerts_before=now - self._keep_alerts, now=now
        )
