"""Alerts: found by their dedup key when events come in, by id, by page, and in lists."""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec
from sqlalchemy import case, func, select

from tocsin.core.alert import Acknowledgement, Alert, AlertStatus, PolicyMemory, Routing
from tocsin.core.errors import NotFound
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, AlertPolicyId, PageId, ServiceId, WorkspaceId
from tocsin.core.reminders import Reminder
from tocsin.store.alert_details import details_of, reminder_of, snooze_of, written_details
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import update_many as change
from tocsin.store.columns import instant, instant_or_none, micros, micros_or_none, to_json
from tocsin.store.statements import Compiled, Statement, TwoForms, among, number, words
from tocsin.store.tables import alerts, page_alerts
from tocsin.store.transaction import Row, TryAgain, Tx

_STATUS = {status.value: status for status in AlertStatus}
_SEVERITY = {severity.value: severity for severity in Severity}
_ROUTING: dict[str | None, Routing | None] = {None: None, **{routing.value: routing for routing in Routing}}
_NAMES: Final = ", ".join(f"alerts.{column.name}" for column in alerts.columns)

_INSERT = into(alerts)
_FIXED = ("id", "workspace_id", "service_id", "opened_at")
_CHANGING = tuple(column.name for column in alerts.columns if column.name not in _FIXED)
_CHANGING_PLACES = tuple(_INSERT.columns.index(name) for name in _CHANGING)
_UPDATE = change(alerts, columns=_CHANGING, keys=("id", "version"))
_SEEN_AGAIN = change(alerts, columns=("last_seen_at", "events", "version"), keys=("id", "version"))

_OPEN = "alerts.status = 'firing' AND alerts.dedup_key <> ''"
# Its lock keeps the inner query apart: so each key is looked up by itself whatever the planner thinks, and in
# the order of the keys, so that two nodes with the same keys wait for each other and never deadlock.
_OPEN_BY_KEYS = TwoForms(
    Compiled(
        f"SELECT {_NAMES} FROM json_each(:pairs) AS k CROSS JOIN alerts"  # noqa: S608  # names from store.tables
        " ON alerts.service_id = json_extract(k.value, '$[0]')"
        f" AND alerts.dedup_key = json_extract(k.value, '$[1]') WHERE {_OPEN}"
    ),
    Compiled(
        "SELECT a.* FROM unnest(%(services)s, %(keys)s) AS k(service_id, dedup_key)"  # noqa: S608  # the same
        f" CROSS JOIN LATERAL (SELECT {_NAMES} FROM alerts WHERE alerts.service_id = k.service_id"
        f" AND alerts.dedup_key = k.dedup_key AND {_OPEN} FOR UPDATE) AS a",
        (("services", "whole"), ("keys", "text")),
    ),
)

# No index has it: what is resolved is found among the newest of its service, and looked for seldom.
_newest = (
    select(alerts.c.id, alerts.c.status, alerts.c.dedup_key)
    .where(alerts.c.workspace_id == number("workspace"), alerts.c.service_id == number("service"))
    .order_by(alerts.c.id.desc())
    .limit(number("most"))
    .subquery()
)
_LAST_RESOLVED = Statement(
    select(_newest.c.id)
    .where(_newest.c.status == "resolved", _newest.c.dedup_key == words("key"))
    .order_by(_newest.c.id.desc())
    .limit(number("limit"))
)
LOOKED_AT_MAX: Final = 1_000

_BY_IDS = select(alerts).where(among(alerts.c.id, "ids")).order_by(alerts.c.id)
_GET_MANY = Statement(_BY_IDS)
_LOCK_MANY = Statement(_BY_IDS.with_for_update())
_BY_PAGE = (
    select(alerts)
    .join(page_alerts, page_alerts.c.alert_id == alerts.c.id)
    .where(page_alerts.c.page_id == number("page"))
    .order_by(alerts.c.id)
)
_OF_PAGE = Statement(_BY_PAGE)
_LOCK_OF_PAGE = Statement(_BY_PAGE.with_for_update(of=alerts))
_RANK = case({severity.value: severity.rank for severity in Severity}, value=alerts.c.severity, else_=0)
_PLACED = (
    select(
        page_alerts.c.page_id,
        *alerts.columns,
        func.row_number()
        .over(
            partition_by=page_alerts.c.page_id,
            order_by=(case((alerts.c.status == "firing", 0), else_=1), _RANK.desc(), alerts.c.id),
        )
        .label("place"),
    )
    .join(page_alerts, page_alerts.c.alert_id == alerts.c.id)
    .where(among(page_alerts.c.page_id, "pages"))
    .subquery()
)
_OF_PAGES = Statement(
    select(*(column for column in _PLACED.columns if column.name != "place"))
    .where(_PLACED.c.place <= number("limit"))
    .order_by(_PLACED.c.page_id, _PLACED.c.place)
)
_FIRING = Statement(
    select(alerts)
    .where(alerts.c.workspace_id == number("workspace"), alerts.c.status == "firing")
    .where(alerts.c.id > number("after"))
    .order_by(alerts.c.id)
    .limit(number("limit"))
    .with_for_update()
)


