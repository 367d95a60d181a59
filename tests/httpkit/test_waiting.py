"""Room at a host: given in turn, given up in time, never lost."""

import asyncio

import pytest

from tocsin.channels.base import TooLateError
from tocsin.httpkit import waiting
from tocsin.httpkit.waiting import Room


async def hold(room, name, came, until):
    async with room:
        came.append(name)
        await until.wait()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def test_places_are_given_in_the_order_in_which_they_are_asked_for():
    async def story():
        room, came, over = Room(1), [], asyncio.Event()
        tasks = [asyncio.create_task(hold(room, number, came, over)) for number in range(5)]
        await settle()
        first = tuple(came)
        over.set()
        await asyncio.gather(*tasks)
        return first, came, room.is_idle

    assert asyncio.run(story()) == ((0,), [0, 1, 2, 3, 4], True)


def test_one_who_goes_away_while_waiting_takes_no_place():
    async def story():
        room, came, over = Room(1), [], asyncio.Event()
        tasks = [asyncio.create_task(hold(room, number, came, over)) for number in range(3)]
        await settle()
        tasks[1].cancel()
        over.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return came, room.is_idle

    assert asyncio.run(story()) == ([0, 2], True)


def test_a_place_that_comes_as_its_owner_goes_is_passed_on():
    async def story():
        room, came, over = Room(1), [], asyncio.Event()
        await room.__aenter__()
        second = asyncio.create_task(hold(room, "second", came, over))
        third = asyncio.create_task(hold(room, "third", came, over))
        await settle()
        over.set()
        await room.__aexit__()  # the place is the second's now, who has not heard of it
        second.cancel()
        await asyncio.gather(second, third, return_exceptions=True)
        return came, room.is_idle

    assert asyncio.run(story()) == (["third"], True)


def test_all_who_wait_too_long_give_up_each_in_its_time(monkeypatch):
    monkeypatch.setattr(waiting, "WAIT_MAX_S", 0.02)

    async def story():
        room, came, over = Room(1), [], asyncio.Event()
        holder = asyncio.create_task(hold(room, "holder", came, over))
        await settle()
        early = asyncio.create_task(hold(room, "early", came, over))
        gone = asyncio.create_task(hold(room, "gone", came, over))
        await settle()
        gone.cancel()
        monkeypatch.setattr(waiting, "WAIT_MAX_S", 0.04)
        late = asyncio.create_task(hold(room, "late", came, over))
        with pytest.raises(TooLateError):
            await early
        with pytest.raises(TooLateError):
            await late
        over.set()
        await holder
        await hold(room, "next", came, over)
        return came, room.is_idle

    assert asyncio.run(story()) == (["holder", "next"], True)
