"""Loops that never end by themselves: do, then sleep until a wake-up or the next due moment."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from tocsin.core.errors import Overloaded, TocsinError

POLL = timedelta(seconds=1)  # the net under wake-ups that get lost
TICK = timedelta(milliseconds=20)  # looking for timers more often than this costs more than it gains
AFTER_FAILURE = (0.2, 1.0, 2.0, 5.0)  # seconds
WHILE_AWAY_MAX = 1.0  # seconds: to ask whether the database is back costs next to nothing

Step = Callable[[], Awaitable[datetime | None]]
_log = structlog.get_logger(__name__)


class Loop:
    """One endless task: *step* does what is due and tells when there will be more, None when unknown.

    *step* returns a moment in the past when it left something undone. What it raises is logged, and it is
    tried again after a pause: a loop never dies. *turned_at* is when it last came through.
    """

    def __init__(
        self,
        name: str,
        step: Step,
        now: Callable[[], datetime],
        *,
        poll: timedelta = POLL,
        tick: timedelta = TICK,
    ) -> None:
        self.name = name
        self.turned_at: datetime | None = None
        self.failures = 0
        self._step = step
        self._now = now
        self._poll = poll
        self._tick = tick.total_seconds()
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look again at once; only from the event loop's own thread."""
        self._woken.set()

    def stop(self) -> None:
        """Let the step that runs finish, and then end."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Go on until `stop`."""
        while not self._stopping:
            self._woken.clear()
            pause = await self._turn()
            if pause > 0 and not self._stopping:
                await asyncio.sleep(min(pause, self._tick))
                await self._sleep(pause - self._tick)

    async def _turn(self) -> float:
        """Do one step, and return for how many seconds to sleep."""
        try:
            next_due = await self._step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next turn may go through
            pause = AFTER_FAILURE[min(self.failures, len(AFTER_FAILURE) - 1)]
            self.failures += 1
            if isinstance(error, Overloaded):
                pause = min(pause, WHILE_AWAY_MAX)
            expected = isinstance(error, TocsinError | ConnectionError)
            _log.warning("a turn failed", loop=self.name, error=str(error), exc_info=not expected)
            return pause
        self.failures = 0
        self.turned_at = now = self._now()
        if next_due is None:
            return self._poll.total_seconds()
        return min((next_due - now).total_seconds(), self._poll.total_seconds())

    async def _sleep(self, pause: float) -> None:
        if pause > 0:
            try:
                await asyncio.wait_for(self._woken.wait(), timeout=pause)
            except TimeoutError:
                return
