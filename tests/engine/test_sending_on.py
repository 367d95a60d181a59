"""A sender goes on until the outbox is empty, without anybody who looks now and then."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from message_builders import RecordingWire
from sending import LINKS
from store import samples
from store.samples import NOW
from tocsin.actions.places import ADDRESS_MAX
from tocsin.channels.base import HttpResponse
from tocsin.channels.registry import CHANNELS
from tocsin.engine.deliver import CROWDED_WITHIN_S, Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.store import outbox, workspaces
from tocsin.store.lanes import Closed
from tocsin.world import World


@pytest.fixture
def engine():
    return "sqlite"


class SlowWire(RecordingWire):
    """A receiver that takes its time, so that some are always on their way while others are claimed."""

    def __init__(self) -> None:
        super().__init__(HttpResponse(status=200))
        self._talks = asyncio.Semaphore(4)

    async def http(self, request):
        async with self._talks:
            await asyncio.sleep(CROWDED_WITHIN_S)
            return await super().http(request)


async def _until_nobody_would_wake_it(sender: Deliverer) -> None:
    """Let *sender* turn as the engine does, but for the look that it takes once a second in any case."""
    woken = asyncio.Event()
    sender.on_freed(woken.set)
    while True:
        woken.clear()
        again = await sender.turn()
        if again is not None:
            await asyncio.sleep(CROWDED_WITHIN_S)
            continue
        if sender._under_way:
            waiting = asyncio.ensure_future(woken.wait())
            everybody = asyncio.gather(*sender._under_way)
            await asyncio.wait((waiting, everybody), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        if not woken.is_set():
            return


class HeardLate:
    """A database from which a claim's answer comes when all that was on its way has arrived meanwhile."""

    def __init__(self, database) -> None:
        self._database = database
        self.meanwhile = lambda: asyncio.sleep(0)

    def __getattr__(self, name):
        return getattr(self._database, name)

    async def write(self, work, **how):
        answer = await self._database.write(work, **how)
        await self.meanwhile()
        return answer


class HoldingWire(RecordingWire):
    """A receiver that answers as many as it is told to."""

    def __init__(self) -> None:
        super().__init__(HttpResponse(status=200))
        self._answers = asyncio.Semaphore(0)

    async def http(self, request):
        await self._answers.acquire()
        return await super().http(request)

    async def answer(self, number: int) -> None:
        wanted = len(self.requests) + number
        for _ in range(number):
            self._answers.release()
        while len(self.requests) < wanted:  # noqa: ASYNC110 - in the next turns of the loop
            await asyncio.sleep(0)


def _queue(database, number: int, *, addresses: int = 1) -> None:
    waiting = [
        replace(samples.a_test, id=each, address=f"https://{each % addresses}.example.org/")
        for each in range(1, number + 1)
    ]
    database.transact(lambda tx: (workspaces.add(tx, samples.workspace), outbox.queue_many(tx, waiting)))
    database.start()


def _sender(database, new_id, wire) -> Deliverer:
    now = NOW + timedelta(minutes=1)
    world = World(now=lambda: now, chance=lambda: 0.5, new_id=new_id, database=database, wire=wire)
    metrics = EngineMetrics(CollectorRegistry())
    return Deliverer(world, CHANNELS, node="one", links=LINKS, sender="t@example.org", metrics=metrics)


@pytest.mark.parametrize("addresses", [1, 3, 40])
def test_all_that_waits_is_sent_without_a_pause_to_however_many_addresses(database, new_id, addresses):
    hook, many = SlowWire(), ADDRESS_MAX + 30
    sender = _sender(database, new_id, hook)
    _queue(database, many, addresses=addresses)

    asyncio.run(_until_nobody_would_wake_it(sender))

    assert len(hook.requests) == many


def test_what_a_claim_left_is_looked_for_though_all_before_it_arrived_meanwhile(database, new_id):
    hook, heard = HoldingWire(), HeardLate(database)
    sender = _sender(heard, new_id, hook)
    _queue(database, 3 * ADDRESS_MAX)

    async def run() -> None:
        await sender.turn()
        await hook.answer(ADDRESS_MAX // 2)
        heard.meanwhile = lambda: hook.answer(ADDRESS_MAX // 2)
        await asyncio.sleep(CROWDED_WITHIN_S)
        assert await sender.turn() is not None, "nobody would look for the rest"
        await hook.answer(ADDRESS_MAX // 2)

    asyncio.run(run())
    assert len(hook.requests) == 3 * ADDRESS_MAX // 2


def test_what_has_opened_since_is_told_from_what_is_closed_still():
    here, there = (1, "webhook", "https://here/"), (1, "webhook", "https://there/")

    assert Closed(addresses=[here, there]).has_more_than(Closed(addresses=[here]))
    assert Closed(channels=["email"]).has_more_than(Closed(addresses=[here]))
    assert Closed(workspaces=[1]).has_more_than(Closed())
    assert not Closed(addresses=[here]).has_more_than(Closed(addresses=[there, here], channels=["email"]))
