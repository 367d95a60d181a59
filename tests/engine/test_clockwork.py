"""A loop goes on whatever its steps do, and looks again when it is woken or something is due."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from tocsin.core.errors import Overloaded
from tocsin.engine.clockwork import Loop

LONG = timedelta(hours=1)
SHORT = timedelta(milliseconds=1)


def now() -> datetime:
    return datetime.fromtimestamp(asyncio.get_running_loop().time(), UTC)


def run(step, *, until, poll=LONG, wake=False):
    """Run a loop until *until* steps were taken, and return it."""

    async def story() -> Loop:
        steps = 0
        first = asyncio.Event()

        async def count() -> datetime | None:
            nonlocal steps
            steps += 1
            first.set()
            if steps >= until:
                loop.stop()
            return await step(steps)

        loop = Loop("try", count, now, poll=poll, tick=SHORT)
        task = asyncio.create_task(loop.run())
        if wake:
            await first.wait()
            loop.wake()
        await asyncio.wait_for(task, timeout=20)
        return loop

    return asyncio.run(story())


def test_it_looks_again_when_something_is_due():
    async def soon(_steps):
        return now() + timedelta(milliseconds=5)

    assert run(soon, until=3).turned_at is not None


def test_it_looks_again_at_once_when_it_left_something_undone():
    async def full(_steps):
        return now() - timedelta(seconds=1)

    assert run(full, until=50).failures == 0


def test_it_looks_again_when_it_is_woken_though_nothing_is_due():
    async def nothing(_steps):
        return None

    assert run(nothing, until=2, wake=True).turned_at is not None


def test_a_wake_up_that_got_lost_costs_no_more_than_one_poll():
    async def nothing(_steps):
        return None

    assert run(nothing, until=2, poll=timedelta(milliseconds=10)).turned_at is not None


@pytest.mark.parametrize("error", [Overloaded("too much"), ConnectionError("gone"), ValueError("a fault")])
def test_a_step_that_raises_is_logged_and_tried_again(error):
    async def fails_first(steps):
        if steps == 1:
            raise error

    with structlog.testing.capture_logs() as logs:
        loop = run(fails_first, until=2)

    assert (loop.failures, logs[0]["loop"], logs[0]["error"]) == (0, "try", str(error))
