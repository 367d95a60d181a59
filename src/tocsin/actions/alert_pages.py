"""Alerts by numbered pages, for APIs that have those; see ``store.alert_pages``."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.ids import ID_MAX, AlertId, ServiceId
from tocsin.store import alert_pages
from tocsin.store.alert_pages import Glimpse, Wanted
from tocsin.store.transaction import Tx

__all__ = ["Glimpse", "Wanted", "count", "glimpse", "last_sent", "newest", "page", "some"]

NEWEST_MAX = 10_000  # alerts that are looked through for what they are about


def page(tx: Tx, actor: Actor, wanted: Wanted, *, offset: int, limit: int) -> list[Alert]:
    """List *wanted* alerts, the newest first, *offset* of them left out."""
    actor.must(Permission.READ)
    return alert_pages.page(tx, wanted, offset=offset, limit=limit)


def count(tx: Tx, actor: Actor, wanted: Wanted) -> int:
    """Count *wanted* alerts."""
    actor.must(Permission.READ)
    return alert_pages.count(tx, wanted)


def glimpse(tx: Tx, actor: Actor, wanted: Wanted) -> list[Glimpse]:
    """Tell of all *wanted* alerts what matters for what becomes of them."""
    actor.must(Permission.READ)
    return alert_pages.glimpse(tx, wanted)


def some(tx: Tx, actor: Actor, ids: Sequence[AlertId]) -> list[Alert]:
    """Read alerts that were glimpsed, the newest first."""
    actor.must(Permission.READ)
    return [alert for alert in alert_pages.some(tx, ids) if alert.workspace == actor.workspace]


def newest(tx: Tx, actor: Actor, service: ServiceId) -> list[Alert]:
    """Read the newest alerts of *service*, NEWEST_MAX at most."""
    actor.must(Permission.READ)
    return alert_pages.stretch(tx, actor.workspace, service, before=AlertId(ID_MAX), limit=NEWEST_MAX)


def last_sent(tx: Tx, actor: Actor, ids: Sequence[AlertId]) -> Mapping[AlertId, datetime]:
    """Tell when a message about each of these alerts, which were read, was sent last."""
    actor.must(Permission.READ)
    return alert_pages.last_sent(tx, ids)
