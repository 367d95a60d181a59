"""Tries are counted by all nodes together, and no longer than they matter."""

import asyncio
import threading
from datetime import timedelta
from functools import partial

import pytest

from store.samples import MINUTE, NOW
from tocsin.httpkit.errors import TooMany
from tocsin.httpkit.limits import Tries
from tocsin.store import tries

MOST = 10
TRIES = Tries("sign in", MOST, 5 * MINUTE)
SECOND = timedelta(seconds=1)


def take(database, caller="ana@example.org", now=NOW, limit=TRIES):
    asyncio.run(limit.take(database, caller, now))


def test_what_was_tried_on_one_node_counts_on_the_other(database, open_another):
    other = open_another()
    for number in range(MOST):
        take((database, other)[number % 2], now=NOW + number * SECOND)

    for node in (database, other):
        with pytest.raises(TooMany) as refused:
            take(node, now=NOW + MINUTE)
        assert refused.value.retry_after_s == 4 * 60

    take(other, "ben@example.org")
    take(database, limit=Tries("change password", MOST, MINUTE))


def test_when_the_span_that_the_first_opened_is_over_all_are_forgiven(database):
    for _ in range(MOST):
        take(database, now=NOW + 4 * MINUTE)
    with pytest.raises(TooMany):
        take(database, now=NOW + 8 * MINUTE)

    take(database, now=NOW + 9 * MINUTE)


def test_tries_that_come_at_once_are_each_counted(database, open_another):
    counts = []

    def work(node):
        count = partial(tries.take, about="x", until=NOW + MINUTE, now=NOW)
        counts.extend(node.transact(count)[0] for _ in range(20))

    threads = [threading.Thread(target=work, args=(open_another(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == list(range(1, 61))


def test_what_is_over_is_swept_a_little_at_a_time(database):
    for number in range(5):
        take(database, f"{number}@example.org", now=NOW + number * SECOND)

    def forget(limit):
        before = NOW + 5 * MINUTE + 4 * SECOND
        return database.transact(lambda tx: tries.forget(tx, before=before, limit=limit))

    assert [forget(3), forget(3), forget(3)] == [3, 1, 0]
