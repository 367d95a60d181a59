"""Long lists of what happened: alerts, pages, notifications, by any mixture of filters, the newest first.

Each mixture is one statement, compiled when it is first asked for. However much there is, no question reads
more than LOOKED_THROUGH_MAX rows for what no index finds: the list then goes on from there.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, and_, func, literal, not_, or_, select

from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.event import Severity
from tocsin.core.ids import (
    COUNTER_BITS,
    AlertId,
    IntegrationId,
    PageId,
    RuleId,
    ServiceId,
    UserId,
    WorkspaceId,
)
from tocsin.core.listing import Listed
from tocsin.core.notification import Notification, NotificationState
from tocsin.store import alerts as stored_alerts
from tocsin.store import outbox
from tocsin.store import pages as stored_pages
from tocsin.store.columns import micros_or_none, to_json
from tocsin.store.statements import Statement, among, containing, has_labels, number, words
from tocsin.store.tables import alerts, notifications, page_alerts, pages, services
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
        # As the indexes of open alerts have it, which begin with the service.
        "keyed": and_(alerts.c.status == AlertStatus.FIRING, alerts.c.dedup_key != ""),
        "keyless": and_(alerts.c.status == AlertStatus.FIRING, alerts.c.dedup_key == ""),
        "here": alerts.c.service_id.in_(
            select(services.c.id).where(services.c.workspace_id == number("workspace"))
        ),
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
    """Count the alerts of *workspace* that are wanted, as far as they are looked through."""
    reach = _reach(tx, alerts, {**wanted.given, "workspace": workspace})
    return sum(way.count(tx, **reach.bounds) for way in reach.ways)


def stretch_of_alerts(
    tx: Tx, workspace: WorkspaceId, wanted: Wanted, *, offset: int, limit: int
) -> list[Alert]:
    """Read the alerts of *workspace* that are wanted, the newest first, from the *offset*-th on."""
    reach = _reach(tx, alerts, {**wanted.given, "workspace": workspace})
    found = [row[0] for way in reach.ways for row in way.ids(tx, **reach.bounds, limit=offset + limit)]
    chosen = sorted(found, reverse=True)[offset : offset + limit]
    return stored_alerts.get_many(tx, chosen)[::-1]


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
    """List the notifications of *workspace* that fit every filter that is given, the newest first."""
    given = {"state": state, "page": page, "user": user, "channel": channel}
    return _list(tx, notifications, workspace, given, before=before, limit=limit)


_READ: dict[Table, Read] = {alerts: stored_alerts.read, pages: stored_pages.read, notifications: outbox.read}
_STATUSES: dict[Table, tuple[str, ...]] = {alerts: tuple(AlertStatus), pages: tuple(PageStatus)}
_OF_ONE = frozenset(
    {"id", "page", "alert", "keyed", "keyless"}
)  # what fits these is not much, and is counted
_INDEXED = _OF_ONE | {"status", "service", "user"}
_OPEN = frozenset({AlertStatus.FIRING, PageStatus.TRIGGERED, PageStatus.ACKNOWLEDGED})
_BEFORE_ALL = (1 << 63) - 1
_MADE_WITHIN = timedelta(minutes=10)  # the id of an alert is no older, and no younger, than its opening
COUNTED_MAX = 10_000
LOOKED_THROUGH_MAX = 50_000


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to rows of *table*, those that fit all *filters* with *values*, some of which have an index."""

    table: Table
    filters: frozenset[str]
    values: Mapping[str, Any]

    def rows(self, tx: Tx, *, floor: int, before: int, limit: int) -> list[Row]:
        statement = _listing(self.table, self.filters)
        return tx.rows(statement, **self.values, floor=floor, before=before, limit=limit)

    def ids(self, tx: Tx, *, floor: int, before: int, limit: int) -> list[Row]:
        statement = _listing(self.table, self.filters, ids=True)
        return tx.rows(statement, **self.values, floor=floor, before=before, limit=limit)

    def count(self, tx: Tx, *, floor: int, before: int) -> int:
        statement = _counting(self.table, self.filters)
        found: int = tx.scalar(statement, **self.values, floor=floor, before=before)
        return found

    def total(self, tx: Tx, *, floor: int, before: int) -> int:
        """Count all that are open, or of one page or alert, and others as far as COUNTED_MAX."""
        if self.filters & _OF_ONE or self.values.get("status") in _OPEN:
            return self.count(tx, floor=floor, before=before)
        statement = _counting(self.table, self.filters, some=True)
        found: int = tx.scalar(statement, **self.values, floor=floor, before=before, most=COUNTED_MAX)
        return found

    def last(self, tx: Tx, before: int) -> int:
        """Name the last row that is looked at below *before*, 0 when that is as far as they go."""
        indexed = self.filters & _INDEXED
        if self.filters == indexed or self.filters & _OF_ONE:
            return 0
        statement = _last(self.table, indexed)
        return tx.scalar(statement, **self.values, before=before, most=LOOKED_THROUGH_MAX - 1) or 0


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far one looks: below *before*, down to *oldest* or to *last*, from where the next may go on."""

    ways: Sequence[_Way]
    before: int
    last: int
    oldest: int

    @property
    def bounds(self) -> dict[str, int]:
        return {"floor": max(self.last, self.oldest), "before": self.before}


def _reach(tx: Tx, table: Table, given: Mapping[str, Any], before: int | None = None) -> _Reach:
    values = {name: value for name, value in given.items() if value is not None}
    ways = _ways(table, values)
    top = _first_id(values["until"], _MADE_WITHIN) if "until" in values else _BEFORE_ALL
    top = min(before or _BEFORE_ALL, top)
    return _Reach(
        ways=ways,
        before=top,
        last=max(way.last(tx, top) for way in ways),
        oldest=_first_id(values["since"], -_MADE_WITHIN) if "since" in values else 0,
    )


def _wanted(table: Table, filters: frozenset[str]) -> tuple[list[ColumnElement[bool]], ColumnElement[int]]:
    """Write what is wanted below *before*, and by what it is put in order."""
    here: ColumnElement[int] = table.c.workspace_id
    place: ColumnElement[int] = table.c.id
    if filters & {
        "keyed",
        "keyless",
    }:  # the index that has these begins with the service: no other is to be used
        here, place = here + 0, place + 0
    wanted = [here == number("workspace"), place < number("before")]
    return wanted + [_FILTERS[table][name] for name in sorted(filters)], place


@cache
def _listing(table: Table, filters: frozenset[str], *, ids: bool = False) -> Statement:
    wanted, place = _wanted(table, filters)
    found = select(table.c.id if ids else table).where(*wanted, place >= number("floor"))
    return Statement(found.order_by(place.desc()).limit(number("limit")))


@cache
def _counting(table: Table, filters: frozenset[str], *, some: bool = False) -> Statement:
    wanted, place = _wanted(table, filters)
    found = select(table.c.id).where(*wanted, place >= number("floor"))
    if some:
        found = found.order_by(place.desc()).limit(number("most"))
    return Statement(select(func.count()).select_from(found.subquery()))


@cache
def _last(table: Table, filters: frozenset[str]) -> Statement:
    wanted, place = _wanted(table, filters)
    found = select(table.c.id).where(*wanted).order_by(place.desc())
    return Statement(found.limit(literal(1)).offset(number("most")))


def _ways(table: Table, values: Mapping[str, Any]) -> list[_Way]:
    """Find the ways to rows: by what is open of a service, or by the index that has each status in order."""
    filters = frozenset(values) - {"workspace"}
    if table is alerts and values.get("status") == AlertStatus.FIRING and "page" not in filters:
        if "key" in filters:
            where = filters if filters & {"service", "services"} else filters | {"here"}
            return [_Way(table, where - {"status"} | {"keyed" if values["key"] else "keyless"}, values)]
        if filters & {"service", "services"}:
            return [_Way(table, filters - {"status"} | {kind}, values) for kind in ("keyed", "keyless")]
    if table not in _STATUSES or filters & _INDEXED:
        return [_Way(table, filters, values)]
    return [_Way(table, filters | {"status"}, {**values, "status": each}) for each in _STATUSES[table]]


def _list(
    tx: Tx, table: Table, workspace: WorkspaceId, given: Mapping[str, Any], *, before: int | None, limit: int
) -> Listed[Any]:
    given = {**given, "workspace": workspace}
    reach = _reach(tx, table, given, before)
    rows = [row for way in reach.ways for row in way.rows(tx, **reach.bounds, limit=limit + 1)]
    rows.sort(key=itemgetter(0), reverse=True)
    items = tuple(_READ[table](tx, rows[:limit]))
    following = reach.last if reach.last > reach.oldest else None
    if len(rows) > limit:
        following = items[-1].id
    whole = _reach(tx, table, given) if before else reach
    total = sum(way.total(tx, **whole.bounds) for way in whole.ways)
    return Listed(items=items, next=following, total=total)


def _first_id(moment: int, more: timedelta) -> int:
    """Name the first id of a moment, given in microseconds, with so much *more* to be sure."""
    return max(moment // 1000 + int(more.total_seconds() * 1000), 0) << COUNTER_BITS
