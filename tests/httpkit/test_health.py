import asyncio
import shutil
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from front_builders import NOON, world_at
from tocsin.httpkit.health import LOOK_EVERY, Readiness


@pytest.fixture
def world(tmp_path, _sqlite_template):
    shutil.copy(_sqlite_template, tmp_path / "tocsin.db")
    world = world_at(tmp_path, start=True)
    yield world
    world.database.close()


def _break(tx) -> None:
    tx.connection.execute("DROP TABLE nodes")


def test_a_node_that_can_write_is_ready(world):
    assert asyncio.run(Readiness(world, "node-1", ()).look()) == {}


def test_a_node_that_cannot_write_is_not_ready(world):
    world.database.transact(_break)

    found = asyncio.run(Readiness(world, "node-1", ()).look())

    assert found == {"database": "cannot be written; the log says why"}


def test_a_database_that_does_not_answer_makes_a_node_unready_in_bounded_time(world):
    held, released = threading.Event(), threading.Event()

    def hold(tx) -> None:
        held.set()
        released.wait(10)

    async def story() -> dict[str, str]:
        holding = asyncio.create_task(world.database.write(hold))
        await asyncio.to_thread(held.wait)
        found = await Readiness(world, "node-1", (), within_s=0.05).look()
        released.set()
        await holding
        return found

    assert asyncio.run(story()) == {"database": "took no write within 0.05 s"}


def test_however_often_it_is_asked_the_database_is_tried_once_a_second(world):
    clock = [NOON]
    readiness = Readiness(replace(world, now=lambda: clock[0]), "node-1", ())
    assert asyncio.run(readiness.look()) == {}
    world.database.transact(_break)

    clock[0] += LOOK_EVERY - timedelta(milliseconds=1)
    assert asyncio.run(readiness.look()) == {}
    clock[0] += timedelta(milliseconds=1)
    assert "database" in asyncio.run(readiness.look())


def test_a_clock_that_is_set_back_does_not_stop_the_looking(world):
    clock = [NOON]
    readiness = Readiness(replace(world, now=lambda: clock[0]), "node-1", ())
    asyncio.run(readiness.look())
    world.database.transact(_break)

    clock[0] -= timedelta(days=1)

    assert "database" in asyncio.run(readiness.look())
