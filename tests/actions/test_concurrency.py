"""Several nodes at once, on either engine: what they do is what one after the other would have done."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

import stored
from builders import MINUTE, NOW, directory, person, plan, step, target
from desk import OPERATOR, Desk
from routing_builders import event, resolved, silence
from tocsin.actions import alerts as people_do
from tocsin.actions.paging import LOOK_AGAIN_AFTER
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import AlertStatus, Routing
from tocsin.core.escalation import PageStatus, ResolveAlerts
from tocsin.core.event import Severity
from tocsin.core.people import Role
from tocsin.store import alerts, timers

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
HERE = directory(ANA, BEN)
LADDER = plan(step(target(ANA)), step(target(BEN), after=5))
ROUNDS = 12


@pytest.fixture
def desks(database, open_another) -> Callable[..., tuple[Desk, Desk]]:
    """Open two desks, each with a database connection of its own, as two nodes have."""

    def open_two(*plans, **furniture):
        whole = stored.furnished(HERE, *plans, **furniture)
        kept = database.transact(lambda tx: stored.put(tx, whole, now=NOW))
        return Desk(database, kept), Desk(open_another(), kept)

    return open_two


def together(*works: Callable[[], object]) -> list[object]:
    """Do all of *works* at the same time, and give what each returns; raise what one of them raises."""
    start = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)
    failed: list[BaseException] = []

    def do(number, work):
        start.wait()
        try:
            results[number] = work()
        except BaseException as error:  # noqa: BLE001 - it is raised on the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=do, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return results


def test_two_nodes_that_hear_of_the_same_trouble_at_once_open_one_alert_and_page_once(desks):
    one, other = desks(LADDER)

    for number in range(ROUNDS):
        said = partial(event, dedup_key=f"db-{number}")
        together(partial(one.report, said()), partial(other.report, said()))

    assert [each.events for each in one.alerts()] == [2] * ROUNDS
    assert len(one.messages()) == ROUNDS


def test_storms_of_the_same_keys_at_several_nodes_lose_no_event(desks):
    one, other = desks(LADDER)
    keys = [f"db-{number}" for number in range(10)]
    forwards = [event(dedup_key=key) for key in keys]
    backwards = forwards[::-1]

    def storm(desk, batch):
        for number in range(6):
            desk.report(*batch, at=NOW + number * SECOND)

    together(*(partial(storm, desk, batch) for desk in (one, other) for batch in (forwards, backwards)))

    assert Counter(each.dedup_key for each in one.alerts()) == Counter(keys)
    assert {each.events for each in one.alerts()} == {24}
    assert len(one.pages()) == len(one.messages()) == 10


def test_a_resolve_and_a_new_report_at_once_leave_one_order_or_the_other(desks):
    one, other = desks(LADDER)

    for number in range(ROUNDS):
        key, at = f"db-{number}", NOW + number * MINUTE
        one.report(event(dedup_key=key), at=at)
        together(
            partial(one.report, resolved(dedup_key=key), at=at + SECOND),
            partial(other.report, event(dedup_key=key), at=at + SECOND),
        )

        mine = [each for each in one.alerts() if each.dedup_key == key]
        assert [each.status for each in mine] in (
            [AlertStatus.RESOLVED],  # it fired again, and then it was over
            [AlertStatus.RESOLVED, AlertStatus.FIRING],  # it was over, and then it fired anew
        )


def test_two_nodes_open_one_window_for_one_group(desks):
    gathering = Gathering(by=GatherBy.FIELDS, fields=("labels.team",), window=5 * MINUTE)
    one, other = desks(LADDER, gathering=gathering)

    for number in range(ROUNDS):
        said = partial(event, labels={"team": f"t{number}"})
        together(
            partial(one.report, said(dedup_key=f"a{number}")),
            partial(other.report, said(dedup_key=f"b{number}")),
        )

    assert [each.alerts for each in one.pages()] == [2] * ROUNDS


def test_a_step_is_taken_by_one_of_the_nodes_that_find_it_due(desks):
    one, other = desks(LADDER)
    one.report(*(event(dedup_key=f"db-{number}") for number in range(40)))

    turns = together(*(partial(desk.turn, NOW + 5 * MINUTE) for desk in (one, other, one, other)))

    assert sum(turn.acted for turn in turns) == 40
    assert not any(turn.set_aside for turn in turns)
    assert len(one.messages()) == 80


def test_a_message_is_claimed_by_one_of_the_nodes_that_find_it_due(desks):
    one, other = desks(LADDER)
    one.report(*(event(dedup_key=f"db-{number}") for number in range(40)))
    machines = frozenset({"sms"})

    claims = together(
        *(
            partial(desk.claim, NOW, node=f"n{number}", machines=machines)
            for number, desk in enumerate((one, other) * 2)
        )
    )

    claimed = [each.notification.id for claim in claims for each in claim]
    assert len(claimed) == len(set(claimed)) == 40


@pytest.mark.parametrize("what", ["a step is taken", "the alert gets worse", "a message is claimed"])
def test_whatever_happens_while_somebody_acknowledges_nobody_is_paged_afterwards(desks, what):
    one, other = desks(LADDER)
    for number in range(ROUNDS):
        one.report(event(dedup_key=f"db-{number}"))
        (alert,) = [each for each in one.alerts() if each.dedup_key == f"db-{number}"]
        at = NOW + 5 * MINUTE
        meanwhile = {
            "a step is taken": partial(other.turn, at),
            "the alert gets worse": partial(
                other.report, event(Severity.CRITICAL, dedup_key=f"db-{number}"), at=at
            ),
            "a message is claimed": partial(other.claim, at, node=f"n{number}"),
        }[what]

        together(partial(one.acknowledge, at, alert=alert.id), meanwhile)

        assert [each.notification.page for each in one.claim(at, node="late")] == []
    assert {each.status for each in one.pages()} == {PageStatus.ACKNOWLEDGED}
    assert one.timers() == []


def test_an_acknowledgement_that_is_prolonged_while_it_ends_has_ended_or_ends_later(desks):
    one, other = desks(LADDER)
    for number in range(ROUNDS):
        one.report(event(dedup_key=f"db-{number}"))
    for alert in one.alerts():
        one.acknowledge(NOW, alert=alert.id, until=NOW + MINUTE)

    for alert in one.alerts():
        together(
            partial(other.turn, NOW + MINUTE),
            partial(one.acknowledge, NOW + MINUTE, alert=alert.id, until=NOW + 9 * MINUTE),
        )

    timed = {each.subject: each.due for each in one.timers() if each.kind == "ack_end"}
    for alert in one.alerts():
        held = alert.acknowledgement
        assert timed.get(alert.id) == (held.until if held else None)


def test_what_comes_in_while_a_silence_ends_is_not_forgotten(desks):
    quiet = silence()
    one, other = desks(LADDER, silences=[quiet])
    one.do(lambda tx: timers.put(tx, "silence", quiet.id, quiet.workspace, quiet.ends_at))
    behind = [event(dedup_key=f"db-{number}") for number in range(ROUNDS)]

    together(
        partial(one.turn, quiet.ends_at),
        *(partial(other.report, each, at=quiet.ends_at - SECOND) for each in behind),
    )
    one.turn(quiet.ends_at + LOOK_AGAIN_AFTER)

    assert {each.routing for each in one.alerts()} == {Routing.ROUTED}
    assert len(one.messages()) == ROUNDS


def test_people_and_plans_may_resolve_and_acknowledge_the_same_page_at_once(desks):
    one, other = desks(plan(step(target(ANA)), step(action=ResolveAlerts(), after=5)))
    for number in range(ROUNDS):
        one.report(event(dedup_key=f"db-{number}"))
    pages = [each.id for each in one.pages()]

    def answer(desk, act, each):
        desk.do(lambda tx: act(tx, OPERATOR, each, now=NOW + 5 * MINUTE))

    for page in pages:
        together(
            partial(one.turn, NOW + 5 * MINUTE),
            partial(answer, other, people_do.resolve_page, page),
            partial(answer, one, people_do.acknowledge_page, page),
        )

    assert {each.status for each in one.pages()} == {PageStatus.RESOLVED}
    assert one.timers() == []


@pytest.mark.parametrize("engine", ["postgresql"])
def test_nodes_that_wait_for_each_other_inside_a_savepoint_begin_anew(desks, engine):
    one, other = desks(LADDER)
    one.report(event(dedup_key="a"), event(dedup_key="b"))
    first, second = (each.id for each in one.alerts())
    met = threading.Barrier(2)
    tries = []

    def lock(desk, mine, theirs):
        def action(tx):
            tries.append(desk)
            with tx.savepoint():
                alerts.get_many(tx, [mine], lock=True)
                if len(tries) <= 2:
                    met.wait(timeout=10)
                alerts.get_many(tx, [theirs], lock=True)

        desk.do(action)

    together(partial(lock, one, first, second), partial(lock, other, second, first))

    assert len(tries) == 3
