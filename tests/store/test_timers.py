"""Timers: each claimed by one node, moved, cancelled or set aside by it."""

import threading
from datetime import timedelta

import pytest

from store.samples import MINUTE, NOW, WORKSPACE
from tocsin.store import timers
from tocsin.store.timers import Timer


def put(*timings):
    def action(tx):
        timers.put_many(tx, [(kind, subject, WORKSPACE, due) for kind, subject, due in timings])
        return tx.wakes

    return action


def claimed(database, now=NOW, limit=100):
    return database.transact(
        lambda tx: [(t.kind, t.subject) for t in timers.claim_due(tx, now=now, limit=limit)]
    )


@pytest.mark.parametrize("kind", ["page", "silence"])
def test_a_timer_is_due_from_its_moment_on(database, kind):
    woken = database.transact(put((kind, 1, NOW)))

    assert woken == {"timers"}
    assert claimed(database, NOW - timedelta(microseconds=1)) == []
    assert claimed(database, NOW) == [(kind, 1)]
    assert database.transact(timers.next_due) == NOW


def test_the_longest_due_come_first_and_no_more_than_asked_for(database):
    database.transact(put(*(("page", n, NOW - n * MINUTE) for n in range(5))))

    assert claimed(database, limit=5) == [("page", n) for n in (4, 3, 2, 0, 1)]
    assert claimed(database, limit=2) == [("page", 4), ("page", 0)]
    assert claimed(database, limit=1) == [("page", 4)]


def test_what_has_just_come_due_does_not_wait_for_all_that_one_workspace_let_come_due_at_once(database):
    hot, calm = range(10_000, 15_000), range(1_000)

    def fill(tx):
        timers.put_many(tx, [("page", n, WORKSPACE, NOW - MINUTE) for n in hot])
        timers.put_many(tx, [("page", n, WORKSPACE + 1 + n, NOW) for n in calm])

    def turn(tx):
        found = timers.claim_due(tx, now=NOW, limit=200)
        timers.cancel_many(tx, [(each.kind, each.subject) for each in found])
        return {each.subject for each in found}

    database.transact(fill)
    turns = [database.transact(turn) for _ in range(10)]

    assert set(calm) <= set.union(*turns)
    assert all(len(each & set(hot)) == 100 for each in turns)


@pytest.mark.parametrize("kind", ["page", "silence"])
def test_a_subject_has_one_timer_of_a_kind_and_the_later_word_counts(database, kind):
    database.transact(put((kind, 1, NOW), (kind, 1, NOW + MINUTE), ("ack_end", 1, NOW)))
    assert claimed(database) == [("ack_end", 1)]

    database.transact(put((kind, 1, NOW - MINUTE)))

    assert claimed(database) == [(kind, 1), ("ack_end", 1)]


@pytest.mark.parametrize("kind", ["page", "silence"])
def test_a_cancelled_timer_is_gone_and_cancelling_twice_is_harmless(database, kind):
    database.transact(put((kind, 1, NOW), (kind, 2, NOW)))

    for _ in range(2):
        database.transact(lambda tx: timers.cancel(tx, kind, 1))

    assert claimed(database) == [(kind, 2)]


def test_a_timer_that_fails_is_put_off_with_its_reason_until_it_is_timed_anew(database):
    database.transact(put(("page", 1, NOW), ("page", 2, NOW)))

    def fail(tx):
        first = timers.claim_due(tx, now=NOW, limit=1)[0]
        timers.set_aside(tx, first, error="ValueError: \x00 \ud800", until=NOW + MINUTE)
        return first

    first = database.transact(fail)

    assert len(claimed(database)) == 1, "the other is not held up"
    (failing,) = database.transact(lambda tx: timers.failing(tx, limit=10))
    assert failing == Timer(
        kind="page",
        subject=first.subject,
        workspace=WORKSPACE,
        due=NOW + MINUTE,
        attempts=1,
        last_error="ValueError: � ?",
    )
    assert database.transact(lambda tx: timers.counts(tx, now=NOW)) == (2, 1)

    database.transact(put(("page", first.subject, NOW)))

    assert database.transact(lambda tx: timers.failing(tx, limit=10)) == []


def test_claims_of_many_nodes_never_overlap(database, open_another):
    database.transact(put(*(("page", n, NOW) for n in range(400))))
    taken, errors = [], []

    def work(node):
        def turn(tx):
            found = timers.claim_due(tx, now=NOW, limit=7)
            timers.cancel_many(tx, [(timer.kind, timer.subject) for timer in found])
            return [timer.subject for timer in found]

        try:
            while found := node.transact(turn):
                taken.extend(found)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work, args=(open_another(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sorted(taken) == list(range(400))


def test_a_claim_that_was_not_committed_is_free_again(database):
    database.transact(put(("page", 1, NOW)))

    def crash(tx):
        assert timers.claim_due(tx, now=NOW, limit=1)
        timers.cancel(tx, "page", 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.transact(crash)

    assert claimed(database) == [("page", 1)]
