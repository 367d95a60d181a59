"""The outbox: notifications from being wanted to their last receipt.

They are queued by the transaction that decides, leased by a node that sends, and finished by it. When a node
dies its lease runs out, and the message is sent again under the same id: a copy too many, never one too few.
"""

import logging
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, not_, or_, select, update

from tocsin.core.ids import NotificationId, PageId, UserId
from tocsin.core.notification import (
    Address,
    Notification,
    NotificationState,
    Send,
    address_of,
)
from tocsin.store import lanes
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import update_many as change
from tocsin.store.columns import micros, storable
from tocsin.store.lanes import Closed
from tocsin.store.notification_rows import OUTCOME, mark_of, notification_of, outcome_of, row_of
from tocsin.store.statements import Statement, among, number, words
from tocsin.store.tables import notifications
from tocsin.store.transaction import Row, Tx

log = logging.getLogger(__name__)

NOTHING_CLOSED = Closed()
_INSERT = into(notifications)
_n = notifications.c
_waits = and_(_n.state == "queued", _n.bundled_into.is_(None))
_FREE = (
    update(notifications)
    .where(_n.state == "sending")
    .values(
        state="queued",
        attempts=_n.attempts + 1,
        last_error="the node that was sending it stopped",
        node=None,
        leased_until=None,
    )
)
_FREE_EXPIRED = Statement(_FREE.where(_n.leased_until <= number("now")))
_FREE_OF_NODE = Statement(
    _FREE.where(
        _n.id.in_(
            select(_n.id)
            .where(_n.state == "sending", _n.node == words("node"))
            .with_for_update(skip_locked=True)
        )
    )
)
_RELEASE = change(
    notifications,
    columns=("state", "node", "leased_until", "bundled_into"),
    keys=("id", "node", "provider", "attempts"),
    where="notifications.state = 'sending'",
)
_RELEASE_OTHERS = Statement(
    update(notifications)
    .where(not_(among(_n.id, "ids")), or_(_n.bundled_into.is_(None), not_(among(_n.bundled_into, "ids"))))
    .where(_n.state == "sending", _n.node == words("node"))
    .values(state="queued", node=None, leased_until=None, bundled_into=None)
)
_DUE = Statement(
    select(notifications)
    .where(_waits, _n.due <= number("now"))
    .order_by(_n.due, _n.id)
    .limit(number("limit"))
    .with_for_update(skip_locked=True)
)
_DUE_AMONG = Statement(
    select(notifications)
    .where(_waits, _n.due <= number("now"), among(_n.id, "ids"))
    .order_by(_n.id)
    .limit(number("limit"))
    .with_for_update(skip_locked=True)
)
_UNREADABLE = change(notifications, columns=("state", "last_error"), keys=("id",))
_PAGED = Statement(
    select(_n.page_id, _n.address_mark, _n.state)
    .where(among(_n.page_id, "pages"), _n.kind == "page")
    .where(_n.state.in_(("sending", "sent", "delivered")))
)
_BUNDLED_INTO = Statement(
    select(notifications)
    .where(among(_n.bundled_into, "ids"), _n.state.in_(("queued", "sending")))
    .order_by(_n.id)
)
_BY_IDS = select(notifications).where(among(_n.id, "ids")).order_by(_n.id)
_GET_MANY = Statement(_BY_IDS)
_LOCK_MANY = Statement(_BY_IDS.with_for_update())
_DROP = Statement(
    update(notifications)
    .where(_n.page_id == number("page"), _n.state == "queued", _n.kind == "page")
    .values(state="dropped", bundled_into=None, last_error=words("why"))
    .returning(_n.id)
)
_WAITING_FOR_USER = Statement(
    select(_n.id)
    .where(_n.page_id == number("page"), _n.user_id == number("user"), _n.state == "queued")
    .where(_n.kind == "page")
    .order_by(_n.id)
    .with_for_update()
)
_DROP_MANY = Statement(
    update(notifications)
    .where(among(_n.id, "ids"), _n.state == "queued")
    .values(state="dropped", bundled_into=None, last_error=words("why"))
)
_UNBUNDLE = Statement(
    update(notifications).where(among(_n.bundled_into, "ids"), _n.state == "queued").values(bundled_into=None)
)
_REACHED = Statement(
    select(notifications)
    .where(_n.page_id == number("page"), _n.kind == "page")
    .where(_n.state.in_(("sending", "sent", "delivered")))
    .order_by(_n.id)
)
_OF_PAGES = Statement(
    select(notifications).where(among(_n.page_id, "pages")).order_by(_n.id).limit(number("limit"))
)
_HELD_BY = Statement(
    select(_n.id, _n.provider, _n.attempts)
    .where(among(_n.id, "ids"), _n.state == "sending", _n.node == words("node"))
    .order_by(_n.id)
    .with_for_update()
)
_POSTPONE = change(notifications, columns=("due",), keys=("id",))
_LEASE = change(notifications, columns=("state", "bundled_into", "node", "leased_until"), keys=("id",))
_FINISH = change(
    notifications,
    columns=(*OUTCOME, "leased_until"),
    keys=("id", "node"),
    where="notifications.state = 'sending'",
)
_FINISH_PARTS = change(
    notifications,
    columns=(*OUTCOME, "node", "leased_until"),
    keys=("id",),
    where="notifications.state IN ('sending', 'queued')",
)
_CORRECT = change(notifications, columns=OUTCOME, keys=("id",))


