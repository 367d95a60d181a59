"""The budget of an address is the cluster's: nodes that claim in the same moment spend it together, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from message_builders import RecordingWire
from sending import LINKS
from store import samples
from store.samples import NOW
from tocsin.actions import delivery
from tocsin.channels.base import MailReply
from tocsin.channels.registry import CHANNELS
from tocsin.core.notification import (
    BUDGET,
    BUDGET_WINDOW,
    Notification,
    NotificationKind,
    NotificationState,
    address_of,
)
from tocsin.engine.deliver import CROWDED_WITHIN_S, Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.store import budgets, outbox, workspaces
from tocsin.world import World

ANA = Notification(
    id=1,
    workspace=samples.WORKSPACE,
    kind=NotificationKind.CHANGE,
    user=21,
    contact_method=31,
    channel="email",
    address="ana@example.org",
    body="Something has changed.",
    queued_at=NOW,
    due=NOW,
)
BEN = replace(ANA, id=50, address="ben@example.org", due=NOW + timedelta(seconds=1))
MESSAGES = [replace(ANA, id=number) for number in range(1, 1 + BUDGET)]
MORE = [replace(ANA, id=number) for number in range(11, 20)]
THEN = NOW + timedelta(seconds=1)


@pytest.fixture
def engine():
    return "postgresql"


@pytest.fixture
def queued(database):
    database.transact(lambda tx: (workspaces.add(tx, samples.workspace), outbox.queue_many(tx, MESSAGES)))
    return database


def claim(tx, node):
    found, left, _spent = delivery.claim(tx, node=node, now=THEN, machines=frozenset())
    return [each.notification for each in found], left


def test_two_nodes_that_claim_in_the_same_moment_spend_one_budget(queued, open_another):
    other = open_another()

    def both(tx):
        mine = claim(tx, "one")
        other.transact(lambda tx: outbox.queue_many(tx, MORE))
        return mine, other.transact(lambda tx: claim(tx, "two"))

    mine, theirs = queued.transact(both)
    afterwards = other.transact(lambda tx: claim(tx, "two"))

    assert mine == (MESSAGES, False)
    assert theirs == ([], True), "the other one is deciding"
    assert afterwards == ([], False), "the budget is spent"
    rest = queued.read_now(lambda tx: outbox.get_many(tx, [each.id for each in MORE]))
    assert {(each.state, each.due) for each in rest} == {(NotificationState.QUEUED, NOW + BUDGET_WINDOW)}


def test_who_is_decided_about_elsewhere_keeps_nobody_else_waiting(queued, open_another):
    queued.transact(lambda tx: outbox.queue_many(tx, [BEN]))
    other = open_another()

    def both(tx):
        budgets.occupied(tx, [address_of(ANA)])
        return other.transact(lambda tx: claim(tx, "two"))

    assert queued.transact(both) == ([BEN], True)


def test_what_is_tried_again_has_been_decided_about_and_waits_for_nobody(queued, open_another):
    again = replace(ANA, id=60, attempts=1)
    queued.transact(lambda tx: outbox.queue_many(tx, [again]))
    other = open_another()

    def both(tx):
        budgets.occupied(tx, [address_of(ANA)])
        return other.transact(lambda tx: claim(tx, "two"))

    assert queued.transact(both) == ([again], True)


class Post(RecordingWire):
    async def mail(self, mail):
        self.mails.append(mail)
        return MailReply(code=250, text="taken")


def test_a_sender_comes_back_at_once_to_what_it_passed_over(queued, open_another, new_id):
    wire = Post()
    world = World(now=lambda: THEN, chance=lambda: 0.5, new_id=new_id, database=open_another(), wire=wire)
    metrics = EngineMetrics(CollectorRegistry())
    sender = Deliverer(world, CHANNELS, node="two", links=LINKS, sender="t@example.org", metrics=metrics)

    async def turn():
        comes_back_at = await sender.turn()
        await sender.drain(10)
        return comes_back_at

    def meanwhile(tx):
        budgets.occupied(tx, [address_of(ANA)])
        return asyncio.run(turn())

    comes_back_at = queued.transact(meanwhile)
    sent_meanwhile = len(wire.mails)
    asyncio.run(turn())

    assert comes_back_at == THEN + timedelta(seconds=CROWDED_WITHIN_S)
    assert (sent_meanwhile, len(wire.mails)) == (0, BUDGET)


def test_the_locks_of_one_claim_are_few_however_many_addresses_there_are(queued):
    addresses = [(samples.WORKSPACE, "email", f"{number}@example.org") for number in range(20_000)]

    found = queued.transact(lambda tx: budgets.occupied(tx, addresses))

    assert found == set(), "what has the lock of another address of ours is ours"
