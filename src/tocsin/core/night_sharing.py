"""What the pages of a night that has not happened share: see ``core.sharing``."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from tocsin.core.effects import Notify
from tocsin.core.escalation import Page
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, AlertPolicyId, NotificationId, PageId
from tocsin.core.sharing import ABOUT_ALERTS, Joining, Shared, Telling


class Nothing:
    """Nothing is shared, and each place has a mark of its own."""

    def joinings(self, page: Page) -> Sequence[Joining]:
        """Give none."""
        del page
        return ()

    def beside(self, page: Page) -> Collection[PageId]:
        """Give none."""
        del page
        return ()

    def tellings(self, pages: Collection[PageId]) -> Sequence[Telling]:
        """Give none."""
        del pages
        return ()

    def mark(self, channel: str, address: str) -> int:
        """Give the hash of both, which holds for as long as an explanation takes."""
        return hash((channel, address))


class Imagined:
    """What is *stored*, and what comes of one *alert* besides."""

    def __init__(self, stored: Shared, alert: Callable[[], AlertId]) -> None:
        self._stored = stored
        self._alert = alert
        self._came: dict[PageId, tuple[AlertPolicyId | None, datetime]] = {}
        self._following: dict[PageId, tuple[AlertPolicyId | None, Severity]] = {}
        self._said: list[Telling] = []

    def join(self, page: Page, now: datetime) -> None:
        """Let *page* have the alert since *now*."""
        if page.level is not None:
            self._following[page.id] = (page.policy, page.level)
        elif page.policy is not None:
            self._came[page.id] = (page.policy, now)

    def say(self, page: PageId, effect: Notify, now: datetime) -> None:
        """Remember that a place is told about *page*."""
        if effect.kind in ABOUT_ALERTS:
            place = self.mark(effect.channel, effect.address)
            self._said.append(Telling(page, place, now, NotificationId(0)))

    def take_back(self, page: PageId, now: datetime) -> None:
        """Forget what was said about *page* in this very moment, for it has not gone out."""
        self._said = [each for each in self._said if (each.page, each.at) != (page, now)]

    def joinings(self, page: Page) -> Sequence[Joining]:
        """Give those that are stored, but for where the alert has come anew."""
        alert, came = self._alert(), self._came.get(page.id)
        stored = [
            each
            for each in (self._stored.joinings(page) if page.id > 0 else ())
            if each.alert != alert or (came is None and each.other not in self._came)
        ]
        if came is None:
            return stored
        return [
            *stored,
            *(Joining(page.id, alert, each, came[1]) for each in self._came if self._came[each] == came),
        ]

    def beside(self, page: Page) -> Collection[PageId]:
        """Give those that are stored, and those that would begin."""
        stored = self._stored.beside(page) if page.id > 0 else ()
        same = (page.policy, page.level)
        return {*stored, *(each for each, its in self._following.items() if its == same)} - {page.id}

    def tellings(self, pages: Collection[PageId]) -> Sequence[Telling]:
        """Give those that are stored, and those that were imagined."""
        stored = self._stored.tellings([each for each in pages if each > 0])
        return [*stored, *(each for each in self._said if each.page in pages)]

    def mark(self, channel: str, address: str) -> int:
        """Give the mark of a place."""
        return self._stored.mark(channel, address)
