"""``/live``: tells open pages that something has changed, so that they look again.

What changed is not said: a page asks for what it shows. Changes that come close together are told once.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from tocsin.actions.actor import Permission
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import World

CALM_S: Final = 0.5  # changes within this are told together
BEAT_S: Final = 20.0  # so that whoever stands between does not hang up
LIFE_S: Final = 600.0  # then the browser comes again, and shows who it is


class Live:
    """What wakes the pages that are open."""

    def __init__(self, world: World) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = False
        world.wake(self._woken)

    def end(self) -> None:
        """Let every open page go, for the server stops."""
        self._over = True
        self._tell()

    async def beats(self) -> AsyncIterator[bytes]:
        """Give the stream of one open page."""
        self._loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        self._waiting.add(changed)
        give_up_at = self._loop.time() + LIFE_S
        try:
            yield b"retry: 1000\n\n"
            while not self._over and self._loop.time() < give_up_at:
                try:
                    await asyncio.wait_for(changed.wait(), BEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                changed.clear()
                yield b"event: change\ndata: .\n\n"
                if not self._over:
                    await asyncio.sleep(CALM_S)
        finally:
            self._waiting.discard(changed)

    def _woken(self, what: frozenset[str]) -> None:
        del what
        if self._loop is not None and self._waiting:
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for event in self._waiting:
            event.set()


def routes(live: Live) -> Routes:
    """Make the route of the stream."""
    own = Routes("", tag="Pages")

    @own.get("/live", permission=Permission.READ, summary="Hear of changes", hidden=True)
    async def listen(call: Call) -> Response:
        """Stream the news that something has changed."""
        del call
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(live.beats(), media_type="text/event-stream", headers=headers)

    return own
