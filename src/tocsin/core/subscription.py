"""Destinations that hear of what becomes of alerts, whether or not anybody is paged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because import Because, moment
from tocsin.core.errors import Invalid
from tocsin.core.ids import AlertId, IntegrationId, TeamId, UserId


class AlertChange(StrEnum):
    """What can become of an alert."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    SNOOZED = "snoozed"
    WOKEN = "woken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Of which *changes* a destination hears, for alerts of these *integrations* (none = all).

    While it is not *enabled*, it hears of nothing, not even from steps. *team* is whose it is.
    """

    enabled: bool = True
    changes: frozenset[AlertChange] = frozenset()
    integrations: frozenset[IntegrationId] = frozenset()
    team: TeamId | None = None

    def wants(self, change: AlertChange, alert: Alert) -> bool:
        """Tell whether the destination is to hear of *change*."""
        if not self.enabled or change not in self.changes:
            return False
        return not self.integrations or alert.integration in self.integrations


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanged(Because):
    """A destination hears of a *change* of the alert *title*."""

    change: str
    title: str

    def sentence(self) -> str:
        """Say what it was."""
        return f"it hears of alerts that are {self.change}; this one is {self.title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A *change* of an *alert*: when, *by* whom, and until when it is meant to last."""

    alert: AlertId
    change: AlertChange
    at: datetime
    by: UserId | None = None
    until: datetime | None = None


def happenings(was: Alert | None, alert: Alert, now: datetime) -> tuple[Happening, ...]:
    """Tell what became of *alert*, which was *was* or is new; nothing where nobody hears of it.

    One that is over, or that somebody has, as soon as it is new has become two things: whoever hears of
    either hears of it.
    """
    changes = (AlertChange.OPENED, _beginning(alert)) if was is None else (_change(was, alert),)
    return tuple(_happening(change, alert, now) for change in changes if change is not None)


def written(said: Happening) -> Mapping[str, object]:
    """Write what happened for the outbox."""
    until = None if said.until is None else moment(said.until)
    return {
        "alert": said.alert,
        "change": said.change.value,
        "at": said.at.isoformat(),
        "by": said.by,
        "until": until,
    }


def read(kept: Mapping[str, object]) -> Happening:
    """Read what ``written`` wrote; raise Invalid for anything else."""
    alert, at, by, until = kept.get("alert"), kept.get("at"), kept.get("by"), kept.get("until")
    if not isinstance(alert, int) or not isinstance(at, str):
        raise Invalid("body", "is no happening")
    return Happening(
        alert=AlertId(alert),
        change=AlertChange(str(kept.get("change"))),
        at=datetime.fromisoformat(at),
        by=UserId(by) if isinstance(by, int) else None,
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
    )


def _happening(change: AlertChange, alert: Alert, now: datetime) -> Happening:
    by, until = None, None
    if change is AlertChange.ACKNOWLEDGED and alert.acknowledgement is not None:
        by, until = alert.acknowledgement.by, alert.acknowledgement.until
    elif change is AlertChange.SNOOZED and alert.snooze is not None:
        by, until = alert.snooze.by, alert.snooze.until
    elif change is AlertChange.RESOLVED:
        by = alert.resolved_by
    return Happening(alert=alert.id, change=change, at=now, by=by, until=until)


def _beginning(alert: Alert) -> AlertChange | None:
    """Tell what else has become of an alert that is new."""
    if alert.status is AlertStatus.RESOLVED:
        return AlertChange.RESOLVED
    return None if alert.acknowledgement is None else AlertChange.ACKNOWLEDGED


def _change(was: Alert, alert: Alert) -> AlertChange | None:
    if was.status is not alert.status:
        over = alert.status is AlertStatus.RESOLVED
        return AlertChange.RESOLVED if over else AlertChange.REOPENED
    if alert.status is AlertStatus.RESOLVED:
        return None
    if (was.acknowledgement is None) is not (alert.acknowledgement is None):
        held = alert.acknowledgement is not None
        return AlertChange.ACKNOWLEDGED if held else AlertChange.UNACKNOWLEDGED
    if was.snooze is not alert.snooze:
        return AlertChange.WOKEN if alert.snooze is None else AlertChange.SNOOZED
    return None
