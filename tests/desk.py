"""A workspace in a database of either engine, and what happens in it, one transaction at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

import stored
from builders import NOW, WORKSPACE
from tocsin.actions import alerts as people_do
from tocsin.actions import delivery, paging
from tocsin.actions.actor import Actor
from tocsin.actions.delivery import Result
from tocsin.actions.dispatches import Dispatch
from tocsin.actions.ingest import ingest
from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan, Page
from tocsin.core.event import Event
from tocsin.core.ids import AlertId, EventId, PageId, compose
from tocsin.core.notification import Notification
from tocsin.core.people import User
from tocsin.core.receipt import Outcome, Receipt
from tocsin.store import alerts, outbox, pages, timers
from tocsin.store.database import Database
from tocsin.store.statements import two_forms
from tocsin.store.timeline import of_alert, of_page
from tocsin.store.timers import Timer
from tocsin.store.transaction import Tx

T = TypeVar("T")
_numbers = count()
Action = Callable[[Tx], T]

OPERATOR = Actor.of_server(WORKSPACE)


def made_at(at: datetime) -> EventId:
    """Make an id as a node would make it at that moment."""
    return EventId(compose(int(at.timestamp() * 1000), next(_numbers)))


def ids(tx: Tx, table: str) -> list[int]:
    """List the ids in *table*, in order."""
    text = f"SELECT id FROM {table} ORDER BY id"
    return [row[0] for row in tx.rows(two_forms(sqlite=text, postgresql=text))]


@dataclass(frozen=True)
class Desk:
    """The workspace of *directory* in *database*."""

    database: Database
    directory: Directory

    def do(self, action: Action[T]) -> T:
        """Do *action* in one transaction."""
        return self.database.transact(action)

    # --- what happens ---

    def report(self, *events: Event, at: datetime = NOW) -> None:
        """Take *events* in, as if they had been said and had come just then."""
        fresh = [replace(each, id=made_at(at), occurred_at=at, received_at=at) for each in events]
        self.do(lambda tx: ingest(tx, fresh, at))

    def turn(self, at: datetime) -> paging.Turn:
        """Act on what is due."""
        return self.do(lambda tx: paging.turn(tx, now=at))

    def claim(
        self, at: datetime, *, node: str = "n1", machines: frozenset[str] = frozenset()
    ) -> tuple[Dispatch, ...]:
        """Take out of the outbox what is to be sent."""
        claimed = self.do(lambda tx: delivery.claim(tx, node=node, now=at, machines=machines))
        self.database.note_spent(claimed.spent)
        return claimed.dispatches

    def record(
        self,
        dispatches: Sequence[Dispatch],
        at: datetime,
        outcome: Outcome = Outcome.DELIVERED,
        *,
        node: str = "n1",
        providers: int = 1,
        retry_after: timedelta | None = None,
    ) -> None:
        """Write down that all of *dispatches* came to *outcome*."""
        error = "" if outcome in (Outcome.DELIVERED, Outcome.SENT) else "no"
        receipt = Receipt(outcome=outcome, error=error, retry_after=retry_after)
        results = [
            Result(notification=each.notification, receipt=receipt, at=at, jitter=0.5, providers=providers)
            for each in dispatches
        ]
        self.do(lambda tx: delivery.record(tx, results, node=node, now=at))

    def deliver(self, at: datetime) -> list[str]:
        """Send all that is due, and name the addresses that it went to."""
        claimed = self.claim(at)
        self.record(claimed, at)
        return [each.notification.address for each in claimed]

    def run(self, start: datetime, minutes: int) -> list[tuple[int, str]]:
        """Let minutes pass, one by one, and tell in which of them what was sent to which channel."""
        sent = []
        for minute in range(minutes + 1):
            at = start + timedelta(minutes=minute)
            self.turn(at)
            sent += [(minute, address) for address in self.deliver(at)]
        return sent

    def acknowledge(
        self,
        at: datetime,
        *,
        until: datetime | None = None,
        alert: AlertId | None = None,
        by: User | None = None,
        comment: str = "",
    ) -> None:
        """Acknowledge one alert, or all there are; as the operator, or as somebody."""
        wanted = [alert] if alert is not None else [each.id for each in self.alerts()]
        actor = OPERATOR if by is None else Actor.of_user(by)
        self.do(lambda tx: people_do.acknowledge(tx, actor, wanted, until=until, comment=comment, now=at))

    # --- what there is ---

    def alerts(self) -> list[Alert]:
        return self.do(lambda tx: alerts.get_many(tx, ids(tx, "alerts")))

    def alert(self) -> Alert:
        (found,) = self.alerts()
        return found

    def pages(self) -> list[Page]:
        return self.do(lambda tx: pages.get_many(tx, ids(tx, "pages")))

    def page(self) -> Page:
        (found,) = self.pages()
        return found

    def messages(self) -> list[Notification]:
        return self.do(lambda tx: outbox.get_many(tx, ids(tx, "notifications")))

    def timers(self) -> list[Timer]:
        """List the timers, the earliest first."""
        far = NOW + timedelta(days=4_000)
        return self.do(lambda tx: timers.claim_due(tx, now=far, limit=1_000))

    def story(self, page: PageId | None = None) -> list[Because]:
        """Tell the story of *page*, or of the only one there is."""
        wanted = page if page is not None else self.page().id
        entries = self.do(lambda tx: of_page(tx, wanted, limit=1_000))
        return [because for entry in entries for because in entry.because]

    def alert_story(self, alert: AlertId) -> list[Because]:
        entries = self.do(lambda tx: of_alert(tx, alert, (), limit=1_000))
        return [because for entry in entries for because in entry.because]


def open_desk(database: Database, directory: Directory, *plans: EscalationPlan, **furniture: object) -> Desk:
    """Put *directory* into *database*, furnished, as it is to be found there."""
    whole = stored.furnished(directory, *plans, **furniture)
    return Desk(database, database.transact(lambda tx: stored.put(tx, whole, now=NOW)))
