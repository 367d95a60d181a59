"""Alerts and events in numbered pages, with what is told of each alert beside it."""

from collections.abc import Mapping, Sequence

from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.event import Event
from tocsin.core.ids import AlertId
from tocsin.core.story import FiledEvent
from tocsin.store import event_search, events, lists
from tocsin.store.event_search import Sought
from tocsin.store.lists import Wanted
from tocsin.store.transaction import Tx

__all__ = ["Sought", "Wanted", "alerts", "count_alerts", "count_events", "events_sought", "newest_events"]


def count_alerts(tx: Tx, actor: Actor, wanted: Wanted) -> int:
    """Count the alerts that are wanted."""
    actor.must(Permission.READ)
    return lists.count_alerts(tx, actor.workspace, wanted)


def alerts(tx: Tx, actor: Actor, wanted: Wanted, *, offset: int, limit: int) -> Sequence[Alert]:
    """Read the alerts that are wanted, the newest first, from the *offset*-th on."""
    actor.must(Permission.READ)
    return lists.stretch_of_alerts(tx, actor.workspace, wanted, offset=offset, limit=limit)


def newest_events(tx: Tx, actor: Actor, found: Sequence[Alert]) -> Mapping[AlertId, Event]:
    """Read the newest event of each of these alerts, which the caller has just read."""
    actor.must(Permission.READ)
    return events.last_of_each(tx, [alert.id for alert in found])


def count_events(tx: Tx, actor: Actor, sought: Sought) -> int:
    """Count the events that are sought, as far as they are looked through."""
    actor.must(Permission.READ)
    return event_search.count(tx, actor.workspace, sought)


def events_sought(tx: Tx, actor: Actor, sought: Sought, *, offset: int, limit: int) -> Sequence[FiledEvent]:
    """Read the events that are sought, the newest first, from the *offset*-th on."""
    actor.must(Permission.READ)
    return event_search.stretch(tx, actor.workspace, sought, offset=offset, limit=limit)
