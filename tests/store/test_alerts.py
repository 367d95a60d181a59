"""Alerts: one open for each dedup key, changed by one at a time, listed in a stable order."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from store import samples
from store.samples import MINUTE, NOW, OTHER_WORKSPACE, SERVICE, WORKSPACE
from tocsin.core.alert import AlertStatus, Routing
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.event import Severity
from tocsin.core.ids import compose
from tocsin.store import alerts, lists, pages, plans, services
from tocsin.store.lists import list_alerts

PLAIN = replace(
    samples.alert,
    acknowledgement=None,
    resolved_at=None,
    resolved_by=None,
    routing=None,
    memory=(),
    labels={},
    drill=False,
)


def an_alert(number, **changes):
    return replace(PLAIN, id=number, dedup_key=f"key {number}", version=1, **changes)


def store(database, *new):
    database.transact(lambda tx: alerts.insert_many(tx, new))


def get(database, number):
    return database.transact(lambda tx: alerts.get_many(tx, [number]))[0]


def change(database, number, **changes):
    def action(tx):
        (was,) = alerts.get_many(tx, [number], lock=True)
        alerts.update_many(tx, [replace(was, version=was.version + 1, **changes)])

    database.transact(action)
    return get(database, number)


def open_by_keys(database, *keys):
    return database.transact(lambda tx: alerts.open_by_keys(tx, keys))


def test_open_alerts_are_found_by_service_and_dedup_key(database):
    store(
        database,
        an_alert(1),
        an_alert(2, service=12),
        an_alert(3, status=AlertStatus.RESOLVED),
        replace(an_alert(4), dedup_key=""),
        replace(an_alert(5), dedup_key="Ω '\"%\\ \n"),
    )

    found = open_by_keys(
        database,
        (SERVICE, "key 1"),
        (SERVICE, "key 2"),
        (12, "key 2"),
        (SERVICE, "key 3"),
        (SERVICE, ""),
        (SERVICE, "Ω '\"%\\ \n"),
    )

    assert {key: alert.id for key, alert in found.items()} == {
        (SERVICE, "key 1"): 1,
        (12, "key 2"): 2,
        (SERVICE, "Ω '\"%\\ \n"): 5,
    }
    assert open_by_keys(database) == {}


def test_the_same_trouble_is_never_open_twice(database):
    store(database, an_alert(1))

    with pytest.raises(Conflict):
        store(database, replace(an_alert(2), dedup_key="key 1"))

    change(database, 1, status=AlertStatus.RESOLVED)
    later = replace(an_alert(2), dedup_key="key 1")
    store(database, later, replace(later, id=3, service=12))


def test_alerts_without_a_dedup_key_are_each_on_their_own(database):
    store(database, replace(an_alert(1), dedup_key=""), replace(an_alert(2), dedup_key=""))

    assert get(database, 2).dedup_key == ""


def test_events_of_one_key_that_come_through_many_nodes_at_once_make_one_alert(database, open_another):
    def seen(number):
        def action(tx):
            found = alerts.open_by_keys(tx, [(SERVICE, "key 1")]).get((SERVICE, "key 1"))
            if found is None:
                alerts.insert_many(tx, [replace(an_alert(number), dedup_key="key 1", events=1)])
            else:
                alerts.update_many(tx, [replace(found, events=found.events + 1, version=found.version + 1)])

        return action

    def work(node, first):
        for number in range(first, first + 25):
            node.transact(seen(number))

    threads = [threading.Thread(target=work, args=(open_another(), 100 * n)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    listed = database.read_now(lambda tx: list_alerts(tx, WORKSPACE, limit=10))
    assert [alert.events for alert in listed.items] == [100]


@pytest.mark.parametrize(
    "changes",
    [
        {"last_seen_at": NOW + MINUTE, "events": 7},
        {"last_seen_at": NOW + MINUTE, "events": 7, "memory": samples.alert.memory},
        {"title": "Worse", "labels": {"a": "b"}},
        {"severity": Severity.CRITICAL, "severity_since": NOW},
        {"acknowledgement": samples.alert.acknowledgement},
        {"status": AlertStatus.RESOLVED, "resolved_at": NOW, "resolved_by": 21},
        {"routing": Routing.SILENCED},
        {"metric": None, "links": (), "monitor_labels": ("x",)},
        {"drill": True},
        {"source": "elsewhere", "integration": None},
    ],
    ids=" ".join,
)
def test_a_change_is_stored_whole(database, changes):
    store(database, an_alert(1))

    assert change(database, 1, **changes) == replace(an_alert(1), version=2, **changes)


def test_several_changes_in_one_transaction_follow_one_another(database):
    store(database, an_alert(1))

    def action(tx):
        (first,) = alerts.get_many(tx, [1], lock=True)
        second = replace(first, events=5, version=2)
        alerts.update_many(tx, [second])
        alerts.update_many(tx, [replace(second, title="Worse", version=3)])

    database.transact(action)

    assert get(database, 1) == replace(an_alert(1), events=5, title="Worse", version=3)


def test_a_change_of_what_somebody_else_has_changed_is_made_again_on_top(database, open_another):
    other = open_another()
    store(database, an_alert(1))
    tries = []

    def action(tx):
        (was,) = alerts.get_many(tx, [1])
        tries.append(was.title)
        if len(tries) == 1 and tx.engine == "postgresql":  # SQLite lets nobody in between
            change(other, 1, title="Theirs")
        alerts.update_many(tx, [replace(was, events=was.events + 1, version=was.version + 1)])

    database.transact(action)

    expected = ["Disk is full", "Theirs"] if database.engine == "postgresql" else ["Disk is full"]
    assert tries == expected
    assert get(database, 1).events == an_alert(1).events + 1
    assert get(database, 1).title == expected[-1]


def test_a_change_of_what_was_read_before_the_transaction_is_refused_once_it_is_stale(database):
    store(database, an_alert(1))
    old = get(database, 1)
    database.transact(lambda tx: alerts.update_many(tx, [replace(old, title="Ours", version=2)]))

    with pytest.raises(Conflict):
        database.transact(lambda tx: alerts.update_many(tx, [replace(old, title="Stale", version=2)]))

    assert get(database, 1).title == "Ours"


def test_an_alert_of_another_workspace_is_not_there(database):
    store(database, an_alert(1))

    assert database.transact(lambda tx: alerts.find(tx, WORKSPACE, 1)).id == 1
    with pytest.raises(NotFound):
        database.transact(lambda tx: alerts.find(tx, OTHER_WORKSPACE, 1))
    with pytest.raises(NotFound):
        database.transact(lambda tx: alerts.find(tx, WORKSPACE, 2))


def test_the_worst_firing_alerts_of_a_page_come_first(database):
    resolved = {"status": AlertStatus.RESOLVED, "severity": Severity.CRITICAL}
    severities = [Severity.INFO, Severity.CRITICAL, Severity.ERROR, Severity.CRITICAL]
    store(
        database,
        an_alert(1, **resolved),
        *(an_alert(number, severity=severity) for number, severity in enumerate(severities, start=2)),
    )

    def link(tx):
        plans.add_many(tx, WORKSPACE, [samples.plan])
        pages.link_many(tx, dict.fromkeys([*((7, number) for number in range(1, 6)), (8, 1)], NOW))

    database.transact(link)

    def first(limit):
        found = database.read_now(lambda tx: alerts.of_pages(tx, [7, 8, 9], limit_each=limit))
        return {page: [alert.id for alert in those] for page, those in found.items()}

    assert first(3) == {7: [3, 5, 4], 8: [1], 9: []}
    assert first(10)[7] == [3, 5, 4, 2, 1]
    of_page = database.transact(lambda tx: alerts.of_page(tx, 7, lock=True))
    assert [alert.id for alert in of_page] == [1, 2, 3, 4, 5]


def test_firing_alerts_can_be_walked_through_in_bounded_strides(database):
    for n in range(1, 10):
        store(database, an_alert(n, status=AlertStatus.FIRING if n % 3 else AlertStatus.RESOLVED))

    def stride(after):
        found = database.transact(lambda tx: alerts.firing(tx, WORKSPACE, after=after, limit=4))
        return [alert.id for alert in found]

    assert stride(0) == [1, 2, 4, 5]
    assert stride(5) == [7, 8]
    assert stride(8) == []


# --- lists --------------------------------------------------------------------------------------------


def ids(database, **filters):
    listed = database.read_now(lambda tx: list_alerts(tx, WORKSPACE, **{"limit": 100, **filters}))
    assert listed.total == len(listed.items)
    return [alert.id for alert in listed.items]


def test_a_list_is_walked_by_its_cursor_without_gaps_or_doubles_though_it_grows(database):
    store(database, *(an_alert(n) for n in range(10, 21)), an_alert(99, workspace=OTHER_WORKSPACE))

    def stride(before):
        return database.read_now(lambda tx: list_alerts(tx, WORKSPACE, before=before, limit=4))

    def walk():
        listed = stride(None)
        seen = [alert.id for alert in listed.items]
        while listed.next is not None:
            store(database, an_alert(100 + listed.next))
            listed = stride(listed.next)
            seen += [alert.id for alert in listed.items]
        return seen, listed.total

    seen, total = walk()

    assert seen == list(range(20, 9, -1))
    assert total == 13


def test_a_list_that_ends_exactly_at_its_limit_has_no_next(database):
    store(database, *(an_alert(n) for n in range(1, 5)))

    listed = database.read_now(lambda tx: list_alerts(tx, WORKSPACE, limit=4))

    assert (len(listed.items), listed.next) == (4, None)


@pytest.fixture
def various(database):
    store(
        database,
        an_alert(1, labels={"team": "db", "env": "prod"}),
        an_alert(2, labels={"team": "db", "a.b": 'x"y', "$odd": "100%"}),
        an_alert(3, service=12, severity=Severity.CRITICAL),
        an_alert(4, acknowledgement=samples.alert.acknowledgement, title="50% of /var_log"),
        an_alert(5, status=AlertStatus.RESOLVED, routing=Routing.UNROUTED, message="ÄPFEL Shop"),
        an_alert(6),
    )
    database.transact(lambda tx: pages.link_many(tx, dict.fromkeys([(7, 1), (7, 5)], NOW)))
    return database


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"status": AlertStatus.RESOLVED}, [5]),
        ({"services": {12}}, [3]),
        ({"services": {SERVICE, 12}, "severities": [Severity.CRITICAL, Severity.INFO]}, [3]),
        ({"labels": {"team": "db"}}, [2, 1]),
        ({"labels": {"team": "db", "env": "prod"}}, [1]),
        ({"labels": {"a.b": 'x"y'}}, [2]),
        ({"labels": {"$odd": "100%"}}, [2]),
        ({"labels": {"team": "d"}}, []),
        ({"labels": {"tea": "db"}}, []),
        ({"acknowledged": True}, [4]),
        ({"acknowledged": False, "status": AlertStatus.FIRING}, [6, 3, 2, 1]),
        ({"routing": Routing.UNROUTED}, [5]),
        ({"key": "key 2"}, [2]),
        ({"text": "50% of /VAR_"}, [4]),
        ({"text": "%"}, [6, 4, 3, 2, 1]),
        ({"text": "shop"}, [5]),
        ({"text": "\\"}, []),
        ({"key": "key 3", "status": AlertStatus.FIRING, "services": {SERVICE, 12}}, [3]),
        ({"key": "key 3", "status": AlertStatus.FIRING, "services": {SERVICE}}, []),
        ({"key": "key 5", "status": AlertStatus.FIRING, "services": {SERVICE}}, []),
        ({"services": {SERVICE}, "status": AlertStatus.FIRING}, [6, 4, 2, 1]),
        ({"services": {SERVICE, 12}, "status": AlertStatus.FIRING, "acknowledged": True}, [4]),
        ({"page": 7}, [5, 1]),
        ({"page": 7, "status": AlertStatus.FIRING, "labels": {"env": "prod"}}, [1]),
    ],
    ids=str,
)
def test_a_list_holds_what_fits_every_filter(various, filters, found):
    assert ids(various, **filters) == found


def test_a_list_of_a_span_of_time_reads_no_other(database):
    day = timedelta(days=1)
    moments = [NOW + number * day for number in range(5)]
    made = [compose(int(at.timestamp() * 1000), number) for number, at in enumerate(moments)]
    store(
        database,
        *(an_alert(each, opened_at=at) for each, at in zip(made, moments, strict=True)),
        an_alert(made[4] + 1, opened_at=NOW),
    )

    assert ids(database, since=moments[1], until=moments[3]) == [made[2], made[1]]
    assert ids(database, since=moments[3]) == [made[4], made[3]]
    assert ids(database, until=moments[1]) == [made[0]]


def test_open_alerts_without_a_key_are_among_those_of_their_service(database):
    keyless = [replace(an_alert(number), dedup_key="") for number in (2, 4)]
    store(database, an_alert(1), an_alert(3), keyless[0], replace(keyless[1], service=12))

    assert ids(database, services={SERVICE}, status=AlertStatus.FIRING) == [3, 2, 1]


def test_a_search_goes_through_so_many_at_once_and_on_from_there(database, monkeypatch):
    monkeypatch.setattr(lists, "LOOKED_THROUGH_MAX", 4)
    rare = {2, 9, 17}
    store(database, *(an_alert(n, severity="critical" if n in rare else "info") for n in range(1, 21)))

    def stride(before):
        return database.read_now(
            lambda tx: list_alerts(tx, WORKSPACE, severities=["critical"], before=before, limit=2)
        )

    found, before, strides = [], None, 0
    while strides == 0 or before is not None:
        listed = stride(before)
        found += [alert.id for alert in listed.items]
        before, strides = listed.next, strides + 1
        assert listed.total == 1

    assert found == [17, 9, 2]
    assert strides == 6


def test_what_is_over_is_counted_so_far_and_what_is_open_to_the_last(database, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED_MAX", 3)
    store(database, *(an_alert(n, status=AlertStatus.RESOLVED) for n in range(1, 6)))
    store(database, *(an_alert(n) for n in range(6, 11)))

    def total(status):
        return database.read_now(lambda tx: list_alerts(tx, WORKSPACE, status=status, limit=1)).total

    assert [total(status) for status in (AlertStatus.RESOLVED, AlertStatus.FIRING, None)] == [3, 5, 8]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": AlertStatus.FIRING}, [3, 2]),
        ({"status": AlertStatus.FIRING, "services": {12}}, [3]),
        ({"status": AlertStatus.FIRING, "services": {SERVICE, 12}}, [3, 2]),
        ({"status": AlertStatus.FIRING, "acknowledged": True}, [2]),
        ({"status": AlertStatus.RESOLVED}, [1]),
        ({}, [3, 2, 1]),
        ({"status": AlertStatus.FIRING, "key": "another"}, [4]),
        ({"status": AlertStatus.FIRING, "key": "none"}, []),
        ({"status": AlertStatus.FIRING, "key": ""}, [5]),
    ],
    ids=str,
)
def test_alerts_of_one_key_are_found_in_every_service_of_the_workspace_and_in_no_other(
    populated, filters, found
):
    theirs = {"workspace": OTHER_WORKSPACE, "service": 13}

    def services_of_two(tx):
        services.add(tx, replace(samples.service, id=12, slug="second"))
        services.add(tx, replace(samples.service, id=13, workspace=OTHER_WORKSPACE, team=None))

    populated.transact(services_of_two)
    same = [
        an_alert(1, status=AlertStatus.RESOLVED),
        an_alert(2, acknowledgement=samples.alert.acknowledgement),
        an_alert(3, service=12),
        an_alert(6, **theirs),
    ]
    store(populated, *(replace(alert, dedup_key="one") for alert in same))
    others = {4: "another", 5: ""}
    store(populated, *(replace(an_alert(number), dedup_key=key) for number, key in others.items()))

    assert ids(populated, **{"key": "one", **filters}) == found
