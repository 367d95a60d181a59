"""What programs are told of alerts, and what they answered the last times."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.event import Event
from tocsin.core.exchange import KeptExchange
from tocsin.core.ids import AlertId, DestinationId, ExchangeId, PageId, RuleId, UserId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.people import User
from tocsin.core.receipt import Receipt
from tocsin.core.subscription import Happening, read
from tocsin.core.through import read_context
from tocsin.core.told import AlertTold
from tocsin.store import alerts, directories, events, exchanges, pages
from tocsin.store.transaction import Tx

DETAILED: Final = frozenset({"grafana_oncall"})
"""The channels whose messages are made of all there is to know."""

CONTENT_TOLD_MAX: Final = 5_000
Alerts = Mapping[PageId, Sequence[Alert]]


def details(tx: Tx, notifications: Sequence[Notification], shown: Alerts) -> Mapping[int, AlertTold]:
    """Find what is told by those of *notifications* that tell everything, or what became of an alert."""
    wanted = {
        each.id: each
        for each in notifications
        if each.kind is NotificationKind.CHANGE or each.channel in DETAILED
    }
    if not wanted:
        return {}
    happened = {key: _happening(each) for key, each in wanted.items()}
    about = {key: _about(wanted[key], happened[key], shown) for key in wanted}
    ids = sorted({alert for alert in about.values() if alert is not None})
    known = {alert.id: alert for alert in alerts.get_many(tx, ids)} if ids else {}
    first, last = events.first_of_each(tx, ids), events.last_of_each(tx, ids)
    asked = _asked(tx, ids)
    answers = _answers(tx, ids)
    found: dict[int, AlertTold] = {}
    for key, notification in wanted.items():
        alert_id = about[key]
        alert = known.get(alert_id) if alert_id is not None else None
        if alert is None:
            continue
        directory = directories.current(tx, notification.workspace)
        told = _told(
            directory,
            alert,
            happened[key],
            at=notification.queued_at,
            first=first.get(alert.id),
            last=last.get(alert.id),
            asked=asked.get(alert.id, ()),
            answers=answers.get(alert.id, {}),
        )
        found[key] = _in_place_of(directory, told, notification)
    return found


def keep(tx: Tx, done: Iterable[tuple[Notification, Receipt]], *, now: datetime) -> None:
    """Keep what programs answered."""
    kept = []
    for notification, receipt in done:
        if receipt.exchange is None or notification.destination is None:
            continue
        happened = _happening(notification)
        kept.append(
            KeptExchange(
                id=ExchangeId(tx.new_id()),
                workspace=notification.workspace,
                destination=notification.destination,
                alert=happened.alert if happened is not None else None,
                at=now,
                exchange=receipt.exchange,
            )
        )
    if kept:
        exchanges.add_many(tx, kept)


def count(tx: Tx, actor: Actor, destination: DestinationId) -> int:
    """Count what is kept of what a destination answered; the caller has just read that."""
    actor.must(Permission.CONFIGURE)
    return exchanges.count(tx, destination)


def stretch(
    tx: Tx, actor: Actor, destination: DestinationId, *, offset: int, limit: int
) -> Sequence[KeptExchange]:
    """Read what a destination answered, the newest first, from the *offset*-th on."""
    actor.must(Permission.CONFIGURE)
    return exchanges.stretch(tx, destination, offset=offset, limit=limit)


def _happening(notification: Notification) -> Happening | None:
    """Read what a notification tells of; None when it is no change."""
    if notification.kind is not NotificationKind.CHANGE:
        return None
    try:
        return read(json.loads(notification.body))
    except (ValueError, Invalid):
        return None


def _about(notification: Notification, happened: Happening | None, shown: Alerts) -> AlertId | None:
    if happened is not None:
        return happened.alert
    of_page = shown.get(notification.page, ()) if notification.page is not None else ()
    return of_page[0].id if of_page else None


def _asked(tx: Tx, ids: Sequence[AlertId]) -> Mapping[AlertId, Sequence[tuple[UserId, bool]]]:
    """List whom the pages of each alert have asked, and whether they have been told already."""
    found: dict[AlertId, list[tuple[UserId, bool]]] = {}
    for alert, page in pages.of_alerts(tx, ids, resolved=True):
        found.setdefault(alert, []).extend(
            (responder.user, responder.told_at is not None) for responder in page.responders
        )
    return found


def _answers(tx: Tx, ids: Sequence[AlertId]) -> Mapping[AlertId, Mapping[DestinationId, str]]:
    found: dict[AlertId, dict[DestinationId, str]] = {}
    for each in exchanges.last_about(tx, ids):
        if each.alert is not None:
            found.setdefault(each.alert, {})[each.destination] = each.exchange.content[:CONTENT_TOLD_MAX]
    return found


def _told(
    directory: Directory,
    alert: Alert,
    happened: Happening | None,
    *,
    at: datetime,
    first: Event | None,
    last: Event | None,
    asked: Sequence[tuple[UserId, bool]],
    answers: Mapping[DestinationId, str],
) -> AlertTold:
    service = directory.services.get(alert.service)
    integration = directory.integrations.get(alert.integration) if alert.integration is not None else None
    team = directory.teams.get(service.team) if service is not None and service.team is not None else None
    held = alert.acknowledgement
    return AlertTold(
        alert=alert,
        change=happened.change if happened is not None else None,
        at=happened.at if happened is not None else at,
        by=_user(directory, happened.by if happened is not None else None),
        until=happened.until if happened is not None else None,
        integration=integration,
        team=team,
        first=first,
        last=last,
        notified=_people(directory, asked, told=True),
        waiting=_people(directory, asked, told=False),
        acknowledged_by=_user(directory, held.by if held is not None else None),
        resolved_by=_user(directory, alert.resolved_by),
        answers=answers,
        rule=_rule(directory, alert),
    )


def _rule(directory: Directory, alert: Alert) -> RuleId | None:
    """Find the rule that took *alert*: one that its payload fitted, else the last of its integration."""
    if alert.rules:
        return alert.rules[0]
    door = alert.integration
    own = (each for each in directory.alert_policies if each.scope.integrations == {door} and each.rules)
    policy = next(own, None) if door is not None else None
    return None if policy is None else policy.rules[-1].id


def _in_place_of(directory: Directory, told: AlertTold, notification: Notification) -> AlertTold:
    """Say whom a program is told in place of, if anybody."""
    user = _user(directory, notification.user)
    if user is None:
        return told
    methods = user.contact_methods
    way = next((each for each in methods if each.id == notification.contact_method), None)
    return replace(told, asked=user, context={} if way is None else read_context(way))


def _people(directory: Directory, asked: Sequence[tuple[UserId, bool]], *, told: bool) -> tuple[User, ...]:
    ids = dict.fromkeys(user for user, was_told in asked if was_told is told)
    return tuple(directory.users[user] for user in ids if user in directory.users)


def _user(directory: Directory, user: UserId | None) -> User | None:
    return None if user is None else directory.users.get(user)
