"""Out of the outbox, and back with a receipt."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from tocsin.actions import exchanges, push
from tocsin.actions.dispatches import Dispatch, put_together
from tocsin.actions.ledger import Ledger
from tocsin.actions.places import Room
from tocsin.core import budget, gathered, paging
from tocsin.core import notification as messages
from tocsin.core.because import Because
from tocsin.core.because_paging import GaveUp
from tocsin.core.budget import NOTHING_SPENT, AllSpent, Spent
from tocsin.core.escalation import PageStatus
from tocsin.core.evolve import evolve, quickly_made
from tocsin.core.ids import NotificationId, PageId, WorkspaceId
from tocsin.core.notification import Address, Notification, NotificationKind, NotificationState, Sent
from tocsin.core.receipt import Outcome, Receipt
from tocsin.core.spelling import native
from tocsin.store import budgets, directories, outbox, pages, timeline
from tocsin.store.pages import Standing
from tocsin.store.transaction import TryAgain, Tx

LEASE = timedelta(seconds=90)
ATTEMPT_MAX = timedelta(seconds=30)  # no attempt takes longer: see the wire's time limits
NEWS_WAITS_FOR = timedelta(seconds=5)
SET_ASIDE_FOR = tuple(timedelta(seconds=pause) for pause in (1, 5, 30, 120, 600))  # by how often it failed

log = logging.getLogger(__name__)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one attempt at *notification*; *jitter* is 0 to 1, to spread the next one.

    *notes* are what the story is to say of it beside that.
    """

    notification: Notification
    receipt: Receipt
    at: datetime
    jitter: float
    providers: int = 1
    notes: tuple[Because, ...] = ()


class Claim(NamedTuple):
    """What a node has leased, to send at once; *left* says that more was due, or may have been.

    *spent* are the addresses that have got so much lately that what comes next waits.
    """

    dispatches: tuple[Dispatch, ...] = ()
    left: bool = False
    spent: AllSpent = NOTHING_SPENT


def claim(tx: Tx, *, node: str, now: datetime, machines: frozenset[str], room: Room | None = None) -> Claim:
    """Lease due notifications to *node* and return those to send at once, with what they say.

    There are no more than there is *room* for, and of no address, channel or workspace so many that others
    would have none. Some may be held back for a moment, to go together with others; never those for
    *machines*, channels on which nobody is woken. What a node that died had leased is free again when that
    has run out.
    """
    room = room or Room()
    due = outbox.due(tx, now=now, limit=room.free, in_turn=room.is_scarce, closed=room.closed())
    if not due:
        return Claim()
    try:
        with tx.savepoint():
            claimed = _prepare(tx, due, node=node, now=now, machines=machines, room=room)
    except TryAgain:
        raise
    except Exception:  # noqa: BLE001 - one of them is poisoned; which one is seen below
        claimed = _one_by_one(tx, due, node=node, now=now, machines=machines, room=room)
    if len(due) == room.free:
        return claimed._replace(left=True)
    if not (claimed.left or room.closed()):
        tx.fresh.clear()  # whatever this transaction has queued itself is among them
    return claimed


def claim_fresh(
    tx: Tx, ids: Sequence[int], *, node: str, now: datetime, machines: frozenset[str], room: Room
) -> Claim:
    """Lease messages that this very transaction has queued, as `claim` does; *left*: some still wait.

    Raises what one of them that is poisoned raises: then let them all wait for a claim of their own.
    """
    due = outbox.fresh(tx, ids[: room.free], now=now)
    if not due:
        return Claim()
    claimed = _prepare(tx, due, node=node, now=now, machines=machines, room=room)
    return claimed if len(ids) <= room.free else claimed._replace(left=True)


def _one_by_one(
    tx: Tx, due: Sequence[Notification], *, node: str, now: datetime, machines: frozenset[str], room: Room
) -> Claim:
    """Prepare each message by itself, and put off those that fail: they stop no other."""
    prepared: list[Dispatch] = []
    spent: dict[Address, Spent] = {}
    left = False
    for each in due:
        try:
            with tx.savepoint():
                one = _prepare(tx, (each,), node=node, now=now, machines=machines, room=room)
        except TryAgain:
            raise
        except Exception as error:
            log.exception("notification %d cannot be prepared and is put off", each.id)
            due_at = now + SET_ASIDE_FOR[min(each.attempts, len(SET_ASIDE_FOR) - 1)]
            why = f"{type(error).__name__}: {error}"
            put_off = replace(each, due=due_at, attempts=each.attempts + 1, last_error=why)
            outbox.correct_many(tx, [put_off])
        else:
            prepared += one.dispatches
            left = left or one.left
            spent |= one.spent
    return Claim(tuple(prepared), left, spent)


