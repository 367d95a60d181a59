"""How many callers share one commit: lanes, the queue before the writing threads, and the way back.

A lane is a kind of work that is done in batches: its handler gets all that waits, up to a limit. When a batch
raises it is cut in two and tried again, so that what is poisoned fails alone and the rest is done.
"""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Sequence
from concurrent.futures import Future as BlockingFuture
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from tocsin.core.errors import Overloaded
from tocsin.core.fairness import has_room
from tocsin.store.transaction import Tx
from tocsin.store.turn_taking import NOBODY, Source, TurnTaking

log = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

Action = Callable[[Tx], T]
Handler = Callable[[Tx, Sequence[Item]], Sequence[Result | Exception]]
Attempt = Callable[[Action[Any]], Any]
Then = Callable[[Any, BaseException | None], None]  # the result, or the error in its stead

QUEUE_MAX = 20_000  # items of lanes (by weight) and actions that may wait at a time
ACTIONS_PER_COMMIT_MAX = 200
WORKSPACE_TIMES = 3  # as many times as there is room left may wait of one workspace; of one source, once
LINGER_AFTER = 8
LINGER_SLICE_S = 0.0002
LINGER_SLICES_MAX = 15
STILL_SLICES_MAX = 4
LINGER_BELOW = 200  # more than that, by weight, is a large commit already


class CannotWriteError(Exception):
    """The engine itself failed, so that nothing of the present batch can be saved."""


class Desk(Protocol):
    """Whatever takes a lane's items and answers them: a database."""

    def submit_now(self, ticket: "Ticket") -> Any:
        """Do what *ticket* asks for, and return when it is on disk."""

    async def submit(self, ticket: "Ticket") -> Any:
        """Do what *ticket* asks for, together with what else waits."""

    def hand_in(self, ticket: "Ticket") -> None:
        """Do the same, and do not wait: the ticket knows what is to come then."""


class Lane(Generic[Item, Result]):
    """One kind of work that is done in batches, each in one transaction together with other work.

    A result that is an exception is raised at the one who submitted that item. *source* tells whose an item
    is: each has its turn, and none may fill the queue. For *patience_s* seconds its items wait for something
    else to share a commit with.
    """

    __slots__ = ("_desk", "handler", "limit", "patience_s", "source", "weight")

    def __init__(
        self,
        desk: Desk,
        handler: Handler[Item, Result],
        limit: int,
        weight: Callable[[Item], int] | None = None,
        source: Callable[[Item], Source] | None = None,
        *,
        patience_s: float = 0.0,
    ) -> None:
        self._desk = desk
        self.patience_s = patience_s
        self.handler = handler
        self.limit = limit
        self.weight = weight or (lambda _item: 1)
        self.source = source or (lambda _item: NOBODY)

    def submit(self, item: Item) -> Coroutine[Any, Any, Result]:
        """Hand *item* in and wait until its outcome is on disk. Raise Overloaded when too much waits."""
        return self._desk.submit(self._ticket(item))

    def hand_in(self, item: Item, then: Then) -> None:
        """Do the same without waiting: *then* is called on this event loop, and must not raise."""
        self._desk.hand_in(self._ticket(item, then))

    def submit_now(self, item: Item) -> Result:
        """Do the same on a thread that may block."""
        result: Result = self._desk.submit_now(self._ticket(item))
        return result

    def _ticket(self, item: Item, then: Then | None = None) -> "Ticket":
        return Ticket(item, lane=self, weight=self.weight(item), source=self.source(item), then=then)


class Ticket:
    """Something that waits to be done: an item of a lane, or an action; and who waits for it."""

    __slots__ = ("error", "future", "lane", "loop", "result", "source", "then", "weight", "work")

    def __init__(
        self,
        work: Any,
        *,
        lane: Lane[Any, Any] | None = None,
        weight: int = 1,
        source: Source = NOBODY,
        then: Then | None = None,
    ) -> None:
        self.work = work
        self.lane = lane
        self.weight = weight
        self.source = source
        self.then = then
        self.loop: asyncio.AbstractEventLoop | None = None
        self.future: asyncio.Future[Any] | BlockingFuture[Any] | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def patience_s(self) -> float:
        """How long it may wait for something else to share a commit with."""
        return self.lane.patience_s if self.lane is not None else 0.0

    def settle(self) -> None:
        """Give the outcome to whoever waits, unless they have gone; only where the future may be touched."""
        if self.then is not None:
            self.then(self.result, self.error)
            return
        future = self.future
        if future is None or future.done():
            return
        if self.error is not None:
            future.set_exception(self.error)
        else:
            future.set_result(self.result)


