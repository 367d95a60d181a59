"""Messages that a person wants together: one goes at once, and what comes soon after it goes as one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tocsin.core.because_paging import Gathered, SentAtOnce
from tocsin.core.effects import Notify
from tocsin.core.evolve import evolve
from tocsin.core.notification import (
    Address,
    Hold,
    Notification,
    NotificationKind,
    Send,
    Sent,
    address_of,
    bundles,
    urgency,
)
from tocsin.core.people import Importance, User

_Group = tuple[Address, Importance]
Said = Notification | Notify


def span_of(notification: Notification, person: User | None) -> timedelta | None:
    """Tell how long *person*, whom *notification* pages, wants the like of it gathered; None for not at all.

    Second tries never wait.
    """
    if notification.attempts or notification.provider:
        return None
    return span_wanted(notification, person)


def span_wanted(said: Said, person: User | None) -> timedelta | None:
    """Tell the same of *said*, which has not been tried yet."""
    if person is None or said.kind is not NotificationKind.PAGE:
        return None
    spans = [
        rung.gather
        for rung in person.rules
        if rung.channel == said.channel
        and rung.importance is said.importance
        and rung.contact_method in (None, said.contact_method)
    ]
    return max(spans, default=timedelta(0)) or None


def plan(
    wanted: Sequence[tuple[Notification, timedelta]],
    sent: Mapping[Address, Sequence[Sent]],
    now: datetime,
) -> tuple[Send | Hold, ...]:
    """Decide which of *wanted*, each with its span, go now, and which wait for others.

    One of an importance goes at once to an address that got none within the span; the rest waits until the
    span is over and goes as one. What has waited once never waits again.
    """
    groups: dict[_Group, list[Notification]] = {}
    spans: dict[_Group, timedelta] = {}
    for notification, span in wanted:
        group = (address_of(notification), notification.importance)
        groups.setdefault(group, []).append(notification)
        spans[group] = max(span, spans.get(group, span))
    decided: list[Send | Hold] = []
    for group, together in groups.items():
        address, importance = group
        lately = [each for each in sent.get(address, ()) if each.pages and each.importance is importance]
        decided += _plan_one(sorted(together, key=urgency), lately, spans[group], now)
    return tuple(decided)


def _plan_one(
    ordered: Sequence[Notification], lately: Sequence[Sent], span: timedelta, now: datetime
) -> list[Send | Hold]:
    """Plan for one address and importance."""
    if any(one.due > one.queued_at or now - one.queued_at >= span for one in ordered):
        return bundles(ordered)  # what has waited goes with what has just come
    last = max((each.at for each in lately if now - each.at < span), default=None)
    if last is not None:
        return [_held(one, last + span, span) for one in ordered]
    first, *others = ordered
    at_once = SentAtOnce(why="it is the first in a while, and others will wait to go together")
    return [Send(notification=first, because=at_once), *(_held(one, now + span, span) for one in others)]


def _held(one: Notification, until: datetime, span: timedelta) -> Hold:
    return Hold(notification=evolve(one, due=until), because=Gathered(until=until, within=span))
