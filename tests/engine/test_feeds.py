"""Feeds: read every ten minutes, the last good copy kept, and what is wrong told."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from api_world import NOW, Clock
from calendar_worlds import CalendarWire, calendar_of, event
from stored import put
from tocsin.actions import feeds
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.feed import Feed
from tocsin.core.ids import FeedId, ScheduleId, UserId, WorkspaceId
from tocsin.core.people import User
from tocsin.core.schedule import Schedule, who
from tocsin.engine.feeds import Feeds
from tocsin.store import directories, schedules
from tocsin.world import World

URL = "https://example.org/a.ics"
ANA = UserId(10)
DAY = ("20260306T000000Z", "20260307T000000Z")


@pytest.fixture
def wire():
    return CalendarWire({URL: calendar_of(event("ana", *DAY))})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def engine():
    """One engine of a database will do."""
    return "sqlite"


@pytest.fixture
def engine_of_feeds(database, wire, clock):
    ana = User(id=ANA, workspace=WorkspaceId(1), email="ana@example.org", name="ana")
    schedule = Schedule(
        id=ScheduleId(1 << 40),
        workspace=WorkspaceId(1),
        name="Imported",
        time_zone="UTC",
        feeds=(Feed(id=FeedId(1 << 41), url=URL),),
    )
    known = Directory(
        workspace=WorkspaceId(1), name="w", version=1, users={ANA: ana}, schedules={schedule.id: schedule}
    )
    database.transact(lambda tx: put(tx, known, now=NOW))
    world = World(
        now=clock, chance=lambda: 0.5, new_id=database.new_id, database=database, wire=wire, entropy=bytes
    )
    clock.now += timedelta(minutes=1)
    return Feeds(world)


def turn(feeds_):
    return asyncio.run(feeds_.turn())


def on_call(database, at):
    def look(tx):
        directory = directories.current(tx, WorkspaceId(1))
        (schedule,) = directory.schedules.values()
        return who(schedule, at)

    return database.transact(look)


def health(database):
    def look(tx):
        actor = Actor(workspace=WorkspaceId(1), name="t", permissions=frozenset({Permission.READ}))
        (found,) = feeds.health(tx, actor, schedules.all_(tx, WorkspaceId(1))).values()
        return found

    return database.transact(look)


def test_a_new_feed_is_read_soon_and_then_every_ten_minutes(engine_of_feeds, database, wire, clock):
    assert on_call(database, clock.now) == ()

    again_at = turn(engine_of_feeds)

    assert on_call(database, clock.now) == (ANA,)
    assert again_at == clock.now + timedelta(minutes=10)
    turn(engine_of_feeds)
    assert wire.asked == [URL]
    clock.pass_time(minutes=10)
    turn(engine_of_feeds)
    assert wire.asked == [URL, URL]


@pytest.mark.parametrize(
    ("lies", "problem"),
    [
        (None, "example.org cannot be reached: nobody is there"),
        (503, "it answers 503"),
        (b"<html>", "what it answers is no iCalendar file"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "what it answers breaks off before its end"),
    ],
)
def test_the_last_good_copy_stays_while_a_feed_is_down_and_its_health_says_why(
    engine_of_feeds, database, clock, lies, problem
):
    wire = engine_of_feeds._world.wire
    turn(engine_of_feeds)
    read_at = health(database).read_at
    clock.pass_time(minutes=10)
    wire.at[URL] = lies

    turn(engine_of_feeds)

    assert on_call(database, clock.now) == (ANA,)
    assert health(database) == replace(
        health(database), read_at=read_at, checked_at=clock.now, problem=problem
    )
    wire.at[URL] = calendar_of(event("nobody", *DAY))
    clock.pass_time(minutes=10)
    turn(engine_of_feeds)
    assert on_call(database, clock.now) == ()
    assert health(database).problem == ""


def test_a_feed_that_says_the_same_changes_no_configuration(engine_of_feeds, database, clock):
    def version():
        return database.transact(lambda tx: directories.current(tx, WorkspaceId(1)).version)

    turn(engine_of_feeds)
    before = version()
    clock.pass_time(minutes=10)
    turn(engine_of_feeds)

    assert version() == before
    assert health(database).read_at == clock.now


def test_events_that_make_no_sense_are_counted_and_the_first_is_told(engine_of_feeds, database, wire):
    wire.at[URL] = calendar_of(event("ana", *DAY), event("ana", "garbage", DAY[1], uid="2"))

    turn(engine_of_feeds)

    assert health(database).skipped == 1
    assert health(database).remark.startswith("event 2 is left out: it has no beginning")


def test_a_feed_belongs_to_the_node_that_took_it(engine_of_feeds, database, clock):
    first = database.transact(lambda tx: feeds.claim(tx, now=clock.now))
    second = database.transact(lambda tx: feeds.claim(tx, now=clock.now))

    assert ([each.url for each in first], second) == ([URL], [])
