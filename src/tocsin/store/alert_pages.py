"""Alerts by numbered pages, the newest first: of one service or of a workspace, by what has become of them.

Numbered pages are cut out of ids alone, so that a late page costs little more than an early one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, not_, or_, select

from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.ids import AlertId, AlertPolicyId, ServiceId, WorkspaceId
from tocsin.store import alerts as stored
from tocsin.store.columns import instant, micros, micros_or_none
from tocsin.store.statements import Statement, among, number, words
from tocsin.store.tables import alerts, notifications, page_alerts
from tocsin.store.transaction import Tx

_a = alerts.c
_memory = msgspec.json.Decoder(list[list[Any]]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts: what is None does not matter.

    *routing* is what became of them when they were judged last, *routing_not* what did not. *opened_from* and
    *opened_to* bound when they were opened, the latter not included. *but* names alerts to leave out.
    """

    workspace: WorkspaceId
    service: ServiceId | None = None
    status: AlertStatus | None = None
    routing: Routing | None = None
    routing_not: Routing | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    but: Sequence[AlertId] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """An alert as far as it matters for what becomes of it; *policies* have taken it, the first one first."""

    id: AlertId
    opened_at: datetime
    routing: Routing | None
    policies: tuple[AlertPolicyId, ...]


_FILTERS: dict[str, ColumnElement[bool]] = {
    "workspace": _a.workspace_id == number("workspace"),
    "service": _a.service_id == number("service"),
    "status": _a.status == words("status"),
    "routing": _a.routing == words("routing"),
    "routing_not": or_(_a.routing.is_(None), _a.routing != words("routing_not")),
    "opened_from": _a.opened_at >= number("opened_from"),
    "opened_to": _a.opened_at < number("opened_to"),
    "but": not_(among(_a.id, "but")),
}
_SENT = Statement(
    select(page_alerts.c.alert_id, func.max(notifications.c.sent_at))
    .join(notifications, notifications.c.page_id == page_alerts.c.page_id)
    .where(among(page_alerts.c.alert_id, "ids"), notifications.c.sent_at.is_not(None))
    .group_by(page_alerts.c.alert_id)
)
_KINDS = Statement(
    select(alerts)
    .where(_a.workspace_id == number("workspace"), _a.service_id == number("service"))
    .where(_a.id < number("before"))
    .order_by(_a.id.desc())
    .limit(number("limit"))
)


_COUNT = select(func.count()).select_from(alerts)
_fires = _a.status == "firing"
_mine = _a.service_id == number("service")
_FIRING = Statement(_COUNT.where(_a.workspace_id == number("workspace"), _fires))
_KEYED = Statement(_COUNT.where(_mine, _fires, _a.dedup_key != ""))
_KEYLESS = Statement(_COUNT.where(_mine, _fires, _a.dedup_key == ""))
_GONE = _COUNT.where(_a.workspace_id == number("workspace"), _fires, _a.routing == "withdrawn")
_WITHDRAWN = Statement(_GONE)
_WITHDRAWN_OF = Statement(_GONE.where(_mine))


@cache
def _statements(filters: frozenset[str]) -> tuple[Statement, Statement, Statement]:
    """Write the statements that give a page of ids, count, and glimpse."""
    wanted = [_FILTERS[name] for name in sorted(filters)]
    ids = select(_a.id).where(*wanted).order_by(_a.id.desc()).limit(number("limit")).offset(number("offset"))
    counted = select(func.count()).select_from(alerts).where(*wanted)
    glimpsed = select(_a.id, _a.opened_at, _a.routing, _a.memory).where(*wanted).order_by(_a.id.desc())
    return Statement(ids), Statement(counted), Statement(glimpsed)


def page(tx: Tx, wanted: Wanted, *, offset: int, limit: int) -> list[Alert]:
    """Read up to *limit* alerts, *offset* of the newest left out."""
    values = _values(wanted)
    listing, _, _ = _statements(frozenset(values))
    return some(tx, [AlertId(row[0]) for row in tx.rows(listing, **values, limit=limit, offset=offset)])


def count(tx: Tx, wanted: Wanted) -> int:
    """Count them all.

    Those that fire, but for withdrawn ones, are counted by indexes alone; *but* must be some of them.
    """
    if _is_plain(wanted):
        return _count_firing(tx, wanted) - len(wanted.but or ())
    values = _values(wanted)
    _, counting, _ = _statements(frozenset(values))
    found: int = tx.scalar(counting, **values)
    return found


def glimpse(tx: Tx, wanted: Wanted) -> list[Glimpse]:
    """Read of all of them what matters, the newest first."""
    values = _values(wanted)
    _, _, glimpsing = _statements(frozenset(values))
    return [
        Glimpse(
            id=AlertId(row[0]),
            opened_at=instant(row[1]),
            routing=None if row[2] is None else Routing(row[2]),
            policies=tuple(AlertPolicyId(each[0]) for each in _memory(row[3])),
        )
        for row in tx.rows(glimpsing, **values)
    ]


def some(tx: Tx, ids: Sequence[AlertId]) -> list[Alert]:
    """Read the alerts of these ids, the newest first."""
    return stored.get_many(tx, ids)[::-1] if ids else []


def stretch(
    tx: Tx, workspace: WorkspaceId, service: ServiceId, *, before: AlertId, limit: int
) -> list[Alert]:
    """Read the newest *limit* alerts of *service* with ids below *before*, the newest first."""
    return stored.read(tx, tx.rows(_KINDS, workspace=workspace, service=service, before=before, limit=limit))


def last_sent(tx: Tx, ids: Sequence[AlertId]) -> dict[AlertId, datetime]:
    """Tell when a message about each of these alerts was sent last, for those of which one was."""
    return {AlertId(alert): instant(at) for alert, at in tx.rows(_SENT, ids=ids)} if ids else {}


def _is_plain(wanted: Wanted) -> bool:
    """Tell whether *wanted* are the alerts that fire but for withdrawn ones, and nothing else."""
    bounded = wanted.opened_from is not None or wanted.opened_to is not None or wanted.routing is not None
    return wanted.status is AlertStatus.FIRING and wanted.routing_not is Routing.WITHDRAWN and not bounded


def _count_firing(tx: Tx, wanted: Wanted) -> int:
    if wanted.service is None:
        fires = tx.scalar(_FIRING, workspace=wanted.workspace)
        withdrawn = tx.scalar(_WITHDRAWN, workspace=wanted.workspace)
    else:
        fires = tx.scalar(_KEYED, service=wanted.service) + tx.scalar(_KEYLESS, service=wanted.service)
        withdrawn = tx.scalar(_WITHDRAWN_OF, workspace=wanted.workspace, service=wanted.service)
    found: int = fires - withdrawn
    return found


def _values(wanted: Wanted) -> dict[str, Any]:
    values: dict[str, Any] = {
        "workspace": wanted.workspace,
        "service": wanted.service,
        "status": wanted.status,
        "routing": wanted.routing,
        "routing_not": wanted.routing_not,
        "opened_from": micros_or_none(wanted.opened_from),
        "opened_to": None if wanted.opened_to is None else micros(wanted.opened_to),
        "but": wanted.but or None,
    }
    return {name: value for name, value in values.items() if value is not None}
