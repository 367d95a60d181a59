"""Tables with so much in them that a planner that reads one from end to end is seen."""

from dataclasses import replace

from store import samples
from tocsin.core.notification import NotificationState
from tocsin.store import alerts, events, pages
from tocsin.store import tables as t
from tocsin.store.bulk import insert_many
from tocsin.store.notification_rows import row_of
from tocsin.store.statements import Compiled, TwoForms, two_forms

MANY = 3_000  # rows of each table


def fill(tx):
    """Put so much into the tables that no planner reads one from end to end for a few rows."""
    numbers = range(1, MANY)
    tx.run_many(
        insert_many(t.alerts),
        [
            alerts._row(
                replace(samples.alert, id=n, dedup_key=str(n), workspace=n % 50, service=1 + n % 60), {}
            )
            for n in numbers
        ],
    )
    tx.run_many(insert_many(t.events), [events._row(replace(samples.event, id=n), n // 10) for n in numbers])
    plain = replace(samples.page, gathers_until=None)
    tx.run_many(
        insert_many(t.pages), [pages._row(replace(plain, id=n, workspace=n % 50), 1, {}) for n in numbers]
    )
    tx.run_many(insert_many(t.page_alerts), [(n, n, n) for n in numbers])
    tx.run_many(insert_many(t.timers), [("page", n, 1, n, 0, "") for n in numbers])
    message = replace(samples.notification, destination=None)
    gone = [replace(message, id=n, page=n, user=1 + n % 50, address=str(n), bundled_into=n) for n in numbers]
    waits = replace(message, state=NotificationState.QUEUED, bundled_into=None)
    waiting = [replace(waits, id=MANY + n, page=n, address=str(n), workspace=1 + n % 50) for n in numbers]
    tx.run_many(insert_many(t.notifications), [row_of(tx.vault, each) for each in (*gone, *waiting)])
    tx.run_many(insert_many(t.timeline), [(n, 1, n, None, n, "[]") for n in numbers])
    tx.run_many(insert_many(t.timeline), [(MANY + n, 1, None, n, n, "[]") for n in numbers])
    analyse = two_forms(sqlite="ANALYZE", postgresql="ANALYZE")
    tx.run(analyse)


def explain(tx, statement, parameters):
    """Tell how the engine finds the rows of *statement*, as text."""
    if tx.engine == "sqlite":
        explained = TwoForms(
            Compiled(f"EXPLAIN QUERY PLAN {statement.sqlite.text}", statement.sqlite.lists), Compiled("")
        )
        return "\n".join(row[3] for row in tx.rows(explained, **parameters))
    explained = TwoForms(
        Compiled(""), Compiled(f"EXPLAIN {statement.postgresql.text}", statement.postgresql.lists)
    )
    tx.run(two_forms(sqlite="", postgresql="SET LOCAL enable_seqscan = off"))
    return "\n".join(row[0] for row in tx.rows(explained, **parameters))
