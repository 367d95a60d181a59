"""The pump: whatever timer is due is acted on, in one transaction with what it comes to."""

from datetime import datetime

import structlog

from tocsin.actions import paging
from tocsin.core.errors import Conflict
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
        database = self._world.database
        try:
            return self._note(database.transact(self._turn))
        except Conflict:
            return self._note(database.transact(self._turn_singly))

    async def turn(self) -> datetime | None:
        """Do the same without blocking the event loop; to see that nothing is due takes no writing."""
        database = self._world.database
        next_due = await database.read(paging.next_due, short=True, urgent=True)
        if next_due is None or next_due > self._world.now():
            return next_due
        try:
            return self._note(await database.write(self._turn, urgent=True))
        except Conflict:
            return self._note(await database.write(self._turn_singly, urgent=True))

    def _turn(self, tx: Tx) -> paging.Turn:
        return paging.turn(tx, now=self._world.now())

    def _turn_singly(self, tx: Tx) -> paging.Turn:
        return paging.turn_singly(tx, now=self._world.now())

    def _note(self, turn: paging.Turn) -> datetime | None:
        self._metrics.timers_fired.inc(turn.acted)
        if turn.lateness is not None:
            self._metrics.timer_lateness.observe(turn.lateness.total_seconds())
        for timer, error in turn.set_aside:
            self._metrics.timers_set_aside.labels(kind=timer.kind).inc()
            _log.error("a timer failed, and is put off", kind=timer.kind, id=timer.subject, exc_info=error)
        return turn.next_due
