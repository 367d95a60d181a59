"""A node says that it is there; whoever does not is stood in for, by somebody who can tell."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import structlog
from prometheus_client import CollectorRegistry

from store import samples
from tocsin.actions import delivery, nodes
from tocsin.core.notification import NotificationState
from tocsin.engine import clockwork, presence
from tocsin.engine.metrics import EngineMetrics
from tocsin.engine.presence import Presence
from tocsin.settings import ROLES
from tocsin.store import nodes as kept
from tocsin.store import outbox
from tocsin.store.nodes import Node
from tocsin.world import Clock, Lease

LONG_AGO = datetime(2026, 3, 6, tzinfo=UTC)
LEASE_S = nodes.LEASE.total_seconds()
MESSAGE = replace(samples.notification, state=NotificationState.QUEUED)


@pytest.fixture
def engine() -> str:
    return "postgresql"


class Machine:
    """A node with a clock on the wall and elapsed time of its own, on the test's database."""

    def __init__(self, database, name="one", *, wall=0.0):
        self.gone_by = 1_000.0
        self.wall = wall
        clock = Clock(wall=lambda: self.wall, elapsed=lambda: self.gone_by)
        self.lease = Lease(elapsed=lambda: self.gone_by)
        self.registry = CollectorRegistry()
        self.world = SimpleNamespace(database=database, clock=clock, lease=self.lease, now=clock)
        self.presence = Presence(self.world, node=name, roles=("send",), metrics=EngineMetrics(self.registry))
        self.presence._came_round = self.gone_by
        self.presence.say()

    def after(self, seconds: float) -> "Machine":
        """Let so much time go by, in which the event loop came round, and take a turn."""
        self.gone_by += seconds
        self.presence._came_round = self.gone_by
        self.presence.turn()
        return self

    def sample(self, name: str) -> float | None:
        return self.registry.get_sample_value(name)


@pytest.fixture
def names(database):
    return lambda: [node.name for node in database.read_now(kept.all_)]


def die(database, name="gone", *messages):
    """Leave behind a node whose lease is over, and what it was sending."""
    node = Node(name=name, started_at=LONG_AGO, seen_at=LONG_AGO, leased_until=LONG_AGO)

    def act(tx):
        kept.put(tx, node)
        outbox.queue_many(tx, messages)
        sends = [delivery.messages.Send(notification=each, because=None) for each in messages]
        outbox.lease(tx, sends, node=name, until=LONG_AGO + timedelta(days=9_000))

    database.transact(act)


def state_of(database, message) -> NotificationState:
    (found,) = database.read_now(lambda tx: outbox.get_many(tx, [message.id]))
    return found.state


def test_a_lease_holds_for_as_long_as_others_wait_and_no_longer(database):
    machine = Machine(database)

    machine.gone_by += LEASE_S - 0.01
    held = machine.lease.holds()
    machine.gone_by += 0.02

    assert (held, machine.lease.holds()) == (True, False)
    assert machine.sample("tocsin_lease_held") == 0


def test_what_was_claimed_before_a_lease_was_lost_is_not_begun_when_it_is_back(database):
    machine = Machine(database)
    term = machine.lease.term

    machine.after(1)
    assert machine.lease.holds(term)
    machine.after(LEASE_S + 1)

    assert (machine.lease.holds(), machine.lease.holds(term)) == (True, False)


def test_a_node_goes_by_the_clock_of_the_database_and_says_how_its_own_differs(database):
    hour = timedelta(hours=1)
    told = database.read_now(nodes.clock)
    machine = Machine(database, wall=(told + hour).timestamp())

    assert abs(machine.world.now() - told) < timedelta(minutes=1)
    assert abs(machine.world.clock.skew - hour) < timedelta(minutes=1)
    with structlog.testing.capture_logs() as logs:
        machine.wall -= 2 * hour.total_seconds()
        machine.presence.say()
        machine.presence._is_skewed = False
        machine.presence.say()
    assert any("this machine's clock is" in entry["event"] and "behind" in entry["event"] for entry in logs)
    assert machine.sample("tocsin_clock_skew_seconds") == pytest.approx(-3_600, abs=60)


