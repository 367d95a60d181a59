"""Nodes die at any instruction, and come back: nothing is lost, and nothing is done twice."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from builders import NOW, directory, person, plan, step, target
from simulation import faults
from simulation.faults import Crash, Faults
from simulation.node import Flight
from stored import furnished
from tocsin.core.people import Role
from tocsin.store.columns import instant

ANA = person("ana", "sms", "voice", role=Role.OWNER, ladder=["sms", 5, "voice"])
BEN = person("ben", "sms")
LADDER = plan(step(target(ANA)), step(target(BEN), after=10))
HERE = furnished(directory(ANA, BEN), LADDER)


@pytest.mark.parametrize("seed", range(100))
def test_everybody_on_the_ladder_is_told_whatever_crashes(simulate, seed):
    sim = simulate(HERE, seed=seed, faults=Faults(crash=0.1))
    sim.report("db-1")

    sim.run(minutes=40)
    sim.heal()
    sim.run(minutes=20)

    assert (sim.told(), sim.timers_left()) == ({"ana", "ben"}, 0)
    assert sim.copies_too_many() <= sim.crashes


@pytest.mark.parametrize("seed", range(40))
def test_everybody_on_the_ladder_is_told_whatever_the_disk_refuses_and_whoever_stands_still(simulate, seed):
    sim = simulate(HERE, seed=seed, faults=Faults(disk=0.2, slow=0.1, freeze=0.1))
    sim.report("db-1")

    sim.run(minutes=60)
    sim.heal()
    sim.run(minutes=20)

    assert (sim.told(), sim.timers_left()) == ({"ana", "ben"}, 0)
    assert sim.copies_too_many() <= sum(sim.excused.values())


def dies_in(node, statement, work):
    """Let *node* die at that *statement* of *work*, if there are so many; tell whether it did."""
    node.trap.set(statement, faults.crash_inside)
    try:
        work()
    except Crash:
        return True
    finally:
        node.trap.disarm()
    return False


def at_every_statement(simulate, *, work, check, prepare=lambda _sim, _node: None):
    """Do the same in one world after another, dying one statement later each time, until one survives.

    Tell how many died.
    """
    for statement in range(200):
        sim = simulate(HERE, seed=statement, nodes=1)
        (node,) = sim.nodes
        prepare(sim, node)
        died = dies_in(node, statement, partial(work, sim, node))
        if died:
            node.stop()
            node.start()
        check(sim, node, died)
        sim.close()
        if not died:
            return statement
    raise AssertionError("it takes more statements than anything should")


def reported(sim, node):
    node.take_in([sim.event("db-1")])


def test_an_event_is_taken_in_whole_or_not_at_all_and_nothing_is_sent_before_it_is_on_disk(simulate):
    def check(sim, node, _died):
        events, alerts, pages, messages, timers = (
            sim.observer.one(f"SELECT count(*) FROM {table}")
            for table in ("events", "alerts", "pages", "notifications", "timers")
        )
        assert (events, alerts, pages, messages, timers) in {(0, 0, 0, 0, 0), (1, 1, 1, 1, 1)}
        assert len(node.claim()) == messages

    assert at_every_statement(simulate, work=reported, check=check) > 5


def test_a_step_that_a_node_dies_over_is_taken_by_the_next_once(simulate):
    def later(sim, node):
        sim.now = instant(sim.observer.next_due()[0]) + timedelta(seconds=1)
        node.turn()

    def check(sim, node, died):
        if died:
            node.turn()
        assert sim.observer.one("SELECT count(*) FROM notifications") == 2
        sim.observer.check()

    assert at_every_statement(simulate, prepare=reported, work=later, check=check) > 5


def test_a_message_that_a_node_dies_over_while_claiming_is_sent_by_the_next(simulate):
    def check(sim, _node, _died):
        sim.run(minutes=3)
        assert sim.told() == {"ana"}
        assert sim.copies_too_many() == 0

    def claim(_sim, node):
        node.claim()

    assert at_every_statement(simulate, prepare=reported, work=claim, check=check) > 3


def test_a_receipt_that_a_node_dies_over_costs_one_copy_at_most(simulate):
    def sent(sim, node):
        reported(sim, node)
        flight = Flight(*node.claim(), ready_at=sim.now)
        node.send(flight)
        node.flights.append(flight)

    def record(_sim, node):
        node.record(node.flights.pop())

    def check(sim, _node, _died):
        sim.run(minutes=3)
        assert sim.told() == {"ana"}
        copies = Counter(each.key for each in sim.wire.deliveries)
        assert max(copies.values()) <= 2

    assert at_every_statement(simulate, prepare=sent, work=record, check=check) > 5


def test_an_answer_that_is_lost_after_the_commit_makes_no_second_alert(simulate):
    sim = simulate(HERE, nodes=2)
    first, second = sim.nodes
    event = sim.event("db-1")
    first.take_in([event])
    first.stop()  # nobody heard that it was taken in

    second.take_in([event])
    sim.run(minutes=1)

    assert sim.observer.rows("SELECT events FROM alerts") == [(2,)]
    assert len(sim.wire.deliveries) == 1


def test_the_server_does_not_wait_for_the_leases_of_its_former_self(simulate):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    reported(sim, node)
    node.claim()

    node.stop()
    node.start()

    assert [each.notification.attempts for each in node.claim()] == [1]
    assert sim.now == NOW


@pytest.mark.parametrize("node", [0, 1, 2])
def test_any_node_does_the_work_of_the_others(simulate, node):
    sim = simulate(HERE)
    for number, each in enumerate(sim.nodes):
        if number != node:
            each.stop()
    sim.report("db-1")

    sim.run(minutes=20)

    assert (sim.told(), sim.timers_left()) == ({"ana", "ben"}, 0)


def test_a_page_that_can_never_be_saved_is_set_aside_and_stops_no_other(simulate):
    sim = simulate(HERE, nodes=1)
    (node,) = sim.nodes
    sim.report("db-1")
    sim.report("db-2")
    sim.run(minutes=1)
    stubborn, _other = sim.pages()
    node.database._writer.execute(
        f"CREATE TRIGGER stubborn BEFORE UPDATE ON pages WHEN OLD.id = {stubborn}"
        " BEGIN SELECT RAISE(IGNORE); END"
    )

    sim.run(minutes=14)

    assert [each.address for each in sim.wire.deliveries].count(BEN.contact_methods[0].address) == 1
    assert [timer for (timer,) in sim.observer.rows("SELECT subject_id FROM timers")] == [stubborn]
    node.database._writer.execute("DROP TRIGGER stubborn")
    sim.quiesce()
    assert [each.address for each in sim.wire.deliveries].count(BEN.contact_methods[0].address) == 2
