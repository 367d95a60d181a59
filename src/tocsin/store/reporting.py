"""What reports are made of: a few columns of every alert and message of some days, in one statement each."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from tocsin.core.event import Severity
from tocsin.core.ids import COUNTER_BITS, AlertId, PageId, ServiceId, UserId, WorkspaceId
from tocsin.core.reporting import PastAlert, PastMessage
from tocsin.store.columns import instant, instant_or_none, micros
from tocsin.store.statements import Statement, number
from tocsin.store.tables import alerts, notifications, timeline
from tocsin.store.transaction import Tx

ROWS_MAX: Final = 100_000  # of the newest; of either kind

_a, _n, _t = alerts.c, notifications.c, timeline.c
_ALERTS = Statement(
    select(_a.id, _a.service_id, _a.worst_severity, _a.title, _a.opened_at, _a.resolved_at, _a.resolved_by)
    .where(_a.workspace_id == number("workspace"), _a.id >= number("first"), _a.drill == 0)
    .where(_a.opened_at >= number("since"))
    .order_by(_a.id.desc())
    .limit(number("limit"))
)
# The code of the reason stands in what is stored; a text that holds it besides does no harm but to a figure.
_TAKEN = Statement(
    select(_t.alert_id, func.min(_t.at))
    .where(_t.workspace_id == number("workspace"), _t.id >= number("first"), _t.alert_id.is_not(None))
    .where(_t.entries.like('%"alert_acknowledged"%'))
    .group_by(_t.alert_id)
)
_TOLD = Statement(
    select(_n.user_id, _n.page_id, _n.sent_at, _n.channel)
    .where(_n.workspace_id == number("workspace"), _n.id >= number("first"), _n.kind == "page")
    .where(_n.user_id.is_not(None), _n.sent_at >= number("since"), _n.state.in_(("sent", "delivered")))
    .order_by(_n.id.desc())
    .limit(number("limit"))
)


def past_alerts(tx: Tx, workspace: WorkspaceId, *, since: datetime) -> list[PastAlert]:
    """Read the alerts that were opened since then but for drills, the newest first, ROWS_MAX at most."""
    values = {"workspace": workspace, "first": _first(since)}
    taken = {row[0]: instant(row[1]) for row in tx.rows(_TAKEN, **values)}
    return [
        PastAlert(
            id=AlertId(row[0]),
            service=ServiceId(row[1]),
            severity=Severity(row[2]),
            title=row[3],
            opened_at=instant(row[4]),
            taken_at=taken.get(row[0]),
            resolved_at=instant_or_none(row[5]),
            resolved_by=None if row[6] is None else UserId(row[6]),
        )
        for row in tx.rows(_ALERTS, **values, since=micros(since), limit=ROWS_MAX)
    ]


def past_messages(tx: Tx, workspace: WorkspaceId, *, since: datetime) -> list[PastMessage]:
    """Read the messages that asked people since then and went out, the newest first, ROWS_MAX at most."""
    rows = tx.rows(_TOLD, workspace=workspace, first=_first(since), since=micros(since), limit=ROWS_MAX)
    return [PastMessage(UserId(row[0]), PageId(row[1] or 0), instant(row[2]), row[3]) for row in rows]


def _first(since: datetime) -> int:
    """Give the smallest id of what was made since then, for ids begin with their time; a day is to spare."""
    return max(micros(since) // 1_000 - 86_400_000, 0) << COUNTER_BITS