def queue_many(tx: Tx, new: Sequence[Notification]) -> None:
    """Store what is to be sent."""
    if new:
        tx.run_many(_INSERT, [row_of(tx.vault, notification) for notification in new])
        tx.fresh += [notification.id for notification in new if notification.due <= notification.queued_at]


def due(
    tx: Tx, *, now: datetime, limit: int, in_turn: bool = False, closed: Closed = NOTHING_CLOSED
) -> list[Notification]:
    """Take the *limit* longest due notifications, locked for this transaction; other nodes pass them by.

    When more are due than that, let them be taken *in_turn*: one of each workspace and each of its addresses,
    and so on; what is *closed* has no turn.
    What was leased to a node that died is among them once its lease has run out. What is bundled into another
    comes with that: see `bundled_into`. One that cannot be read fails by itself and stops no other.
    """
    moment = micros(now)
    tx.run(_FREE_EXPIRED, now=moment)
    found: list[Notification] = []
    unreadable: list[Row] = []
    for row in _due_rows(tx, now, limit, in_turn=in_turn, closed=closed):
        try:
            found.append(notification_of(tx.vault, row))
        except Exception as error:
            log.exception("notification %d cannot be read and has failed", row[0])
            unreadable.append(("failed", storable(f"{type(error).__name__}: {error}"), row[0]))
    if unreadable:
        tx.run_many(_UNREADABLE, unreadable)
    return found


def fresh(tx: Tx, ids: Sequence[int], *, now: datetime) -> list[Notification]:
    """Take those of the messages *ids*, queued by this very transaction, that are due and still wanted."""
    return read(tx, tx.rows(_DUE_AMONG, now=micros(now), ids=ids, limit=len(ids)))


def _due_rows(tx: Tx, now: datetime, limit: int, *, in_turn: bool, closed: Closed) -> Sequence[Row]:
    if not (in_turn or closed):
        return tx.rows(_DUE, now=micros(now), limit=limit)
    ids = lanes.in_turn(tx, closed, now=now, limit=2 * limit)
    place = {each: number for number, each in enumerate(ids)}
    taken = list(tx.rows(_DUE_AMONG, now=micros(now), ids=ids[:limit], limit=limit))
    if len(taken) < limit and len(ids) > limit:  # another node has some of the first in hand
        taken += tx.rows(_DUE_AMONG, now=micros(now), ids=ids[limit:], limit=limit - len(taken))
    return sorted(taken, key=lambda row: place[row[0]])


def bundled_into(tx: Tx, ids: Sequence[NotificationId]) -> dict[NotificationId, tuple[Notification, ...]]:
    """Find what goes as part of each of these messages; it shares their fate."""
    found: dict[NotificationId, tuple[Notification, ...]] = {}
    for row in tx.rows(_BUNDLED_INTO, ids=ids):
        part = notification_of(tx.vault, row)
        if part.bundled_into is not None:
            found[part.bundled_into] = (*found.get(part.bundled_into, ()), part)
    return found


def free(tx: Tx, *, node: str) -> int:
    """Free at once what is leased to *node*, which has died; return how many messages that were.

    A message that somebody has in hand this very moment stays as it is.
    """
    freed = tx.run(_FREE_OF_NODE, node=node)
    if freed:
        tx.wake("outbox")
    return freed


def release(tx: Tx, unbegun: Sequence[Notification], *, node: str) -> None:
    """Give back what is leased to *node* and was not begun to be sent: no attempt was made.

    What was to go together is among *unbegun*, each message by itself, and goes by itself from now on. The
    end of a lease counts as an attempt: what *node* has claimed once more since then is not given back.
    """
    rows = [("queued", None, None, None, each.id, node, each.provider, each.attempts) for each in unbegun]
    tx.run_many(_RELEASE, rows)


def release_others(tx: Tx, ids: Sequence[NotificationId], *, node: str) -> None:
    """Give back what is leased to *node* without its knowledge: all but *ids* and what goes with them."""
    tx.run(_RELEASE_OTHERS, ids=ids, node=node)


def paged(tx: Tx, news: Sequence[Notification]) -> dict[NotificationId, set[NotificationState]]:
    """Find, for each of *news*, what has become of the messages about its page that went to its address.

    Only of those that have left or are on their way.
    """
    found: dict[tuple[PageId, int], set[NotificationState]] = {}
    for page, mark, state in tx.rows(_PAGED, pages=sorted({each.page for each in news if each.page})):
        found.setdefault((page, mark), set()).add(NotificationState(state))
    places = {each.id: (each.page or PageId(0), mark_of(tx.vault, address_of(each))) for each in news}
    return {each: found.get(place, set()) for each, place in places.items()}


