"""One event reaches one place once for each policy, however many of its rules gather it for that place.

What a page that gathers says first, and says when its window closes, is left out where the place has heard of
all of it from the same policy; what a digest says leaves out the alerts of which the place has heard.
"""

from collections.abc import Collection, Iterable, Sequence
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

    Only of a page that gathers, and only what it says first, or says when its window closes: whoever is
    asked again by a later step is told again. *was* is the page before it came to this.
    """
    first = was.next_step == 0 and not (was.destinations or was.responders)
    closes = page.gathers_until is None and page.next_step == was.next_step
    speaks = any(isinstance(each, Notify) and each.kind in ABOUT_ALERTS for each in effects)
    if was.gathers_until is None or not speaks or not (first or closes) or not may_share(policy):
        return effects
    joinings = shared.joinings(page)
    alerts = {each.alert for each in joinings}
    if len(alerts) < page.alerts:  # of some it is not known when they came
        return effects
    told = list(shared.tellings({each.other for each in joinings}))
    kept: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Notify) and effect.kind in ABOUT_ALERTS:
            place = shared.mark(effect.channel, effect.address)
            telling = Telling(page.id, place, now, NotificationId(ID_MAX))
            if told_before(joinings, told, telling, by_itself=not first) >= alerts:
                where = effect.channel if effect.destination else effect.address
                kept.append(Record(because=ToldAlready(address=where)))
                continue
        kept.append(effect)
    return kept
