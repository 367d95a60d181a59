from dataclasses import replace
from datetime import timedelta

import pytest

from builders import NOW, WORKSPACE
from routing_builders import event, opened
from tocsin.actions import nodes, retention
from tocsin.actions.actor import EVERY_PERMISSION, Actor
from tocsin.actions.idempotency import Reply, once
from tocsin.actions.retention import AT_ONCE_MAX, BEGINNING, NODES_KEPT, sweep
from tocsin.core.alert import AlertStatus
from tocsin.core.event import Event
from tocsin.core.ids import AlertId, EventId, ServiceId, compose
from tocsin.store import alerts, events, extras
from tocsin.store import nodes as kept

LIMIT = NOW - timedelta(days=30)
ANA = Actor(workspace=WORKSPACE, name="Ana", permissions=EVERY_PERMISSION)


def _events(database, count, *, at) -> None:
    made = [
        Event(
            id=EventId(compose(int(at.timestamp() * 1000), number)),
            workspace=WORKSPACE,
            service=ServiceId(2),
            occurred_at=at,
            received_at=at,
        )
        for number in range(count)
    ]
    database.transact(lambda tx: events.insert_many(tx, [(event, None) for event in made]))


def _sweep(database) -> retention.Swept:
    return database.transact(lambda tx: sweep(tx, events_before=LIMIT, alerts_before=LIMIT, now=NOW))


def test_what_is_old_enough_goes_and_the_rest_stays(database):
    _events(database, 3, at=LIMIT - timedelta(seconds=1))
    _events(database, 2, at=LIMIT + timedelta(seconds=1))

    swept = _sweep(database)

    assert (swept.by_table, swept.rows, swept.more) == ({"events": 3}, 3, False)
    assert _sweep(database).rows == 0


def test_much_goes_in_batches_each_past_the_last(database):
    _events(database, AT_ONCE_MAX + 1, at=LIMIT - timedelta(days=1))

    def step(past=BEGINNING):
        return database.transact(
            lambda tx: sweep(tx, events_before=LIMIT, alerts_before=LIMIT, now=NOW, past=past)
        )

    batches = [first := step(), second := step(first.past), step(second.past)]

    assert [batch.rows for batch in batches] == [AT_ONCE_MAX, 1, 0]
    assert [batch.more for batch in batches] == [True, False, False]
    assert [batch.past == BEGINNING for batch in batches] == [False, True, True]


@pytest.mark.parametrize(("age", "forgotten"), [(timedelta(hours=23), 0), (timedelta(hours=25), 1)])
def test_an_answer_to_a_repeated_request_is_kept_for_a_day(database, age, forgotten):
    reply = Reply(status=201, body="{}")
    database.transact(lambda tx: once(tx, ANA, key="k", request_hash="h", make=lambda: reply, now=NOW - age))

    assert _sweep(database).by_table.get("idempotency_keys", 0) == forgotten


def test_a_node_that_vanished_is_forgotten_after_a_day(database):
    for name, age in (("gone", NODES_KEPT * 2), ("there", timedelta(0))):
        database.transact(
            lambda tx, name=name, age=age: nodes.seen(
                tx, name, started_at=NOW - age, version="0.1.0", now=NOW - age
            )
        )

    _sweep(database)

    assert [node.name for node in database.read_now(kept.all_)] == ["there"]


def test_an_alert_with_very_many_events_goes_a_little_at_a_time_and_last(database):
    old = LIMIT - timedelta(days=1)
    alert = AlertId(compose(int(old.timestamp() * 1000), 0))

    def fill(tx):
        over = replace(
            opened(dedup_key="k"), id=alert, opened_at=old, status=AlertStatus.RESOLVED, resolved_at=old
        )
        alerts.insert_many(tx, [over])
        extras.put(tx, "datadog", "alert", alert, {"a": 1})
        number = compose(int(NOW.timestamp() * 1000), 0)
        said = [event(id=EventId(number + each), workspace=WORKSPACE) for each in range(AT_ONCE_MAX + 1)]
        events.insert_many(tx, [(each, alert) for each in said])

    database.transact(fill)

    batches = [_sweep(database) for _ in range(4)]

    assert [dict(batch.by_table) for batch in batches] == [
        {"events": AT_ONCE_MAX},
        {"events": 1},
        {"alerts": 1},
        {},
    ]
    assert [batch.more for batch in batches] == [True, True, False, False]
    assert database.read_now(lambda tx: extras.get(tx, "datadog", "alert", alert)) == {}