def postpone(tx: Tx, held: Sequence[Notification]) -> None:
    """Store the new due times of notifications that this transaction has taken."""
    if held:
        tx.run_many(_POSTPONE, [(micros(each.due), each.id) for each in held])


def lease(tx: Tx, sends: Sequence[Send], *, node: str, until: datetime) -> None:
    """Lease what this transaction has taken to *node*, together with what is bundled into it."""
    everything = [each for send in sends for each in (send.notification, *send.bundled)]
    if everything:
        ends = micros(until)
        tx.run_many(_LEASE, [("sending", each.bundled_into, node, ends, each.id) for each in everything])


def held_by(tx: Tx, ids: Sequence[NotificationId], *, node: str) -> dict[NotificationId, tuple[int, int]]:
    """Find which of these messages are leased to *node*; with which provider, and how often, each was tried.

    They are locked for the transaction.
    """
    rows = tx.rows(_HELD_BY, ids=ids, node=node)
    return {NotificationId(found): (provider, attempts) for found, provider, attempts in rows}


def finish(
    tx: Tx, outcomes: Sequence[Notification], *, held: Container[NotificationId], node: str
) -> list[Notification]:
    """Store what became of messages that are leased to *node*, and of all that was bundled into them.

    *held* is what `held_by` has found of them in this transaction. Returns those that were stored. A message
    that another node has taken over meanwhile, because the lease had run out, is that node's to finish, and
    stays as it is.
    """
    if not outcomes:
        return []
    ours = [each for each in outcomes if each.id in held]
    bundles = bundled_into(tx, [each.id for each in ours])
    parts = [_like(part, outcome) for outcome in ours for part in bundles.get(outcome.id, ())]
    tx.run_many(_FINISH, [(*outcome_of(each), None, each.id, node) for each in ours])
    if parts:
        tx.run_many(_FINISH_PARTS, [(*outcome_of(each), None, None, each.id) for each in parts])
    if any(each.state is NotificationState.QUEUED for each in ours):
        tx.wake("outbox")
    return [*ours, *parts]


def correct_many(tx: Tx, changed: Sequence[Notification]) -> None:
    """Store a later word on messages that were read and locked by this transaction: a provider's, or ours."""
    if changed:
        tx.run_many(_CORRECT, [(*outcome_of(each), each.id) for each in changed])
        tx.wake("outbox")


def drop_for_page(tx: Tx, page: PageId, why: str) -> int:
    """Take back what waits to be sent for *page*, but for good news; return how many messages that were."""
    dropped = [row[0] for row in tx.rows(_DROP, page=page, why=why)]
    if dropped:
        tx.run(_UNBUNDLE, ids=dropped)  # what would have gone with them goes by itself
    return len(dropped)


def drop_for_user(tx: Tx, page: PageId, user: UserId, why: str) -> None:
    """Take back what waits to be sent to *user* about *page*, but for good news."""
    drop_many(tx, [NotificationId(row[0]) for row in tx.rows(_WAITING_FOR_USER, page=page, user=user)], why)


def drop_many(tx: Tx, ids: Sequence[NotificationId], why: str) -> None:
    """Take back messages that this transaction has taken; what would have gone with them goes by itself."""
    if ids:
        tx.run(_DROP_MANY, ids=ids, why=why)
        tx.run(_UNBUNDLE, ids=ids)


def reached_by(tx: Tx, page: PageId) -> list[Notification]:
    """Find a message about *page* to each person and place that got one, the first to each address."""
    found: dict[Address, Notification] = {}
    for row in tx.rows(_REACHED, page=page):
        notification = notification_of(tx.vault, row)
        found.setdefault(address_of(notification), notification)
    return [_afresh(each) for each in found.values()]


def of_pages(tx: Tx, page_ids: Sequence[PageId], *, limit: int) -> list[Notification]:
    """Read the first *limit* notifications about these pages, in the order of their ids."""
    return read(tx, tx.rows(_OF_PAGES, pages=page_ids, limit=limit)) if page_ids else []


def get_many(tx: Tx, ids: Sequence[NotificationId], *, lock: bool = False) -> list[Notification]:
    """Read notifications by id, in the order of their ids."""
    return read(tx, tx.rows(_LOCK_MANY if lock else _GET_MANY, ids=ids))


def read(tx: Tx, rows: Sequence[Row]) -> list[Notification]:
    """Turn rows of all columns into notifications."""
    return [notification_of(tx.vault, row) for row in rows]


def _afresh(notification: Notification) -> Notification:
    return replace(
        notification,
        state=NotificationState.QUEUED,
        attempts=0,
        provider=0,
        provider_id="",
        last_error="",
        sent_at=None,
        bundled_into=None,
    )


def _like(part: Notification, outcome: Notification) -> Notification:
    return replace(
        part,
        state=outcome.state,
        attempts=outcome.attempts,
        provider=outcome.provider,
        provider_id=outcome.provider_id,
        last_error=outcome.last_error,
        due=outcome.due,
        sent_at=outcome.sent_at,
    )
