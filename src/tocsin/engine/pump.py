"""The pump: whatever timer is due is acted on, in one transaction with what it comes to."""

from datetime import datetime

import structlog

from tocsin.actions import paging
from tocsin.engine.metrics import EngineMetrics
from tocsin.world import Tx, World

_log = structlog.get_logger(__name__)


class Pump:
    """Claims due timers and acts on them; it holds no state, so any node may do the next turn."""

    def __init__(self, world: World, metrics: EngineMetrics) -> None:
        self._world = world
        self._metrics = metrics

    def turn_now(self) -> datetime | None:
        """Act on what is due now, on this thread; return when the next timer is due."""
        return self._note(self._world.database.transact(self._turn))

    async def turn(self) -> datetime | None:
        """Do the same without blocking the event loop."""
        return self._note(await self._world.database.write(self._turn))

    def _turn(self, tx: Tx) -> paging.Turn:
        return paging.turn(tx, now=self._world.now())

    def _note(self, turn: paging.Turn) -> datetime | None:
        self._metrics.timers_fired.inc(turn.acted)
        if turn.lateness is not None:
            self._metrics.timer_lateness.observe(turn.lateness.total_seconds())
        for timer, error in turn.set_aside:
            self._metrics.timers_set_aside.labels(kind=timer.kind).inc()
            _log.error("a timer failed, and is put off", kind=timer.kind, id=timer.subject, exc_info=error)
        return turn.next_due
