"""Retention: what is old and over goes whole, what still fires stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from store import samples
from store.samples import NOW, SERVICE, WORKSPACE
from tocsin.core.alert import AlertStatus
from tocsin.core.because_alert import NothingOpen
from tocsin.core.event import EventStatus
from tocsin.core.ids import compose
from tocsin.core.story import AuditEntry
from tocsin.store import alerts, audit, events, outbox, pages, plans, retention, timeline, timers
from tocsin.store.statements import two_forms

OLD = NOW - timedelta(days=400)
LIMIT = NOW - timedelta(days=365)
COUNTED = ("alerts", "events", "pages", "page_alerts", "notifications", "timeline", "timers", "audit_log")
REASON = NothingOpen(status=EventStatus.RESOLVED, dedup_key="x")


def made(at, number):
    return compose(int(at.timestamp() * 1000), number)


def counts(database):
    def count(tx):
        found = {}
        for table in COUNTED:
            sql = f"SELECT count(*) FROM {table}"
            found[table] = tx.scalar(two_forms(sqlite=sql, postgresql=sql))
        return found

    return database.read_now(count)


def trouble(tx, at, number, *, resolved=True, page=None):
    """An alert with an event, a page, a message and a story."""
    identifier, page = made(at, number), page or made(at, number + 100)
    changes = {"status": AlertStatus.RESOLVED, "resolved_at": at} if resolved else {"resolved_at": None}
    alerts.insert_many(
        tx, [replace(samples.alert, id=identifier, dedup_key=str(number), opened_at=at, **changes)]
    )
    events.insert_many(tx, [(replace(samples.event, id=made(at, number), received_at=at), identifier)])
    plans.add_many(tx, WORKSPACE, [samples.plan])
    if not pages.get_many(tx, [page]):
        pages.insert_many(tx, [replace(samples.page, id=page, gathers_until=None, service=SERVICE)])
        outbox.queue_many(tx, [replace(samples.notification, id=made(at, number), page=page)])
        timers.put(tx, "page", page, WORKSPACE, at)
    pages.link_many(tx, {(page, identifier): NOW})
    reasons = (REASON,)
    timeline.append_many(
        tx, [(WORKSPACE, identifier, None, at, reasons), (WORKSPACE, None, page, at, reasons)]
    )
    return identifier, page


def drop(database, limit=100):
    return database.transact(lambda tx: retention.drop_alerts(tx, before=LIMIT, limit=limit)).count


def test_an_alert_that_was_resolved_long_ago_goes_with_all_that_is_its_own(database):
    database.transact(lambda tx: trouble(tx, OLD, 1))

    assert drop(database) == 1

    assert set(counts(database).values()) == {0}


@pytest.mark.parametrize(
    ("at", "resolved"), [(OLD, False), (NOW, True), (NOW, False)], ids=["fires", "new", "new and fires"]
)
def test_what_fires_or_is_new_stays_whole(database, at, resolved):
    database.transact(lambda tx: trouble(tx, at, 1, resolved=resolved))
    before = counts(database)

    assert drop(database) == 0

    assert counts(database) == before


def test_a_page_stays_as_long_as_one_of_its_alerts_does(database):
    def store(tx):
        _, page = trouble(tx, OLD, 1)
        trouble(tx, NOW, 2, page=page)

    database.transact(store)

    assert drop(database) == 1

    left = counts(database)
    assert (left["alerts"], left["pages"], left["page_alerts"], left["notifications"]) == (1, 1, 1, 1)


def test_much_goes_in_small_batches(database):
    database.transact(lambda tx: [trouble(tx, OLD, number) for number in range(1, 8)])

    assert [drop(database, 3) for _ in range(4)] == [3, 3, 1, 0]


def test_what_belongs_to_no_alert_and_no_page_goes_by_its_age(database):
    def store(tx):
        for number, at in enumerate((OLD, OLD, NOW)):
            identifier = made(at, number)
            events.insert_many(tx, [(replace(samples.event, id=identifier, received_at=at), None)])
            outbox.queue_many(tx, [replace(samples.notification, id=identifier, page=None)])
            audit.append(
                tx,
                AuditEntry(
                    id=identifier,
                    workspace=WORKSPACE,
                    at=at,
                    by_name="Ana",
                    how="api",
                    action="created",
                    kind="team",
                ),
            )

    database.transact(store)

    assert database.transact(lambda tx: retention.drop_events(tx, before=LIMIT, limit=1)).count == 1
    assert database.transact(lambda tx: retention.drop_events(tx, before=LIMIT, limit=10)).count == 1
    assert database.transact(lambda tx: retention.drop_notifications(tx, before=LIMIT, limit=10)) == 2
    assert database.transact(lambda tx: retention.drop_audit(tx, before=LIMIT, limit=1)) == 1
    assert database.transact(lambda tx: retention.drop_audit(tx, before=LIMIT, limit=10)) == 1
    left = counts(database)
    assert (left["events"], left["notifications"], left["audit_log"]) == (1, 1, 1)


def test_whoever_goes_on_past_what_went_finds_the_rest_and_nothing_before(database):
    found = database.transact(lambda tx: [trouble(tx, OLD, number) for number in range(1, 6)])
    ids = [alert for alert, _ in found]

    def step(drop_, past):
        return database.transact(lambda tx: drop_(tx, before=LIMIT, limit=2, past=past))

    for drop_ in (retention.drop_events, retention.drop_alerts):
        first = step(drop_, 0)
        second = step(drop_, first.last)
        third = step(drop_, ids[-1])
        assert (first, second) == (retention.Gone(2, ids[1]), retention.Gone(2, ids[3]))
        assert third == retention.Gone(0, ids[-1])


def test_postgresql_is_told_to_clear_up_after_retention(database):
    if database.engine == "sqlite":
        return
    sql = "SELECT relname FROM pg_class WHERE reloptions @> ARRAY['autovacuum_vacuum_scale_factor=0.01']"
    told = database.read_now(lambda tx: tx.rows(two_forms(sqlite="", postgresql=sql)))

    assert {row[0] for row in told} >= {
        "events",
        "alerts",
        "pages",
        "page_alerts",
        "notifications",
        "timeline",
    }
