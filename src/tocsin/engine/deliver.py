"""Sending: from the outbox through a channel to the wire, and the receipt back."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from tocsin.actions import delivery
from tocsin.actions.delivery import Result
from tocsin.actions.dispatches import Dispatch
from tocsin.actions.places import PLACES, Name, Room, names_of
from tocsin.channels.base import Attempt, Channel, TooLateError, deliver
from tocsin.core.because import Because
from tocsin.core.errors import Overloaded
from tocsin.core.ids import NotificationId
from tocsin.core.notification import Notification
from tocsin.core.receipt import Outcome, Receipt
from tocsin.engine.compose import Links, compose, worded
from tocsin.engine.metrics import EngineMetrics
from tocsin.world import Tx, World

CLAIM_MIN = 100  # a claim costs much of what it does for one message, so that a full house waits for room
CLAIM_WITHIN_S = 0.005  # though no longer than this
CROWDED_WITHIN_S = 0.02  # nor than this where enough is in hand for some address, channel or workspace
RESULTS_AT_ONCE_MAX = 500
RECORD_PATIENCE_S = 0.004  # what is out may wait a little for an event to share a commit with
RECORD_AGAIN_AFTER_S = (0.5, 2.0)  # and so on with the last
RECORD_WITHIN_S = 30.0  # no longer is a receipt kept that cannot be written down for its own sake
RECORD_WHILE_AWAY_S = 600.0  # but so long while there is no database: nobody else can take over either
_log = structlog.get_logger(__name__)

Then = Callable[[delivery.Claim | None, int], object]
"""Is told what was claimed along with a commit, None when nothing came of it, and in which term."""


class Along:
    """A claim of fresh messages within the commit that queues them: see ``store.follow_up``."""

    def __init__(self, claim: Callable[[Tx, Sequence[int]], delivery.Claim], then: Then, term: int) -> None:
        self._claim = claim
        self._then = then
        self._term = term
        self._claimed = delivery.Claim()

    def run(self, tx: Tx, ids: Sequence[int]) -> bool:
        """Claim the messages *ids*, queued in *tx*; tell whether none of them is left to others."""
        self._claimed = self._claim(tx, ids)
        return not self._claimed.left

    def end(self, *, committed: bool) -> None:
        """Let them be sent if that was *committed*."""
        self._then(self._claimed if committed else None, self._term)


class Deliverer:
    """Claims what waits in the outbox, sends it and writes down what became of it."""

    def __init__(
        self,
        world: World,
        channels: Mapping[str, Channel],
        *,
        node: str,
        links: Links,
        sender: str,
        metrics: EngineMetrics,
    ) -> None:
        self._world = world
        self._channels = channels
        self._machines = frozenset(name for name, channel in channels.items() if channel.for_machines)
        self._node = node
        self._links = links
        self._sender = sender
        self._metrics = metrics
        self._results = world.database.lane(
            self._record, limit=RESULTS_AT_ONCE_MAX, patience_s=RECORD_PATIENCE_S
        )
        self._under_way: dict[asyncio.Task[None], NotificationId] = {}
        self._freed: Callable[[], None] = lambda: None
        self._held: Counter[Hashable] = Counter()  # by what the messages on their way go under
        self._is_scarce = False  # more waited than there was room for
        self._is_crowded = False  # something may wait for a place
        self._claimed_at = 0.0  # by the event loop's clock
        self._unbegun: list[Notification] = []  # to be given back
        self._in_doubt = False  # whether a claim failed that may have been committed all the same
        self._claiming = threading.Lock()  # one claim at a time, so that each knows what room there is
        metrics.sending.set_function(lambda: len(self._under_way))

    def on_freed(self, callback: Callable[[], None]) -> None:
        """Call *callback* when there is room again after there was none."""
        self._freed = callback

    async def take_back(self) -> None:
        """Queue again what this node was sending when it died the last time."""
        found = await self._world.database.write(lambda tx: delivery.take_back(tx, node=self._node))
        if found:
            _log.warning("messages that were on their way are sent once more", messages=found)

    def offer(self, then: Then) -> Along | None:
        """Offer to claim what a transaction has queued within it, on its thread, unless there is little room.

        What *then* is told is for `begin`.
        """
        if not self._claiming.acquire(blocking=False):
            return None
        lease = self._world.lease
        free = PLACES - len(self._under_way)
        if free < CLAIM_MIN or self._is_crowded or self._is_scarce or not lease.holds():
            self._claiming.release()
            return None
        room = Room(free=free, held={**self._held})
        return Along(partial(self._claim_fresh, room), then, lease.term)

    async def turn(self) -> datetime | None:
        """Claim as much as there is room for and begin to send it; return at once."""
        if not self._claiming.acquire(blocking=False):
            return self._world.now() + timedelta(seconds=CLAIM_WITHIN_S)
        try:
            return await self._turn()
        finally:
            self._claiming.release()

    async def _turn(self) -> datetime | None:
        room = PLACES - len(self._under_way)
        lease = self._world.lease
        term = lease.term
        if room <= 0 or not lease.holds():
            return None
        clock = asyncio.get_running_loop().time
        within_s = CROWDED_WITHIN_S if self._is_crowded else CLAIM_WITHIN_S if room < CLAIM_MIN else 0.0
        if clock() < self._claimed_at + within_s:
            return self._world.now() + timedelta(seconds=within_s)
        self._claimed_at = clock()
        unbegun, self._unbegun = self._unbegun, []
        in_hand = tuple(self._under_way.values()) if self._in_doubt else None
        try:
            room_now = Room(free=room, held={**self._held}, is_scarce=self._is_scarce)
            claim = await self._world.database.write(self._claim(room_now, unbegun, in_hand), urgent=True)
        except BaseException:
            self._unbegun += unbegun
            self._in_doubt = True
            raise
        self._in_doubt = False
        self._start(claim, term)
        # By the measure by which the next claim would pass something over: who ends then wakes us. What this
        # one has left, and may have a place by now, nobody will.
        closed = Room(free=PLACES - len(self._under_way), held=self._held).closed()
        self._is_crowded = bool(closed)
        self._is_scarce = claim.left
        if claim.left or room_now.closed().has_more_than(closed):
            return self._world.now() + timedelta(seconds=CROWDED_WITHIN_S)
        return None

    def _start(self, claim: delivery.Claim, term: int) -> None:
        self._world.database.note_spent(claim.spent)
        for dispatch in claim.dispatches:
            task = asyncio.create_task(self._send_and_record(dispatch, term))
            self._under_way[task] = dispatch.notification.id
            names = names_of(dispatch.notification)
            for name in names:
                self._held[name] += 1
            task.add_done_callback(partial(self._done, names))

    def _claim_fresh(self, room: Room, tx: Tx, ids: Sequence[int]) -> delivery.Claim:
        now, machines = self._world.now(), self._machines
        return delivery.claim_fresh(tx, ids, node=self._node, now=now, machines=machines, room=room)

    def begin(self, claim: delivery.Claim | None, term: int) -> None:
        """Begin to send what was claimed along with a commit, on the event loop."""
        self._start(self.heard(claim), term)

    def heard(self, claim: delivery.Claim | None) -> delivery.Claim:
        """Be ready for the next claim: what became of the last one along with a commit is known."""
        self._claiming.release()
        self._in_doubt = self._in_doubt or claim is None
        return claim or delivery.Claim()

    def claim_now(self) -> tuple[Dispatch, ...]:
        """Claim what is due, on this thread."""
        unbegun, self._unbegun = self._unbegun, []
        claim = self._world.database.transact(self._claim(Room(), unbegun))
        self._world.database.note_spent(claim.spent)
        return claim.dispatches

    def record_now(self, result: Result) -> None:
        """Write down one result, on this thread."""
        self._results.submit_now(result)

    async def send(self, dispatch: Dispatch, term: int | None = None) -> Result | None:
        """Try once to send *dispatch*, claimed in *term*; None when it is too late to begin.

        Then this process has stood still, or could not say that it is there, and whoever claims the message
        next sends it.
        """
        notification = dispatch.notification
        channel = self._channels.get(notification.channel)
        now = self._world.now()
        if term is not None:
            self._world.lease.work_in(term)  # the wire asks once more, when there is room at the host
        if now >= dispatch.begin_by or not self._world.lease.holds(term):
            self._give_back(dispatch)
            return None
        notes: tuple[Because, ...] = ()
        if dispatch.lost:
            receipt = Receipt(outcome=Outcome.NEVER, error=dispatch.lost)
        elif channel is None:
            receipt = Receipt(outcome=Outcome.NEVER, error=f"there is no channel {notification.channel!r}")
        else:
            try:
                message = compose(dispatch, links=self._links, sender=self._sender, now=now)
                message, notes = worded(message, dispatch, now=now)
                receipt = await deliver(channel, message, _attempt(dispatch, now), self._world.wire)
            except TooLateError:
                self._give_back(dispatch)
                return None
            except Exception as error:  # noqa: BLE001 - the next try may go through
                _log.exception("a channel failed in an unforeseen way", channel=notification.channel)
                receipt = Receipt(outcome=Outcome.TRY_AGAIN, error=type(error).__name__)
        done_at = self._world.now()
        self._count(dispatch, receipt, done_at)
        return Result(
            notification=notification,
            receipt=receipt,
            at=done_at,
            jitter=0.0 if receipt.accepted else self._world.chance(),
            providers=channel.providers if channel else 1,
            notes=notes,
        )

    async def drain(self, timeout_s: float) -> None:
        """Let what is on its way arrive, for at most *timeout_s*; the leases of the rest just run out."""
        if self._under_way:
            await asyncio.wait(tuple(self._under_way), timeout=timeout_s)

    async def _send_and_record(self, dispatch: Dispatch, term: int) -> None:
        result = await self.send(dispatch, term)
        if result is None:
            return
        await self._insist_on(result)

    async def _insist_on(self, result: Result) -> None:
        """Write *result* down as soon as the database takes it: its message is out, and must not go again."""
        clock = asyncio.get_running_loop().time
        began, failures = clock(), 0
        while True:
            try:
                await self._results.submit(result)
            except Exception as error:  # noqa: BLE001 - whatever it is, this is worth another try
                within_s = RECORD_WHILE_AWAY_S if isinstance(error, Overloaded) else RECORD_WITHIN_S
                if clock() > began + within_s:
                    _log.error(
                        "a receipt could not be written down: the message goes out once more",
                        error=str(error),
                    )
                    return
                if not failures:
                    _log.warning("a receipt is not written down yet", error=str(error))
            else:
                return
            await asyncio.sleep(RECORD_AGAIN_AFTER_S[min(failures, len(RECORD_AGAIN_AFTER_S) - 1)])
            failures += 1

    def _done(self, names: Iterable[Name], task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        for name in names:
            self._held[name] -= 1
            if not self._held[name]:
                del self._held[name]
        if self._is_crowded:
            self._freed()

    def _give_back(self, dispatch: Dispatch) -> None:
        """Let the next claim free what was not begun in time, unless another node has it by now."""
        _log.warning("a message was claimed too long ago", channel=dispatch.notification.channel)
        self._unbegun += [dispatch.notification, *(part for part, _page in dispatch.bundled)]

    def _claim(
        self,
        room: Room,
        unbegun: Sequence[Notification] = (),
        in_hand: Sequence[NotificationId] | None = None,
    ) -> Callable[[Tx], delivery.Claim]:
        def claim(tx: Tx) -> delivery.Claim:
            delivery.give_back(tx, unbegun, node=self._node)
            if in_hand is not None:
                delivery.give_back_unheard(tx, in_hand, node=self._node)
            return delivery.claim(
                tx, node=self._node, now=self._world.now(), machines=self._machines, room=room
            )

        return claim

    def _record(self, tx: Tx, results: Sequence[Result]) -> Sequence[None]:
        delivery.record(tx, results, node=self._node, now=self._world.now())
        return [None] * len(results)

    def _count(self, dispatch: Dispatch, receipt: Receipt, now: datetime) -> None:
        notification = dispatch.notification
        self._metrics.attempts(notification.channel, receipt.outcome).inc()
        if receipt.accepted:
            waited = (now - notification.queued_at).total_seconds()
            self._metrics.delay(notification.channel).observe(max(0.0, waited))


def _attempt(dispatch: Dispatch, now: datetime) -> Attempt:
    notification, destination = dispatch.notification, dispatch.destination
    return Attempt(
        address=notification.address,
        now=now,
        secret=destination.secret if destination else "",
        options=destination.options if destination else {},
        browser=dispatch.browser,
        number=notification.attempts + 1,
        provider=notification.provider,
    )
