"""The story of alerts and pages, the audit log, and what else is kept beside the path."""

from dataclasses import fields, replace
from datetime import timedelta

import msgspec
import pytest

from store import samples
from store.samples import MINUTE, NOW, OTHER_WORKSPACE, WORKSPACE
from tocsin.core import because_alert, because_page, because_paging, because_routing
from tocsin.core.because import Because, Forgotten
from tocsin.core.because_alert import AlertAcknowledged, AlertOpened
from tocsin.core.because_paging import StepTaken, Told
from tocsin.core.errors import Conflict
from tocsin.core.event import EventStatus, Severity
from tocsin.core.ids import compose, made_at
from tocsin.core.story import AuditEntry
from tocsin.store import (
    audit,
    events,
    extras,
    idempotency,
    nodes,
    outbox,
    pages,
    reasons,
    round_robins,
    timeline,
)
from tocsin.store.idempotency import Answered
from tocsin.store.lists import list_notifications
from tocsin.store.nodes import Node

OPENED = AlertOpened(severity=Severity.ERROR, source="probe Ω\x00")
ACKNOWLEDGED = AlertAcknowledged(by_name="Ana", how="api", until=NOW, comment='"mine"')
STEP = StepTaken(plan="Nights", step=1, steps=3, asked=("Ana", "Ben"), late=timedelta(seconds=61.5))
TOLD = Told(name="Ana", why="on call", rule="rule 1")


def test_stories_are_told_in_order_and_reasons_come_back_as_they_were(database):
    def tell(tx):
        timeline.append_many(
            tx,
            [
                (WORKSPACE, 1, None, NOW, (OPENED,)),
                (WORKSPACE, None, 7, NOW, (STEP, TOLD)),
                (WORKSPACE, 2, None, NOW, (OPENED,)),
                (WORKSPACE, None, 8, NOW, (STEP,)),
            ],
        )
        timeline.append_many(tx, [(WORKSPACE, 1, None, NOW + MINUTE, (ACKNOWLEDGED,))])

    database.transact(tell)

    def read(tx):
        whole = timeline.of_alert(tx, 1, [7], limit=10)
        rest = timeline.of_alert(tx, 1, [7], after=whole[0].id, limit=1)
        return whole, rest, timeline.of_page(tx, 8, limit=10), timeline.length(tx, 1, [7, 8])

    whole, rest, of_page, length = database.read_now(read)
    assert [(entry.alert, entry.page, entry.at, entry.because) for entry in whole] == [
        (1, None, NOW, (OPENED,)),
        (None, 7, NOW, (STEP, TOLD)),
        (1, None, NOW + MINUTE, (ACKNOWLEDGED,)),
    ]
    assert rest == whole[1:2]
    assert [entry.because for entry in of_page] == [(STEP,)]
    assert length == 4


@pytest.mark.parametrize("kind", sorted(Because.kinds))
def test_every_kind_of_reason_can_be_stored(kind):
    modules = (because_alert, because_page, because_paging, because_routing)
    assert modules, "they are imported, so that all kinds are known"

    decoder = msgspec.json.Decoder(Because.kinds[kind])

    with pytest.raises(msgspec.ValidationError):
        decoder.decode("[]")


def test_a_reason_whose_kind_is_gone_or_has_changed_survives_as_text():
    stored = '[["no_longer_known",{"a":1}],["alert_opened",{"severity":"purple","source":"x"}]]'

    gone, changed = reasons.load(stored)

    assert gone == Forgotten(kind="no_longer_known", text='{"a":1}')
    assert gone.sentence() == 'no longer known: {"a":1}'
    assert changed.kind == "alert_opened"
    assert reasons.load(reasons.dump([gone])) == (gone,)


def test_a_reason_reads_what_was_stored_before_it_had_its_newest_field():
    assert [field.name for field in fields(StepTaken)][-1] == "pause"

    assert reasons.load('[["step_taken",{"plan":"P","step":1,"steps":1,"asked":["Ana"]}]]') == (
        StepTaken(plan="P", step=1, steps=1, asked=("Ana",)),
    )