_labels = msgspec.json.Decoder(dict[str, str]).decode
_memory = msgspec.json.Decoder(list[tuple[AlertPolicyId, str, int]]).decode
_rest = attrgetter(
    "source",
    "integration",
    "links",
    "event_type",
    "metric",
    "host",
    "monitor_id",
    "monitor_name",
    "monitor_labels",
    "dimensions",
    "worst_severity",
    "severity_since",
    "resolved_at",
    "resolved_by",
    "drill",
    "snooze",
    "parts",
    "rules",
    "erased",
    "dedup_key",
)
MEMORIES_KEPT: Final = 1_000  # of how alerts remember: those that were routed together remember the same


def insert_many(tx: Tx, new: Sequence[Alert]) -> None:
    """Store new alerts. Another node may have opened the same trouble: then the action is run again."""
    written: dict[int, str] = {}  # what is remembered of many that are opened together is the very same
    tx.run_many(_INSERT, [_row(alert, written) for alert in new])
    tx.read.update((alert.id, alert) for alert in new)


def update_many(tx: Tx, changed: Sequence[Alert]) -> None:
    """Store alerts that have changed since they were read in this transaction.

    Raises TryAgain when one was changed by somebody else meanwhile.
    """
    unread = {alert.id: alert for alert in changed if alert.id not in tx.read}
    if unread and any(found.version >= unread[found.id].version for found in get_many(tx, sorted(unread))):
        raise TryAgain("an alert was changed by somebody else")
    again: list[Row] = []
    whole: list[Row] = []
    for alert in changed:
        was: Alert = tx.read[alert.id]
        if _only_seen_again(alert, was):
            seen = (micros(alert.last_seen_at), alert.events, alert.version)
            again.append((*seen, alert.id, was.version))
        else:
            row = _row(alert, {})
            whole.append((*(row[place] for place in _CHANGING_PLACES), alert.id, was.version))
        tx.read[alert.id] = alert
    done = (tx.run_many(_SEEN_AGAIN, again) if again else 0) + (tx.run_many(_UPDATE, whole) if whole else 0)
    if done != len(changed):
        raise TryAgain("an alert was changed by somebody else")


def open_by_keys(tx: Tx, keys: Sequence[tuple[ServiceId, str]]) -> dict[tuple[ServiceId, str], Alert]:
    """Find the open alerts with these dedup keys, locked for the transaction."""
    if not keys:
        return {}
    ordered = sorted(keys)
    services = [service for service, _key in ordered]
    names = [key for _service, key in ordered]
    pairs = to_json(ordered) if tx.engine == "sqlite" else None
    rows = tx.rows(_OPEN_BY_KEYS, services=services, keys=names, pairs=pairs)
    return {(alert.service, alert.dedup_key): alert for alert in _read(tx, rows)}


def last_resolved(tx: Tx, workspace: WorkspaceId, service: ServiceId, key: str) -> Alert | None:
    """Find the newest resolved alert with this dedup key among the LOOKED_AT_MAX newest of *service*."""
    found: int | None = tx.scalar(
        _LAST_RESOLVED, workspace=workspace, service=service, key=key, most=LOOKED_AT_MAX, limit=1
    )
    return None if found is None else get_many(tx, (AlertId(found),), lock=True)[0]


def find(tx: Tx, workspace: WorkspaceId, alert_id: AlertId, *, lock: bool = False) -> Alert:
    """Read one alert of *workspace*; raise NotFound when it has none of that id."""
    found = get_many(tx, (alert_id,), lock=lock)
    if not found or found[0].workspace != workspace:
        raise NotFound("alert", str(alert_id))
    return found[0]


def get_many(tx: Tx, ids: Sequence[AlertId], *, lock: bool = False) -> list[Alert]:
    """Read alerts by id, in the order of their ids; those that are not there are left out."""
    return _read(tx, tx.rows(_LOCK_MANY if lock else _GET_MANY, ids=ids))


def of_page(tx: Tx, page: PageId, *, lock: bool = False) -> list[Alert]:
    """Read all alerts of *page*, in the order of their ids."""
    return _read(tx, tx.rows(_LOCK_OF_PAGE if lock else _OF_PAGE, page=page))


