"""What the pages of a policy share, as it is stored, and what messages leave to others because of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.digest import as_told
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect
from tocsin.core.escalation import DestinationTarget, EscalationPlan, NotifyTargets, Page
from tocsin.core.ids import AlertId, DestinationId, NotificationId, PageId, WorkspaceId
from tocsin.core.mentions import mentioned
from tocsin.core.notification import Notification, address_of
from tocsin.core.people import User
from tocsin.core.sharing import ABOUT_ALERTS, Joining, Telling, is_apart, may_share, must_ask, told_before
from tocsin.core.sharing import each_once as left
from tocsin.store import pages
from tocsin.store import tellings as stored
from tocsin.store.notification_rows import mark_of
from tocsin.store.transaction import Tx


class Stored:
    """What is stored of *workspace*, and besides what is *queued*, and *new* pages."""

    def __init__(
        self,
        tx: Tx,
        workspace: WorkspaceId,
        queued: Sequence[Notification] = (),
        new: Mapping[PageId, Page] = stored.NONE_NEW,
    ) -> None:
        self._tx = tx
        self._workspace = workspace
        self._queued = queued
        self._new = new

    def joinings(self, page: Page) -> Sequence[Joining]:
        """Read those of *page*."""
        return stored.joinings(self._tx, (page,), new=self._new)

    def beside(self, page: Page) -> Collection[PageId]:
        """Read which follow the same severity as *page*."""
        return stored.beside(self._tx, page, new=self._new)

    def tellings(self, pages: Collection[PageId]) -> Sequence[Telling]:
        """Read those about *pages*."""
        unwritten = (
            Telling(each.page, self.mark(each.channel, each.address), each.queued_at, each.id)
            for each in self._queued
            if each.page is not None and each.page in pages and each.kind in ABOUT_ALERTS
        )
        return [*stored.tellings(self._tx, sorted(pages)), *unwritten]

    def mark(self, channel: str, address: str) -> int:
        """Give the mark of a place."""
        return mark_of(self._tx.vault, (self._workspace, channel, address))


class Book(Protocol):
    """What is needed of the book."""

    tx: Tx
    directory: Directory
    now: datetime
    queued: list[Notification]
    pages: dict[PageId, Page]

    def write_links(self) -> None:
        """Write down which alerts are in which pages."""


def each_once(book: Book, page: Page, effects: Sequence[Effect], *, was: Page) -> Sequence[Effect]:
    """Leave out of *effects* what tells a place of nothing new: see ``core.sharing``."""
    if is_apart(was):
        return effects
    policy = book.directory.policy(page.policy)
    if not must_ask(page, was=was, policy=policy):
        return effects
    book.write_links()
    shared = Stored(book.tx, page.workspace, book.queued, book.pages)
    return left(page, effects, shared, book.now, was=was, policy=policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What messages share with others of the same policy.

    *left_out* are the alerts of which a message's place hears by an earlier one, *plans* those of the pages
    that tell of the same alerts since the same moment.
    """

    left_out: Mapping[NotificationId, frozenset[AlertId]] = field(default_factory=dict)
    plans: Mapping[PageId, tuple[EscalationPlan, ...]] = field(default_factory=dict)

    def shown(
        self, said: Notification, page: Page | None, alerts: Sequence[Alert]
    ) -> tuple[Page | None, tuple[Alert, ...]]:
        """Give *page*, and those of *alerts*, as *said* shows them."""
        left_out = self.left_out.get(said.id, frozenset())
        fresh = tuple(alert for alert in alerts if alert.id not in left_out) if left_out else tuple(alerts)
        if page is None or not fresh:
            return page, tuple(alerts)
        return as_told(page, fresh, len(left_out)), fresh

    def mentions(
        self, page: Page | None, where: DestinationId | None, directory: Directory, now: datetime
    ) -> tuple[User, ...]:
        """Find whom what is said at *where* about *page* names, together with what it is said in place of."""
        if page is None or where is None:
            return ()
        return mentioned((page.plan, *self.plans.get(page.id, ())), where, directory, now)


def shares(
    tx: Tx,
    sending: Sequence[Notification],
    known: Mapping[PageId, Page],
    homes: Mapping[WorkspaceId, Directory],
) -> Shares:
    """Find what *sending*, about the pages *known*, share with what the same policies say besides."""
    digests, naming, looked_at = set(), set(), []
    for page in {each.page: known.get(each.page) for each in sending if each.page is not None}.values():
        if page is None or page.policy is None or page.level is not None:
            continue
        policy = homes[page.workspace].policy(page.policy)
        names = policy is not None and _names_people(policy)
        if not may_share(policy) or not (page.digest or names):
            continue
        looked_at.append(page)
        if page.digest:
            digests.add(page.id)
        if names:
            naming.add(page.id)
    joinings: dict[PageId, list[Joining]] = {}
    for each in stored.joinings(tx, looked_at):
        joinings.setdefault(each.page, []).append(each)
    if not joinings:
        return Shares()
    around = sorted({each.other for some in joinings.values() for each in some})
    told = stored.tellings(tx, around) if digests else []
    left_out: dict[NotificationId, frozenset[AlertId]] = {}
    for said in sending:
        if said.page is not None and said.page in digests:
            telling = Telling(said.page, mark_of(tx.vault, address_of(said)), said.queued_at, said.id)
            left_out[said.id] = told_before(joinings.get(said.page, ()), told, telling)
    plans = {page.id: page.plan for page in pages.get_many(tx, around)} if naming else {}
    beside = {page: {each.other for each in joinings.get(page, ())} - {page} for page in naming}
    return Shares(
        left_out=left_out,
        plans={
            page: tuple(plans[other] for other in sorted(others) if other in plans)
            for page, others in beside.items()
        },
    )


def _names_people(policy: AlertPolicy) -> bool:
    return any(
        isinstance(target, DestinationTarget) and target.mentions
        for rule in policy.rules
        for plan in rule.inline
        for step in plan.steps
        if isinstance(step.action, NotifyTargets)
        for target in step.action.targets
    )
