"""What holds on SQLite, where one file has one writer."""

import asyncio
import threading
from pathlib import Path

import apsw
import pytest
from sqlalchemy import select

from tocsin.core.errors import Invalid, Overloaded
from tocsin.store import sqlite
from tocsin.store.bulk import insert_many
from tocsin.store.database import sqlite_path
from tocsin.store.statements import Statement, two_forms
from tocsin.store.tables import round_robins

ADD = insert_many(round_robins)
TURNS = Statement(select(round_robins).order_by(round_robins.c.step_id))


def pragma(name):
    return two_forms(sqlite=f"PRAGMA {name}", postgresql="")


@pytest.fixture
def engine():
    return "sqlite"


@pytest.fixture
def path(database_url):
    return sqlite_path(database_url)


def turns(database):
    return database.read_now(lambda tx: tx.rows(TURNS))


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("query_only", 0)],
)
def test_the_writer_keeps_its_promises(database, name, value):
    assert database.transact(lambda tx: tx.scalar(pragma(name))) == value


@pytest.mark.parametrize(
    ("name", "value"), [("journal_mode", "wal"), ("query_only", 1), ("wal_autocheckpoint", 0)]
)
def test_readers_only_read(database, name, value):
    assert database.read_now(lambda tx: tx.scalar(pragma(name))) == value


def test_writers_that_wait_share_one_commit_and_an_action_that_fails_is_undone_alone(database, path):
    database.start()
    begun, go_on = threading.Event(), threading.Event()

    def blocker(_tx):
        begun.set()
        assert go_on.wait(10)

    def adds(number):
        def action(tx):
            tx.run_many(ADD, [(number, 0)])
            if number % 5 == 0:
                raise Invalid("turn", "is wrong")

        return action

    async def storm():
        first = asyncio.ensure_future(database.write(blocker))
        await asyncio.get_running_loop().run_in_executor(None, begun.wait)
        others = [asyncio.ensure_future(database.write(adds(number))) for number in range(1, 21)]
        await asyncio.sleep(0)
        before = commits(path)
        go_on.set()
        outcomes = await asyncio.gather(*others, return_exceptions=True)
        await first
        return outcomes, commits(path) - before

    outcomes, made = asyncio.run(storm())

    assert [number for number, one in enumerate(outcomes, start=1) if isinstance(one, Invalid)] == [
        5,
        10,
        15,
        20,
    ]
    assert [step for step, _ in turns(database)] == [number for number in range(1, 21) if number % 5]
    assert made == 1


def commits(path):
    """Count the commits in the write-ahead log: frames that say how many pages the database has."""
    wal = Path(f"{path}-wal").read_bytes()
    page = 24 + int.from_bytes(wal[8:12], "big")
    frames = range(32, len(wal), page)
    return sum(int.from_bytes(wal[at + 4 : at + 8], "big") > 0 for at in frames)


def test_a_writer_waits_for_another_process_to_be_done(database, path):
    other = sqlite.connect(path)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.1, lambda: other.execute("COMMIT"))
    timer.start()

    database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))

    timer.join()
    other.close()
    assert turns(database) == [(1, 0)]


def test_a_writer_that_waits_too_long_is_overload_and_the_next_one_is_not(database, path, monkeypatch):
    database._writer.set_busy_timeout(10)
    other = sqlite.connect(path)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Overloaded, match="another process"):
        database.transact(lambda tx: tx.run_many(ADD, [(1, 0)]))

    other.execute("COMMIT")
    other.close()
    database.transact(lambda tx: tx.run_many(ADD, [(2, 0)]))
    assert turns(database) == [(2, 0)]


def fill(lane):
    for number in range(0, 100_000, 9):
        lane.submit_now(number)


def test_a_full_disk_fails_every_waiter_and_leaves_the_file_whole(database):
    pages = database.transact(lambda tx: tx.scalar(pragma("page_count")))
    database.transact(lambda tx: tx.rows(pragma(f"max_page_count={pages}")))
    lane = database.lane(lambda tx, items: [tx.run_many(ADD, [(i, 0) for i in items])] * len(items), limit=9)

    with pytest.raises(Exception, match="full"):
        database.transact(lambda tx: tx.run_many(ADD, [(number, 0) for number in range(10_000)]))
    with pytest.raises(Exception, match="full"):
        fill(lane)

    database.transact(lambda tx: tx.rows(pragma("max_page_count=1000000")))
    assert database.transact(lambda tx: tx.run_many(ADD, [(-1, 0)])) == 1
    assert database.read_now(lambda tx: tx.scalar(pragma("integrity_check"))) == "ok"


def test_the_version_of_sqlite_has_no_known_way_to_break_a_file():
    assert tuple(map(int, apsw.sqlite_lib_version().split("."))) >= (3, 51, 3)
