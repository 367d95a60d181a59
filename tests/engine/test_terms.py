"""What was claimed before a node stood still is not sent by it afterwards, wherever it waited meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from receivers import http_receiver
from sending import LINKS
from store import samples
from store.samples import NOW
from tocsin.channels.registry import CHANNELS
from tocsin.core.notification import NotificationState
from tocsin.engine.deliver import Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.httpkit.outbound import REQUESTS_PER_HOST_MAX, OutboundWire
from tocsin.store import outbox, workspaces
from tocsin.world import Lease, World

WAITING = 10
LEASE_S = 3.0


@pytest.fixture
def engine():
    return "sqlite"


class Machine:
    """A node that sends over the real wire, and elapsed time that is set by hand."""

    def __init__(self, database, new_id):
        self.elapsed = 0.0
        self.lease = Lease(elapsed=lambda: self.elapsed)
        self.lease.extend(LEASE_S)
        self.wire = OutboundWire(
            allow=[ip_network("127.0.0.0/8")], term=lambda: self.lease.claimed, may_begin=self.lease.holds
        )
        world = World(
            now=lambda: NOW + timedelta(seconds=self.elapsed),
            chance=lambda: 0.5,
            new_id=new_id,
            database=database,
            wire=self.wire,
            lease=self.lease,
        )
        metrics = EngineMetrics(CollectorRegistry())
        self.sender = Deliverer(world, CHANNELS, node="one", links=LINKS, sender="", metrics=metrics)

    def stand_still(self, seconds: float) -> None:
        """Wake up after so long, when the thread that keeps the lease has its say before all others."""
        self.elapsed += seconds
        self.lease.extend(self.elapsed + LEASE_S)


def test_what_waits_for_room_at_its_host_while_a_lease_is_lost_is_left_to_others(database, new_id):
    machine = Machine(database, new_id)
    count = REQUESTS_PER_HOST_MAX + WAITING

    async def story():
        answers, asked = asyncio.Event(), []

        async def answer(request):
            asked.append(request)
            await answers.wait()
            return web.Response()

        async with http_receiver(answer) as receiver, machine.wire:
            waiting = [replace(samples.a_test, id=each, address=receiver.url) for each in range(1, 1 + count)]
            database.transact(
                lambda tx: (workspaces.add(tx, samples.workspace), outbox.queue_many(tx, waiting))
            )
            database.start()
            await machine.sender.turn()
            while len(asked) < REQUESTS_PER_HOST_MAX:  # noqa: ASYNC110 - in the next turns of the loop
                await asyncio.sleep(0)
            machine.stand_still(2 * LEASE_S)
            answers.set()
            await machine.sender.drain(10)
            begun = len(asked)
            await machine.sender.turn()
            await machine.sender.drain(10)
        return begun

    begun = asyncio.run(story())
    found = database.read_now(lambda tx: outbox.get_many(tx, list(range(1, 1 + count))))

    assert begun == REQUESTS_PER_HOST_MAX, "of the others somebody else may have taken care"
    assert {each.state for each in found} == {NotificationState.DELIVERED}, "nobody else was there"
