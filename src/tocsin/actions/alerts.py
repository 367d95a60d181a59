"""What people do about alerts and pages: acknowledge, release, resolve, escalate, page by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.actions.ledger import Ledger
from tocsin.core import alert as trouble
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because import Because
from tocsin.core.because_page import Escalated
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.ids import AlertId, PageId
from tocsin.core.spelling import native
from tocsin.store import alerts, directories, pages
from tocsin.store.transaction import Tx

Change = Callable[[Alert], tuple[Alert, tuple[Because, ...]]]
AT_ONCE_MAX = 500  # alerts that one request may change


def acknowledge(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    until: datetime | None = None,
    comment: str = "",
    now: datetime,
) -> tuple[Alert, ...]:
    """Acknowledge alerts until *until*, or until they are resolved when that is None; all or none.

    A new acknowledgement replaces the one before. Raises Conflict when one of them is resolved.
    """

    def change(alert: Alert) -> tuple[Alert, tuple[Because, ...]]:
        return trouble.acknowledge(
            alert, by=actor.user, by_name=actor.name, until=until, comment=comment, how=actor.how, now=now
        )

    return _change(tx, actor, alert_ids, change, now=now)


def unacknowledge(tx: Tx, actor: Actor, alert_ids: Sequence[AlertId], *, now: datetime) -> tuple[Alert, ...]:
    """Take acknowledgements back; what still fires asks people again, from the first step."""

    def change(alert: Alert) -> tuple[Alert, tuple[Because, ...]]:
        return trouble.unacknowledge(alert, by=actor.user, by_name=actor.name, now=now)

    return _change(tx, actor, alert_ids, change, now=now)


def resolve(tx: Tx, actor: Actor, alert_ids: Sequence[AlertId], *, now: datetime) -> tuple[Alert, ...]:
    """Resolve alerts by hand; one that is resolved already stays as it is."""

    def change(alert: Alert) -> tuple[Alert, tuple[Because, ...]]:
        if alert.status is AlertStatus.RESOLVED:
            return alert, ()
        return trouble.resolve(alert, by=actor.user, by_name=actor.name, now=now)

    return _change(tx, actor, alert_ids, change, now=now)


def acknowledge_page(
    tx: Tx,
    actor: Actor,
    page_id: PageId,
    *,
    until: datetime | None = None,
    comment: str = "",
    now: datetime,
) -> Page:
    """Acknowledge every firing alert of a page; on a resolved page there is nothing to do."""
    page = _page(tx, actor, page_id)
    firing = [alert.id for alert in alerts.of_page(tx, page_id) if alert.status is AlertStatus.FIRING]
    acknowledge(tx, actor, firing, until=until, comment=comment, now=now)
    return pages.get(tx, page.id)


def resolve_page(tx: Tx, actor: Actor, page_id: PageId, *, now: datetime) -> Page:
    """Resolve every firing alert of a page."""
    page = _page(tx, actor, page_id)
    firing = [alert.id for alert in alerts.of_page(tx, page_id) if alert.status is AlertStatus.FIRING]
    resolve(tx, actor, firing, now=now)
    return pages.get(tx, page.id)


def escalate(tx: Tx, actor: Actor, page_id: PageId, *, now: datetime) -> Page:
    """Take a page's next step at once; one that rests is released first, and one that is over stays over."""
    page = _page(tx, actor, page_id)
    if page.status is PageStatus.RESOLVED:
        return page
    ledger = Ledger(tx, directories.current(tx, actor.workspace), now)
    if page.status is PageStatus.ACKNOWLEDGED:
        held = [alert for alert in alerts.of_page(tx, page_id, lock=True) if alert.acknowledgement]
        for alert in held:
            released, because = trouble.unacknowledge(alert, by=actor.user, by_name=actor.name, now=now)
            ledger.change(released, was=alert, because=because)
        next_step = page.next_step
    ledger.pages[page.id] = page
    ledger.tell((Escalated(by_name=actor.name),), page=page.id)
    ledger.put(replace(page, due=now))
    ledger.settle()
    return pages.get(tx, page.id)
