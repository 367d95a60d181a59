"""One event reaches one place once for each policy, however many of its rules gather it for that place.

What a page that gathers says first, and says when its window closes, is left out where the place has heard of
all of it from the same policy; what a digest says leaves out the alerts of which the place has heard. Of an
alert that lasts, a place hears once where several rules tell it at the same moment.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.because_paging import ToldAlready
from tocsin.core.effects import Effect, Notify, Record
from tocsin.core.escalation import Page
from tocsin.core.ids import ID_MAX, AlertId, NotificationId, PageId
from tocsin.core.notification import NotificationKind

ABOUT_ALERTS = (NotificationKind.PAGE, NotificationKind.RESOLVED)


class Joining(NamedTuple):
    """An *alert* of *page* came at the same moment into *other*, of the same policy or *page* itself."""

    page: PageId
    alert: AlertId
    other: PageId
    at: datetime


class Telling(NamedTuple):
    """A message about *page*, queued *at* a moment, to *place*: the mark of a channel and an address."""

    page: PageId
    place: int
    at: datetime
    id: NotificationId


class Shared(Protocol):
    """What is known of what the pages of a policy share."""

    def joinings(self, page: Page) -> Sequence[Joining]:
        """Give those of *page*."""

    def beside(self, page: Page) -> Collection[PageId]:
        """Give the other pages of its policy that follow the same severity of the same alert."""

    def tellings(self, pages: Collection[PageId]) -> Sequence[Telling]:
        """Give the messages about *pages* that went out or are going to."""

    def mark(self, channel: str, address: str) -> int:
        """Give the mark of a place."""


def may_share(policy: AlertPolicy | None) -> bool:
    """Tell whether pages of *policy* may tell one place of one alert more than once; unknown, they may."""
    if policy is None:
        return True
    plans = sum(len(rule.inline) + len(rule.escalation_policies) for rule in policy.rules)
    return plans > 1 or policy.gathering.first_at_once or any(rule.team for rule in policy.rules)


def is_apart(page: Page) -> bool:
    """Tell whether *page* shares with no other what it says: it neither gathers nor follows a severity."""
    return page.level is None and page.gathers_until is None


def must_ask(page: Page, *, was: Page, policy: AlertPolicy | None) -> bool:
    """Tell whether what *page* says after it *was* otherwise may have been told by another of *policy*.

    One that gathers, which says something first or says when its window closes; or one that follows a
    severity, when it takes a step. Whoever is asked again by a later step is told again.
    """
    if page.policy is None or is_apart(was):
        return False
    if page.level is not None:
        steps = page.next_step > was.next_step and was.due is not None
        return steps and (policy is None or sum(len(rule.lasting) for rule in policy.rules) > 1)
    closes = page.gathers_until is None and page.next_step == was.next_step
    return was.gathers_until is not None and (_is_first(was) or closes) and may_share(policy)


def told_before(
    joinings: Iterable[Joining], tellings: Iterable[Telling], said: Telling, *, by_itself: bool = True
) -> frozenset[AlertId]:
    """Find the alerts of which the place of *said* hears by an earlier message of the same policy.

    They came into that message's page in the same moment as into this one's, before it was queued.
    *by_itself* counts what was said about this page, too. *joinings* are those of the page of *said*.
    """
    latest: dict[PageId, datetime] = {}
    for each in tellings:
        if each.place == said.place and (each.at, each.id) < (said.at, said.id):
            latest[each.page] = max(each.at, latest.get(each.page, each.at))
    if not by_itself:
        latest.pop(said.page, None)
    return frozenset(
        each.alert for each in joinings if each.other in latest and each.at <= latest[each.other]
    )


def each_once(
    page: Page,
    effects: Sequence[Effect],
    shared: Shared,
    now: datetime,
    *,
    was: Page,
    policy: AlertPolicy | None,
) -> Sequence[Effect]:
    """Leave out of *effects* what tells a place of nothing but what it has heard of from the same *policy*.

    *was* is the page before it came to this.
    """
    speaks = any(isinstance(each, Notify) and each.kind in ABOUT_ALERTS for each in effects)
    if not speaks or not must_ask(page, was=was, policy=policy):
        return effects
    if page.level is not None:
        tellings = shared.tellings(shared.beside(page))
        just_now = {each.place for each in tellings if was.due is not None and each.at >= was.due}
        return [_unless(each, shared, lambda place: place in just_now) for each in effects]
    joinings = shared.joinings(page)
    alerts = {each.alert for each in joinings}
    if len(alerts) < page.alerts:  # of some it is not known when they came
        return effects
    told = list(shared.tellings({each.other for each in joinings}))

    def heard(place: int) -> bool:
        telling = Telling(page.id, place, now, NotificationId(ID_MAX))
        return told_before(joinings, told, telling, by_itself=not _is_first(was)) >= alerts

    return [_unless(each, shared, heard) for each in effects]


def _is_first(was: Page) -> bool:
    return was.next_step == 0 and not (was.destinations or was.responders)


def _unless(effect: Effect, shared: Shared, heard: Callable[[int], bool]) -> Effect:
    """Give *effect*; or the reason why it is not wanted, where its place has *heard*."""
    if not isinstance(effect, Notify) or effect.kind not in ABOUT_ALERTS:
        return effect
    if not heard(shared.mark(effect.channel, effect.address)):
        return effect
    return Record(because=ToldAlready(address=effect.channel if effect.destination else effect.address))
