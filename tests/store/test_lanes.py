"""Lanes: work that comes one by one and is done in batches."""

import asyncio
import contextlib
import queue
import threading
from collections import Counter

import pytest
from sqlalchemy import select

from tocsin.core.errors import Conflict, Invalid, Overloaded
from tocsin.store import writer
from tocsin.store.bulk import insert_many
from tocsin.store.statements import Statement
from tocsin.store.tables import round_robins
from tocsin.store.writer import QUEUE_MAX, Inbox, Lane, Ticket

ADD = insert_many(round_robins)
STEPS = Statement(select(round_robins.c.step_id).order_by(round_robins.c.step_id))


def stored(database):
    return [step for (step,) in database.read_now(lambda tx: tx.rows(STEPS))]


class Adding:
    """A handler that stores numbers, fails on negative ones, and refuses zero."""

    def __init__(self):
        self.batches = []

    def __call__(self, tx, items):
        self.batches.append(list(items))
        tx.run_many(ADD, [(item, 0) for item in items if item])
        if min(items) < 0:
            raise RuntimeError("poisoned")
        return [item * 2 if item else Conflict("zero") for item in items]


@pytest.fixture
def adding():
    return Adding()


def submit_all(lane, items):
    async def storm():
        return await asyncio.gather(*(lane.submit(item) for item in items), return_exceptions=True)

    return asyncio.run(storm())


def test_each_item_gets_its_own_result(database, adding):
    database.start()
    lane = database.lane(adding, limit=100)

    assert submit_all(lane, range(1, 501)) == [item * 2 for item in range(1, 501)]
    assert stored(database) == list(range(1, 501))


def test_what_waits_is_handled_together_up_to_the_limit(database, adding):
    database.start()
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx, items):
        begun.set()
        assert go_on.wait(10)
        return list(items)

    blocker, lane = database.lane(slow, limit=1), database.lane(adding, limit=40)

    async def storm():
        blocked = [asyncio.ensure_future(blocker.submit(n)) for n in range(2)]  # every writing thread
        await asyncio.get_running_loop().run_in_executor(None, begun.wait)
        waiting = [asyncio.ensure_future(lane.submit(n)) for n in range(1, 101)]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*blocked, *waiting)

    asyncio.run(storm())

    assert stored(database) == list(range(1, 101))
    assert max(map(len, adding.batches)) <= 40
    assert len(adding.batches) < 100


def test_a_poisoned_item_fails_alone(database, adding):
    database.start()
    lane = database.lane(adding, limit=100)

    outcomes = submit_all(lane, [*range(1, 20), -1, *range(20, 40)])

    assert [str(one) for one in outcomes if isinstance(one, Exception)] == ["poisoned"]
    assert stored(database) == list(range(1, 40))


def test_a_result_that_is_an_error_is_raised_at_whoever_handed_the_item_in(database, adding):
    database.start()
    lane = database.lane(adding, limit=100)

    outcomes = submit_all(lane, [1, 0, 2])

    assert outcomes[0] == 2
    assert isinstance(outcomes[1], Conflict)
    assert outcomes[2] == 4


def test_an_item_that_clashes_with_another_fails_alone(database, adding):
    database.start()
    lane = database.lane(adding, limit=100)

    outcomes = submit_all(lane, [1, 2, 2, 3])

    assert sorted(stored(database)) == [1, 2, 3]
    assert [type(one) for one in outcomes].count(Conflict) == 1


@pytest.mark.parametrize("start", [False, True])
def test_an_item_can_be_handed_in_from_a_thread_that_may_block(database, adding, start):
    if start:
        database.start()
    lane = database.lane(adding, limit=100)

    assert lane.submit_now(5) == 10
    with pytest.raises(RuntimeError, match="poisoned"):
        lane.submit_now(-5)
    assert stored(database) == [5]


def test_a_handler_that_loses_count_of_its_results_stores_nothing(database):
    lane = database.lane(lambda tx, items: [tx.run_many(ADD, [(1, 0)])] * (len(items) + 1), limit=10)

    with pytest.raises(RuntimeError, match="2 results for 1 items"):
        lane.submit_now(1)
    assert stored(database) == []


