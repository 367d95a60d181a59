"""Waiting for room on the way out, for a bounded time, in which no attempt has begun."""

import asyncio

from tocsin.channels.base import TooLateError

WAIT_MAX_S = 30.0  # a claim lasts for this and the longest attempt together


class Place:
    """A place in *room*, held inside an ``async with``. TooLateError when none becomes free in time."""

    __slots__ = ("_room",)

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room

    async def __aenter__(self) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout(WAIT_MAX_S):
                await self._room.acquire()
        except TimeoutError:
            raise TooLateError from None

    async def __aexit__(self, *error: object) -> None:
        self._room.release()
