"""What has happened, to look at: events, alerts, pages and messages, and their stories."""


from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound
from tocsin.core.ids import (
    AlertId,
    EventId,
)
from tocsin.core.listing import Listed
from tocsin.core.spelling import native
from tocsin.core.story import FiledEvent
from tocsin.store import alerts, directories, events
from tocsin.store.transaction import Tx


def directory(tx: Tx, actor: Actor) -> Directory:
    """Give the configuration of the actor's workspace, to call things by their names."""
    return directories.current(tx, actor.workspace)


# --- events -------------------------------------------------------------------------------------------


def list_events(
    tx: Tx, actor: Actor, *, alert: AlertId | None = None, before: int | None = None, limit: int
) -> Listed[FiledEvent]:
    """List events, the newest first: all of them, or those of *alert*."""
    actor.must(Permission.READ)
    if alert is None:
        return events.list_(tx, actor.workspace, before=before, limit=limit)
    find_alert(tx, actor, alert)
    return events.of_alert(tx, alert, before=before, limit=limit)


def find_event(tx: Tx, actor: Actor, event_id: EventId) -> FiledEvent:
    """Read one event."""
    actor.must(Permission.READ)
    try:
        return events.find(tx, actor.workspace, event_id)
    except NotFound:
        raise NotFound("event", native("event", event_id)) from None


# --- alerts -------------------------------------------------------------------------------------------


def find_alert(tx: Tx, actor: Actor, alert_id: AlertId) -> Alert:
    """Read one alert."""
    actor.must(Permission.READ)
    try:
        return alerts.find(tx, actor.workspace, alert_id)
    except NotFound:
        raise NotFound("alert", native("alert", alert_id)) from None
