"""What a transaction queues is claimed within it, if a sender of the process has its hands free."""

from datetime import timedelta

import pytest

from store.test_outbox import message
from tocsin.actions import delivery
from tocsin.core.errors import Conflict
from tocsin.core.notification import NotificationState
from tocsin.store import outbox

LATER = timedelta(minutes=1)


class Sender:
    """Claims what it is offered, all of it or only *most*; *fails* while it does so."""

    def __init__(self, *, most=100, fails=False, is_busy=False):
        self.most = most
        self.fails = fails
        self.is_busy = is_busy
        self.offered = []
        self.ends = []

    def offer(self):
        return None if self.is_busy else self

    def run(self, tx, ids):
        self.offered.append(tuple(ids))
        found = outbox.fresh(tx, ids[: self.most], now=message(1).due)
        tx.run_many(outbox._UNREADABLE, [("dropped", "claimed", each.id) for each in found])
        if self.fails:
            raise ZeroDivisionError
        return len(ids) <= self.most

    def end(self, *, committed):
        self.ends.append(committed)


@pytest.fixture
def woken(populated):
    told = []
    populated.on_wake(told.append)
    return told


def queue(database, *messages):
    database.transact(lambda tx: outbox.queue_many(tx, messages))


def states(database, *ids):
    return [each.state for each in database.read_now(lambda tx: outbox.get_many(tx, ids))]


def test_what_is_claimed_in_the_commit_that_queues_it_wakes_nobody(populated, woken):
    sender = Sender()
    populated.on_fresh(sender.offer)

    queue(populated, message(1), message(2))

    assert sender.offered == [(1, 2)]
    assert sender.ends == [True]
    assert states(populated, 1, 2) == [NotificationState.DROPPED, NotificationState.DROPPED]
    assert woken == []


def test_what_is_not_due_yet_is_nobodys_business_now(populated, woken):
    sender = Sender()
    populated.on_fresh(sender.offer)

    queue(populated, message(1, due=message(1).due + LATER))

    assert sender.offered == []
    assert woken == []


@pytest.mark.parametrize(
    ("nature", "ends"),
    [
        ({"most": 1}, [True]),
        ({"fails": True}, [False]),
        ({"is_busy": True}, []),
    ],
    ids=["some are left", "the claim fails", "no hand is free"],
)
def test_what_is_left_wakes_whoever_sends_and_is_stored_all_the_same(populated, woken, nature, ends):
    sender = Sender(**nature)
    populated.on_fresh(sender.offer)

    queue(populated, message(1), message(2))

    assert sender.ends == ends
    assert states(populated, 2) == [NotificationState.QUEUED]
    assert woken == [frozenset({"outbox"})]


def test_a_sender_that_has_gone_is_not_asked_any_more(populated, woken):
    sender = Sender()
    populated.on_fresh(sender.offer)()

    queue(populated, message(1))

    assert sender.offered == []
    assert woken == [frozenset({"outbox"})]


def test_what_was_queued_in_vain_is_not_claimed(populated, woken):
    sender = Sender()
    populated.on_fresh(sender.offer)

    def in_vain(tx):
        with tx.savepoint():
            outbox.queue_many(tx, [message(1)])
            raise ZeroDivisionError

    def action(tx):
        with pytest.raises(ZeroDivisionError):
            in_vain(tx)
        outbox.queue_many(tx, [message(2)])

    populated.transact(action)

    assert sender.offered == [(2,)]
    assert woken == []


def test_an_action_that_fails_has_queued_nothing(populated, woken):
    sender = Sender()
    populated.on_fresh(sender.offer)

    def action(tx):
        outbox.queue_many(tx, [message(1)])
        raise Conflict("somebody else was first")

    with pytest.raises(Conflict):
        populated.transact(action)

    assert (sender.offered, sender.ends, woken) == ([], [], [])


def test_a_claim_in_the_same_transaction_has_taken_what_was_queued_there_so_that_nobody_is_woken(
    populated, woken
):
    def action(tx):
        outbox.queue_many(tx, [message(1, page=None)])
        return delivery.claim(tx, node="one", now=message(1).due, machines=frozenset())

    claim = populated.transact(action)

    assert [each.notification.id for each in claim.dispatches] == [1]
    assert woken == []
