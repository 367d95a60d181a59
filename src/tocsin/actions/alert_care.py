"""What people do about alerts beyond having them: silence one for a while, reopen it, erase or delete it."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.actions import audit
from tocsin.actions.actor import Actor
from tocsin.actions.alerts import change_each, must_be_few
from tocsin.actions.changing import Sure, anyway
from tocsin.actions.ledger import Ledger
from tocsin.core import alert_by_hand
from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.errors import Conflict
from tocsin.core.ids import AlertId
from tocsin.core.spelling import native
from tocsin.store import alerts, erasing
from tocsin.store.transaction import Tx

Changed = tuple[Alert, tuple[Because, ...]]


def snooze(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    until: datetime | None = None,
    sure: Sure[Alert] = anyway,
    now: datetime,
) -> tuple[Alert, ...]:
    """Page nobody about these alerts until *until*, or until they are resolved; all or none.

    It replaces an earlier silence of the same alert. Raises Conflict when one is resolved or acknowledged.
    """

    def change(_ledger: Ledger, alert: Alert) -> Changed:
        return alert_by_hand.snooze(alert, by=actor.user, by_name=actor.name, until=until, now=now)

    return change_each(tx, actor, must_be_few(alert_ids), change, sure=sure, now=now)


def wake(
    tx: Tx, actor: Actor, alert_ids: Sequence[AlertId], *, sure: Sure[Alert] = anyway, now: datetime
) -> tuple[Alert, ...]:
    """End the silence of single alerts; they page again, from the first step. Harmless without one."""

    def change(_ledger: Ledger, alert: Alert) -> Changed:
        return alert_by_hand.wake(alert, by_name=actor.name)

    return change_each(tx, actor, must_be_few(alert_ids), change, sure=sure, now=now)


def reopen(
    tx: Tx,
    actor: Actor,
    alert_ids: Sequence[AlertId],
    *,
    alone: bool = False,
    sure: Sure[Alert] = anyway,
    now: datetime,
) -> tuple[Alert, ...]:
    """Take back that alerts are resolved: they fire, and page anew.

    One that stands *alone* takes no further events. Raises Conflict for one that is not resolved, and for one
    whose trouble has another open alert by now, unless it stands alone.
    """

    def change(ledger: Ledger, alert: Alert) -> Changed:
        key = (alert.service, alert.dedup_key)
        other = None if alone or not alert.dedup_key else alerts.open_by_keys(ledger.tx, (key,)).get(key)
        if other is not None and other.id != alert.id:
            raise Conflict(
                f"the same trouble has the open alert {native('alert', other.id)}; see to that one"
            )
        return alert_by_hand.reopen(alert, by_name=actor.name, alone=alone)

    return change_each(tx, actor, must_be_few(alert_ids), change, sure=sure, now=now)


def erase(tx: Tx, actor: Actor, alert_id: AlertId, *, now: datetime) -> Alert:
    """Keep nothing of what an alert and its events said but that it was there; one that fires is resolved."""

    def change(_ledger: Ledger, alert: Alert) -> Changed:
        return alert_by_hand.erase(alert, by=actor.user, by_name=actor.name, now=now)

    changed = change_each(tx, actor, (alert_id,), change, now=now)[0]
    erasing.erase_events(tx, alert_id, title=alert_by_hand.ERASED)
    audit.did(tx, actor, "erased", "alert", changed, name="", now=now)
    return changed


def delete(tx: Tx, actor: Actor, alert_id: AlertId, *, now: datetime) -> None:
    """Delete an alert with its events, its notes and its story; if it fires, it is resolved first."""
    erase(tx, actor, alert_id, now=now)
    erasing.drop_alert(tx, alert_id)
