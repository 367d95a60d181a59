"""What is old enough to go, deleted in small batches so that nobody waits for it.

An alert goes when it was resolved long ago, with its events, its story, and its pages once none of their
alerts is left. What still fires stays, however old it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, delete, exists, select

from tocsin.core.ids import COUNTER_BITS
from tocsin.store import extras
from tocsin.store.columns import micros
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import (
    alert_notes,
    alerts,
    audit_log,
    events,
    exchanges,
    notifications,
    page_alerts,
    pages,
    timeline,
    timers,
)
from tocsin.store.transaction import Tx

# Ids begin with the millisecond in which they were made: the oldest rows are the first in the primary key,
# so that looking for some costs the same however many there are. What has gone is in the way
# until PostgreSQL has cleared it away: so one goes on *past* the last that went.
_OLD_ALERTS = Statement(
    select(alerts.c.id)
    .where(alerts.c.status == "resolved", alerts.c.resolved_at < number("before"))
    .where(alerts.c.id < number("first"), alerts.c.id > number("past"))
    .order_by(alerts.c.id)
    .limit(number("limit"))
)
_OF_PAGES = Statement(select(page_alerts.c.page_id).distinct().where(among(page_alerts.c.alert_id, "ids")))
_left = exists().where(page_alerts.c.page_id == pages.c.id)
_EMPTY = Statement(select(pages.c.id).where(among(pages.c.id, "ids"), ~_left))


def _drop(table: Table, column: str) -> Statement:
    return Statement(delete(table).where(among(table.columns[column], "ids")))


_OF_ALERTS = (
    *(_drop(table, "alert_id") for table in (events, timeline, alert_notes)),
    _drop(alerts, "id"),
)
_LINKS = _drop(page_alerts, "alert_id")
_WITH_PAGES = (_drop(notifications, "page_id"), _drop(timeline, "page_id"), _drop(pages, "id"))
_TIMERS = Statement(delete(timers).where(timers.c.kind == "page", among(timers.c.subject_id, "ids")))


def _old(table: Table, *more: ColumnElement[bool]) -> Statement:
    chosen = select(table.c.id).where(table.c.id < number("first"), *more)
    chosen = chosen.order_by(table.c.id).limit(number("limit"))
    return Statement(delete(table).where(table.c.id.in_(chosen)))


_OF_OLD_ALERTS = Statement(
    delete(events).where(
        events.c.id.in_(select(events.c.id).where(among(events.c.alert_id, "ids")).limit(number("limit")))
    )
)
_OLD_EVENTS = Statement(
    select(events.c.id)
    .where(events.c.id < number("first"), events.c.id > number("past"))
    .order_by(events.c.id)
    .limit(number("limit"))
)
_EVENTS = _drop(events, "id")
_OLD_AUDIT = _old(audit_log)
_OLD_EXCHANGES = _old(exchanges)
_OLD_NOTIFICATIONS = _old(notifications, notifications.c.page_id.is_(None))


@dataclass(frozen=True, slots=True)
class Gone:
    """How many rows went, the last of which had the id *last*."""

    count: int
    last: int


def drop_alerts(tx: Tx, *, before: datetime, limit: int, past: int = 0) -> Gone:
    """Delete up to *limit* alerts *past* an id that were resolved before *before*, with all that is theirs.

    Call it again while they are as many as *limit*. Their events, of which there may be very many, should be
    gone already: see `drop_events_of_alerts`.
    """
    ids = _old_alerts(tx, before=before, limit=limit, past=past)
    if not ids:
        return Gone(0, past)
    touched = [row[0] for row in tx.rows(_OF_PAGES, ids=ids)]
    tx.run(_LINKS, ids=ids)
    for statement in _OF_ALERTS:
        tx.run(statement, ids=ids)
    empty = [row[0] for row in tx.rows(_EMPTY, ids=touched)]
    for statement in (*_WITH_PAGES, _TIMERS):
        tx.run(statement, ids=empty)
    extras.drop(tx, "alert", ids)
    extras.drop(tx, "page", empty)
    return Gone(len(ids), ids[-1])


def drop_events_of_alerts(tx: Tx, *, before: datetime, alerts: int, limit: int, past: int = 0) -> int:
    """Delete up to *limit* events of the *alerts* that `drop_alerts` would delete next."""
    ids = _old_alerts(tx, before=before, limit=alerts, past=past)
    return tx.run(_OF_OLD_ALERTS, ids=ids, limit=limit) if ids else 0


def drop_events(tx: Tx, *, before: datetime, limit: int, past: int = 0) -> Gone:
    """Delete up to *limit* events *past* an id that came before *before*, even of alerts that stay."""
    ids = [row[0] for row in tx.rows(_OLD_EVENTS, first=_first(before), past=past, limit=limit)]
    return Gone(tx.run(_EVENTS, ids=ids), ids[-1]) if ids else Gone(0, past)


def drop_notifications(tx: Tx, *, before: datetime, limit: int) -> int:
    """Delete up to *limit* notifications without a page: tests, codes, words to the operator."""
    return tx.run(_OLD_NOTIFICATIONS, first=_first(before), limit=limit)


def drop_exchanges(tx: Tx, *, before: datetime, limit: int) -> int:
    """Delete up to *limit* answers of programs."""
    return tx.run(_OLD_EXCHANGES, first=_first(before), limit=limit)


def drop_audit(tx: Tx, *, before: datetime, limit: int) -> int:
    """Delete up to *limit* entries of the audit log."""
    return tx.run(_OLD_AUDIT, first=_first(before), limit=limit)


def _old_alerts(tx: Tx, *, before: datetime, limit: int, past: int) -> Sequence[int]:
    rows = tx.rows(_OLD_ALERTS, before=micros(before), first=_first(before), limit=limit, past=past)
    return [row[0] for row in rows]


def _first(before: datetime) -> int:
    return max(micros(before) // 1000, 0) << COUNTER_BITS
