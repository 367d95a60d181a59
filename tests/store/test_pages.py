"""Pages: one window for each group, changed by one at a time, counted by their alerts."""

from dataclasses import replace

import pytest

from store import samples
from store.samples import MINUTE, NOW, OTHER_WORKSPACE, WORKSPACE
from tocsin.core.alert import AlertStatus, Routing
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.escalation import PageStatus
from tocsin.store import alerts, pages, plans
from tocsin.store.lists import list_pages

PLAIN = replace(samples.page, status=PageStatus.TRIGGERED, gathers_until=None, version=1)
GROUP = (141, 151, 91, '["a"]')


def a_page(number, **changes):
    return replace(PLAIN, id=number, **changes)


def an_alert(number, **changes):
    plain = replace(samples.alert, id=number, dedup_key=str(number), acknowledgement=None, **changes)
    return replace(plain, routing=changes.get("routing", Routing.ROUTED))


def store(database, *new, links=()):
    def action(tx):
        plans.add_many(tx, WORKSPACE, [samples.plan])
        pages.insert_many(tx, new)
        pages.link_many(tx, dict.fromkeys(links, NOW))

    database.transact(action)


def get(database, number):
    return database.transact(lambda tx: pages.get(tx, number))


def gathering(database, *groups):
    return [page.id for page in database.transact(lambda tx: pages.gathering(tx, groups))]


def test_a_change_is_stored_whole_and_counted(database):
    store(database, a_page(1))
    changed = replace(
        samples.page, id=1, status=PageStatus.RESOLVED, responders=(), due=None, gathers_until=None
    )

    def action(tx):
        pages.get(tx, 1, lock=True)
        pages.update_many(tx, [changed])
        pages.update_many(tx, [replace(changed, rounds=9)])

    database.transact(action)

    assert get(database, 1) == replace(changed, rounds=9, version=3)


def test_an_open_window_is_found_by_its_group(database):
    store(
        database,
        a_page(1, gathers_until=NOW),
        a_page(2, gathers_until=NOW, group_key='["Ω"]'),
        a_page(3, gathers_until=NOW, rule=152),
        a_page(4),
    )

    assert gathering(database, GROUP, (141, 151, 91, '["Ω"]'), (141, 151, 92, '["a"]')) == [1, 2]
    assert gathering(database) == []


def test_a_group_has_one_open_window_at_a_time(database):
    store(database, a_page(1, gathers_until=NOW))
    with pytest.raises(Conflict):
        store(database, a_page(2, gathers_until=NOW))

    def next_window(tx):
        (page,) = pages.gathering(tx, [GROUP])
        pages.update_many(tx, [replace(page, gathers_until=None)])
        pages.insert_many(tx, [a_page(2, gathers_until=NOW + MINUTE)])

    database.transact(next_window)

    assert gathering(database, GROUP) == [2]


def test_the_pages_of_alerts_are_found_unless_they_are_over(database):
    store(
        database,
        a_page(1),
        a_page(2, status=PageStatus.RESOLVED),
        a_page(3, status=PageStatus.ACKNOWLEDGED),
        links=[(1, 10), (2, 10), (3, 10), (3, 11), (1, 12), (1, 12)],
    )

    def of(*numbers, **options):
        found = database.transact(lambda tx: pages.of_alerts(tx, numbers, **options))
        return [(alert, page.id) for alert, page in found]

    assert of(10, 11) == [(10, 1), (10, 3), (11, 3)]
    assert of(10, resolved=True) == [(10, 1), (10, 2), (10, 3)]
    assert of() == []


def test_the_alerts_of_a_page_are_counted_by_whether_they_ask_anybody(database):
    held = {"acknowledgement": samples.alert.acknowledgement}
    stored = [
        an_alert(1),
        an_alert(2, routing=Routing.SILENCED),
        replace(an_alert(3), **held),
        replace(an_alert(4), status=AlertStatus.RESOLVED, **held),
        an_alert(5, routing=None),
    ]
    database.transact(lambda tx: alerts.insert_many(tx, stored))
    store(database, a_page(1), links=[(1, n) for n in range(1, 6)] + [(2, 4)])

    counted = database.read_now(lambda tx: pages.count_alerts(tx, [1, 2, 3]))

    assert counted == {1: (4, 2), 2: (0, 0), 3: (0, 0)}


def test_a_page_of_another_workspace_is_not_there(database):
    store(database, a_page(1))

    assert database.transact(lambda tx: pages.find(tx, WORKSPACE, 1)).id == 1
    for workspace, number in [(OTHER_WORKSPACE, 1), (WORKSPACE, 2)]:
        with pytest.raises(NotFound):
            database.transact(lambda tx, at=workspace, n=number: pages.find(tx, at, n))
    with pytest.raises(NotFound):
        database.transact(lambda tx: pages.get(tx, 2))


def test_pages_are_listed_by_status_service_and_alert(database):
    store(
        database,
        a_page(1),
        a_page(2, status=PageStatus.RESOLVED),
        a_page(3, service=12),
        a_page(4, workspace=OTHER_WORKSPACE),
        links=[(1, 10), (2, 10)],
    )

    def ids(**filters):
        return [
            page.id
            for page in database.read_now(lambda tx: list_pages(tx, WORKSPACE, limit=9, **filters)).items
        ]

    assert ids() == [3, 2, 1]
    assert ids(status=PageStatus.TRIGGERED) == [3, 1]
    assert ids(services={12}) == [3]
    assert ids(alert=10, status=PageStatus.RESOLVED) == [2]


def test_a_page_runs_the_plan_that_it_began_with_though_the_policy_has_a_new_one(database):
    store(database, a_page(1))
    newer = replace(samples.plan, id=95, steps=())

    database.transact(lambda tx: plans.add_many(tx, WORKSPACE, [newer]))

    assert get(database, 1).plan == samples.plan


def test_a_stored_plan_never_changes(database):
    store(database, a_page(1))
    database.transact(lambda tx: plans.add_many(tx, WORKSPACE, [samples.plan, samples.plan]))

    with pytest.raises(Conflict, match="other steps"):
        database.transact(lambda tx: plans.add_many(tx, WORKSPACE, [replace(samples.plan, steps=())]))
