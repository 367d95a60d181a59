"""Claims whose answer is lost, and receipts that cannot be written down at once."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from message_builders import RecordingWire
from sending import LINKS
from store import samples
from store.samples import NOW
from tocsin.channels.base import HttpResponse
from tocsin.channels.registry import CHANNELS
from tocsin.core.errors import Overloaded
from tocsin.core.notification import NotificationState
from tocsin.engine import deliver
from tocsin.engine.deliver import Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.store import outbox, workspaces
from tocsin.world import World

MESSAGE = replace(samples.a_test, address="https://hook.example.org/")


@pytest.fixture
def engine():
    return "postgresql"


def test_what_a_node_claimed_without_hearing_of_it_is_sent_as_soon_as_the_database_is_back(on_a_wire, new_id):
    cut, database = on_a_wire
    database._outage.hold_s = 0.2
    hook = RecordingWire(HttpResponse(status=200))
    world = World(
        now=lambda: NOW + timedelta(minutes=1),
        chance=lambda: 0.5,
        new_id=new_id,
        database=database,
        wire=hook,
    )
    sender = Deliverer(
        world,
        CHANNELS,
        node="one",
        links=LINKS,
        sender="t@example.org",
        metrics=EngineMetrics(CollectorRegistry()),
    )
    database.transact(lambda tx: (workspaces.add(tx, samples.workspace), outbox.queue_many(tx, [MESSAGE])))

    async def turn():
        await sender.turn()
        await sender.drain(10)

    cut.cut("COMMIT", heard=True, then_down=True)
    with pytest.raises(Overloaded):
        asyncio.run(turn())
    cut.down = False
    database._outage._missed_at = time.monotonic() - 1
    (held,) = database.read_now(lambda tx: outbox.get_many(tx, [MESSAGE.id]))
    asyncio.run(turn())

    (found,) = database.read_now(lambda tx: outbox.get_many(tx, [MESSAGE.id]))
    assert held.state is NotificationState.SENDING
    assert found.state in (NotificationState.SENT, NotificationState.DELIVERED)
    assert found.attempts == 1
    assert len(hook.requests) == 1


class Away:
    """A database that cannot take anything for a while that comes in a lane; *refused* is how often."""

    def __init__(self, database, refused):
        self._database = database
        self._refused = refused

    def __getattr__(self, name):
        return getattr(self._database, name)

    def lane(self, handler, **how):
        lane = self._database.lane(handler, **how)
        away = self

        class Lane:
            async def submit(self, item):
                if away._refused:
                    away._refused -= 1
                    raise Overloaded("the database cannot be reached", 5)
                return await lane.submit(item)

        return Lane()


def test_a_receipt_is_written_down_when_the_database_is_back_however_often_it_had_to_wait(
    database, new_id, monkeypatch
):
    monkeypatch.setattr(deliver, "RECORD_AGAIN_AFTER_S", (0.001,))
    hook = RecordingWire(HttpResponse(status=200))
    world = World(
        now=lambda: NOW + timedelta(minutes=1),
        chance=lambda: 0.5,
        new_id=new_id,
        database=Away(database, refused=40),
        wire=hook,
    )
    metrics = EngineMetrics(CollectorRegistry())
    sender = Deliverer(world, CHANNELS, node="one", links=LINKS, sender="t@example.org", metrics=metrics)
    database.transact(lambda tx: (workspaces.add(tx, samples.workspace), outbox.queue_many(tx, [MESSAGE])))

    async def turn():
        await sender.turn()
        await sender.drain(10)

    asyncio.run(turn())

    (found,) = database.read_now(lambda tx: outbox.get_many(tx, [MESSAGE.id]))
    assert (found.state, found.attempts) == (NotificationState.DELIVERED, 1)
    assert len(hook.requests) == 1
