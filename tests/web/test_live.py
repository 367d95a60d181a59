"""Open pages get what they show anew: written once for all who look at the same, and for nobody else."""

import asyncio
import gzip
from base64 import b64decode
from dataclasses import replace

import pytest

from api_world import REA
from tocsin.core.errors import NotFound, Unauthorized
from tocsin.core.people import Role, UserStatus
from tocsin.web.browsers import must_be_still
from tocsin.web.live import NEWS, Live


class Woken:
    """A world in which something changes when it is told to."""

    def wake(self, callback):
        self.change = lambda: callback(frozenset({"alerts"}))


@pytest.fixture
def world():
    return Woken()


def unpacked(frame):
    assert frame.startswith(b"event: fresh\ndata: ")
    return gzip.decompress(b64decode(frame.removeprefix(b"event: fresh\ndata: "))).decode()


async def opened(live, count, *what):
    """Open *count* pages, and wait until each listens."""
    streams = [live.beats(*what) for _ in range(count)]
    for stream in streams:
        assert await anext(stream) == b"retry: 1000\n\n"
    return streams


def test_many_open_pages_cost_what_one_does(world):
    written = []

    async def show():
        written.append("once")
        return f"<p>look {len(written)}</p>"

    async def run():
        live = Live(world)
        streams = await opened(live, 50, "the same", show)
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        world.change()
        frames = await asyncio.gather(*waiting)
        return {unpacked(frame) for frame in frames}

    assert asyncio.run(run()) == {"<p>look 1</p>"}
    assert written == ["once"]


def test_pages_that_show_something_else_are_written_by_themselves(world):
    async def run():
        live = Live(world)

        def showing(text):
            async def show():
                return text

            return show

        streams = [*await opened(live, 1, "a", showing("A")), *await opened(live, 1, "b", showing("B"))]
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        world.change()
        return [unpacked(frame) for frame in await asyncio.gather(*waiting)]

    assert asyncio.run(run()) == ["A", "B"]


def test_a_page_without_a_list_of_its_own_hears_that_something_changed(world):
    async def run():
        (stream,) = await opened(Live(world), 1)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        world.change()
        return await waiting

    assert asyncio.run(run()) == NEWS


def test_a_page_whose_alert_is_gone_is_let_go(world):
    async def show():
        raise NotFound("alert", "alrt_x")

    async def run():
        streams = await opened(Live(world), 2, "gone", show)
        waiting = [asyncio.ensure_future(anext(stream, None)) for stream in streams]
        await asyncio.sleep(0)
        world.change()
        return await asyncio.gather(*waiting)

    assert asyncio.run(run()) == [None, None]


def test_a_server_that_stops_lets_every_page_go(world):
    async def run():
        live = Live(world)
        streams = await opened(live, 3)
        waiting = [asyncio.ensure_future(anext(stream, None)) for stream in streams]
        await asyncio.sleep(0)
        live.end()
        frames = await asyncio.gather(*waiting)
        return [frame in (None, NEWS) for frame in frames], [await anext(stream, None) for stream in streams]

    assert asyncio.run(run()) == ([True] * 3, [None] * 3)


@pytest.mark.parametrize(
    "change",
    [{"role": Role.VIEWER}, {"status": UserStatus.DEACTIVATED}, None],
    ids=["less", "let go", "gone"],
)
def test_whoever_may_no_longer_see_it_is_shown_nothing_more(browser, change):
    directory = browser.configuration
    must_be_still(directory, REA)

    others = {each.id: each for each in directory.users.values() if each.id != REA.id}
    users = others if change is None else others | {REA.id: replace(REA, **change)}

    with pytest.raises(Unauthorized):
        must_be_still(replace(directory, users=users), REA)
