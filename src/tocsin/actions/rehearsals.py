"""Rehearsals: what is to come, what would have been, and drills that go the real way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.ingest import ingest
from tocsin.actions.intake import Drafted, service_for
from tocsin.core.alert import Alert
from tocsin.core.directory import Directory
from tocsin.core.drilling import DrillReport, report
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.event import EventStatus
from tocsin.core.ids import AlertId, EventId
from tocsin.core.replaying import ALERTS_MAX, WhatIf
from tocsin.core.spelling import native
from tocsin.store import events, lists
from tocsin.store.transaction import Tx

AT_ONCE: Final = 500
MESSAGES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The configuration, and the alerts of some days: all of them, if *whole*."""

    directory: Directory
    alerts: Sequence[Alert]
    whole: bool


def configuration(tx: Tx, actor: Actor) -> Directory:
    """Give what a proof is about."""
    actor.must(Permission.READ)
    return history.directory(tx, actor)


def past(tx: Tx, actor: Actor, change: WhatIf, *, days: int, now: datetime) -> Past:
    """Load what a replay of the last *days* with *change* is about, drills left out.

    Raises NotFound for a policy that is not there, and Invalid when there is nothing to change.
    """
    actor.must(Permission.READ)
    directory = history.directory(tx, actor)
    _must_know(directory, change)
    found: list[Alert] = []
    before: int | None = None
    while len(found) < ALERTS_MAX:
        listed = lists.list_alerts(
            tx, actor.workspace, since=now - timedelta(days=days), before=before, limit=AT_ONCE
        )
        found += [each for each in listed.items if not each.drill and not each.erased]
        before = listed.next
        if before is None:
            break
    return Past(directory=directory, alerts=found[:ALERTS_MAX], whole=before is None)


def drill(tx: Tx, actor: Actor, draft: Drafted, *, now: datetime) -> Alert:
    """Begin a drill: an alert that is marked as one goes the real way to real people."""
    actor.must(Permission.RESPOND)
    service = service_for(tx, actor, draft.service, path="event.service")
    number = EventId(tx.new_id())
    event = draft.event(id=number, workspace=actor.workspace, service=service)
    if event.status is not EventStatus.FIRING:
        raise Invalid("event.status", f"is {event.status.value}", "must be firing, as trouble is")
    key = f"drill {native('event', number)}"  # of its own: it never meets what is real
    ingest(tx, [replace(event, drill=True, dedup_key=key, occurred_at=now, received_at=now)], now)
    opened = events.find(tx, actor.workspace, number).alert
    if opened is None:
        raise Conflict("the drill opened no alert")
    return history.find_alert(tx, actor, opened)


def drill_report(tx: Tx, actor: Actor, alert_id: AlertId) -> DrillReport:
    """Report what arrived of a drill so far; raise NotFound for an alert that is none."""
    alert = history.find_alert(tx, actor, alert_id)
    if not alert.drill:
        raise NotFound("drill", native("alert", alert_id))
    pages = history.pages_of(tx, actor, (alert,)).get(alert_id, ())
    messages = history.messages_of(tx, actor, [each.id for each in pages], limit=MESSAGES_MAX)
    return report(alert, pages, messages, history.directory(tx, actor))


def _must_know(directory: Directory, change: WhatIf) -> None:
    if not change:
        raise Invalid("", "changes nothing", "must name a policy to do without, a silence, or other plans")
    known = {each.id for each in directory.alert_policies}
    for policy in change.without:
        if policy not in known:
            raise NotFound("alert policy", native("alert_policy", policy))
    for plan in (*change.instead, *change.instead.values()):
        if plan not in directory.escalation_policies:
            raise NotFound("escalation policy", native("escalation_policy", plan))
