"""The outbox: nothing is lost, nothing is sent by two nodes that live."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from store import samples
from store.samples import MINUTE, NOW
from tocsin.core.because_paging import SentAtOnce
from tocsin.core.event import Severity
from tocsin.core.notification import (
    Notification,
    NotificationKind,
    NotificationState,
    Send,
    Sent,
    address_of,
)
from tocsin.store import budgets, outbox, timeline
from tocsin.store.lanes import Closed
from tocsin.store.outbox import NOTHING_CLOSED

LEASE = timedelta(seconds=90)


def message(number, **changes):
    plain = Notification(
        id=number,
        workspace=samples.WORKSPACE,
        kind=NotificationKind.PAGE,
        page=1,
        service=samples.SERVICE,
        user=21,
        contact_method=31,
        channel="email",
        address="ana@example.com",
        queued_at=NOW,
        due=NOW,
    )
    return replace(plain, **changes)


def queue(database, *messages):
    return database.transact(lambda tx: (outbox.queue_many(tx, messages), tx.wakes)[1])


def take(database, node="a", now=NOW, limit=100, lease=LEASE):
    def action(tx):
        found = outbox.due(tx, now=now, limit=limit)
        sends = [Send(notification=each, because=SentAtOnce(why="")) for each in found]
        outbox.lease(tx, sends, node=node, until=now + lease)
        return found

    return database.transact(action)


def finish(database, *outcomes, node="a"):
    def action(tx):
        held = outbox.held_by(tx, [each.id for each in outcomes], node=node)
        return outbox.finish(tx, outcomes, held=held, node=node)

    return database.transact(action)


def state(database, *numbers):
    return [each.state.value for each in database.transact(lambda tx: outbox.get_many(tx, numbers))]


def sent(each, at=NOW):
    return replace(each, state=NotificationState.SENT, sent_at=at, provider_id="p")


def test_what_is_queued_wakes_the_senders_and_is_taken_when_it_is_due(database):
    assert queue(database, message(1), message(2, due=NOW + MINUTE)) == {"outbox"}

    assert [each.id for each in take(database)] == [1]
    assert take(database) == [], "it is leased"
    assert [each.id for each in take(database, now=NOW + MINUTE)] == [2]


def test_a_message_is_queued_with_the_decision_behind_it_or_not_at_all(database):
    def decide(tx):
        timeline.append_many(tx, [(samples.WORKSPACE, None, 1, NOW, (SentAtOnce(why="x"),))])
        outbox.queue_many(tx, [message(1)])
        raise RuntimeError("it crashed before the commit")

    with pytest.raises(RuntimeError, match="before the commit"):
        database.transact(decide)

    assert take(database) == []
    assert database.read_now(lambda tx: timeline.of_page(tx, 1, limit=9)) == ()


def test_the_longest_due_come_first(database):
    queue(database, *(message(n, due=NOW - n * MINUTE) for n in range(1, 6)))

    assert [each.id for each in take(database, limit=3)] == [5, 4, 3]


def test_what_a_dead_node_had_leased_is_sent_by_another_once_the_lease_has_run_out(database):
    queue(database, message(1))
    take(database, "a")

    assert take(database, "b", now=NOW + LEASE - timedelta(microseconds=1)) == []
    (again,) = take(database, "b", now=NOW + LEASE)

    assert again.id == 1, "under the same id, so that a copy can be told"
    assert again.attempts == 1
    assert "stopped" in again.last_error


def test_a_node_that_comes_up_again_frees_what_it_had_leased_and_nothing_of_others(database):
    queue(database, message(1), message(2))
    take(database, "a", limit=1)
    take(database, "b", limit=1)

    freed = database.transact(lambda tx: (outbox.free(tx, node="a"), tx.wakes)[0])

    assert freed == 1
    assert [(each.id, each.attempts) for each in take(database, "a")] == [(1, 1)]
    assert state(database, 2) == ["sending"]


def test_a_node_whose_lease_ran_out_cannot_overrule_the_one_that_took_over(database):
    queue(database, message(1))
    (late,) = take(database, "a")
    (taken,) = take(database, "b", now=NOW + LEASE)

    assert finish(database, replace(late, state=NotificationState.FAILED), node="a") == []
    assert state(database, 1) == ["sending"]

    assert finish(database, sent(taken), node="b") == [sent(taken)]
    assert state(database, 1) == ["sent"]


def test_a_failure_is_tried_again_at_its_time(database):
    queue(database, message(1))
    (first,) = take(database)

    finish(
        database,
        replace(first, state=NotificationState.QUEUED, attempts=1, due=NOW + MINUTE, last_error="\x00busy"),
    )

    assert take(database) == []
    (again,) = take(database, now=NOW + MINUTE)
    assert (again.attempts, again.last_error) == (1, "�busy")


def test_claims_of_many_nodes_never_overlap(database, open_another):
    queue(database, *(message(n) for n in range(1, 301)))
    taken = []

    def work(number, node):
        while found := take(node, f"node {number}", limit=11):
            taken.extend(each.id for each in found)

    threads = [threading.Thread(target=work, args=(n, open_another())) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(1, 301))


def test_a_page_that_is_over_takes_back_what_waits_but_for_the_good_news(database):
    resolved = message(3, kind=NotificationKind.RESOLVED)
    queue(database, message(1), message(2, due=NOW + MINUTE), resolved, message(4, page=2))
    take(database, limit=1)

    assert database.transact(lambda tx: outbox.drop_for_page(tx, 1, "it is over")) == 1

    assert state(database, 1, 2, 3, 4) == ["sending", "dropped", "queued", "queued"]


def bundle(database):
    """Send message 1 with 2, of another page, in it."""
    queue(database, message(1), message(2, page=2), message(3, page=3))

    def action(tx):
        first, second, third = outbox.due(tx, now=NOW, limit=10)
        bundled = (replace(second, bundled_into=1), replace(third, bundled_into=1))
        send = Send(notification=first, bundled=bundled, because=SentAtOnce(why=""))
        outbox.lease(tx, [send], node="a", until=NOW + LEASE)
        return first

    return database.transact(action)


def test_what_is_bundled_shares_the_fate_of_its_message(database):
    first = bundle(database)

    done = finish(database, sent(first))

    assert [each.id for each in done] == [1, 2, 3]
    assert state(database, 1, 2, 3) == ["sent"] * 3


def test_what_is_bundled_is_tried_again_with_its_message_and_not_by_itself(database):
    first = bundle(database)

    finish(database, replace(first, state=NotificationState.QUEUED, attempts=1, due=NOW))

    assert [each.id for each in take(database)] == [1]
    parts = database.transact(lambda tx: outbox.bundled_into(tx, [1]))
    assert [each.id for each in parts[1]] == [2, 3]


def test_what_was_bundled_into_a_message_that_is_dropped_goes_by_itself(database):
    first = bundle(database)
    finish(database, replace(first, state=NotificationState.QUEUED, attempts=1, due=NOW))

    database.transact(lambda tx: outbox.drop_for_page(tx, 1, "it is over"))

    assert state(database, 1) == ["dropped"]
    assert [each.id for each in take(database)] == [2, 3]


def test_a_bundle_whose_node_died_is_sent_again_as_a_bundle(database):
    bundle(database)

    assert [each.id for each in take(database, "b", now=NOW + LEASE)] == [1]
    assert state(database, 1, 2, 3) == ["sending", "queued", "queued"]
    assert [each.id for each in finish(database, sent(message(1)), node="b")] == [1, 2, 3]
    assert state(database, 1, 2, 3) == ["sent"] * 3


def test_what_went_to_an_address_lately_counts_and_so_does_what_is_on_its_way(database):
    home, away = message(1), message(9, address="ben@example.com")
    messages = [
        home,
        message(2, severity=Severity.CRITICAL, due=NOW - MINUTE),
        message(3),
        message(4, workspace=2),
        away,
    ]
    queue(database, *messages)
    taken = {each.id: each for each in take(database)}
    finish(database, sent(taken[1], NOW + MINUTE), sent(taken[3], NOW - MINUTE), sent(taken[4], NOW + MINUTE))

    found = database.transact(
        lambda tx: budgets.sent_since(tx, [address_of(home), address_of(away)], since=NOW)
    )

    assert sorted(found[address_of(home)], key=lambda one: one.at) == [
        Sent(at=NOW - MINUTE, service=samples.SERVICE, severity=Severity.CRITICAL),
        Sent(at=NOW + MINUTE, service=samples.SERVICE, severity=Severity.ERROR),
    ]
    assert found[address_of(away)] == [Sent(at=NOW, service=samples.SERVICE, severity=Severity.ERROR)]


def test_whoever_got_a_message_about_a_page_is_found_once(database):
    elsewhere = message(3, address="ben@example.com")
    queue(database, message(1), message(2), elsewhere, message(4, due=NOW + MINUTE, address="waiting"))
    finish(database, *(sent(each) for each in take(database)))

    reached = database.transact(lambda tx: outbox.reached_by(tx, 1))

    assert [each.id for each in reached] == [1, 3]
    assert {(each.state, each.provider_id, each.sent_at) for each in reached} == {
        (NotificationState.QUEUED, "", None)
    }


def test_what_is_held_back_keeps_its_place_until_its_new_time(database):
    queue(database, message(1))

    def hold(tx):
        (each,) = outbox.due(tx, now=NOW, limit=10)
        outbox.postpone(tx, [replace(each, due=NOW + MINUTE)])

    database.transact(hold)

    assert take(database) == []
    assert [each.id for each in take(database, now=NOW + MINUTE)] == [1]


def test_a_provider_may_correct_itself_later(database):
    queue(database, message(1))
    finish(database, sent(take(database)[0]))

    def correct(tx):
        (each,) = outbox.get_many(tx, [1], lock=True)
        outbox.correct_many(tx, [replace(each, state=NotificationState.DELIVERED)])

    database.transact(correct)

    assert state(database, 1) == ["delivered"]


def test_nothing_to_do_is_nothing(database):
    def nothing(tx):
        outbox.queue_many(tx, [])
        outbox.postpone(tx, [])
        outbox.lease(tx, [], node="a", until=NOW)
        outbox.correct_many(tx, [])
        return outbox.finish(tx, [], held={}, node="a"), tx.wakes

    assert database.transact(nothing) == ([], frozenset())


def test_a_node_gives_back_what_it_never_heard_that_it_had(database):
    queue(database, message(1), message(2), message(3))
    take(database, "a", limit=2)
    take(database, "b")

    database.transact(lambda tx: outbox.release_others(tx, [1], node="a"))

    assert [each.id for each in take(database, "c")] == [2]


def test_what_was_not_begun_is_given_back_unless_it_was_claimed_once_more(database):
    queue(database, message(1), message(2))
    first, other = take(database, "a", lease=MINUTE)

    database.transact(lambda tx: outbox.release(tx, [other], node="a"))
    assert [each.id for each in take(database, "a", NOW + MINUTE)] == [1, 2]
    database.transact(lambda tx: outbox.release(tx, [first], node="a"))

    assert take(database, "b", NOW + MINUTE) == []


@pytest.mark.parametrize("how", ["what was not begun", "what it never heard of"])
def test_what_was_to_go_together_and_is_given_back_is_not_forgotten(database, how):
    first, part = message(1), message(2)
    queue(database, first, part)
    bundle = Send(notification=first, bundled=(replace(part, bundled_into=1),), because=SentAtOnce(why=""))
    database.transact(lambda tx: outbox.lease(tx, [bundle], node="a", until=NOW + LEASE))

    if how == "what was not begun":
        database.transact(lambda tx: outbox.release(tx, [first, *bundle.bundled], node="a"))
    else:
        database.transact(lambda tx: outbox.release_others(tx, [], node="a"))

    assert [(each.id, each.bundled_into) for each in take(database, "b")] == [(1, None), (2, None)]


def test_what_goes_with_something_in_hand_is_in_hand(database):
    first, part = message(1), message(2)
    queue(database, first, part)
    bundle = Send(notification=first, bundled=(replace(part, bundled_into=1),), because=SentAtOnce(why=""))
    database.transact(lambda tx: outbox.lease(tx, [bundle], node="a", until=NOW + LEASE))

    database.transact(lambda tx: outbox.release_others(tx, [1], node="a"))

    assert take(database, "b") == []
    assert [each.id for each in finish(database, replace(first, state=NotificationState.SENT))] == [1, 2]


def fair(database, limit, closed=NOTHING_CLOSED):
    return [
        each.id
        for each in database.transact(
            lambda tx: outbox.due(tx, now=NOW, limit=limit, in_turn=True, closed=closed)
        )
    ]


def lanes_of(database):
    """Queue many messages of one workspace, most to one address, and few of another, all due, these last."""
    noisy = [message(number, page=number, address="slow@example.com") for number in range(1, 41)]
    beside = [message(50, page=50, address="ben@example.com", due=NOW)]
    elsewhere = [
        message(number, page=number, workspace=samples.OTHER_WORKSPACE, address="cy@example.com")
        for number in (60, 61)
    ]
    later = message(70, page=70, address="later@example.com", due=NOW + MINUTE)
    queue(database, *noisy, *beside, *elsewhere, later)


def test_when_more_is_due_than_there_is_room_for_every_workspace_and_address_has_its_turn(database):
    lanes_of(database)

    assert fair(database, 4) == [1, 60, 50, 61]
    assert sorted(fair(database, 6)) == [1, 2, 3, 50, 60, 61]


def test_all_is_taken_in_the_order_in_which_it_is_due_when_there_is_room(database):
    lanes_of(database)

    taken = database.transact(lambda tx: outbox.due(tx, now=NOW, limit=100))

    assert [each.id for each in taken] == [*range(1, 41), 50, 60, 61]


@pytest.mark.parametrize(
    ("closed", "found"),
    [
        (Closed(addresses=[(samples.WORKSPACE, "email", "slow@example.com")]), [50, 60, 61]),
        (Closed(workspaces=[samples.WORKSPACE]), [60, 61]),
        (Closed(channels=["email"]), []),
        (Closed(channels=["sms"], workspaces=[samples.OTHER_WORKSPACE]), [*range(1, 41), 50]),
    ],
)
def test_nothing_is_taken_for_where_so_much_is_on_its_way(database, closed, found):
    lanes_of(database)

    assert sorted(fair(database, 100, closed)) == found


def test_two_nodes_take_turns_in_what_is_due_without_waiting_for_each_other(database, open_another, engine):
    lanes_of(database)

    def take_half(tx):
        mine = [each.id for each in outbox.due(tx, now=NOW, limit=4, in_turn=True)]
        theirs = fair(open_another(), 4) if engine == "postgresql" else []
        return mine, theirs

    mine, theirs = database.transact(take_half)

    assert len(mine) == 4
    assert not set(mine) & set(theirs)
    assert bool(theirs) is (engine == "postgresql")
