"""Long thoughts, one after the other and on a thread of their own: nothing that pages waits for them."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from tocsin.core.errors import Overloaded

WAITING_MAX: Final = 4
RETRY_AFTER_S: Final = 10

T = TypeVar("T")

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()


async def ponder(think: Callable[[], T]) -> T:
    """Run *think*, which may take seconds of computing, when those before it are done.

    Raise Overloaded when WAITING_MAX are waiting already.
    """
    loop = asyncio.get_running_loop()
    turn = _turns.setdefault(loop, asyncio.Semaphore(1))
    if _waiting.get(loop, 0) >= WAITING_MAX:
        raise Overloaded("others are thinking about what would happen", RETRY_AFTER_S)
    _waiting[loop] = _waiting.get(loop, 0) + 1
    try:
        async with turn:
            return await asyncio.to_thread(think)
    finally:
        _waiting[loop] -= 1
