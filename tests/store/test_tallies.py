"""What a transaction counts is counted once it is committed, and not otherwise."""

import contextlib
from collections import Counter

import pytest


def test_what_is_committed_is_counted_and_what_is_undone_is_not(database):
    counted = Counter()
    database.on_count(lambda what, times: counted.update({what: times}))

    def once(tx):
        tx.counted["things"] += 2
        with contextlib.suppress(LookupError), tx.savepoint():
            tx.counted["things"] += 40
            raise LookupError

    def never(tx):
        tx.counted["things"] += 800
        raise LookupError

    database.transact(once)
    with pytest.raises(LookupError):
        database.transact(never)

    assert counted == {"things": 2}


def test_who_fails_to_count_stops_nobody(database):
    counted = []
    database.on_count(lambda *_: 1 / 0)
    database.on_count(lambda *each: counted.append(each))

    database.transact(lambda tx: tx.counted.update(things=3))

    assert counted == [("things", 3)]
