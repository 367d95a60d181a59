"""The statements that run all day find their rows by an index, however large the tables grow."""

from store.full import MANY, explain, fill
from store.samples import WORKSPACE
from tocsin.store import (
    alert_notes,
    alert_pages,
    alerts,
    budgets,
    credentials,
    events,
    exchanges,
    extras,
    integrations,
    lanes,
    lists,
    outbox,
    pages,
    retention,
    tellings,
    timeline,
    timers,
    watching,
    workspaces,
)
from tocsin.store import tables as t
from tocsin.store.statements import two_forms

KEYS = {"services": [1, 2], "keys": ["a", "b"], "pairs": '[[1,"a"],[2,"b"]]'}
GROUPS = {"groups": '[[1,2,3,"a"]]', "policies": [1], "rules": [2], "plans": [3], "keys": ["a"]}


def listing(table, *filters):
    return lists._listing(table, frozenset(filters))


def counting(table, *filters, some=True):
    return lists._counting(table, frozenset(filters), some=some)


ALL = {"workspace": WORKSPACE, "floor": 0, "before": 9 * MANY, "limit": 9, "most": 9}


HOT = {
    "open alerts by dedup key": (alerts._OPEN_BY_KEYS, KEYS, {"uq_alerts_open"}),
    "firing alerts of a workspace": (
        alerts._FIRING,
        {"workspace": 1, "after": 0, "limit": 9},
        {"ix_alerts_workspace_id_status_id"},
    ),
    "alerts of a page": (alerts._OF_PAGE, {"page": 1}, {"pk_page_alerts", "pk_alerts"}),
    "a numbered page of alerts": (
        alert_pages._statements(frozenset({"workspace", "service"}))[0],
        {"workspace": 1, "service": 2, "limit": 9, "offset": 9},
        {"ix_alerts_workspace_id_service_id_id"},
    ),
    "alerts that fire, counted": (alert_pages._KEYED, {"service": 2}, {"uq_alerts_open"}),
    "when alerts were told of": (
        alert_pages._SENT,
        {"ids": [1]},
        {"ix_page_alerts_alert_id", "ix_notifications_page_id"},
    ),
    "alerts by id": (alerts._LOCK_MANY, {"ids": [1]}, {"pk_alerts"}),
    "the newest event of each alert": (
        events._LAST_OF_EACH,
        {"alerts": [1, 2]},
        {"ix_events_alert_id_id", "pk_events"},
    ),
    "the first and the last event of each alert": (
        events._ENDS_OF_EACH,
        {"alerts": [1, 2]},
        {"ix_events_alert_id_id"},
    ),
    "the alert that was over last": (
        alerts._LAST_RESOLVED,
        {"workspace": 1, "service": 2, "key": "a", "most": 9, "limit": 1},
        {"ix_alerts_workspace_id_service_id_id"},
    ),
    "notes on an alert": (alert_notes._OF_ALERT, {"alert": 1}, {"ix_alert_notes_alert_id_id"}),
    "what a destination answered": (
        exchanges._STRETCH,
        {"destination": 1, "limit": 9, "offset": 0},
        {"ix_exchanges_destination_id_id"},
    ),
    "what was answered about alerts": (
        exchanges._OF_ALERTS,
        {"alerts": [1, 2]},
        {"ix_exchanges_alert_id_id", "pk_exchanges"},
    ),
    "events of an alert": (
        events._OF_ALERT,
        {"alert": 1, "before": 9, "limit": 9, "floor": 0},
        {"ix_events_alert_id_id"},
    ),
    "recent events of a page": (
        events._COUNT_OF_PAGE,
        {"page": 1, "first": 1, "since": 1},
        {"pk_page_alerts", "ix_events_alert_id_id"},
    ),
    "open windows": (pages._GATHERING, GROUPS, {"uq_pages_gathering"}),
    "pages of alerts": (pages._OPEN_OF_ALERTS, {"alerts": [1]}, {"ix_page_alerts_alert_id", "pk_pages"}),
    "alerts counted by page": (pages._COUNT_ALERTS, {"pages": [1]}, {"pk_page_alerts", "pk_alerts"}),
    "alerts that came in the same moment": (
        tellings._JOININGS,
        {"pages": [1, 2]},
        {"pk_page_alerts", "ix_page_alerts_alert_id", "pk_pages"},
    ),
    "what was said about pages": (tellings._TELLINGS, {"pages": [1, 2]}, {"ix_notifications_page_id"}),
    "since when alerts are in a page": (pages._JOINED, {"page": 1}, {"pk_page_alerts"}),
    "due timers": (timers._DUE, {"now": 1, "limit": 9}, {"ix_timers_due_at"}),
    "the next timer": (timers._NEXT, {}, {"ix_timers_due_at"}),
    "timers by subject": (timers._CANCEL, {"kind": "page", "ids": [1]}, {"pk_timers"}),
    "due notifications": (outbox._DUE, {"now": 1, "limit": 9}, {"ix_notifications_queued"}),
    "leases that ran out": (outbox._FREE_EXPIRED, {"now": 1}, {"ix_notifications_sending"}),
    "what went to an address, or is on its way": (
        budgets._LATELY,
        {"marks": [1], "since": 1},
        {"ix_notifications_sent", "ix_notifications_sending"},
    ),
    "what is bundled": (outbox._BUNDLED_INTO, {"ids": [1]}, {"ix_notifications_bundled"}),
    "messages of a page": (outbox._DROP, {"page": 1, "why": "x"}, {"ix_notifications_page_id"}),
    "the story of an alert": (
        timeline._OF_ALERT_AND_PAGES,
        {"alert": 1, "pages": [2], "after": 0, "limit": 9},
        {"ix_timeline_alert_id_id", "ix_timeline_page_id_id"},
    ),
    "the story of a page": (
        timeline._OF_PAGE,
        {"page": 1, "after": 0, "limit": 9},
        {"ix_timeline_page_id_id"},
    ),
    "a key by its hash": (credentials._BY_HASH, {"hash": "x"}, {"uq_api_keys_secret_hash"}),
    "an integration by its token": (
        integrations._BY_TOKEN,
        {"hash": "x"},
        {"uq_integrations_token_hash"},
    ),
    "the version of a workspace": (workspaces._VERSION, {"id": 1}, {"pk_workspaces"}),
    "alerts of a status": (
        listing(t.alerts, "status"),
        {"workspace": WORKSPACE, "status": "firing", "before": 9, "limit": 9, "floor": 0},
        {"ix_alerts_workspace_id_status_id"},
    ),
    "pages of a status": (
        listing(t.pages, "status"),
        {"workspace": WORKSPACE, "status": "triggered", "before": 9, "limit": 9, "floor": 0},
        {"ix_pages_workspace_id_status_id"},
    ),
    "messages in turn": (
        lanes._IN_TURN,
        {"now": 9, "limit": 9, "workspaces": [], "marks": [], "channels": []},
        {"ix_notifications_lanes"},
    ),
    "messages of a dead node": (outbox._FREE_OF_NODE, {"node": "n"}, {"ix_notifications_sending"}),
    "the oldest queued message": (watching._OLDEST_QUEUED, {}, {"ix_notifications_queued"}),
    "alerts of a service": (
        listing(t.alerts, "service"),
        {"workspace": WORKSPACE, "service": 1, "before": 9, "limit": 9, "floor": 0},
        {"ix_alerts_workspace_id_service_id_id"},
    ),
    "open alerts of a key": (
        listing(t.alerts, "key", "keyed", "here"),
        ALL | {"key": "a"},
        {"uq_alerts_open"},
    ),
    "open alerts of a key in a service": (
        listing(t.alerts, "key", "keyed", "service"),
        ALL | {"key": "a", "service": 1},
        {"uq_alerts_open"},
    ),
    "open alerts of a service that have a key": (
        listing(t.alerts, "keyed", "service"),
        ALL | {"service": 1},
        {"uq_alerts_open"},
    ),
    "open alerts of services that have none": (
        listing(t.alerts, "keyless", "services"),
        ALL | {"services": [1, 2]},
        {"ix_alerts_keyless"},
    ),
    "open alerts of a service, counted": (
        counting(t.alerts, "keyed", "service", some=False),
        ALL | {"service": 1},
        {"uq_alerts_open"},
    ),
    "alerts of a status, counted": (
        counting(t.alerts, "status"),
        ALL | {"status": "resolved"},
        {"ix_alerts_workspace_id_status_id"},
    ),
    "the last alert of a status that is looked at": (
        lists._last(t.alerts, frozenset({"status"})),
        ALL | {"status": "resolved"},
        {"ix_alerts_workspace_id_status_id"},
    ),
    "alerts of a page, as a list": (
        listing(t.alerts, "page"),
        {"workspace": WORKSPACE, "page": 1, "before": 9 * MANY, "limit": 9, "floor": 0},
        {"pk_page_alerts", "pk_alerts"},
    ),
    "pages of an alert, as a list": (
        listing(t.pages, "alert"),
        {"workspace": WORKSPACE, "alert": 1, "before": 9 * MANY, "limit": 9, "floor": 0},
        {"ix_page_alerts_alert_id", "pk_pages"},
    ),
    "notifications of a page": (
        listing(t.notifications, "page"),
        {"workspace": WORKSPACE, "page": 1, "before": 9 * MANY, "limit": 9, "floor": 0},
        {"ix_notifications_page_id"},
    ),
    "notifications of a person": (
        listing(t.notifications, "user"),
        {"workspace": WORKSPACE, "user": 1, "before": 9, "limit": 9, "floor": 0},
        {"ix_notifications_user_id_id"},
    ),
    "notifications": (
        listing(t.notifications),
        {"workspace": WORKSPACE, "before": 9, "limit": 9, "floor": 0},
        {"pk_notifications"},
    ),
    "events": (events._LIST, {"workspace": WORKSPACE, "before": 9, "limit": 9, "floor": 0}, {"pk_events"}),
    "recent events of an alert": (
        events._COUNT_SINCE,
        {"alert": 1, "first": 1, "since": 1},
        {"ix_events_alert_id_id"},
    ),
    "events of old alerts": (
        retention._OF_OLD_ALERTS,
        {"ids": [1], "limit": 9},
        {"ix_events_alert_id_id", "pk_events"},
    ),
    "old alerts": (
        retention._OLD_ALERTS,
        {"first": 1, "before": 1, "past": 0, "limit": 9},
        {"pk_alerts"},
    ),
    "what APIs keep beside an object": (
        extras._DROP,
        {"kind": "alert", "ids": [1]},
        {"ix_extras_kind_subject_id"},
    ),
    "old events": (retention._OLD_EVENTS, {"first": 1, "past": 0, "limit": 9}, {"pk_events"}),
}


