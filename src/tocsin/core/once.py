"""Who has been told what in one transaction: rules that share a place do not tell it twice."""

from typing import Protocol, TypeVar

from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.because_paging import ToldAlready
from tocsin.core.effects import Notify
from tocsin.core.escalation import Outside, Page
from tocsin.core.ids import AlertId, AlertPolicyId, PageId, UserId
from tocsin.core.notification import NotificationKind

Place = tuple[UserId | None, str, str]

_ABOUT_ALERTS = (NotificationKind.PAGE, NotificationKind.RESOLVED)


class Said(Protocol):
    """A message: to somebody or to a place, on a channel."""

    @property
    def user(self) -> UserId | None:
        """Whom it is for."""

    @property
    def channel(self) -> str:
        """By which way it goes."""

    @property
    def address(self) -> str:
        """Where it goes."""


S = TypeVar("S", bound=Said)


class Once:
    """What has been said so far, about pages that one policy began or started over for the same alert.

    Other pages, and those that gather, say what they have to say.
    """

    def __init__(self) -> None:
        self._same: dict[PageId, tuple[AlertPolicyId, AlertId]] = {}
        self._told: set[tuple[object, Place]] = set()
        self._within: set[tuple[PageId, str, str]] = set()
        self._over: set[tuple[object, Place]] = set()

    def share(self, page: Page, alert: Alert) -> None:
        """Remember that other pages of the same policy speak of *alert* too."""
        if page.policy is not None and page.gathers_until is None and page.alerts == 1:
            self._same[page.id] = (page.policy, alert.id)

    def again(self, page: Page, effect: Notify) -> Because | None:
        """Say why *effect* need not be sent: the same place has just been told the same.

        By another page; or by this one, where an address outside is that of somebody whom it asks as well.
        """
        if effect.kind not in _ABOUT_ALERTS:
            return None
        same = self._same.get(page.id)
        if page.destinations and any(isinstance(place, Outside) for place in page.destinations):
            if (page.id, effect.channel, effect.address) in self._within:
                return ToldAlready(address=effect.address)
            self._within.add((page.id, effect.channel, effect.address))
        if same is None:
            return None
        this = (same, (effect.user, effect.channel, effect.address))
        if this in self._told:
            return ToldAlready(address=effect.channel if effect.destination else effect.address)
        self._told.add(this)
        return None

    def over(self, page: Page, alone: AlertId | None, reached: list[S]) -> list[S]:
        """Leave out of *reached* whoever has been told in this transaction that *alone* is over."""
        if page.policy is None or alone is None:
            return reached
        fresh = []
        for each in reached:
            this = ((page.policy, alone), (each.user, each.channel, each.address))
            if this not in self._over:
                self._over.add(this)
                fresh.append(each)
        return fresh