@dataclass(slots=True)
class Batch:
    """What is done in one go: tickets of lanes, lane by lane, and actions in the order in which they came."""

    lanes: list[tuple[Lane[Any, Any], list[Ticket]]] = field(default_factory=list)
    actions: list[Ticket] = field(default_factory=list)

    def tickets(self) -> list[Ticket]:
        """All of them."""
        return [ticket for _lane, tickets in self.lanes for ticket in tickets] + self.actions


class Inbox:
    """The bounded queue before the writing threads. Whoever takes from it gets all that waits.

    *pause* waits for so many seconds.
    """

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause = pause
        self._arriving: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._lanes: dict[Lane[Any, Any], TurnTaking[Ticket]] = {}
        self._actions: deque[Ticket] = deque()
        self._door = threading.Lock()
        self._count = threading.Lock()
        self._weight = 0
        self._of: dict[Hashable, int] = {}  # how much waits of each source, and of each workspace
        self._closed = False

    @property
    def waiting(self) -> int:
        """How much waits, by weight."""
        return self._weight

    def put(self, ticket: Ticket) -> None:
        """Let *ticket* wait for its turn; raise Overloaded when it would wait too long."""
        with self._count:
            if self._closed:
                raise Overloaded("the server is stopping")
            self._must_have_room(ticket)
            self._count_in(ticket.source, ticket.weight)
            self._arriving.put(ticket)  # still inside: behind the end nobody would take it

    def close(self) -> None:
        """Take nothing more in; what waits is still given out."""
        with self._count:
            self._closed = True
            self._arriving.put(None)

    def take(self, answered: int = 0) -> Batch | None:
        """Wait until there is something and take it all, up to each lane's limit; None when it is over.

        *answered* is how many callers were given their outcome just now. When they were many they are waited
        for, for a moment: most of them have more to hand in, and one large commit costs less than two small
        ones.
        """
        waiting = self._weight
        with self._door:
            if not (self._actions or any(self._lanes.values())):
                ticket = self._arriving.get()
                if ticket is None:
                    self._arriving.put(None)  # for the next thread
                    return None
                self._sort(ticket)
                self._wait_for_others(ticket)
            if answered >= LINGER_AFTER and not self._closed:
                self._linger(waiting + answered)
            while True:
                try:
                    ticket = self._arriving.get_nowait()
                except queue.Empty:
                    break
                if ticket is None:
                    self._arriving.put(None)
                    break
                self._sort(ticket)
            batch = self._gather()
        taken: dict[Source, int] = {}  # by source: in a storm a hundred tickets come from one
        for ticket in batch.tickets():
            taken[ticket.source] = taken.get(ticket.source, 0) + ticket.weight
        with self._count:
            for source, weight in taken.items():
                self._count_in(source, -weight)
        return batch

    def _must_have_room(self, ticket: Ticket) -> None:
        """Raise Overloaded if too much waits in all, or so much from here that others would have no room."""
        free, weight, source = QUEUE_MAX - self._weight, ticket.weight, ticket.source
        if not self._weight or 2 * (self._weight + weight) <= QUEUE_MAX:
            return  # less than half of the room is taken by all together: by nobody too much
        if weight > free:
            raise Overloaded("more comes in than can be written down")
        if source is NOBODY:
            return
        mine, ours = self._of.get(source, 0), self._of.get(source[0], 0)
        if not has_room(mine, free, wanted=weight) or not has_room(
            ours, free, WORKSPACE_TIMES, wanted=weight
        ):
            raise Overloaded("more comes in from here than can be written down; others must have room, too")

    def _count_in(self, source: Source, weight: int) -> None:
        """Count what came from *source*, or with a negative *weight* what was taken."""
        self._weight += weight
        if source is NOBODY:
            return
        for name in (source, source[0]):
            left = self._of.get(name, 0) + weight
            if left:
                self._of[name] = left
            else:
                del self._of[name]

    def _wait_for_others(self, first: Ticket) -> None:
        """Wait as long as *first* may for the first that may not, taking in what comes meanwhile."""
        patience_s = first.patience_s
        gives_up_at = time.monotonic() + patience_s
        while patience_s > 0.0:
            try:
                ticket = self._arriving.get(timeout=patience_s)
            except queue.Empty:
                return
            if ticket is None:
                self._arriving.put(None)
                return
            self._sort(ticket)
            patience_s = min(gives_up_at - time.monotonic(), ticket.patience_s)

    def _linger(self, expected: int) -> None:
        """Wait until *expected* wait, as long as more comes in, for a few slices of time at most."""
        expected = min(expected, LINGER_BELOW)
        slices = still = 0
        while self._weight < expected and slices < LINGER_SLICES_MAX and still < STILL_SLICES_MAX:
            before = self._weight
            self._pause(LINGER_SLICE_S)
            slices += 1
            still = still + 1 if self._weight == before else 0

    def _sort(self, ticket: Ticket) -> None:
        if ticket.lane is None:
            self._actions.append(ticket)
        else:
            waiting = self._lanes.get(ticket.lane)
            if waiting is None:
                waiting = self._lanes[ticket.lane] = TurnTaking(_weight_of)
            waiting.put(ticket, ticket.source)

    def _gather(self) -> Batch:
        batch = Batch()
        for lane, waiting in self._lanes.items():
            taken = waiting.take(lane.limit)
            if taken:
                batch.lanes.append((lane, taken))
        while self._actions and len(batch.actions) < ACTIONS_PER_COMMIT_MAX:
            batch.actions.append(self._actions.popleft())
        return batch


