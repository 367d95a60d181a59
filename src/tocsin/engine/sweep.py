"""Retention: what is older than the operator wants to keep goes, a little at a time."""

from datetime import datetime, timedelta

import structlog

from tocsin.actions import retention
from tocsin.world import Tx, World

_log = structlog.get_logger(__name__)


REST = 3  # times as long as a batch took, before the next: others have the database for three quarters


class Sweep:
    """Deletes old events, resolved alerts and what hangs on them in small transactions."""

    def __init__(self, world: World, *, keep_events: timedelta, keep_alerts: timedelta) -> None:
        self._world = world
        self._keep_events = keep_events
        self._keep_alerts = keep_alerts
        self._past = retention.BEGINNING

    async def turn(self) -> datetime | None:
        """Delete one batch; return when to take the next if there may be more, None when that was all."""
        began = self._world.now()
        swept = await self._world.database.write(self._sweep)
        self._past = swept.past
        if swept.rows:
            _log.info("old records were deleted", **swept.by_table)
        ended = self._world.now()
        return ended + REST * (ended - began) if swept.more else None

    def turn_now(self) -> int:
        """Delete one batch on this thread; return how many rows went."""
        swept = self._world.database.transact(self._sweep)
        self._past = swept.past
        return swept.rows

    def _sweep(self, tx: Tx) -> retention.Swept:
        now = self._world.now()
        return retention.sweep(
            tx,
            events_before=now - self._keep_events,
            alerts_before=now - self._keep_alerts,
            now=now,
            past=self._past,
        )