def uses(plan, index):
    """Tell whether *plan* uses *index*; SQLite has names of its own for those behind constraints."""
    kind, _, rest = index.partition("_")
    if index in plan:
        return True
    if kind == "uq":
        return any(
            f"sqlite_autoindex_{table}" in plan for table in ("api_keys", "integrations") if table in rest
        )
    return kind == "pk" and f"SEARCH {rest} USING" in plan and "PRIMARY KEY" in plan


def test_every_statement_that_runs_all_day_finds_its_rows_by_an_index(database):
    database.transact(fill)

    def plans(tx):
        return {name: explain(tx, statement, given) for name, (statement, given, _) in HOT.items()}

    found = database.transact(plans)

    wrong = {
        name: (wanted, found[name])
        for name, (_, _, wanted) in HOT.items()
        if not all(uses(found[name], index) for index in wanted)
    }
    assert wrong == {}


def test_no_list_is_sorted_to_find_its_newest(database):
    database.transact(fill)
    bounds = {"workspace": WORKSPACE, "before": MANY, "limit": 9, "floor": 0}
    given = {
        "alerts": (listing(t.alerts, "status"), {"status": "firing"}),
        "open alerts": (listing(t.alerts, "status", "unacknowledged"), {"status": "firing"}),
        "alerts of a service": (listing(t.alerts, "service"), {"service": 1}),
        "pages": (listing(t.pages, "status"), {"status": "triggered"}),
        "notifications of a person": (listing(t.notifications, "user"), {"user": 1}),
        "notifications": (listing(t.notifications), {}),
        "events": (events._LIST, {}),
    }

    def plans(tx):
        if tx.engine == "postgresql":  # so few rows are cheaply sorted: see whether they need to be
            tx.run(two_forms(sqlite="", postgresql="SET LOCAL enable_sort = off"))
        return {name: explain(tx, statement, bounds | more) for name, (statement, more) in given.items()}

    found = database.transact(plans)

    assert {name: plan for name, plan in found.items() if "B-TREE" in plan or "Sort" in plan} == {}
