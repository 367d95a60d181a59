"""Digests: pages that tell what happened in their windows, also of what is over when those close."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from tocsin.core import escalation
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.because import Because
from tocsin.core.because_page import DigestReplaced, PageStopped
from tocsin.core.digest import as_over, group_of, is_outdated
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect, Notify
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.evolve import evolve
from tocsin.core.ids import AlertId, PageId
from tocsin.store import pages
from tocsin.store.transaction import Tx

Group = tuple[int, int, int, str]


class Book(Protocol):
    """What a digest needs of the book."""

    tx: Tx
    directory: Directory
    now: datetime
    pages: dict[PageId, Page]

    def pages_of(self, alert: AlertId) -> tuple[Page, ...]:
        """Return the pages of *alert* that are not resolved."""

    def put(self, page: Page) -> None:
        """Replace a page by its changed value."""

    def begin(self, page: Page, alert: Alert, because: Sequence[Because] = ()) -> None:
        """Add a new page."""

    def join(self, page: Page, joining: Sequence[Alert]) -> None:
        """Let alerts into a page."""

    def link(self, page: PageId, alert: AlertId) -> None:
        """Note that a page has an alert since now."""

    def proceed(self, page: Page) -> None:
        """Let a page do all that is due on it."""

    def tell(
        self, because: Sequence[Because], *, alert: AlertId | None = None, page: PageId | None = None
    ) -> None:
        """Add to the story."""

    def count_firing(self, page: PageId) -> int:
        """Count the alerts of a page that fire."""


def as_news(book: Book, page: Page, effects: Sequence[Effect]) -> Sequence[Effect]:
    """Let messages about a digest in which nothing fires any more say that it is over."""
    if not any(isinstance(effect, Notify) for effect in effects) or book.count_firing(page.id):
        return effects
    return [as_over(effect) for effect in effects]


def end(book: Book, page: Page, *, was: Page) -> None:
    """Stop a digest whose window has closed and in which nothing fires: nobody need answer it.

    When it has just closed, stop the older ones of its group that it leaves nothing to tell.
    """
    if page.status is PageStatus.TRIGGERED and not book.count_firing(page.id):
        book.put(escalation.stop(page))
        book.tell((PageStopped(),), page=page.id)
    if was.gathers_until is not None:
        _replace_older(book, page)


def has_newer(book: Book, page: Page, alerts: Sequence[AlertId]) -> bool:
    """Tell whether one of *alerts* has come into a newer digest of the group of *page*, which holds it."""
    if not page.digest:
        return False
    around = [book.pages_of(alert) for alert in alerts]
    return any(
        is_outdated(page, [other for other in found if other.id > page.id])
        for found in around
        if any(each.id == page.id for each in found)
    )


def _replace_older(book: Book, page: Page) -> None:
    for found in pages.replaced(book.tx, page):
        older = book.pages.setdefault(found.id, found)
        if older.status is PageStatus.TRIGGERED and older.gathers_until is None:
            book.put(escalation.stop(older))
            book.tell((DigestReplaced(),), page=older.id)


def tell_resolved(book: Book, alert: Alert) -> None:
    """Let those who were told of *alert* by digests hear that it is resolved, with the next ones."""
    if alert.status is not AlertStatus.RESOLVED:
        return
    groups = set()
    for page in book.pages_of(alert.id):
        policy = book.directory.policy(page.policy)
        if not page.digest or policy is None or not policy.notify_resolved:
            continue
        told = bool(page.responders or page.destinations)
        group = group_of(page)
        if (
            page.gathers_until is not None
        ):  # also in the moment in which its window closes, or when it is late
            groups.add(group)  # what its window tells at its end says so
            book.link(page.id, alert.id)
            if told:
                book.put(evolve(page, joined=page.joined + 1))
        elif told and group not in groups:
            groups.add(group)
            _with_next(book, page, alert, group)


def _with_next(book: Book, page: Page, alert: Alert, group: tuple[int, int, int, str]) -> None:
    """Let *alert* join the window that is open for the group of *page*, or open one."""
    policy = book.directory.policy(page.policy)
    window = _window(book, group)
    if window is not None:
        if window.id not in {each.id for each in book.pages_of(alert.id)}:
            book.join(window, (alert,))
        return
    if policy is None:
        return
    begun = escalation.begin(
        page_id=PageId(book.tx.new_id()),
        plan=page.plan,
        alert=alert,
        now=book.now,
        importance=page.importance,
        policy=page.policy,
        rule=page.rule,
        group_key=page.group_key,
        gathering=policy.gathering,
    )
    book.begin(begun, alert)


def _window(book: Book, group: Group) -> Page | None:
    """Find the page that gathers for *group* and whose window is open; close one whose time is over."""
    for page in list(book.pages.values()):
        if group_of(page) == group and page.gathers_until is not None and page.gathers_until > book.now:
            return page
    for found in pages.gathering(book.tx, (group,)):
        page = book.pages.setdefault(found.id, found)
        if page.gathers_until is not None and page.gathers_until > book.now:
            return page
    for page in list(book.pages.values()):
        if group_of(page) == group and page.gathers_until is not None:
            book.proceed(page)
            over = book.pages[page.id]
            if over.gathers_until is not None:  # it rests, and nothing wakes a page that rests
                book.put(replace(over, gathers_until=None, joined=0))
    return None
