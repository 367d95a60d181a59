"""What is taken out of the history at somebody's wish: what an alert's events said, or all there is of it."""

from sqlalchemy import delete, select, update

from tocsin.core.ids import AlertId
from tocsin.store import extras
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import alert_notes, alerts, events, page_alerts, pages, timeline
from tocsin.store.transaction import Tx

_ERASE_EVENTS = Statement(
    update(events)
    .where(events.c.alert_id == number("alert"))
    .values(payload=words("nothing"), dedup_key=words("empty"))
)
_RENAME_PAGES = Statement(
    update(pages)
    .where(pages.c.id.in_(select(page_alerts.c.page_id).where(page_alerts.c.alert_id == number("alert"))))
    .where(pages.c.alerts == number("one"))
    .values(title=words("title"))
)
_DROPS = tuple(
    Statement(delete(table).where(column == number("alert")))
    for table, column in (
        (events, events.c.alert_id),
        (timeline, timeline.c.alert_id),
        (alert_notes, alert_notes.c.alert_id),
        (page_alerts, page_alerts.c.alert_id),
        (alerts, alerts.c.id),
    )
)


def erase_events(tx: Tx, alert: AlertId, *, title: str) -> None:
    """Keep of the events of *alert* only when they came; pages of it alone are called *title*."""
    tx.run(_ERASE_EVENTS, alert=alert, nothing="{}", empty="")
    tx.run(_RENAME_PAGES, alert=alert, one=1, title=title)


def drop_alert(tx: Tx, alert: AlertId) -> None:
    """Delete *alert* with all that is its own; its pages stay."""
    for statement in _DROPS:
        tx.run(statement, alert=alert)
    extras.drop(tx, "alert", (alert,))
