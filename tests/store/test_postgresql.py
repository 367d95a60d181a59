"""What holds on PostgreSQL when connections go, nodes meet and the server is away."""

import asyncio
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select

from store.samples import NOW
from tocsin.core.errors import Overloaded
from tocsin.store import timers
from tocsin.store.bulk import insert_many
from tocsin.store.database import open_database
from tocsin.store.statements import Statement, two_forms
from tocsin.store.tables import round_robins

ADD = insert_many(round_robins)
TURNS = Statement(select(round_robins).order_by(round_robins.c.step_id))
LATER = timedelta(hours=1)
BACKEND = two_forms(sqlite="", postgresql="SELECT pg_backend_pid()")


@pytest.fixture
def engine():
    return "postgresql"


def turns(database):
    return database.read_now(lambda tx: tx.rows(TURNS))


def end_backends(url, *, but=0, like="%"):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid NOT IN (pg_backend_pid(), %s) AND query LIKE %s",
            (but, like),
        )


@pytest.mark.parametrize("dies_before", ["first", "second", "commit"])
def test_an_action_whose_connection_dies_is_run_again_from_its_start(database, database_url, dies_before):
    tries = []

    def action(tx):
        tries.append(1)
        if len(tries) == 1 and dies_before == "first":
            end_backends(database_url)
        tx.run_many(ADD, [(1, len(tries))])
        if len(tries) == 1 and dies_before == "second":
            end_backends(database_url)
        tx.run_many(ADD, [(2, len(tries))])
        if len(tries) == 1 and dies_before == "commit":
            end_backends(database_url)
        return len(tries)

    assert database.transact(action) == 2
    assert turns(database) == [(1, 2), (2, 2)]


def test_idle_connections_that_have_died_are_not_noticed_by_anybody(database, database_url):
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    end_backends(database_url)

    database.transact(lambda tx: tx.run_many(ADD, [(2, 0)]))
    end_backends(database_url)

    assert turns(database) == [(1, 0), (2, 0)]


@pytest.mark.parametrize("said", ["BEGIN", "INSERT", "COMMIT"])
def test_an_action_is_run_again_when_the_wire_breaks_before_the_server_heard_it(on_a_wire, said):
    wire, database = on_a_wire
    wire.cut(said, heard=False)

    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))

    assert wire.cuts == 1
    assert turns(database) == [(1, 0)]


def test_a_commit_whose_answer_is_lost_is_not_done_twice(on_a_wire):
    wire, database = on_a_wire
    tries = []

    def action(tx):
        tries.append(1)
        tx.run_many(ADD, [(len(tries), 0)])
        tx.wake("timers")
        return len(tries)

    told = []
    database.on_wake(told.append)
    wire.cut("COMMIT", heard=True)

    assert database.transact(action) == 1
    assert wire.cuts == 1
    assert turns(database) == [(1, 0)]
    assert told == [{"timers"}]


def test_a_read_is_run_again_when_the_wire_breaks(on_a_wire):
    wire, database = on_a_wire
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    wire.cut("SELECT", heard=False)

    assert turns(database) == [(1, 0)]
    assert wire.cuts == 1


def test_a_database_that_is_away_is_overload_and_not_a_hang(on_a_wire):
    wire, database = on_a_wire
    database._outage.hold_s = 0.2
    wire.cut("BEGIN", heard=False, times=1_000)
    begun = time.monotonic()

    with pytest.raises(Overloaded) as refused:
        database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))

    assert refused.value.retry_after_s > 0
    assert time.monotonic() - begun < 5


def test_a_server_that_is_not_there_is_overload_and_not_a_hang(vault, new_id, tmp_path):
    database = open_database(f"postgresql://tocsin@/none?host={tmp_path}", new_id=new_id, vault=vault)
    database._outage.hold_s = 0.2

    with pytest.raises(Overloaded):
        database.transact(lambda tx: tx.rows(TURNS))
    database.close()


