"""What tells the operator does not depend on what has failed."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from builders import MINUTE, NOW, directory, person, plan, step, target
from simulation.laws import BrokenLaw
from stored import furnished
from tocsin.core.people import Role
from tocsin.engine.metrics import EngineMetrics
from tocsin.engine.watch import AGAIN_AFTER, EVERY, Watch
from tocsin.store import watching
from tocsin.store.statements import Statement
from tocsin.world import World

ANA = person("ana", "sms", role=Role.OWNER)
BEN = person("ben", "sms")
HERE = furnished(directory(ANA, BEN), plan(step(target(ANA)), step(target(BEN), after=5)))


def minutes_until(alarm, sim, node, minutes=5):
    """Look as often as the watch does, until it raises *alarm*; tell after how long."""
    began = sim.now
    while sim.now < began + minutes * MINUTE:
        sim.now += EVERY
        if alarm in {each.kind for each in node.watch.look()}:
            return (sim.now - began) / MINUTE
    raise AssertionError(f"there was no alarm {alarm}")


def test_a_sender_that_stands_still_while_events_come_in_is_raised_within_two_minutes(simulate):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    node.take_in([sim.event("db-1")])

    assert minutes_until("overdue_notification", sim, node) <= 2
    assert "nobody sends" in node.alarms[0]


def test_timers_that_nobody_acts_on_are_raised_within_two_minutes(simulate):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    node.take_in([sim.event("db-1")])
    sim.run(minutes=1)
    sim.now = NOW + 5 * MINUTE

    assert minutes_until("overdue_timer", sim, node) <= 2


def test_a_message_whose_sender_has_vanished_is_raised(simulate):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    node.take_in([sim.event("db-1")])
    sim.now += timedelta(seconds=1)
    node.claim()

    assert minutes_until("overdue_notification", sim, node) <= 4


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM timers",
        "UPDATE pages SET status = 'resolved'",
        "UPDATE pages SET status = 'acknowledged'",
        "UPDATE alerts SET ack_at = 1, ack_until = 2; DELETE FROM timers",
        "DELETE FROM page_alerts",
        "DELETE FROM pages",
    ],
)
def test_an_alert_that_has_lost_its_page_or_its_timer_is_raised_by_the_watch_and_broken_by_law(
    simulate, harm
):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    node.take_in([sim.event("db-1")])
    node.database._writer.execute(harm)

    assert minutes_until("stranded", sim, node) <= 2
    with pytest.raises(BrokenLaw):
        sim.observer.check()


def test_timers_that_fail_again_and_again_are_raised(simulate):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    node.take_in([sim.event("db-1")])
    node.database._writer.execute("UPDATE pages SET responders = '[{}]'")

    sim.now = NOW + 5 * MINUTE + timedelta(seconds=1)
    for _ in range(4):
        node.turn()
        sim.now += MINUTE

    assert "poisoned" in {each.kind for each in node.watch.look()}


def test_an_alert_that_is_cared_for_raises_nothing(simulate):
    sim = simulate(HERE)
    sim.report("db-1")

    for _ in range(20):
        sim.run(minutes=1)
        assert [node.watch.look() for node in sim.nodes] == [(), (), ()]


def watch_of(sim, **fields):
    told = []
    (node, *_) = sim.nodes
    world = World(
        now=lambda: sim.now,
        chance=sim.chance.random,
        new_id=sim.new_id,
        database=fields.pop("database", node.database),
        wire=sim.wire,
    )
    metrics = EngineMetrics(fields.pop("registry"))
    tell = fields.pop("tell", lambda subject, text: told.append((subject, text)))
    turned_at = fields.pop("turned_at", dict)
    return Watch(world, node="n0", turned_at=turned_at, tell=tell, metrics=metrics), told


@pytest.fixture
def registry():

    return CollectorRegistry()


def test_a_loop_that_does_not_come_through_is_raised_within_two_minutes(simulate, registry):
    sim = simulate(HERE, nodes=1)
    turned = {"page": NOW, "send": None}
    watch, told = watch_of(sim, registry=registry, turned_at=lambda: turned)

    for _ in range(4):
        sim.now += EVERY
        turned["page"] = sim.now
        alarms = watch.look()

    assert [each.kind for each in alarms] == ["still_send"]
    assert [subject for subject, _text in told] == ["Tocsin itself needs help: still send"]


class Gone:
    """A database that is not there any more."""

    def read_now(self, _query):
        raise ConnectionError("the disk is gone")


def test_a_watch_that_cannot_look_says_so(simulate, registry):
    sim = simulate(HERE, nodes=1)
    watch, told = watch_of(sim, registry=registry, database=Gone())

    assert [each.kind for each in watch.look()] == ["blind"]
    assert told == [("Tocsin itself needs help: blind", "The watch cannot look: the disk is gone")]
    assert registry.get_sample_value("tocsin_watch_last_look_timestamp_seconds") == sim.now.timestamp()


def test_the_same_alarm_is_not_raised_again_for_an_hour_and_then_it_is(simulate, registry):
    sim = simulate(HERE, nodes=1)
    watch, told = watch_of(sim, registry=registry, database=Gone())

    for _ in range(1 + int(AGAIN_AFTER / EVERY)):
        watch.look()
        sim.now += EVERY

    assert len(told) == 2
    assert registry.get_sample_value("tocsin_watch_alarms_total", {"kind": "blind"}) == 2


def test_an_operator_who_cannot_be_told_does_not_stop_the_watch(simulate, registry):
    def tell(_subject, _text):
        raise OSError

    sim = simulate(HERE, nodes=1)
    watch, _told = watch_of(sim, registry=registry, database=Gone(), tell=tell)

    assert [each.kind for each in watch.look()] == ["blind"]
    assert watch.looked_at == sim.now


QUERIES = {name: each for name, each in vars(watching).items() if isinstance(each, Statement)}


@pytest.mark.parametrize("name", QUERIES)
def test_the_watch_reads_no_table_from_end_to_end_so_that_nobody_need_ever_switch_it_off(simulate, name):
    sim = simulate(HERE, nodes=1)
    asked = {"opened_by": 1, "limit": 1, "put_off_until": 1}

    plan_of_it = sim.nodes[0].database._writer.execute(
        f"EXPLAIN QUERY PLAN {QUERIES[name].sqlite.text}", asked
    )

    assert [row[3] for row in plan_of_it if row[3].startswith("SCAN")] == []
