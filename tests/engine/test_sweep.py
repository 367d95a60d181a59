"""Retention takes a batch, and leaves the database to others for longer than that took."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from api_world import NOW, Clock
from routing_builders import event
from tocsin.actions.retention import AT_ONCE_MAX
from tocsin.core.ids import EventId, compose
from tocsin.engine.sweep import REST, Sweep
from tocsin.store import events
from tocsin.world import World

KEPT = timedelta(days=30)
TOOK = timedelta(seconds=1)


class Slow(Clock):
    """A clock that goes on by a second whenever it is looked at."""

    def __call__(self):
        self.now += TOOK
        return self.now


@pytest.fixture
def world(database):
    return World(
        now=Slow(), chance=lambda: 0.5, new_id=database.new_id, database=database, wire=None, entropy=bytes
    )


def test_a_batch_is_followed_by_a_rest_and_the_last_by_none(database, world):
    old = compose(int((NOW - 2 * KEPT).timestamp() * 1000), 0)
    made = [(replace(event(), id=EventId(old + number)), None) for number in range(AT_ONCE_MAX + 1)]
    database.transact(lambda tx: events.insert_many(tx, made))
    sweep = Sweep(world, keep_events=KEPT, keep_alerts=KEPT)

    first, second = asyncio.run(sweep.turn()), asyncio.run(sweep.turn())

    took = 2 * TOOK  # the clock is looked at before, within and after
    assert first == NOW + TOOK + took + REST * took
    assert second is None
    assert database.read_now(lambda tx: events.list_(tx, event().workspace, limit=1)).total == 0
