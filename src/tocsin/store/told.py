"""Who was told of which page at an address, for answers that come from there and name nothing else."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select

from tocsin.core.escalation import PageStatus
from tocsin.core.ids import PageId, UserId, WorkspaceId
from tocsin.store.columns import micros
from tocsin.store.notification_rows import mark_of
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import notifications, pages, workspaces
from tocsin.store.transaction import Tx

_n, _p = notifications.c, pages.c
_OPEN = (PageStatus.TRIGGERED.value, PageStatus.ACKNOWLEDGED.value)  # what reminders ask about, somebody has
_WORKSPACES = Statement(select(workspaces.c.id).order_by(workspaces.c.id))
_ASKING = Statement(
    select(_n.workspace_id, _n.user_id, _n.page_id)
    .join(pages, _p.id == _n.page_id)
    .where(among(_n.address_mark, "marks"), _n.sent_at.is_not(None), _n.sent_at > number("since"))
    .where(_n.user_id.is_not(None))
    .where(
        or_(
            and_(_n.kind == "page", among(_p.status, "statuses")),
            and_(_n.kind == "reminder", _p.status.in_(_OPEN)),
        )
    )
    .order_by(_n.sent_at.desc(), _n.id.desc())
    .limit(number("limit"))
)


class Told(NamedTuple):
    """Somebody who was told of a page."""

    workspace: WorkspaceId
    user: UserId
    page: PageId


def at_address(
    tx: Tx,
    channel: str,
    address: str,
    *,
    statuses: Collection[PageStatus],
    since: datetime,
    limit: int,
) -> list[Told]:
    """Find who was told at *address* after *since* of pages in one of *statuses*, the latest first.

    Whoever was asked there whether they still have a page is among them.
    """
    marks = [mark_of(tx.vault, (workspace, channel, address)) for (workspace,) in tx.rows(_WORKSPACES)]
    named = [status.value for status in statuses]
    rows = tx.rows(_ASKING, marks=marks, statuses=named, since=micros(since), limit=limit)
    return list(dict.fromkeys(Told(*row) for row in rows))
