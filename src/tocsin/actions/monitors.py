"""Monitors: a register of what watches, by the id that its events carry. Nothing is measured here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_have_room
from tocsin.core.ids import MonitorId
from tocsin.core.listing import Listed
from tocsin.core.monitor import Monitor, check
from tocsin.store import monitors
from tocsin.store.transaction import Tx


def create(
    tx: Tx, actor: Actor, draft: Monitor, *, key: Callable[[MonitorId], str] | None = None, now: datetime
) -> Monitor:
    """Add a monitor. Its *key* may be made of its id, where the client has none of its own."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, monitors.list_, "monitors")
    number = MonitorId(tx.new_id())
    named = draft.key if key is None else key(number)
    made = replace(draft, id=number, workspace=actor.workspace, key=named)
    check(made)
    monitors.add(tx, made)
    audit.created(tx, actor, "monitor", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, monitor_id: MonitorId) -> Monitor:
    """Read a monitor."""
    actor.must(Permission.READ)
    return monitors.find(tx, actor.workspace, monitor_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Monitor]:
    """List monitors, the oldest first."""
    actor.must(Permission.READ)
    return monitors.list_(tx, actor.workspace, after=after, limit=limit)


def change(tx: Tx, actor: Actor, monitor_id: MonitorId, edit: Edit[Monitor], *, now: datetime) -> Monitor:
    """Change a monitor."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = monitors.find(tx, actor.workspace, monitor_id)
    new = edit(was)
    check(new)
    if new != was:
        monitors.save(tx, new, was)
        audit.changed(tx, actor, "monitor", new, was=was, name=new.name, now=now)
    return new


def delete(
    tx: Tx, actor: Actor, monitor_id: MonitorId, *, sure: Sure[Monitor] = anyway, now: datetime
) -> None:
    """Delete a monitor; policies go on taking the events that carry its key."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    monitor = monitors.find(tx, actor.workspace, monitor_id)
    sure(monitor)
    monitors.delete(tx, monitor)
    audit.deleted(tx, actor, "monitor", monitor, name=monitor.name, now=now)