def test_a_deadlock_is_nobodys_error(database, open_another):
    other = open_another()
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0), (2, 0)]))
    lock = two_forms(
        sqlite="",
        postgresql="UPDATE round_robins SET turn = turn + 1 WHERE step_id = %(step)s RETURNING turn",
    )
    both_hold_one = threading.Barrier(2, timeout=10)
    met = threading.Event()

    def in_order(*steps):
        def action(tx):
            tx.rows(lock, step=steps[0])
            if not met.is_set():
                both_hold_one.wait()
                met.set()
            tx.rows(lock, step=steps[1])

        return action

    threads = [
        threading.Thread(target=database.transact, args=(in_order(1, 2),)),
        threading.Thread(target=other.transact, args=(in_order(2, 1),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert turns(database) == [(1, 2), (2, 2)]


def test_whoever_holds_a_page_does_not_wait_for_the_timer_that_somebody_acts_on(database, open_another):
    other = open_another()
    numbers = range(1, 5)
    timing = [("page", number, 1, NOW) for number in numbers]
    database.transact(lambda tx: timers.put_many(tx, timing))
    claimed, go_on = threading.Event(), threading.Event()
    in_hand = []

    def act(tx):
        found = timers.claim_due(tx, now=NOW, limit=2)
        in_hand.extend(timer.subject for timer in found)
        claimed.set()
        assert go_on.wait(10)
        timers.cancel_many(tx, [(timer.kind, timer.subject) for timer in found])

    thread = threading.Thread(target=database.transact, args=(act,))
    thread.start()
    assert claimed.wait(10)

    def change(tx):  # as ingest does, which holds the pages
        tx.run(two_forms(sqlite="", postgresql="SET LOCAL lock_timeout = '2s'"))
        timers.put_many(tx, [(kind, number, of, NOW + LATER) for kind, number, of, _ in timing])
        free = next(number for number in numbers if number not in in_hand)
        timers.cancel_many(tx, [("page", in_hand[0]), ("page", free)])

    other.transact(change)
    go_on.set()
    thread.join()

    left = database.transact(lambda tx: timers.claim_due(tx, now=NOW + LATER, limit=9))
    assert len(left) == 1, "two were acted on, one was cancelled by who could have it"
    assert left[0].due == NOW + LATER


class Ears:
    """Notes what is woken, and lets a test wait for it."""

    def __init__(self, database):
        self._heard = threading.Condition()
        self._all = []
        database.on_wake(self._hear)

    def _hear(self, what):
        with self._heard:
            self._all.append(what)
            self._heard.notify_all()

    def wait_for(self, what):
        with self._heard:
            assert self._heard.wait_for(lambda: what in self._all, timeout=10), self._all
            self._all.clear()


EVERYTHING = {"timers", "outbox", "config", "feeds"}


def test_a_commit_wakes_the_other_nodes(database, open_another):
    other = open_another()
    ears = Ears(other)
    other.start()
    ears.wait_for(EVERYTHING)

    database.transact(lambda tx: tx.wake("timers", "outbox"))

    ears.wait_for({"timers", "outbox"})


def test_a_node_hears_its_own_commits_once(database):
    ears, told = Ears(database), []
    database.start()
    ears.wait_for(EVERYTHING)
    database.on_wake(told.append)

    database.transact(lambda tx: tx.wake("timers"))
    database.transact(lambda tx: tx.wake("outbox"))
    ears.wait_for({"outbox"})

    assert told == [{"timers"}, {"outbox"}]


def test_a_listener_that_lost_its_connection_wakes_everything_when_it_is_back(
    database, open_another, database_url
):
    other = open_another()
    ears = Ears(other)
    other.start()
    ears.wait_for(EVERYTHING)

    end_backends(database_url, like="LISTEN%")

    ears.wait_for(EVERYTHING)
    database.transact(lambda tx: tx.wake("timers"))
    ears.wait_for({"timers"})


def test_lanes_go_on_after_their_connections_have_died(database, database_url):
    database.start()

    def store(tx, items):
        tx.run_many(ADD, [(item, 0) for item in items])
        return list(items)

    lane = database.lane(store, limit=10)

    async def storm():
        for round_ in range(5):
            numbers = range(round_ * 20, round_ * 20 + 20)
            assert await asyncio.gather(*(lane.submit(n) for n in numbers)) == list(numbers)
            await asyncio.get_running_loop().run_in_executor(None, end_backends, database_url)

    asyncio.run(storm())

    assert [step for step, _ in turns(database)] == list(range(100))


def test_an_action_that_hides_a_failed_statement_is_not_taken_for_saved(database):
    def action(tx):
        tx.run_many(ADD, [(1, 0)])
        with pytest.raises(psycopg.Error):
            tx.run_many(ADD, [(1, 0)])

    with pytest.raises(RuntimeError, match="nothing was saved"):
        database.transact(action)


def test_connections_are_used_again(database):
    backends = {database.transact(lambda tx: tx.scalar(BACKEND)) for _ in range(20)}

    assert len(backends) == 1