def _weight_of(ticket: Ticket) -> int:
    return ticket.weight


def answer(lane: Lane[Any, Any], tickets: Sequence[Ticket], attempt: Attempt) -> None:
    """Let *lane* handle *tickets* and note each one's outcome.

    *attempt* runs an action so that it is done whole or not at all. A batch that raises is cut in two.
    """
    items = [ticket.work for ticket in tickets]

    def handle(tx: Tx) -> Sequence[Any]:
        results = lane.handler(tx, items)
        if len(results) != len(items):
            raise RuntimeError(f"a handler gave {len(results)} results for {len(items)} items")
        return results

    try:
        results = attempt(handle)
    except (CannotWriteError, Overloaded):
        raise
    except Exception as error:  # noqa: BLE001  # it belongs to whoever submitted the item
        if len(tickets) == 1:
            tickets[0].error = error
            return
        middle = len(tickets) // 2
        answer(lane, tickets[:middle], attempt)
        answer(lane, tickets[middle:], attempt)
        return
    for ticket, result in zip(tickets, results, strict=True):
        if isinstance(result, Exception):
            ticket.error = result
        else:
            ticket.result = result


def answer_action(ticket: Ticket, attempt: Attempt) -> None:
    """Run the action of *ticket* and note its outcome."""
    try:
        ticket.result = attempt(ticket.work)
    except (CannotWriteError, Overloaded):
        raise
    except Exception as error:  # noqa: BLE001  # it belongs to whoever handed the action in
        ticket.error = error


def fail(tickets: Sequence[Ticket], error: BaseException) -> None:
    """Note that *error* is the outcome of all *tickets*."""
    for ticket in tickets:
        ticket.error = error


def hand_over(tickets: Sequence[Ticket]) -> None:
    """Give every outcome to whoever waits for it, waking each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[Ticket]] = {}
    for ticket in tickets:
        if ticket.loop is None:
            ticket.settle()
        else:
            loops.setdefault(ticket.loop, []).append(ticket)
    for loop, theirs in loops.items():
        with contextlib.suppress(RuntimeError):  # a loop that is closed has nobody waiting
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(tickets: Sequence[Ticket]) -> None:
    for ticket in tickets:
        try:
            ticket.settle()
        except Exception:
            log.exception("somebody could not be told what became of what they handed in")
