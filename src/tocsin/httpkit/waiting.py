"""Waiting for room on the way out, for a bounded time, in which no attempt has begun."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tocsin.channels.base import TooLateError

WAIT_MAX_S = 30.0  # a claim lasts for this and the longest attempt together


@asynccontextmanager
async def place_in(room: asyncio.Semaphore) -> AsyncIterator[None]:
    """Hold a place in *room*; raise TooLateError when none becomes free in time."""
    if room.locked():
        try:
            await asyncio.wait_for(room.acquire(), WAIT_MAX_S)
        except TimeoutError:
            raise TooLateError from None
    else:
        await room.acquire()
    try:
        yield
    finally:
        room.release()