def test_too_much_at_once_is_refused_and_nothing_that_was_taken_is_lost(database, monkeypatch):
    monkeypatch.setattr(writer, "QUEUE_MAX", 10)
    database.start()
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx, items):
        begun.set()
        assert go_on.wait(10)
        tx.run_many(ADD, [(item, 0) for item in items])
        return list(items)

    lane = database.lane(slow, limit=100, weight=lambda _item: 4)

    async def storm():
        first = [asyncio.ensure_future(lane.submit(n)) for n in (1, 2)]
        await asyncio.get_running_loop().run_in_executor(None, begun.wait)
        others = [asyncio.ensure_future(lane.submit(n)) for n in range(3, 20)]
        await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        go_on.set()
        return await asyncio.gather(*first, *others, return_exceptions=True)

    outcomes = asyncio.run(storm())

    taken = [one for one in outcomes if not isinstance(one, Exception)]
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert stored(database) == sorted(taken)
    assert refused
    assert {type(one) for one in refused} == {Overloaded}


def test_an_error_of_one_lane_does_not_touch_another(database, adding):
    database.start()

    def fails(_tx, _items):
        raise Invalid("item", "is wrong")

    bad, good = database.lane(fails, limit=10), database.lane(adding, limit=10)

    async def storm():
        return await asyncio.gather(
            *(bad.submit(n) for n in range(5)), *(good.submit(n) for n in range(1, 6)), return_exceptions=True
        )

    outcomes = asyncio.run(storm())

    assert {type(one) for one in outcomes[:5]} == {Invalid}
    assert outcomes[5:] == [2, 4, 6, 8, 10]


def test_an_item_that_is_handed_in_calls_back_with_its_outcome(database, adding):
    database.start()
    lane = database.lane(adding, limit=100)

    async def storm():
        outcomes = [asyncio.get_running_loop().create_future() for _ in range(3)]
        for item, outcome in zip((1, 0, 2), outcomes, strict=True):
            lane.hand_in(item, lambda result, error, outcome=outcome: outcome.set_result((result, error)))
        return await asyncio.gather(*outcomes)

    (one, _), (nothing, conflict), (two, _) = asyncio.run(storm())
    assert (one, nothing, str(conflict), two) == (2, None, "zero", 4)
    assert stored(database) == [1, 2]


def test_an_item_that_is_handed_in_before_the_start_is_done_here_and_now(database, adding):
    outcomes = []

    database.lane(adding, limit=10).hand_in(7, lambda result, error: outcomes.append((result, error)))

    assert outcomes == [(14, None)]
    assert stored(database) == [7]


@pytest.mark.parametrize(
    ("answered", "coming", "taken", "pauses"),
    [
        (0, [1, 1], 1, 0),  # nobody was answered
        (7, [1, 1], 1, 0),  # too few were to wait for them
        (8, [2, 0, 3, 1, 2, 9], 9, 5),  # all of them come back
        (8, [2, 1, 0, 0, 0, 0, 9], 4, 6),  # some of them do, and then nobody for a while
        (8, [0] * 9, 1, 4),  # nobody does
    ],
)
def test_those_who_were_answered_together_are_waited_for_a_moment(answered, coming, taken, pauses):
    paused = []

    def pause(_seconds):
        for _ in range(coming[len(paused)]):
            inbox.put(Ticket(None))
        paused.append(_seconds)

    inbox = Inbox(pause)
    inbox.put(Ticket(None))

    batch = inbox.take(answered)

    assert (len(batch.tickets()), len(paused)) == (taken, pauses)


def test_nobody_is_waited_for_when_the_doors_close():
    inbox = Inbox(lambda _seconds: pytest.fail("it waits"))
    inbox.put(Ticket(None))
    inbox.close()

    assert len(inbox.take(answered=8).tickets()) == 1
    assert inbox.take(answered=8) is None


