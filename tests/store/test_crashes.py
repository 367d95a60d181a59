"""A process that is killed leaves what it had committed, whole, and nothing else."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from tocsin.store.bulk import insert_many
from tocsin.store.statements import Statement
from tocsin.store.tables import nodes, round_robins

TURNS = Statement(select(round_robins.c.step_id).order_by(round_robins.c.step_id))
NODES = Statement(select(nodes.c.name))
KILLED = -signal.SIGKILL

# What is committed, and only that, is said on standard output before the process kills itself.
_CHILD = """
import asyncio, os, signal, sys
from tocsin.store.bulk import insert_many
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, VaultKey
from tocsin.store.tables import nodes, round_robins

ADD, ADD_NODE = insert_many(round_robins), insert_many(nodes)
vault = Vault([VaultKey(name="test", secret=b"t" * 32)])
database = open_database(sys.argv[1], new_id=lambda: os.getpid(), vault=vault)

def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def run(url, body):
    child = [sys.executable, "-c", f"{_CHILD}\n{body}", url]
    done = subprocess.run(child, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == KILLED, done.stderr
    return [int(line) for line in done.stdout.split()]


def steps(database):
    return [step for (step,) in database.read_now(lambda tx: tx.rows(TURNS))]


def test_a_crash_before_the_commit_leaves_nothing(database_url, open_another):
    run(
        database_url,
        "def action(tx):\n"
        "    tx.run_many(ADD, [(1, 0), (2, 0)])\n"
        "    tx.run_many(ADD_NODE, [('a', 0, 0, '{}', None)])\n"
        "    die()\n"
        "database.transact(action)\n",
    )

    database = open_another()
    assert steps(database) == []
    assert database.read_now(lambda tx: tx.rows(NODES)) == []


def test_a_crash_after_the_commit_leaves_everything(database_url, open_another):
    run(
        database_url,
        "database.on_wake(lambda what: die())\n"
        "def action(tx):\n"
        "    tx.run_many(ADD, [(1, 0), (2, 0)])\n"
        "    tx.run_many(ADD_NODE, [('a', 0, 0, '{}', None)])\n"
        "    tx.wake('timers')\n"
        "database.transact(action)\n",
    )

    database = open_another()
    assert steps(database) == [1, 2]
    assert database.read_now(lambda tx: tx.rows(NODES)) == [("a",)]


@pytest.mark.parametrize("dies_at", [30, 77, 150])
def test_whatever_was_acknowledged_in_a_storm_is_there_after_a_crash(database_url, open_another, dies_at):
    acknowledged = run(
        database_url,
        "database.start()\n"
        "def handle(tx, items):\n"
        "    tx.run_many(ADD, [(item, 0) for item in items])\n"
        "    return list(items)\n"
        "lane = database.lane(handle, limit=20)\n"
        "done = 0\n"
        "async def one(number):\n"
        "    global done\n"
        "    print(await lane.submit(number), flush=True)\n"
        "    done += 1\n"
        f"    if done == {dies_at}: die()\n"
        "async def storm():\n"
        "    for begin in range(0, 1000, 40):\n"
        "        await asyncio.gather(*(one(n) for n in range(begin, begin + 40)))\n"
        "asyncio.run(storm())\n",
    )

    stored = set(steps(open_another()))
    assert len(acknowledged) == dies_at
    assert stored >= set(acknowledged)


def test_a_database_can_be_used_again_after_a_crash(database_url, open_another):
    run(database_url, "database.transact(lambda tx: (tx.run_many(ADD, [(1, 0)]), die()))\n")

    database = open_another()
    database.transact(lambda tx: tx.run_many(insert_many(round_robins), [(1, 5)]))

    assert steps(database) == [1]
