"""What holds while PostgreSQL is away, while another server takes its place, and when it is back."""

import threading
import time
from contextlib import suppress

import psycopg
import pytest

from tocsin.core.errors import Overloaded
from tocsin.store.bulk import insert_many
from tocsin.store.outage import FRESH_S, HOLD_S, Outage
from tocsin.store.statements import two_forms
from tocsin.store.tables import round_robins, timeline
from tocsin.store.transaction import WAKES

TURN = insert_many(round_robins)
STORY = insert_many(timeline)
STORIES = two_forms(sqlite="", postgresql="SELECT id FROM timeline ORDER BY id")
AN_HOUR = 3600.0


@pytest.fixture
def engine():
    return "postgresql"


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


def stories(database):
    return [each for (each,) in database.read_now(lambda tx: tx.rows(STORIES))]


def tell_a_story(tx):
    number = tx.new_id()
    tx.run_many(STORY, [(number, 1, None, None, 0, "[]")])
    return number


# --- who finds out, and when ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since_s", "ago_s", "hopeless", "because"),
    [
        (0.0, 0.0, False, "it may be a connection that was cut"),
        (HOLD_S, 0.0, False, "a primary is being switched: everybody waits"),
        (HOLD_S + 0.1, 0.0, True, "it is away, as somebody has just seen"),
        (HOLD_S + 0.1, FRESH_S, False, "somebody has to look whether it is back"),
        (AN_HOUR, 0.0, True, "it is away, as somebody has just seen"),
        (AN_HOUR, AN_HOUR, False, "nobody has looked for long"),
    ],
)
def test_whoever_comes_late_in_an_outage_is_told_at_once(since_s, ago_s, hopeless, because):
    clock = Clock()
    outage = Outage(clock)
    outage.missed()
    clock.at += since_s - ago_s
    outage.missed()
    clock.at += ago_s

    assert outage.hopeless is hopeless, because


def test_an_outage_is_over_once():
    outage = Outage(Clock())
    outage.missed()

    assert [outage.is_on, outage.over(), outage.over(), outage.is_on] == [True, True, False, False]


def test_when_the_server_is_back_everything_is_woken(on_a_wire):
    wire, database = on_a_wire
    told = []
    database.on_wake(told.append)
    wire.cut("BEGIN", heard=False)

    database.transact(tell_a_story)

    assert told == [WAKES]


def test_in_a_long_outage_many_wait_no_longer_than_one(on_a_wire):
    wire, database = on_a_wire
    wire.cut("BEGIN", heard=False, times=1_000_000)
    database._outage.hold_s = 0.2
    with pytest.raises(Overloaded):
        database.transact(tell_a_story)

    tried = wire.cuts
    for _ in range(300):
        database._outage._missed_at = time.monotonic()  # somebody else has just looked
        with pytest.raises(Overloaded):
            database.transact(tell_a_story)

    assert wire.cuts == tried


# --- a commit in doubt ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inserted", "committed", "because"),
    [
        (True, True, "our row is there"),
        (False, False, "the number was given out again by the server that took over, and is not ours"),
    ],
)
def test_a_number_that_is_committed_is_ours_if_our_row_is_there(
    on_a_wire, database_url, inserted, committed, because
):
    _, database = on_a_wire
    ours = database.transact(tell_a_story) if inserted else database.new_id()
    with psycopg.connect(database_url) as connection:
        number = connection.execute("SELECT pg_current_xact_id()::text").fetchone()[0]

    assert database._was_committed(number, (STORY.witness, ours)) is committed, because


def test_a_number_that_the_new_primary_never_heard_of_was_lost(on_a_wire):
    _, database = on_a_wire

    assert database._was_committed("9999999", None) is False


def test_a_row_that_was_taken_back_inside_is_no_witness(on_a_wire):
    wire, database = on_a_wire
    tries = []

    def action(tx):
        tries.append(1)
        with suppress(LookupError), tx.savepoint():
            tell_a_story(tx)
            raise LookupError
        return tell_a_story(tx)

    wire.cut("COMMIT", heard=True)

    told = database.transact(action)

    assert stories(database) == [told]
    assert len(tries) == 1


def test_an_action_that_inserts_nothing_goes_by_its_number(on_a_wire):
    wire, database = on_a_wire
    database.transact(lambda tx: tx.run_many(TURN, [(1, 0)]))
    tries = []
    wire.cut("COMMIT", heard=True)

    database.transact(lambda tx: (tries.append(1), tx.wake("timers")))

    assert len(tries) == 1


def test_a_commit_that_waits_for_its_standby_is_waited_for(on_a_wire, database_url, postgresql_server):
    wire, database = on_a_wire
    tries = []

    def action(tx):
        tries.append(1)
        return tell_a_story(tx)

    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        operator.execute("SELECT pg_reload_conf()")
        try:
            thread = threading.Thread(target=lambda: tries.append(database.transact(action)))
            thread.start()
            waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            while operator.execute(waits).fetchone() == (0,):
                thread.join(0.01)
            wire.break_off()
            thread.join(0.5)
            undecided = thread.is_alive()
        finally:
            operator.execute("ALTER SYSTEM RESET synchronous_standby_names")
            operator.execute("SELECT pg_reload_conf()")
        thread.join()

    assert undecided
    assert len(tries) == 2
    assert stories(database) == [tries[1]]
