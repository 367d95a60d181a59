"""What explain foretells is what the engine does when nobody answers."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: the same town each time

import pytest

import stored
from simulation.town import WORKSPACE, Town
from tocsin.actions import foresight as foreseeing
from tocsin.actions.actor import Actor
from tocsin.actions.ingest import ingest
from tocsin.actions.paging import turn
from tocsin.actions.silences import time_silence
from tocsin.core.event import Event, EventStatus, Severity
from tocsin.core.foresight import Explanation
from tocsin.core.ids import EventId, compose
from tocsin.store import timers
from tocsin.store.database import Database, open_database
from tocsin.store.lists import list_notifications
from tocsin.store.statements import two_forms

HOURS = timedelta(hours=8)
ACTOR = Actor.of_server(WORKSPACE)
SENT = two_forms(
    sqlite="UPDATE notifications SET state = 'delivered', sent_at = due WHERE state = 'queued'",
    postgresql="UPDATE notifications SET state = 'delivered', sent_at = due WHERE state = 'queued'",
)
NEWS = two_forms(
    sqlite="SELECT id FROM notifications WHERE state = 'queued' ORDER BY id",
    postgresql="SELECT id FROM notifications WHERE state = 'queued' ORDER BY id",
)

Message = tuple[datetime, str, str, str]


class Draft:
    """An event as a source hands it over."""

    def __init__(self, event: Event) -> None:
        self.service = ""
        self._event = event

    def event(self, **_whose) -> Event:
        return self._event


class World:
    """An engine in *town*, driven from one due moment to the next; whatever it wants to send arrives."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database = database
        self.now = town.now
        self.directory = town.build()
        self.now = town.now
        self.sent: list[Message] = []
        self.database.transact(self._begin)

    def _begin(self, tx) -> None:
        stored.put(tx, self.directory, now=self.now)
        for silence in self.directory.silences:
            time_silence(tx, silence, self.now)

    def report(self, event: Event) -> None:
        self.database.transact(lambda tx: ingest(tx, [event], self.now))
        self._send()

    def run(self, until: datetime) -> None:
        """Act on every timer in its very moment, up to *until*."""
        for _ in range(5_000):
            due = self.database.read_now(timers.next_due)
            if due is None or due > until:
                self.now = until
                return
            self.now = max(self.now, due)
            result = self.database.transact(lambda tx: turn(tx, now=self.now))
            assert not result.set_aside
            self._send()
        raise AssertionError("the engine never comes to rest")

    def _send(self) -> None:
        def send(tx) -> None:
            wanted = {row[0] for row in tx.rows(NEWS)}
            listed = list_notifications(tx, WORKSPACE, limit=10_000).items
            self.sent += [
                (self.now, each.kind.value, each.channel, each.address)
                for each in listed
                if each.id in wanted
            ]
            tx.run(SENT)

        self.database.transact(send)


def make_event(town: Town, directory, **fields) -> Event:
    chance = town.chance
    labels = chance.choice(({}, {"team": "db"}, {"team": "web"}))
    values = {
        "id": EventId(compose(int(town.now.timestamp() * 1000) - 1, next(town.numbers))),
        "workspace": WORKSPACE,
        "service": chance.choice(sorted(directory.services)),
        "dedup_key": "db-1/disk",
        "severity": chance.choice(tuple(Severity)),
        "title": "Disk full",
        "labels": labels,
        "occurred_at": town.now,
        "received_at": town.now,
    }
    return Event(**(values | fields))


def foretold(explanation: Explanation) -> list[Message]:
    return sorted(
        (moment.at, each.kind.value, each.channel, each.address)
        for run in explanation.runs
        for moment in run.moments
        for each in moment.messages
    )


@pytest.fixture
def world(_sqlite_template: Path, tmp_path: Path, vault, new_id) -> Iterator[Callable[[int], World]]:
    opened: list[Database] = []

    def make(seed: int) -> World:
        path = tmp_path / f"{seed}.db"
        shutil.copy(_sqlite_template, path)
        database = open_database(f"sqlite:///{path}", new_id=new_id, vault=vault)
        opened.append(database)
        return World(database, Town(Random(seed)))

    yield make
    for database in opened:
        database.close()


def explain(world: World, event: Event) -> Explanation:
    return world.database.read_now(
        lambda tx: foreseeing.explain_event(tx, ACTOR, Draft(event), at=None, now=world.now)
    ).explanation


@pytest.mark.parametrize("seed", range(120))
def test_new_trouble_sends_the_messages_that_were_foretold(world, seed):
    night = world(seed)
    event = make_event(Town(Random(seed), now=night.now), night.directory)

    said = explain(night, event)
    night.report(event)
    until = min(night.now + HOURS, said.until or night.now + HOURS)
    night.run(until)

    assert sorted(night.sent) == [each for each in foretold(said) if each[0] <= until]


@pytest.mark.parametrize("seed", range(120))
def test_what_goes_on_and_what_starts_over_sends_the_messages_that_were_foretold(world, seed):
    night = world(seed)
    town = Town(Random(seed), now=night.now)
    event = make_event(town, night.directory)
    night.report(event)
    night.run(night.now + timedelta(minutes=town.chance.choice((0, 1, 7, 23, 61)), seconds=30))
    town.now = night.now
    status = town.chance.choice((EventStatus.FIRING, EventStatus.FIRING, *EventStatus))
    again = make_event(town, night.directory, service=event.service, status=status)
    before = len(night.sent)

    said = explain(night, again)
    night.report(again)
    until = min(night.now + HOURS, said.until or night.now + HOURS)
    night.run(until)

    assert sorted(night.sent[before:]) == [each for each in foretold(said) if each[0] <= until]
