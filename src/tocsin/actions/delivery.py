"""Out of the outbox, and back with a receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.actions.ledger import Ledger
from tocsin.core import notification as messages
from tocsin.core import paging
from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.directory import Directory
from tocsin.core.escalation import Page
from tocsin.core.ids import PageId, WorkspaceId
from tocsin.core.notification import Notification, NotificationState
from tocsin.core.people import User
from tocsin.core.receipt import Outcome, Receipt
from tocsin.core.service import Destination, Service
from tocsin.store import alerts, directories, outbox, pages, timeline
from tocsin.store.transaction import Tx

LEASE = timedelta(seconds=90)  # longer than any attempt may take: see the wire's time limits
ALERTS_SHOWN_MAX = 20
CLAIM_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A notification to send now, with all that a message says; *bundled* go as part of it.

    *alerts* are the first ALERTS_SHOWN_MAX of *total* alerts of *page*, worst first.
    """

    notification: Notification
    workspace_name: str
    page: Page | None = None
    service: Service | None = None
    alerts: tuple[Alert, ...] = ()
    total: int = 0
    user: User | None = None
    destination: Destination | None = None
    bundled: tuple[tuple[Notification, Page | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one attempt at *notification*; *jitter* is 0 to 1, to spread the next one."""

    notification: Notification
    receipt: Receipt
    at: datetime
    jitter: float
    providers: int = 1


def claim(
    tx: Tx, *, node: str, now: datetime, machines: frozenset[str], limit: int = CLAIM_MAX
) -> tuple[Dispatch, ...]:
    """Lease due notifications to *node* and return those to send at once, with what they say.

    Some may be held back for a moment, to go together with others; never those for *machines*, channels on
    which nobody is woken. What a node that died had leased is free again when its lease has run out.
    """
    due = outbox.due(tx, now=now, limit=limit)
    if not due:
        return ()
    since = now - messages.BUDGET_WINDOW
    sent = outbox.sent_since(tx, sorted({messages.address_of(each) for each in due}), since=since)
    sends: list[messages.Send] = []
    held: list[Notification] = []
    for decision in messages.plan(due, sent, now, machines=machines):
        match decision:
            case messages.Send():
                sends.append(decision)
            case messages.Hold():
                held.append(decision.notification)
                _tell(tx, decision.notification, decision.because, now)
    outbox.postpone(tx, held)
    outbox.lease(tx, sends, node=node, until=now + LEASE)
    return _dispatches(tx, sends)


def record(tx: Tx, results: Sequence[Result], *, node: str, now: datetime) -> None:
    """Write down what became of attempts, and let people whose message failed be asked by their next rule.

    What another node has taken over, because the lease had run out, is left to that node.
    """
    stored = outbox.finish(tx, [_after(tx, result) for result in results], node=node)
    failed: dict[WorkspaceId, list[Notification]] = {}
    for notification in stored:
        if notification.state is NotificationState.FAILED and notification.page and notification.user:
            failed.setdefault(notification.workspace, []).append(notification)
    for workspace in sorted(failed):
        _ask_otherwise(tx, workspace, failed[workspace], now)


def _after(tx: Tx, result: Result) -> Notification:
    """Return the notification as its receipt leaves it."""
    receipt = result.receipt
    if not receipt.accepted:
        after, because = messages.after_failure(
            result.notification, receipt, result.at, providers=result.providers, chance=result.jitter
        )
        _tell(tx, after, because, result.at)
        return after
    delivered = receipt.outcome is Outcome.DELIVERED
    return replace(
        result.notification,
        state=NotificationState.DELIVERED if delivered else NotificationState.SENT,
        attempts=result.notification.attempts + 1,
        provider_id=receipt.provider_id,
        last_error="",
        sent_at=result.at,
    )


def _tell(tx: Tx, notification: Notification, because: Because, now: datetime) -> None:
    if notification.page is not None:
        timeline.append_many(tx, [(notification.workspace, None, notification.page, now, (because,))])


def _ask_otherwise(tx: Tx, workspace: WorkspaceId, failed: Sequence[Notification], now: datetime) -> None:
    """Let everybody whose message finally failed be asked by their next rule at once."""
    ledger = Ledger(tx, directories.current(tx, workspace), now)
    wanted = sorted({each.page for each in failed if each.page is not None})
    for page in pages.get_many(tx, wanted, lock=True):
        ledger.pages[page.id] = page
    for each in failed:
        known = ledger.pages.get(each.page) if each.page is not None else None
        if known is None or each.user is None:
            continue
        changed, effects = paging.undelivered(
            known, ledger.directory, each.user, now, queued_at=each.queued_at
        )
        if changed is not known:
            ledger.put(changed)
        ledger.carry_out(changed, effects)
    ledger.settle()


def _dispatches(tx: Tx, sends: Sequence[messages.Send]) -> tuple[Dispatch, ...]:
    """Put together what each message says, with one query for each kind of thing."""
    everything = [each for send in sends for each in (send.notification, *send.bundled)]
    page_ids = sorted({each.page for each in everything if each.page is not None})
    known = {page.id: page for page in pages.get_many(tx, page_ids)} if page_ids else {}
    shown = alerts.of_pages(tx, page_ids, limit_each=ALERTS_SHOWN_MAX) if page_ids else {}
    return tuple(_dispatch(tx, send, known, shown) for send in sends)


def _dispatch(
    tx: Tx,
    send: messages.Send,
    known: Mapping[PageId, Page],
    shown: Mapping[PageId, Sequence[Alert]],
) -> Dispatch:
    notification = send.notification
    directory: Directory = directories.current(tx, notification.workspace)
    page = known.get(notification.page) if notification.page is not None else None
    service = directory.services.get(page.service) if page is not None else None
    user = directory.users.get(notification.user) if notification.user is not None else None
    where = notification.destination
    bundled = tuple((each, known.get(each.page) if each.page else None) for each in send.bundled)
    return Dispatch(
        notification=notification,
        workspace_name=directory.name,
        page=page,
        service=service,
        alerts=tuple(shown.get(page.id, ())) if page is not None else (),
        total=page.alerts if page is not None else 0,
        user=user,
        destination=directory.destinations.get(where) if where is not None else None,
        bundled=bundled,
    )
