"""What people do about one alert beyond having it: silence it for a while, reopen it, erase what it says."""

from datetime import datetime
from typing import Final

from tocsin.core.alert import Alert, AlertStatus, Routing, Snooze
from tocsin.core.because import Because, moment
from tocsin.core.because_alert import AlertErased, AlertReopened, AlertSnoozed, AlertWoken
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.evolve import evolve
from tocsin.core.ids import UserId

ERASED: Final = "erased"
"""What an erased alert is called."""

Told = tuple[Alert, tuple[Because, ...]]


def is_snoozed(alert: Alert, now: datetime) -> bool:
    """Tell whether somebody has silenced *alert* at *now*; that does not contain its last moment."""
    snooze = alert.snooze
    return snooze is not None and (snooze.until is None or now < snooze.until)


def snooze(alert: Alert, *, by: UserId | None, by_name: str, until: datetime | None, now: datetime) -> Told:
    """Page nobody about *alert* until *until*, or until it is resolved; the newest word counts.

    Raise Conflict when it is resolved or somebody has it, and Invalid when *until* has passed.
    """
    _must_fire(alert, "silenced")
    if alert.acknowledgement is not None:
        raise Conflict("the alert is acknowledged, so that nobody is paged about it; release it first")
    if until is not None and until <= now:
        raise Invalid("until", f"is {moment(until)}, which has passed", "must be in the future")
    said = Snooze(by=by, by_name=by_name, at=now, until=until)
    changed = evolve(alert, snooze=said, routing=Routing.SILENCED, version=alert.version + 1)
    return changed, (AlertSnoozed(by_name=by_name, until=until),)


def wake(alert: Alert, *, by_name: str) -> Told:
    """End the silence of *alert* by hand; harmless without one. Raise Conflict when it is resolved."""
    _must_fire(alert, "woken")
    return _woken(alert, by_name) if alert.snooze is not None else (alert, ())


def wake_in_time(alert: Alert, now: datetime) -> Told:
    """End the silence of *alert* if its time has come and it fires; at any other time harmless."""
    if alert.snooze is None or is_snoozed(alert, now) or alert.status is AlertStatus.RESOLVED:
        return alert, ()
    return _woken(alert, "")


def reopen(alert: Alert, *, by_name: str, alone: bool) -> Told:
    """Take back that *alert* is resolved: it fires, and nobody has it. Raise Conflict when it does already.

    One that stands *alone* has no dedup key any more: the next event of its trouble opens another.
    """
    if alert.status is AlertStatus.FIRING:
        raise Conflict("the alert is not resolved; only a resolved one can be reopened")
    changed = evolve(
        alert,
        status=AlertStatus.FIRING,
        dedup_key="" if alone else alert.dedup_key,
        acknowledgement=None,
        snooze=None,
        resolved_at=None,
        resolved_by=None,
        routing=None,
        memory=(),
        version=alert.version + 1,
    )
    return changed, (AlertReopened(by_name=by_name),)


def erase(alert: Alert, *, by: UserId | None, by_name: str, now: datetime) -> Told:
    """Keep nothing of what *alert* says but that it was there; one that fires is resolved."""
    over = alert.status is AlertStatus.RESOLVED
    changed = evolve(
        alert,
        status=AlertStatus.RESOLVED,
        resolved_at=alert.resolved_at if over else now,
        resolved_by=alert.resolved_by if over else by,
        title=ERASED,
        message="",
        labels={},
        links=(),
        host="",
        monitor_id="",
        monitor_name="",
        monitor_labels=(),
        dimensions={},
        metric=None,
        dedup_key="",
        snooze=None,
        parts=(),
        erased=True,
        version=alert.version + 1,
    )
    return changed, (AlertErased(by_name=by_name),)


def _woken(alert: Alert, by_name: str) -> Told:
    was = alert.snooze.by_name if alert.snooze is not None else ""
    routing = Routing.ROUTED if alert.memory else None
    woken = evolve(alert, snooze=None, routing=routing, version=alert.version + 1)
    return woken, (AlertWoken(by_name=by_name, silenced_by=was),)


def _must_fire(alert: Alert, done: str) -> None:
    if alert.status is AlertStatus.RESOLVED:
        raise Conflict(f"the alert is resolved; only a firing one can be {done}")