def _prepare(
    tx: Tx, due: Sequence[Notification], *, node: str, now: datetime, machines: frozenset[str], room: Room
) -> Claim:
    """Lease what of *due* goes out now, and put together what it says."""
    parts = outbox.bundled_into(tx, [each.id for each in due])
    ids = {each.page for each in chain(due, *parts.values()) if each.page is not None}
    standing = pages.standing(tx, sorted(ids)) if ids else {}
    wanted, together = _still_wanted(tx, due, parts, standing)
    wanted = _in_order(tx, wanted, now, standing)
    spans = _spans(tx, wanted)
    longest = max((messages.BUDGET_WINDOW, *spans.values()))
    ours, sent = _within_budgets(tx, wanted, machines=machines, since=now - longest)
    alike = [(each, spans[each.id]) for each in ours if each.id in spans]
    others = [each for each in ours if each.id not in spans] if alike else ours
    decisions = (*messages.plan(others, sent, now, machines=machines), *gathered.plan(alike, sent, now))
    ready = [each for each in decisions if isinstance(each, messages.Send)]
    admitted = room.admitted(ready)
    held = [each for each in decisions if isinstance(each, messages.Hold)]
    told = [(each.notification, each.because) for each in held]
    for send in admitted:
        told += [(each, send.because) for each in (send.notification, *send.bundled) if send.bundled]
    _tell(tx, told, now)
    outbox.postpone(tx, [each.notification for each in held])
    # What went together before is tried again together.
    sends = [replace(each, bundled=(*each.bundled, *together[each.notification.id])) for each in admitted]
    outbox.lease(tx, sends, node=node, until=now + LEASE)
    begin_by = now + LEASE - ATTEMPT_MAX
    dispatches = put_together(tx, sends, begin_by=begin_by, now=now, machines=machines)
    left = len(admitted) < len(ready) or len(ours) < len(wanted)
    return Claim(dispatches, left=left, spent=budget.spent(sent, admitted, now))


def take_back(tx: Tx, *, node: str) -> int:
    """Queue again what a node of this name was sending when it died; return how many messages that were.

    For the node that comes up in its place, before it claims anything: nobody need wait for the leases to
    run out.
    """
    return outbox.free(tx, node=node)


def give_back(tx: Tx, unbegun: Sequence[Notification], *, node: str) -> None:
    """Queue again what *node* has claimed and not begun to send."""
    outbox.release(tx, unbegun, node=node)


def give_back_unheard(tx: Tx, in_hand: Sequence[NotificationId], *, node: str) -> None:
    """Queue again what *node* has claimed and never heard that it had: all but what it has *in_hand*."""
    outbox.release_others(tx, in_hand, node=node)


def _still_wanted(
    tx: Tx,
    due: Sequence[Notification],
    parts: Mapping[NotificationId, Sequence[Notification]],
    standing: Mapping[PageId, Standing],
) -> tuple[list[Notification], dict[NotificationId, list[Notification]]]:
    """Drop what asks about a page that asks nobody any more, or no more this person, and return the rest.

    Most of that was dropped when that came about; what was on its way then, and is to be tried again, comes
    by here.
    """

    def over(notification: Notification) -> bool:
        if not notification.kind.asks or notification.page is None:
            return False
        page = standing.get(notification.page)
        if notification.kind is NotificationKind.REMINDER:
            return page is None or page.status is PageStatus.RESOLVED
        if page is not None and page.digest and page.status is PageStatus.RESOLVED:
            return notification.user in page.left_out  # it tells what happened, and that has not changed
        return page is None or page.status is not PageStatus.TRIGGERED or notification.user in page.left_out

    dropped = [each.id for each in (*due, *chain.from_iterable(parts.values())) if over(each)]
    outbox.drop_many(tx, dropped, "nobody was to be asked any more before it was sent")
    wanted = [each for each in due if not over(each)]
    return wanted, {each.id: [part for part in parts.get(each.id, ()) if not over(part)] for each in wanted}


def _in_order(
    tx: Tx, wanted: Sequence[Notification], now: datetime, standing: Mapping[PageId, Standing]
) -> list[Notification]:
    """Let good news wait while the bad news is on its way, and drop it where the bad news never arrived.

    A digest that tells of what is over stands for itself.
    """

    def is_digest(notification: Notification) -> bool:
        page = standing.get(notification.page) if notification.page is not None else None
        return page is not None and page.digest

    news = [each for each in wanted if each.kind is NotificationKind.RESOLVED and not is_digest(each)]
    if not news:
        return list(wanted)
    paged = outbox.paged(tx, news)
    waiting = {each.id for each in news if NotificationState.SENDING in paged[each.id]}
    idle = {each.id for each in news if not paged[each.id]}
    outbox.postpone(tx, [replace(each, due=now + NEWS_WAITS_FOR) for each in news if each.id in waiting])
    outbox.drop_many(tx, sorted(idle), "nobody had been told that there was trouble")
    return [each for each in wanted if each.id not in waiting | idle]


