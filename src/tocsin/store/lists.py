"""Long lists of what happened: alerts, pages, notifications, by any mixture of filters, the newest first.

Each mixture is one statement, compiled when it is first asked for.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause, Table, and_, func, not_, or_, select

from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, IntegrationId, PageId, RuleId, ServiceId, UserId, WorkspaceId
from tocsin.core.listing import Listed
from tocsin.core.notification import Notification, NotificationState
from tocsin.store import alerts as stored_alerts
from tocsin.store import outbox
from tocsin.store import pages as stored_pages
from tocsin.store.columns import micros_or_none, to_json
from tocsin.store.statements import Statement, among, containing, has_labels, number, words
from tocsin.store.tables import alerts, notifications, page_alerts, pages
from tocsin.store.transaction import Row, Tx

T = TypeVar("T")
Read = Callable[[Tx, Sequence[Row]], list[Any]]

# The details are JSON of our own making: no text in them can look like this.
_SNOOZED = and_(alerts.c.routing == "silenced", alerts.c.details.like('%"snooze":[%'))

_FILTERS: dict[Table, dict[str, ColumnElement[bool]]] = {
    alerts: {
        "status": alerts.c.status == words("status"),
        "service": alerts.c.service_id == number("service"),
        "services": among(alerts.c.service_id, "services"),
        "severities": among(alerts.c.severity, "severities"),
        "labels": has_labels(alerts.c.labels, "labels"),
        "acknowledged": alerts.c.ack_at.is_not(None),
        "unacknowledged": alerts.c.ack_at.is_(None),
        "routing": alerts.c.routing == words("routing"),
        "key": alerts.c.dedup_key == words("key"),
        "text": or_(
            func.lower(alerts.c.title).like(func.lower(words("text")), escape="\\"),
            func.lower(alerts.c.message).like(func.lower(words("text")), escape="\\"),
        ),
        "since": alerts.c.opened_at >= number("since"),
        "until": alerts.c.opened_at < number("until"),
        "id": alerts.c.id == number("id"),
        "integration": alerts.c.integration_id == number("integration"),
        "rule": alerts.c.details.like(words("rule")),
        "snoozed": _SNOOZED,
        "unsnoozed": not_(_SNOOZED),
        "page": alerts.c.id.in_(
            select(page_alerts.c.alert_id).where(page_alerts.c.page_id == number("page"))
        ),
    },
    pages: {
        "status": pages.c.status == words("status"),
        "services": among(pages.c.service_id, "services"),
        "alert": pages.c.id.in_(
            select(page_alerts.c.page_id).where(page_alerts.c.alert_id == number("alert"))
        ),
    },
    notifications: {
        "state": notifications.c.state == words("state"),
        "page": notifications.c.page_id == number("page"),
        "user": notifications.c.user_id == number("user"),
        "channel": notifications.c.channel == words("channel"),
    },
}


def list_alerts(
    tx: Tx,
    workspace: WorkspaceId,
    *,
    status: AlertStatus | None = None,
    services: Collection[ServiceId] = (),
    severities: Collection[Severity] = (),
    labels: Mapping[str, str] | None = None,
    acknowledged: bool | None = None,
    routing: Routing | None = None,
    key: str | None = None,
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    page: PageId | None = None,
    before: int | None = None,
    limit: int,
) -> Listed[Alert]:
    """List the alerts of *workspace* that fit every filter that is given, the newest first.

    *text* is looked for in title and message, in any case of the letters a to z. *since* and *until* bound
    when an alert was opened.
    """
    given: dict[str, Any] = {
        "status": status,
        "service": min(services) if len(services) == 1 else None,
        "services": sorted(services) if len(services) > 1 else None,
        "severities": sorted(severities) or None,
        "labels": to_json(labels) if labels else None,
        "acknowledged": acknowledged or None,
        "unacknowledged": True if acknowledged is False else None,
        "routing": routing,
        "key": key,
        "text": containing(text) if text else None,
        "since": micros_or_none(since),
        "until": micros_or_none(until),
        "page": page,
    }
    return _list(tx, alerts, workspace, given, before=before, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts are wanted: those that fit all that is given. *rule* is the first that they have fit."""

    status: AlertStatus | None = None
    acknowledged: bool | None = None
    snoozed: bool | None = None
    services: Collection[ServiceId] | None = None
    integration: IntegrationId | None = None
    rule: RuleId | None = None
    labels: Mapping[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    id: AlertId | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What is given, by the names of filters."""
        return {
            "status": self.status,
            "acknowledged": self.acknowledged or None,
            "unacknowledged": True if self.acknowledged is False else None,
            "snoozed": self.snoozed or None,
            "unsnoozed": True if self.snoozed is False else None,
            "services": None if self.services is None else sorted(self.services),
            "integration": self.integration,
            "rule": None if self.rule is None else f'%"rules":[{self.rule}%',
            "labels": to_json(self.labels) if self.labels else None,
            "since": micros_or_none(self.since),
            "until": micros_or_none(self.until),
            "id": self.id,
        }


def count_alerts(tx: Tx, workspace: WorkspaceId, wanted: Wanted) -> int:
    """Count the alerts of *workspace* that are wanted."""
    values = {name: value for name, value in wanted.given.items() if value is not None}
    _, counting = _statements(alerts, frozenset(values))
    found: int = tx.scalar(counting, **values, workspace=workspace)
    return found


def stretch_of_alerts(
    tx: Tx, workspace: WorkspaceId, wanted: Wanted, *, offset: int, limit: int
) -> list[Alert]:
    """Read the alerts of *workspace* that are wanted, the newest first, from the *offset*-th on."""
    values = {name: value for name, value in wanted.given.items() if value is not None}
    statement = _stretch(frozenset(values))
    return stored_alerts.read(
        tx, tx.rows(statement, **values, workspace=workspace, offset=offset, limit=limit)
    )


@cache
def _stretch(filters: frozenset[str]) -> Statement:
    wanted = [alerts.c.workspace_id == number("workspace")]
    wanted += [_FILTERS[alerts][name] for name in sorted(filters)]
    found = select(alerts).where(*wanted).order_by(alerts.c.id.desc())
    return Statement(found.limit(number("limit")).offset(number("offset")))


def list_pages(
    tx: Tx,
    workspace: WorkspaceId,
    *,
    status: PageStatus | None = None,
    services: Collection[ServiceId] = (),
    alert: AlertId | None = None,
    before: int | None = None,
    limit: int,
) -> Listed[Page]:
    """List the pages of *workspace* that fit every filter that is given, the newest first."""
    given = {"status": status, "services": sorted(services) or None, "alert": alert}
    return _list(tx, pages, workspace, given, before=before, limit=limit)


def list_notifications(
    tx: Tx,
    workspace: WorkspaceId,
    *,
    state: NotificationState | None = None,
    page: PageId | None = None,
    user: UserId | None = None,
    channel: str | None = None,
    before: int | None = None,
    limit: int,
) -> Listed[Notification]:
    """List the notifications of *workspace* that fit every filter that is given, the newest first.

    Where no index tells how many there are, no more than COUNTED_MAX are counted.
    """
    given = {"state": state, "page": page, "user": user, "channel": channel}
    return _list(tx, notifications, workspace, given, before=before, limit=limit)


_READ: dict[Table, Read] = {alerts: stored_alerts.read, pages: stored_pages.read, notifications: outbox.read}
_STATUSES: dict[Table, tuple[str, ...]] = {alerts: tuple(AlertStatus), pages: tuple(PageStatus)}
_FOUND_OTHERWISE = frozenset({"status", "service", "page", "alert"})
_BEFORE_ALL = (1 << 63) - 1
COUNTED_MAX = 10_000


@cache
def _statements(table: Table, filters: frozenset[str]) -> tuple[Statement, Statement]:
    """Write the statement that lists, and the one that counts."""
    wanted = [table.c.workspace_id == number("workspace")]
    wanted += [_FILTERS[table][name] for name in sorted(filters)]
    listing = select(table).where(*wanted, table.c.id < number("before"))
    counted: FromClause = table
    if table is notifications and not filters & {"page", "user"}:
        some = select(table.c.id).where(*wanted).order_by(table.c.id.desc()).limit(COUNTED_MAX)
        counted, wanted = some.subquery(), []
    return (
        Statement(listing.order_by(table.c.id.desc()).limit(number("limit"))),
        Statement(select(func.count()).select_from(counted).where(*wanted)),
    )


def _list(
    tx: Tx, table: Table, workspace: WorkspaceId, given: Mapping[str, Any], *, before: int | None, limit: int
) -> Listed[Any]:
    values = {name: value for name, value in given.items() if value is not None}
    _, counting = _statements(table, frozenset(values))
    rows = _rows(tx, table, {**values, "workspace": workspace}, before or _BEFORE_ALL, limit + 1)
    items = tuple(_READ[table](tx, rows[:limit]))
    following = items[-1].id if len(rows) > limit else None
    return Listed(items=items, next=following, total=tx.scalar(counting, **values, workspace=workspace))


def _rows(tx: Tx, table: Table, values: Mapping[str, Any], before: int, limit: int) -> list[Row]:
    """Read the newest rows. Without a status they are read for each, in order, by the index that has it."""
    filters = values.keys() - {"workspace"}
    statuses = _STATUSES.get(table, ()) if not filters & _FOUND_OTHERWISE else ()
    if not statuses:
        listing, _ = _statements(table, frozenset(filters))
        return tx.rows(listing, **values, before=before, limit=limit)
    listing, _ = _statements(table, frozenset({*filters, "status"}))
    found = [
        row
        for status in statuses
        for row in tx.rows(listing, **values, status=status, before=before, limit=limit)
    ]
    return sorted(found, key=itemgetter(0), reverse=True)[:limit]
