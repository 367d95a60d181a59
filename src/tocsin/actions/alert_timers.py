"""The moments at which an alert is looked at again: somebody is asked about it, or no longer has it."""

from typing import Final

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.reminding import wake_at
from tocsin.store import timers
from tocsin.store.transaction import Tx

REMINDER: Final = "ack_reminder"


def time_anew(tx: Tx, alert: Alert, *, was: Alert) -> None:
    """Set the moments of *alert* that differ from those of what it *was*."""
    if alert.acknowledgement is not was.acknowledgement or alert.status is not was.status:
        time_acknowledgement(tx, alert)
        if wake_at(alert) != wake_at(was):
            time_reminder(tx, alert)
    if alert.snooze is not was.snooze:
        time_snooze(tx, alert)


def time_reminder(tx: Tx, alert: Alert) -> None:
    """Have a look at *alert* when whoever has it is to be asked, or to have answered."""
    due = wake_at(alert)
    if due is None:
        timers.cancel(tx, REMINDER, alert.id)
    else:
        timers.put(tx, REMINDER, alert.id, alert.workspace, due)


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
