"""Waiting for room on the way out, for a bounded time, in which no attempt has begun."""

import asyncio
from collections import deque

from tocsin.channels.base import TooLateError

WAIT_MAX_S = 30.0  # a claim lasts for this and the longest attempt together


class Room:
    """So many *places* at a host, each held inside an ``async with``, given in the order they are asked for.

    TooLateError when none becomes free in time. All who wait share one timer: who came first gives up first.
    """

    __slots__ = ("_free", "_places", "_timer", "_waiting")

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = places
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()  # until when, and who
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a place, or waits for one."""
        return self._free == self._places

    async def __aenter__(self) -> None:
        if self._free:  # then nobody waits: a place that becomes free is passed on
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        until = loop.time() + WAIT_MAX_S
        self._waiting.append((until, turn))
        if self._timer is None:
            self._timer = loop.call_at(until, self._give_up, loop)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on()  # it came at the same moment
            raise

    async def __aexit__(self, *error: object) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _until, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those whose time is over, and come back for the next."""
        self._timer = None
        while self._waiting:
            until, turn = self._waiting[0]
            if not turn.done():
                if until > loop.time():
                    self._timer = loop.call_at(until, self._give_up, loop)
                    return
                turn.set_exception(TooLateError())
            self._waiting.popleft()
