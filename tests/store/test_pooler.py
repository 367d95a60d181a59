"""Through PgBouncer in transaction mode: nothing relies on a connection for longer than a transaction."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from pgbouncer import CONNECTIONS, pgbouncer
from tocsin.core.errors import Invalid, Overloaded
from tocsin.opening import must_be_migrated
from tocsin.settings import load
from tocsin.store import schema
from tocsin.store.bulk import insert_many
from tocsin.store.database import open_database
from tocsin.store.statements import two_forms
from tocsin.store.tables import round_robins

ADD = insert_many(round_robins)
COUNT = two_forms(sqlite="", postgresql="SELECT count(*) FROM round_robins")
SETTINGS = ("jit", "enable_seqscan", "statement_timeout", "idle_in_transaction_session_timeout")
SHOW = two_forms(
    sqlite="", postgresql="SELECT " + ", ".join(f"current_setting('{name}')" for name in SETTINGS)
)
PREPARED = two_forms(sqlite="", postgresql="SELECT count(*) FROM pg_prepared_statements")


@pytest.fixture
def engine():
    return "postgresql"


@pytest.fixture
def bouncer(database_url):
    with pgbouncer(database_url) as bouncer:
        yield bouncer


@pytest.fixture
def open_pooled(bouncer, database_url, vault, new_id):
    opened = []

    def open_one(*, url=None, direct_url="") -> object:
        database = open_database(
            url or bouncer.url(database_url),
            new_id=new_id,
            vault=vault,
            pooled=True,
            direct_url=direct_url,
        )
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.close()


def test_transactions_that_change_seats_all_the_time_come_through(open_pooled):
    database = open_pooled()

    with ThreadPoolExecutor(8) as threads:
        for step in range(400):
            threads.submit(database.transact, lambda tx, step=step: tx.run_many(ADD, [(step, 0)]))

    assert database.read_now(lambda tx: tx.scalar(COUNT)) == 400
    assert database.read_now(lambda tx: tx.scalar(PREPARED)) == 0


def test_what_a_connection_is_opened_with_holds_in_each_transaction_and_not_beyond(
    open_pooled, bouncer, database_url
):
    database = open_pooled(url=f"{bouncer.url(database_url)}&options=-c%20statement_timeout%3D7s")

    reading = database.read_now(lambda tx: tx.one(SHOW))
    writing = database.transact(lambda tx: tx.one(SHOW))
    with psycopg.connect(bouncer.url(database_url), autocommit=True, prepare_threshold=None) as stranger:
        others = {stranger.execute(SHOW.postgresql.text).fetchone() for _ in range(2 * CONNECTIONS)}

    assert reading == ("off", "off", "7s", "1min")
    assert writing == ("off", "off", "7s", "4s")
    assert others == {("on", "on", "0", "0")}


def test_a_lost_connection_is_not_noticed_by_anybody(open_pooled, database_url):
    database = open_pooled()
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    database.transact(lambda tx: tx.run_many(ADD, [(2, 0)]))

    assert database.read_now(lambda tx: tx.scalar(COUNT)) == 2


def test_a_pooler_that_is_away_is_waited_for_and_then_overload(open_pooled, bouncer):
    database = open_pooled()
    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))
    bouncer.kill()
    back = threading.Timer(0.5, bouncer.start)
    back.start()

    database.transact(lambda tx: tx.run_many(ADD, [(2, 0)]))
    back.join()

    assert database.read_now(lambda tx: tx.scalar(COUNT)) == 2
    bouncer.kill()
    database._outage.hold_s = 0.2
    with pytest.raises(Overloaded):
        database.read_now(lambda tx: tx.scalar(COUNT))


def test_a_node_hears_the_others_past_the_pooler(open_pooled, database_url):
    one, two = open_pooled(direct_url=database_url), open_pooled(direct_url=database_url)
    heard, listening = threading.Event(), threading.Event()
    one.on_wake(lambda _: listening.set())  # everything is woken when it begins to listen
    one.start()
    assert listening.wait(10)
    one.on_wake(lambda what: heard.set() if what == {"timers"} else None)

    two.transact(lambda tx: tx.wake("timers"))

    assert heard.wait(10)


def test_a_node_that_cannot_hear_the_others_starts_and_stops_all_the_same(open_pooled):
    database = open_pooled()
    told = []
    database.on_wake(told.append)
    database.start()

    database.transact(lambda tx: tx.wake("timers"))
    database.close()

    assert told == [{"timers"}]


def test_the_tables_are_made_through_the_pooler_as_well(bouncer, postgresql_server):
    empty = postgresql_server.create()

    assert schema.upgrade(bouncer.url(empty), pooled=True) == (None, schema.head())
    assert schema.revision(bouncer.url(empty), pooled=True) == schema.head()
    assert schema.revision(empty) == schema.head()


@pytest.mark.parametrize("ignored", ["", "options"])
def test_a_pooler_that_nobody_spoke_of_is_found_out(database_url, tmp_path, ignored):
    more = {"ignore_startup_parameters": ignored} if ignored else {}
    with pgbouncer(database_url, **more) as bouncer:
        settings = load({"TOCSIN_DATA_DIR": str(tmp_path), "TOCSIN_DATABASE_URL": bouncer.url(database_url)})

        with pytest.raises(Invalid, match="TOCSIN_DATABASE_POOLER"):
            must_be_migrated(settings)


def test_a_database_without_a_pooler_is_not_taken_for_one(database_url, tmp_path):
    must_be_migrated(load({"TOCSIN_DATA_DIR": str(tmp_path), "TOCSIN_DATABASE_URL": database_url}))
