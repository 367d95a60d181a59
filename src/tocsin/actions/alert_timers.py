"""The moments at which an alert is looked at again: its acknowledgement ends, or its own silence does."""

from tocsin.core.alert import Alert, AlertStatus
from tocsin.store import timers
from tocsin.store.transaction import Tx


def time_acknowledgement(tx: Tx, alert: Alert) -> None:
    """Have a look at *alert* when its acknowledgement ends, if it has one that does."""
    held = alert.acknowledgement if alert.status is AlertStatus.FIRING else None
    if held is not None and held.until is not None:
        timers.put(tx, "ack_end", alert.id, alert.workspace, held.until)
    else:
        timers.cancel(tx, "ack_end", alert.id)


def time_snooze(tx: Tx, alert: Alert) -> None:
    """Have a look at *alert* when its silence ends, if it has one that does."""
    snooze = alert.snooze
    if snooze is not None and snooze.until is not None:
        timers.put(tx, "snooze_end", alert.id, alert.workspace, snooze.until)
    else:
        timers.cancel(tx, "snooze_end", alert.id)