def test_what_a_dead_node_was_sending_is_sent_by_others_at_once(database, names):
    machine = Machine(database)
    die(database, "gone", MESSAGE)

    for _ in range(4):
        machine.after(1)

    assert state_of(database, MESSAGE) is NotificationState.QUEUED
    assert names() == ["one"]
    assert machine.sample("tocsin_messages_taken_over_total") == 1


def test_a_node_that_has_not_seen_the_database_for_a_while_judges_nobody_until_it_has(database, names):
    machine = Machine(database)
    die(database)

    machine.after(1).after(1).after(LEASE_S).after(1).after(1)
    assert "gone" in names(), "all of them may just have missed the database"

    machine.after(1)
    assert "gone" not in names()


def test_nobody_waits_for_what_the_dead_still_has_in_hand(database, open_another, names):
    machine = Machine(database)
    die(database, "gone", MESSAGE)

    def hold(tx):
        outbox.held_by(tx, [MESSAGE.id], node="gone")
        for _ in range(4):
            machine.after(1)
        return state_of(database, MESSAGE), names()

    assert open_another().transact(hold) == (NotificationState.SENDING, ["gone", "one"])

    machine.after(1)
    assert (state_of(database, MESSAGE), names()) == (NotificationState.QUEUED, ["one"])


def test_nodes_that_speak_of_no_lease_are_let_be(database, names):
    machine = Machine(database)
    node = Node(name="older", started_at=LONG_AGO, seen_at=LONG_AGO)
    database.transact(lambda tx: kept.put(tx, node))

    for _ in range(4):
        machine.after(1)

    assert names() == ["older", "one"] or names() == ["one", "older"]


def test_of_two_processes_with_one_name_the_later_is_the_node(database):
    elder = Machine(database, "same")
    later = Machine(database, "same")

    elder.after(0.5)
    later.after(0.5)

    assert (elder.lease.holds(), later.lease.holds()) == (False, True)
    assert "TOCSIN_NODE_NAME" in elder.presence.problem
    assert not elder.presence.turning(LONG_AGO)


def test_a_node_whose_event_loop_hangs_lets_its_lease_run_out(database):
    machine = Machine(database)

    while machine.gone_by < 1_000 + LEASE_S + presence.HANGS_AFTER_S:
        machine.gone_by += 0.5
        machine.presence.turn()

    assert not machine.lease.holds()
    assert machine.presence.problem == "the event loop hangs"


def test_a_node_that_was_taken_for_dead_comes_back(database):
    machine = Machine(database)
    database.transact(lambda tx: kept.bury(tx, "one"))

    with structlog.testing.capture_logs() as logs:
        machine.after(LEASE_S + 1)

    assert machine.lease.holds()
    assert [entry["event"] for entry in logs] == ["this node was taken for dead, and is back"]


def test_a_node_that_stops_leaves_its_work_to_others(database, names):
    die(database, "one", MESSAGE)

    database.transact(lambda tx: nodes.leave(tx, "one"))

    assert (state_of(database, MESSAGE), names()) == (NotificationState.QUEUED, [])


def test_presence_lasts_from_start_to_stop(database, names):
    machine = Machine(database, "lasting")

    async def story():
        await machine.presence.start()
        await machine.presence.stop()

    asyncio.run(story())

    assert names() == ["lasting"]
    assert not machine.presence._thread.is_alive()


def test_the_roles_that_no_living_node_has_are_named(database):
    assert database.read_now(nodes.unstaffed) == ()

    Machine(database)

    assert database.read_now(nodes.unstaffed) == ("web", "ingest", "engine")
    assert nodes.ROLES == ROLES


def test_a_lease_is_over_well_before_anybody_who_waits_for_what_it_holds():
    words = presence.EVERY_S + presence.HANGS_AFTER_S
    seconds = timedelta(seconds=1)

    assert words < LEASE_S, "a busy node is not taken for a dead one"
    looks = presence.EVERY_S + clockwork.POLL / seconds
    assert LEASE_S + looks < 5, "the dead are stood in for within five seconds"
    assert nodes.LEASE < delivery.LEASE - delivery.ATTEMPT_MAX, "and before any message gives up on its own"