def test_the_audit_log_lists_the_newest_first_and_only_the_workspaces_own(database):
    entry = AuditEntry(
        id=1,
        workspace=WORKSPACE,
        at=NOW,
        by=21,
        key=171,
        by_name="Ana",
        how="api",
        action="changed",
        kind="schedule",
        subject=111,
        name="Primary",
        changes={"name": ["Old", "Primary"], "tags": [[], ["a"]]},
    )

    def write(tx):
        for number in range(1, 6):
            audit.append(tx, replace(entry, id=number))
        audit.append(tx, replace(entry, id=9, workspace=OTHER_WORKSPACE))

    database.transact(write)

    first = database.read_now(lambda tx: audit.list_(tx, WORKSPACE, limit=3))
    assert first.items == tuple(replace(entry, id=number) for number in (5, 4, 3))
    assert (first.next, first.total) == (3, 5)
    second = database.read_now(lambda tx: audit.list_(tx, WORKSPACE, before=first.next, limit=3))
    assert [one.id for one in second.items] == [2, 1]
    assert second.next is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("ANA", 2), ("prim", 1), ("schedule", 2), ("changed", 2), ("100%", 1), ("%", 1), ("_", 0), ("\\", 0)],
)
def test_the_audit_log_is_searched_by_who_what_and_what_was_done(database, text, found):
    entry = AuditEntry(
        id=1,
        workspace=WORKSPACE,
        at=NOW,
        by=21,
        by_name="Ana",
        how="api",
        action="changed",
        kind="schedule",
        subject=111,
        name="Primary",
        changes={},
    )

    def write(tx):
        audit.append(tx, entry)
        audit.append(tx, replace(entry, id=2, name="100% cover"))

    database.transact(write)

    listed = database.read_now(lambda tx: audit.list_(tx, WORKSPACE, text=text, limit=10))
    assert (len(listed.items), listed.total) == (found, found)


def test_extras_are_given_back_as_they_came_and_go_with_their_object(database):
    odd = {"permissionSet": ["*"], "n": 1.5, "deep": {"ü": None, "b": True}}

    def write(tx):
        extras.put(tx, "guance", "alert policy", 1, {"old": 1})
        extras.put(tx, "guance", "alert policy", 1, odd)
        extras.put(tx, "datadog", "alert policy", 1, {"x": 1})
        extras.put(tx, "guance", "schedule", 1, {"y": 1})

    database.transact(write)

    assert database.read_now(lambda tx: extras.get(tx, "guance", "alert policy", 1)) == odd
    assert database.read_now(lambda tx: extras.get_many(tx, "guance", "alert policy", [1, 2])) == {1: odd}
    assert database.read_now(lambda tx: extras.get(tx, "guance", "alert policy", 2)) == {}

    database.transact(lambda tx: extras.drop(tx, "alert policy", [1]))

    assert database.read_now(lambda tx: extras.get(tx, "datadog", "alert policy", 1)) == {}
    assert database.read_now(lambda tx: extras.get(tx, "guance", "schedule", 1)) == {"y": 1}


def test_an_answer_is_remembered_under_its_key_until_it_is_forgotten(database):
    answered = Answered(request_hash="h", status=201, headers={"Location": "/x"}, body='{"id":1}', at=NOW)
    database.transact(lambda tx: idempotency.remember(tx, WORKSPACE, "k", answered))

    assert database.read_now(lambda tx: idempotency.find(tx, WORKSPACE, "k")) == answered
    assert database.read_now(lambda tx: idempotency.find(tx, OTHER_WORKSPACE, "k")) is None
    with pytest.raises(Conflict):
        database.transact(lambda tx: idempotency.remember(tx, WORKSPACE, "k", answered))

    assert database.transact(lambda tx: idempotency.forget(tx, before=NOW)) == 0
    assert database.transact(lambda tx: idempotency.forget(tx, before=NOW + MINUTE)) == 1
    assert database.read_now(lambda tx: idempotency.find(tx, WORKSPACE, "k")) is None


