"""The story of each alert and page: appended in the transaction that decides, never changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from tocsin.core.because import Because
from tocsin.core.ids import AlertId, PageId, TimelineId, WorkspaceId
from tocsin.core.story import StoryEntry
from tocsin.store import reasons
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import timeline
from tocsin.store.transaction import Row, Tx

NewEntry = tuple[WorkspaceId, AlertId | None, PageId | None, datetime, Sequence[Because]]

_INSERT = into(timeline)
_t = timeline.c
_OF_ALERT_AND_PAGES = Statement(
    select(timeline)
    .where(or_(_t.alert_id == number("alert"), among(_t.page_id, "pages")))
    .where(_t.id > number("after"))
    .order_by(_t.id)
    .limit(number("limit"))
)
_OF_PAGE = Statement(
    select(timeline)
    .where(_t.page_id == number("page"), _t.id > number("after"))
    .order_by(_t.id)
    .limit(number("limit"))
)
_COUNT = Statement(
    select(func.count())
    .select_from(timeline)
    .where(or_(_t.alert_id == number("alert"), among(_t.page_id, "pages")))
)


def append_many(tx: Tx, new: Iterable[NewEntry]) -> None:
    """Add to the stories of alerts and pages: for each, all that one transaction decided about it."""
    entries = list(new)
    if not entries:
        return
    told: dict[tuple[int, ...], str] = {}  # in a storm many alerts have the very same reasons
    rows: list[Row] = []
    for entry_id, (workspace, alert, page, at, because) in zip(
        tx.new_ids(len(entries)), entries, strict=True
    ):
        same = tuple(map(id, because))
        said = told.get(same) or told.setdefault(same, reasons.dump(because))
        rows.append((entry_id, workspace, alert, page, micros(at), said))
    tx.run_many(_INSERT, rows)


def of_alert(
    tx: Tx, alert: AlertId, pages: Sequence[PageId], *, after: int = 0, limit: int
) -> tuple[StoryEntry, ...]:
    """Tell the story of *alert* together with that of *pages*, its own, in order."""
    rows = tx.rows(_OF_ALERT_AND_PAGES, alert=alert, pages=pages, after=after, limit=limit)
    return tuple(_entry(row) for row in rows)


def of_page(tx: Tx, page: PageId, *, after: int = 0, limit: int) -> tuple[StoryEntry, ...]:
    """Tell the story of *page*, in order."""
    return tuple(_entry(row) for row in tx.rows(_OF_PAGE, page=page, after=after, limit=limit))


def length(tx: Tx, alert: AlertId, pages: Sequence[PageId]) -> int:
    """Count the entries of the story of *alert* together with that of *pages*."""
    count: int = tx.scalar(_COUNT, alert=alert, pages=pages)
    return count


def _entry(row: Row) -> StoryEntry:
    return StoryEntry(
        id=TimelineId(row[0]), alert=row[2], page=row[3], at=instant(row[4]), because=reasons.load(row[5])
    )
