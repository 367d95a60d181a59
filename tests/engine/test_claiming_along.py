"""What is queued is claimed within the same commit by a sender that has room, and sent from there."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from message_builders import RecordingWire
from sending import LINKS
from store import samples
from store.samples import NOW
from tocsin.actions.places import PLACES
from tocsin.channels.base import HttpResponse
from tocsin.channels.registry import CHANNELS
from tocsin.core.notification import NotificationState
from tocsin.engine.deliver import Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.store import outbox, workspaces
from tocsin.world import World

MESSAGE = replace(samples.a_test, address="https://hook.example.org/")


@pytest.fixture
def wire():
    return RecordingWire(HttpResponse(status=200))


@pytest.fixture
def world(database, new_id, wire):
    now = NOW + timedelta(seconds=1)
    world = World(now=lambda: now, chance=lambda: 0.5, new_id=new_id, database=database, wire=wire)
    database.transact(lambda tx: workspaces.add(tx, samples.workspace))
    return world


@pytest.fixture
def sender(world):
    metrics = EngineMetrics(CollectorRegistry())
    return Deliverer(world, CHANNELS, node="one", links=LINKS, sender="t@example.org", metrics=metrics)


def queue(database, *messages):
    database.transact(lambda tx: outbox.queue_many(tx, messages))


def states(database, *messages):
    found = database.read_now(lambda tx: outbox.get_many(tx, [each.id for each in messages]))
    return [each.state for each in found]


def test_it_is_leased_when_the_commit_returns_and_sent_without_another_claim(database, world, sender, wire):
    heard = []
    database.on_fresh(lambda: sender.offer(lambda *claim: heard.append(claim)))

    queue(database, MESSAGE)
    at_once = states(database, MESSAGE)

    async def send():
        sender.begin(*heard[0])
        await sender.drain(10)

    asyncio.run(send())

    assert at_once == [NotificationState.SENDING]
    assert len(wire.requests) == 1
    assert states(database, MESSAGE) == [NotificationState.DELIVERED]


def test_while_one_claim_is_not_heard_of_there_is_no_other(database, world, sender):
    heard = []
    database.on_fresh(lambda: sender.offer(lambda *claim: heard.append(claim)))
    second = replace(MESSAGE, id=MESSAGE.id + 1)

    queue(database, MESSAGE)
    queue(database, second)
    again = asyncio.run(sender.turn())

    assert len(heard) == 1
    assert again is not None
    assert states(database, second) == [NotificationState.QUEUED]

    sender.heard(heard[0][0])
    queue(database, replace(MESSAGE, id=MESSAGE.id + 2))
    assert len(heard) == 2


def test_a_sender_without_room_leaves_it_to_a_claim_that_sees_who_waits(database, world, sender):
    sender._under_way = dict.fromkeys(range(PLACES - 1), MESSAGE.id)
    database.on_fresh(lambda: sender.offer(lambda *_: None))

    queue(database, MESSAGE)

    assert states(database, MESSAGE) == [NotificationState.QUEUED]


def test_a_node_whose_lease_is_over_claims_nothing(database, world, sender):
    world.lease.end()
    database.on_fresh(lambda: sender.offer(lambda *_: None))

    queue(database, MESSAGE)

    assert states(database, MESSAGE) == [NotificationState.QUEUED]


def test_what_was_claimed_in_a_commit_of_which_nobody_knows_the_end_is_given_back(
    database, world, sender, wire
):
    database.on_fresh(lambda: sender.offer(lambda _claim, _term: sender.heard(None)))
    queue(database, MESSAGE)

    async def turn():
        await sender.turn()
        await sender.drain(10)

    asyncio.run(turn())

    assert len(wire.requests) == 1
    assert states(database, MESSAGE) == [NotificationState.DELIVERED]