@pytest.mark.parametrize("hurried", [lambda: Ticket("event"), lambda: Ticket("event", lane=LANE)])
def test_what_is_in_no_hurry_shares_the_commit_of_what_comes_next(hurried):
    inbox = Inbox()
    patient = Lane(None, lambda _tx, items: items, 4, patience_s=60)
    inbox.put(Ticket("receipt", lane=patient))
    inbox.put(Ticket("another receipt", lane=patient))
    threading.Timer(0.01, lambda: inbox.put(hurried())).start()

    assert {ticket.work for ticket in inbox.take().tickets()} == {"receipt", "another receipt", "event"}


def test_what_is_in_no_hurry_goes_alone_when_nothing_comes():
    inbox = Inbox()
    inbox.put(Ticket("receipt", lane=Lane(None, lambda _tx, items: items, 4, patience_s=0.001)))

    assert [ticket.work for ticket in inbox.take().tickets()] == ["receipt"]


def test_what_is_in_no_hurry_is_done_at_once_when_the_doors_close():
    inbox = Inbox()
    inbox.put(Ticket("receipt", lane=Lane(None, lambda _tx, items: items, 4, patience_s=60)))
    inbox.close()

    assert [ticket.work for ticket in inbox.take().tickets()] == ["receipt"]
    assert inbox.take() is None


def test_nothing_gets_behind_the_end_of_the_queue_where_nobody_would_answer_it():
    inbox = Inbox()
    closing = threading.Thread(target=inbox.close)

    class Arriving(queue.SimpleQueue):
        """Lets the doors be closed at the very moment at which something comes in."""

        def put(self, ticket):
            if ticket is not None:
                closing.start()
                closing.join(0.05)
            super().put(ticket)

    inbox._arriving = Arriving()
    ticket = Ticket("the last")
    inbox.put(ticket)
    closing.join()

    assert inbox.take().tickets() == [ticket]
    assert inbox.take() is None


def test_one_who_cannot_be_told_keeps_nobody_else_from_being_told(database, adding, caplog):
    database.start()
    lane = database.lane(adding, limit=100)
    told = []

    def fails(_result, _error):
        raise RuntimeError("nobody listens")

    async def story():
        done = asyncio.Event()
        lane.hand_in(1, fails)
        lane.hand_in(2, lambda result, error: told.append((result, error)))
        lane.hand_in(3, lambda _result, _error: done.set())
        await done.wait()

    asyncio.run(story())

    assert told == [(4, None)]
    assert "nobody listens" in caplog.text


def ticket_of(source, number, weight=1):
    return Ticket(number, lane=LANE, weight=weight, source=source)


LANE = Lane(None, lambda _tx, items: items, 4)


def test_everybody_has_a_turn_and_nobody_waits_behind_somebody_who_hands_in_much():
    inbox = Inbox()
    for number in range(6):
        inbox.put(ticket_of((1, 1), f"loud-{number}"))
    inbox.put(ticket_of((1, 2), "beside"))
    inbox.put(ticket_of((2, 1), "elsewhere"))

    taken = [[ticket.work for ticket in inbox.take().tickets()] for _ in range(2)]

    assert taken == [["loud-0", "elsewhere", "beside", "loud-1"], ["loud-2", "loud-3", "loud-4", "loud-5"]]


def test_one_source_or_workspace_cannot_fill_the_queue_and_the_engine_always_has_room():
    inbox, entered = Inbox(), Counter()
    sources = [(1, key) for key in range(40)] + [(2, 1)]
    for source in sources * 200:
        with contextlib.suppress(Overloaded):
            inbox.put(ticket_of(source, 0, weight=100))
            entered[source[0]] += 100

    assert entered[1] <= QUEUE_MAX * 3 / 4
    assert entered[2] >= 100
    inbox.put(ticket_of((3, 1), "somebody new"))
    inbox.put(Ticket("what became of a message", lane=LANE))
    inbox.put(Ticket("what is due"))


def test_what_was_taken_makes_room():
    inbox = Inbox()
    inbox.put(ticket_of((1, 1), 0, weight=QUEUE_MAX))
    with pytest.raises(Overloaded):
        inbox.put(ticket_of((1, 1), 1))

    inbox.take()
    inbox.put(ticket_of((1, 1), 1))

    assert inbox.waiting == 1
