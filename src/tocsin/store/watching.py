"""What the watch asks: whether anything is overdue, fails, or waits for nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select

from tocsin.core.ids import AlertId, WorkspaceId
from tocsin.store.columns import instant_or_none, micros
from tocsin.store.statements import Statement, number
from tocsin.store.tables import alerts, notifications, page_alerts, pages, timers, workspaces
from tocsin.store.transaction import Tx

_OLDEST_TIMER = Statement(select(func.min(timers.c.due_at)))
_OLDEST_QUEUED = Statement(
    select(func.min(notifications.c.due)).where(
        notifications.c.state == "queued", notifications.c.bundled_into.is_(None)
    )
)
_OLDEST_LEASE = Statement(
    select(func.min(notifications.c.leased_until)).where(notifications.c.state == "sending")
)
_POISONED = Statement(
    select(func.count())
    .select_from(timers)
    .where(timers.c.attempts >= 3, timers.c.due_at <= number("put_off_until"))
)
# Named one by one, the workspaces are what lets the index on them, which every list of alerts uses, find the
# few alerts that fire among the many that are over.
_anywhere = alerts.c.workspace_id.in_(select(workspaces.c.id))
_FIRING = Statement(
    select(alerts.c.workspace_id, alerts.c.routing, func.count())
    .where(_anywhere, alerts.c.status == "firing")
    .group_by(alerts.c.workspace_id, alerts.c.routing)
)

_timed = exists().where(and_(timers.c.kind == "page", timers.c.subject_id == pages.c.id))
_ends = exists().where(and_(timers.c.kind == "ack_end", timers.c.subject_id == alerts.c.id)).correlate(alerts)
_cared_for = (
    exists()
    .where(
        and_(
            page_alerts.c.alert_id == alerts.c.id,
            pages.c.id == page_alerts.c.page_id,
            pages.c.status == "triggered",  # so long as one alert of it is nobody's
            # A page that has nothing left to do has said so in its story.
            or_(pages.c.wake_at.is_(None), _timed),
        )
    )
    .correlate(alerts)
)
_STRANDED = Statement(
    select(alerts.c.workspace_id, alerts.c.id)
    .where(
        _anywhere,
        alerts.c.status == "firing",
        or_(alerts.c.ack_at.is_(None), and_(alerts.c.ack_until <= number("opened_by"), ~_ends)),
        or_(alerts.c.routing.is_(None), alerts.c.routing == "routed"),
        alerts.c.opened_at <= number("opened_by"),
        ~_cared_for,
    )
    .order_by(alerts.c.workspace_id, alerts.c.id)
    .limit(number("limit"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """The earliest moments for which something waits, past or to come; None where nothing does."""

    timer: datetime | None
    queued: datetime | None
    leased: datetime | None
    poisoned: int


def overdue(tx: Tx, *, put_off_until: datetime) -> Overdue:
    """Find what has waited longest; a timer that fails is never put off until after *put_off_until*."""
    return Overdue(
        timer=instant_or_none(tx.scalar(_OLDEST_TIMER)),
        queued=instant_or_none(tx.scalar(_OLDEST_QUEUED)),
        leased=instant_or_none(tx.scalar(_OLDEST_LEASE)),
        poisoned=tx.scalar(_POISONED, put_off_until=micros(put_off_until)) or 0,
    )


def firing(tx: Tx) -> dict[tuple[WorkspaceId, str], int]:
    """Count the firing alerts by workspace and routing ("" when they were never judged)."""
    return {(WorkspaceId(ws), routing or ""): count for ws, routing, count in tx.rows(_FIRING)}


def stranded(tx: Tx, *, opened_by: datetime, limit: int) -> list[tuple[WorkspaceId, AlertId]]:
    """Find firing, unacknowledged, routed alerts for which no page has or had anything to do.

    One whose acknowledgement should have ended by then, and never will, is among them.
    """
    rows = tx.rows(_STRANDED, opened_by=micros(opened_by), limit=limit)
    return [(WorkspaceId(workspace), AlertId(alert)) for workspace, alert in rows]