def test_nodes_are_seen_until_they_leave_or_are_forgotten(database):
    node = Node(name="a", started_at=NOW, seen_at=NOW, details={"version": "1"})

    def write(tx):
        nodes.seen(tx, node)
        nodes.seen(tx, replace(node, seen_at=NOW + MINUTE))
        nodes.seen(tx, replace(node, name="b"))
        nodes.seen(tx, replace(node, name="c", seen_at=NOW + MINUTE))

    database.transact(write)
    assert [one.name for one in database.read_now(nodes.all_)] == ["a", "b", "c"]

    database.transact(lambda tx: nodes.forget(tx, before=NOW + MINUTE))
    database.transact(lambda tx: nodes.leave(tx, "c"))

    assert database.read_now(nodes.all_) == [replace(node, seen_at=NOW + MINUTE)]


def test_turns_begin_at_the_first_and_go_on_where_they_were(database):
    assert database.transact(lambda tx: round_robins.turn(tx, 1)) == 0

    database.transact(lambda tx: round_robins.put(tx, {1: 2, 2: 1}))

    assert database.transact(lambda tx: [round_robins.turn(tx, step) for step in (1, 2, 3)]) == [2, 1, 0]


# --- events -------------------------------------------------------------------------------------------


def an_event(number, at=NOW, **changes):
    milliseconds = int(at.timestamp() * 1000)
    firing = replace(samples.event, status=EventStatus.FIRING)
    return replace(firing, id=compose(milliseconds, number), received_at=at, **changes)


def test_the_firing_events_of_a_pages_alerts_are_counted_after_a_moment_and_not_at_it(database):
    filed = [
        (an_event(1, NOW - MINUTE), 1),
        (an_event(2, NOW), 1),
        (an_event(3, NOW + timedelta(microseconds=1)), 1),
        (an_event(4, NOW + MINUTE), 2),
        (an_event(5, NOW + MINUTE), 3),
        (an_event(6, NOW + MINUTE), None),
        (an_event(7, NOW + MINUTE, status=EventStatus.RESOLVED), 1),
    ]

    def write(tx):
        events.insert_many(tx, filed)
        pages.link_many(tx, dict.fromkeys([(7, 1), (7, 2), (8, 3)], NOW))

    database.transact(write)

    assert database.read_now(lambda tx: events.count_of_page(tx, 7, since=NOW)) == 2
    assert database.read_now(lambda tx: events.count_of_page(tx, 7, since=NOW - 2 * MINUTE)) == 4
    assert database.read_now(lambda tx: events.count_of_page(tx, 9, since=NOW)) == 0


def test_events_are_listed_of_an_alert_and_of_a_workspace_the_newest_first(database):
    filed = [(an_event(number), number % 2) for number in range(1, 8)]
    filed.append((an_event(9, workspace=OTHER_WORKSPACE), 5))
    database.transact(lambda tx: events.insert_many(tx, filed))

    def counters(listed):
        return [filed.event.id & 0xFF for filed in listed.items], listed.total, listed.next is not None

    of_alert = database.read_now(lambda tx: events.of_alert(tx, 1, limit=3))
    assert counters(of_alert) == ([7, 5, 3], 4, True)
    assert {filed.alert for filed in of_alert.items} == {1}
    rest = database.read_now(lambda tx: events.of_alert(tx, 1, before=of_alert.next, limit=3))
    assert counters(rest) == ([1], 4, False)
    assert counters(database.read_now(lambda tx: events.list_(tx, WORKSPACE, limit=2))) == ([7, 6], 7, True)


def test_ids_tell_when_they_were_made():
    assert made_at(an_event(1).id) == NOW.replace(microsecond=123_000)


def test_notifications_are_listed_by_what_became_of_them(populated):
    message = replace(samples.notification, bundled_into=None)
    stored = [
        replace(message, id=1),
        replace(message, id=2, user=22),
        replace(message, id=3, page=182, channel="email"),
        replace(message, id=4, workspace=OTHER_WORKSPACE),
    ]
    populated.transact(lambda tx: outbox.queue_many(tx, stored))

    def ids(**filters):
        listed = populated.read_now(lambda tx: list_notifications(tx, WORKSPACE, limit=9, **filters))
        return [one.id for one in listed.items]

    assert ids() == [3, 2, 1]
    assert ids(user=21) == [3, 1]
    assert ids(page=181, user=21) == [1]
    assert ids(channel="email") == [3]
    assert ids(state=samples.notification.state) == [3, 2, 1]