def of_pages(tx: Tx, pages: Sequence[PageId], *, limit_each: int) -> dict[PageId, list[Alert]]:
    """Read up to *limit_each* alerts of each page: what fires first, the worst first, the oldest first."""
    found: dict[PageId, list[Alert]] = {page: [] for page in pages}
    for page, *row in tx.rows(_OF_PAGES, pages=pages, limit=limit_each):
        found[page] += _read(tx, [tuple(row)])
    return found


def firing(tx: Tx, workspace: WorkspaceId, *, after: AlertId, limit: int) -> list[Alert]:
    """Read firing alerts of *workspace* with ids greater than *after*, locked, in the order of their ids."""
    return _read(tx, tx.rows(_FIRING, workspace=workspace, after=after, limit=limit))


def read(tx: Tx, rows: Sequence[Row]) -> list[Alert]:
    """Turn rows of all columns into alerts, and remember them as what this transaction has read."""
    return _read(tx, rows)


def _only_seen_again(alert: Alert, was: Alert) -> bool:
    return (
        alert.severity is was.severity
        and alert.status is was.status
        and alert.routing is was.routing
        and alert.memory == was.memory
        and alert.title == was.title
        and alert.message == was.message
        and alert.labels == was.labels
        and alert.acknowledgement == was.acknowledgement
        and _rest(alert) == _rest(was)
    )


def _written_memory(memory: Sequence[PolicyMemory]) -> str:
    return (
        to_json([(each.policy, each.severity, micros(each.routed_at)) for each in memory]) if memory else "[]"
    )


def _row(alert: Alert, written: dict[int, str]) -> Row:
    held = alert.acknowledgement
    memory = written.get(id(alert.memory))
    if memory is None:
        memory = written[id(alert.memory)] = _written_memory(alert.memory)
    return (
        alert.id,
        alert.workspace,
        alert.service,
        alert.integration,
        alert.dedup_key,
        alert.status,
        alert.severity,
        alert.worst_severity,
        micros(alert.severity_since),
        alert.title,
        alert.message,
        alert.source,
        to_json(alert.labels),
        written_details(alert),
        micros(alert.opened_at),
        micros(alert.last_seen_at),
        alert.events,
        *_written_acknowledgement(held),
        micros_or_none(alert.resolved_at),
        alert.resolved_by,
        alert.routing,
        memory,
        int(alert.drill),
        alert.version,
    )


def _written_acknowledgement(held: Acknowledgement | None) -> Row:
    if held is None:
        return (None, None, None, None, None, None)
    return (held.by, held.by_name, micros(held.at), micros_or_none(held.until), held.comment, held.how)


def _read(tx: Tx, rows: Sequence[Row]) -> list[Alert]:
    found = [_alert(row) for row in rows]
    tx.read.update((alert.id, alert) for alert in found)
    return found


def _alert(row: Row) -> Alert:
    details = details_of(row[13])
    return Alert(
        id=row[0],
        workspace=row[1],
        service=row[2],
        integration=row[3],
        dedup_key=row[4],
        status=_STATUS[row[5]],
        severity=_SEVERITY[row[6]],
        worst_severity=_SEVERITY[row[7]],
        severity_since=instant(row[8]),
        title=row[9],
        message=row[10],
        source=row[11],
        labels=_labels(row[12]),
        links=details.links,
        event_type=details.event_type,
        metric=details.metric,
        host=details.host,
        monitor_id=details.monitor_id,
        monitor_name=details.monitor_name,
        monitor_labels=details.monitor_labels,
        dimensions=details.dimensions,
        opened_at=instant(row[14]),
        last_seen_at=instant(row[15]),
        events=row[16],
        acknowledgement=_acknowledgement(row, reminder_of(details)),
        resolved_at=instant_or_none(row[23]),
        resolved_by=row[24],
        routing=_ROUTING[row[25]],
        memory=_remembered(row[26]),
        drill=bool(row[27]),
        snooze=snooze_of(details),
        parts=details.parts,
        rules=details.rules,
        erased=details.erased,
        version=row[28],
    )


@lru_cache(MEMORIES_KEPT)
def _remembered(written: str) -> tuple[PolicyMemory, ...]:
    return tuple(
        [
            PolicyMemory(policy=policy, severity=_SEVERITY[severity], routed_at=instant(at))
            for policy, severity, at in _memory(written)
        ]
    )


def _acknowledgement(row: Row, asked: Reminder | None) -> Acknowledgement | None:
    by, by_name, at, until, comment, how = row[17:23]
    if at is None:
        return None
    return Acknowledgement(
        by=by,
        by_name=by_name,
        at=instant(at),
        until=instant_or_none(until),
        comment=comment,
        how=how,
        reminder=asked,
    )