def _within_budgets(
    tx: Tx, wanted: Sequence[Notification], *, machines: frozenset[str], since: datetime
) -> tuple[list[Notification], dict[Address, list[Sent]]]:
    """Pass over those about whose address another node decides; find what others got after *since*."""
    budgeted = {messages.address_of(each) for each in wanted if messages.may_wait(each, machines)}
    occupied = budgets.occupied(tx, sorted(budgeted))

    def is_ours(notification: Notification) -> bool:
        address = messages.address_of(notification)
        return address not in occupied or not messages.may_wait(notification, machines)

    ours = [each for each in wanted if is_ours(each)] if occupied else list(wanted)
    return ours, budgets.sent_since(tx, sorted(budgeted - occupied), since=since)


def _spans(tx: Tx, wanted: Sequence[Notification]) -> dict[NotificationId, timedelta]:
    """Tell for how long people want messages like theirs gathered; most want none."""
    workspaces = {each.workspace for each in wanted if each.user is not None}
    users = {workspace: directories.current(tx, workspace).users for workspace in sorted(workspaces)}
    spans: dict[NotificationId, timedelta] = {}
    for each in wanted:
        person = users[each.workspace].get(each.user) if each.user is not None else None
        span = gathered.span_of(each, person)
        if span is not None:
            spans[each.id] = span
    return spans


def record(tx: Tx, results: Sequence[Result], *, node: str, now: datetime) -> None:
    """Write down what became of attempts, and let people whose message failed be asked by their next rule.

    What has been taken over since, because the lease had run out, is left to whoever took it: another node,
    or this one once more.
    """
    held = outbox.held_by(tx, [result.notification.id for result in results], node=node)
    results = [result for result in results if _of_this_lease(result.notification, held)]
    _tell(tx, [(result.notification, note) for result in results for note in result.notes], now)
    stored = outbox.finish(tx, [_after(tx, result) for result in results], held=held, node=node)
    exchanges.keep(tx, [(result.notification, result.receipt) for result in results], now=now)
    push.lose(tx, [result.notification for result in results if result.receipt.gone], now=now)
    failed: dict[WorkspaceId, list[Notification]] = {}
    for notification in stored:
        if notification.state is not NotificationState.FAILED:
            continue
        log.warning(
            "message %s by %s is given up: %s",
            native("notification", notification.id),
            notification.channel,
            notification.last_error,
        )
        if notification.page and notification.user and not _reminds(notification):
            failed.setdefault(notification.workspace, []).append(notification)
    for workspace in sorted(failed):
        _ask_otherwise(tx, workspace, failed[workspace], now)


def report(
    tx: Tx, workspace: WorkspaceId, notification_id: NotificationId, *, error: str | None, now: datetime
) -> None:
    """Take a carrier's later word on a message: it arrived when *error* is None, and else it never will.

    The first word counts. Whoever was to read it is then asked by their next rule at once.
    """
    for message in outbox.get_many(tx, [notification_id], lock=True):
        open_still = message.state in (NotificationState.SENDING, NotificationState.SENT)
        if message.workspace != workspace or not open_still:
            return
        if error is None:
            outbox.correct_many(tx, [replace(message, state=NotificationState.DELIVERED, sent_at=now)])
            return
        failed = replace(message, state=NotificationState.FAILED, last_error=error)
        outbox.correct_many(tx, [failed])
        _tell(tx, [(failed, GaveUp(error=error, why="the carrier says so"))], now)
        if failed.page is not None and failed.user is not None and not _reminds(failed):
            _ask_otherwise(tx, workspace, [failed], now)


def _of_this_lease(sent: Notification, held: Mapping[NotificationId, tuple[int, int]]) -> bool:
    """Tell whether the lease has held: its end counts as an attempt, so that the numbers would differ."""
    return held.get(sent.id) == (sent.provider, sent.attempts)


def _reminds(notification: Notification) -> bool:
    """Tell whether nobody is asked in place of it: without an answer the page starts over in any case."""
    return notification.kind is NotificationKind.REMINDER


def _after(tx: Tx, result: Result) -> Notification:
    """Return the notification as its receipt leaves it."""
    receipt = result.receipt
    if not receipt.accepted:
        after, because = messages.after_failure(
            result.notification, receipt, result.at, providers=result.providers, chance=result.jitter
        )
        _tell(tx, [(after, because)], result.at)
        return after
    delivered = receipt.outcome is Outcome.DELIVERED
    return evolve(
        result.notification,
        state=NotificationState.DELIVERED if delivered else NotificationState.SENT,
        attempts=result.notification.attempts + 1,
        provider_id=receipt.provider_id,
        last_error="",
        sent_at=result.at,
    )


def _tell(tx: Tx, told: Sequence[tuple[Notification, Because]], now: datetime) -> None:
    """Add to the stories of the pages of messages what became of them."""
    timeline.append_many(
        tx,
        [
            (each.workspace, None, each.page, now, (because,))
            for each, because in told
            if each.page is not None
        ],
    )


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
