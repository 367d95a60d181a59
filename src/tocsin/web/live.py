"""What changes while people look: open pages get what they show anew, within a second of a commit.

Whoever looks at the same gets the very same bytes, which are written once. Changes that come close together
are told once; the longer it takes to write a page anew, the longer it is left alone after that.
"""

import asyncio
import gzip
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Final

from starlette.responses import Response, StreamingResponse

from tocsin.actions.actor import Permission
from tocsin.core.errors import TocsinError
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import World

CALM_S: Final = 0.5  # changes within this are told together
REST: Final = 4  # times as long as it took to write a page, it is left alone
BEAT_S: Final = 20.0  # so that whoever stands between does not hang up
LIFE_S: Final = 60.0  # then the browser comes again, and shows who it is
LEVEL: Final = 5
NEWS: Final = b"event: change\ndata: .\n\n"

Show = Callable[[], Awaitable[str]]
"""Writes what an open page shows, as it is now."""


class Live:
    """What wakes the pages that are open."""

    def __init__(self, world: World) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = False
        self._written: dict[Hashable, asyncio.Task[bytes]] = {}
        world.wake(self._woken)

    def end(self) -> None:
        """Let every open page go, for the server stops."""
        self._over = True
        self._tell()

    async def beats(self, what: Hashable = None, show: Show | None = None) -> AsyncIterator[bytes]:
        """Give the stream of one open page: what *show* writes, or without it the news that it may differ.

        *what* stands for all that the page depends on: pages with the same share what is written.
        """
        self._loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        self._waiting.add(changed)
        give_up_at = self._loop.time() + LIFE_S
        last = b""
        try:
            yield b"retry: 1000\n\n"
            while not self._over and self._loop.time() < give_up_at:
                try:
                    await asyncio.wait_for(changed.wait(), BEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                changed.clear()
                began_at = self._loop.time()
                try:
                    told = NEWS if show is None else await self._write(what, show)
                except TocsinError:  # it is gone, or no longer theirs to see: the next request says which
                    return
                took = self._loop.time() - began_at
                if told is NEWS or told != last:
                    yield told
                last = told
                if not self._over:
                    await asyncio.sleep(max(CALM_S, REST * took))
        finally:
            self._waiting.discard(changed)

    async def _write(self, what: Hashable, show: Show) -> bytes:
        """Give what *show* writes since the last change, written once for all who look at *what*."""
        task = self._written.get(what)
        if task is None:
            task = self._written[what] = asyncio.create_task(_frame(show))
        return await asyncio.shield(task)

    def _woken(self, what: frozenset[str]) -> None:
        del what
        if self._loop is not None and self._waiting:
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._written.clear()
        for event in self._waiting:
            event.set()


def stream(beats: AsyncIterator[bytes]) -> Response:
    """Answer with server-sent events."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(beats, media_type="text/event-stream", headers=headers)


def routes(live: Live) -> Routes:
    """Make the route of the news alone."""
    own = Routes("", tag="Pages")

    @own.get("/live", permission=Permission.READ, summary="Hear of changes", hidden=True)
    async def listen(call: Call) -> Response:
        """Stream the news that something has changed."""
        del call
        return stream(live.beats())

    return own


async def _frame(show: Show) -> bytes:
    """Write what *show* gives as one event: compressed, and in letters, as lines of a stream must be."""
    text = await show()
    return b"event: fresh\ndata: %b\n\n" % b64encode(gzip.compress(text.encode(), LEVEL, mtime=0))
