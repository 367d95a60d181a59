"""Events: appended as they come, and never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select

from tocsin.core.errors import NotFound
from tocsin.core.event import Event, EventStatus, Metric, Severity
from tocsin.core.ids import COUNTER_BITS, AlertId, EventId, PageId, RuleId, WorkspaceId
from tocsin.core.listing import Listed
from tocsin.core.story import FiledEvent
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import instant, micros, to_json
from tocsin.store.statements import Statement, among, number, two_forms
from tocsin.store.tables import events, page_alerts
from tocsin.store.transaction import Row, Tx

_INSERT = into(events)
_GET_MANY = Statement(select(events).where(among(events.c.id, "ids")).order_by(events.c.id))
# Ids begin with the millisecond in which they were made, so that the index on them is one on time as well.
_COUNT_OF_PAGE = Statement(
    select(func.count())
    .select_from(page_alerts)
    .join(events, events.c.alert_id == page_alerts.c.alert_id)
    .where(page_alerts.c.page_id == number("page"), events.c.id >= number("first"))
    .where(events.c.received_at > number("since"), events.c.status == "firing")
)
_COUNT_SINCE = Statement(
    select(func.count())
    .select_from(events)
    .where(events.c.alert_id == number("alert"), events.c.id >= number("first"))
    .where(events.c.received_at > number("since"))
)
_OF_ALERT = Statement(
    select(events)
    .where(events.c.alert_id == number("alert"), events.c.id < number("before"))
    .order_by(events.c.id.desc())
    .limit(number("limit"))
)
_COUNT_OF_ALERT = Statement(
    select(func.count()).select_from(events).where(events.c.alert_id == number("alert"))
)
_LIST = Statement(
    select(events)
    .where(events.c.workspace_id == number("workspace"), events.c.id < number("before"))
    .order_by(events.c.id.desc())
    .limit(number("limit"))
)
# Nothing but the rows themselves tells how many there are, and there may be very many.
_COUNT = Statement(
    select(func.count()).select_from(
        select(events.c.id)
        .where(events.c.workspace_id == number("workspace"))
        .order_by(events.c.id.desc())
        .limit(number("most"))
        .subquery()
    )
)
COUNTED_MAX = 10_000
_BEFORE_ALL = (1 << 63) - 1


_of_alerts = select(func.max(events.c.id)).where(among(events.c.alert_id, "alerts"))
_LAST_OF_EACH = Statement(
    select(events).where(events.c.id.in_(_of_alerts.group_by(events.c.alert_id))).order_by(events.c.id)
)
_first_of_alerts = select(func.min(events.c.id)).where(among(events.c.alert_id, "alerts"))
_FIRST_OF_EACH = Statement(
    select(events).where(events.c.id.in_(_first_of_alerts.group_by(events.c.alert_id))).order_by(events.c.id)
)

# Each end is looked up by itself: grouped, all that lies between would be read as well.
_ENDS_OF_EACH = two_forms(
    sqlite="SELECT k.value, (SELECT min(id) FROM events WHERE alert_id = k.value),"
    " (SELECT max(id) FROM events WHERE alert_id = k.value) FROM json_each(:alerts) AS k",
    postgresql="SELECT k.id, (SELECT min(id) FROM events WHERE alert_id = k.id),"
    " (SELECT max(id) FROM events WHERE alert_id = k.id) FROM unnest(%(alerts)s) AS k(id)",
    lists={"alerts": "whole"},
)


class _Payload(msgspec.Struct, omit_defaults=True):
    """What a source said beyond the columns, without what it left out."""

    title: str = ""
    message: str = ""
    source: str = ""
    labels: Mapping[str, str] = {}
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    details: Mapping[str, Any] = {}
    event_type: str = ""
    metric: Metric | None = None
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = {}
    drill: bool = False
    opens: bool = False
    part: str = ""
    rules: tuple[RuleId, ...] = ()


_FIELDS = _Payload.__struct_fields__
_decode = msgspec.json.Decoder(_Payload).decode


def insert_many(tx: Tx, filed: Sequence[tuple[Event, AlertId | None]]) -> None:
    """Store events, each with the alert that it belongs to, if there is one."""
    tx.run_many(_INSERT, [_row(event, alert) for event, alert in filed])


def get_many(tx: Tx, ids: Sequence[EventId]) -> list[Event]:
    """Read events by id, in the order of their ids."""
    return [_event(row) for row in tx.rows(_GET_MANY, ids=ids)]


def count_of_page(tx: Tx, page: PageId, *, since: datetime) -> int:
    """Count the firing events of the alerts of *page* that came after *since*."""
    count: int = tx.scalar(_COUNT_OF_PAGE, page=page, **_since(since))
    return count


def count_of_alert(tx: Tx, alert: AlertId, *, since: datetime) -> int:
    """Count the events of *alert* that came after *since*."""
    count: int = tx.scalar(_COUNT_SINCE, alert=alert, **_since(since))
    return count


def _since(since: datetime) -> dict[str, int]:
    moment = micros(since)
    return {"since": moment, "first": max(moment // 1000 - 1, 0) << COUNTER_BITS}


def find(tx: Tx, workspace: WorkspaceId, event_id: EventId) -> FiledEvent:
    """Read one event of *workspace*; raise NotFound when it has none of that id."""
    row = tx.one(_GET_MANY, ids=(event_id,))
    if row is None or row[1] != workspace:
        raise NotFound("event", str(event_id))
    return _filed(row)


def of_alert(tx: Tx, alert: AlertId, *, before: int | None = None, limit: int) -> Listed[FiledEvent]:
    """List the events of *alert*, the newest first."""
    rows = tx.rows(_OF_ALERT, alert=alert, before=before or _BEFORE_ALL, limit=limit + 1)
    return _listed(rows, limit, tx.scalar(_COUNT_OF_ALERT, alert=alert))


def last_of_each(tx: Tx, ids: Sequence[AlertId]) -> dict[AlertId, Event]:
    """Read the newest event of each of these alerts, where it is still there."""
    rows = tx.rows(_LAST_OF_EACH, alerts=ids) if ids else []
    return {row[4]: _event(row) for row in rows}


def first_of_each(tx: Tx, ids: Sequence[AlertId]) -> dict[AlertId, Event]:
    """Read the oldest event of each of these alerts that is still there."""
    rows = tx.rows(_FIRST_OF_EACH, alerts=ids) if ids else []
    return {row[4]: _event(row) for row in rows}


def ends_of_each(tx: Tx, ids: Sequence[AlertId]) -> dict[AlertId, tuple[EventId, EventId]]:
    """Name the oldest and the newest event of each of these alerts, of those that are still there."""
    rows = tx.rows(_ENDS_OF_EACH, alerts=ids) if ids else []
    return {alert: (first, last) for alert, first, last in rows if first is not None}


def list_(tx: Tx, workspace: WorkspaceId, *, before: int | None = None, limit: int) -> Listed[FiledEvent]:
    """List the events of *workspace*, the newest first; no more than COUNTED_MAX are counted."""
    rows = tx.rows(_LIST, workspace=workspace, before=before or _BEFORE_ALL, limit=limit + 1)
    return _listed(rows, limit, tx.scalar(_COUNT, workspace=workspace, most=COUNTED_MAX))


def _listed(rows: Sequence[Row], limit: int, total: int) -> Listed[FiledEvent]:
    items = tuple(_filed(row) for row in rows[:limit])
    return Listed(items=items, next=items[-1].event.id if len(rows) > limit else None, total=total)


def filed(rows: Sequence[Row]) -> list[FiledEvent]:
    """Turn rows of all columns into events, each with the alert that it belongs to."""
    return [_filed(row) for row in rows]


def _filed(row: Row) -> FiledEvent:
    return FiledEvent(event=_event(row), alert=row[4])


def _row(event: Event, alert: AlertId | None) -> Row:
    return (
        event.id,
        event.workspace,
        event.service,
        event.integration,
        alert,
        event.dedup_key,
        event.status,
        event.severity,
        micros(event.received_at),
        micros(event.occurred_at),
        to_json(
            _Payload(
                event.title,
                event.message,
                event.source,
                event.labels,
                event.links,
                event.images,
                event.details,
                event.event_type,
                event.metric,
                event.host,
                event.monitor_id,
                event.monitor_name,
                event.monitor_labels,
                event.dimensions,
                event.drill,
                event.opens,
                event.part,
                event.rules,
            )
        ),
    )


def _event(row: Row) -> Event:
    payload = _decode(row[10])
    said = {name: getattr(payload, name) for name in _FIELDS}
    return Event(
        id=row[0],
        workspace=row[1],
        service=row[2],
        integration=row[3],
        dedup_key=row[5],
        status=EventStatus(row[6]),
        severity=Severity(row[7]),
        received_at=instant(row[8]),
        occurred_at=instant(row[9]),
        **said,
    )
