"""A world in virtual time: a clock, seeded chance, a wire, several nodes on one database, and their fate.

One thread does everything, one piece of work after the other, each of them one transaction or one send; which
comes next is up to chance. The same seed makes the same world.
"""

import heapq
import re
import shutil
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import stored
from simulation.faults import NONE, Crash, DiskError, Faults
from simulation.laws import BrokenLaw, Observer
from simulation.node import VAULT, Flight, Node
from simulation.wire import CHANNELS, Delivery, SimulatedWire, Weather
from tocsin.actions.dispatches import Dispatch
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Invalid, NotFound, Overloaded
from tocsin.core.event import Event, EventStatus, Severity
from tocsin.core.ids import EventId, NotificationId, PageId, ServiceId
from tocsin.core.notification import NotificationKind
from tocsin.core.spelling import from_any, native
from tocsin.store.columns import instant
from tocsin.store.transaction import Shelf, Tx
from tocsin.world import IdMaker

LOG_MAX = 2_000
SKEW_MAX_S = 0.4  # how far the nodes' clocks are apart
DOWN_S = (1, 5, 30, 95, 400)
FROZEN_S = (2, 30, 200)
AGAIN_S = (1, 5, 30)  # after which a sender or a person who got no answer tries again
LOST_WAKE_UP_S = 1.0  # the engine looks by itself so often

STEPS_PER_MINUTE_MAX = 3_000
LOOK_CLOSER_EVERY = 50  # pieces of work

UNFORESEEN = re.compile(r"\w+(Error|Exception)")  # what the engine calls the failure of a channel itself

Action = Callable[[Tx, datetime], object]


class Simulation:
    """A world that begins at *start* with the configuration *directory*."""

    def __init__(
        self,
        template: Path,
        folder: Path,
        directory: Directory,
        *,
        seed: int = 0,
        start: datetime,
        nodes: int = 3,
        faults: Faults = NONE,
        weather: Weather | None = None,
        channels: dict = CHANNELS,
        along: bool = False,
    ) -> None:
        self.along = along
        self.seed = seed
        self.chance = Random(seed)
        self.now = start
        self.directory = directory
        self.faults = faults
        self.wire = SimulatedWire(self.chance, lambda: self.now, weather or Weather())
        self.accepted: list[Event] = []
        self.crashes = 0
        self.excused: Counter[str] = Counter()
        self.steps = 0
        self.on_delivery: Callable[[int], None] = lambda _number: None
        self._heard = 0
        self._on_disk = True
        self._minute = (start, 0)
        self._log: deque[str] = deque(maxlen=LOG_MAX)
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()
        path = folder / f"world-{seed}.db"
        shutil.copy(template, path)
        self.nodes = [self._node(f"n{number}", path, channels) for number in range(nodes)]
        for node in self.nodes:
            node.start()
        self.new_id = IdMaker(lambda: self.now, self.chance.random)
        self.observer = Observer(path, Shelf(new_id=self.new_id, vault=VAULT))
        self.nodes[0].database.transact(lambda tx: stored.put(tx, directory, now=start))
        self._set_faults(faults)

    def _node(self, name: str, path: Path, channels: dict) -> Node:
        skew = timedelta(seconds=self.chance.uniform(-SKEW_MAX_S, SKEW_MAX_S))
        return Node(
            name,
            path,
            clock=lambda: self.now + skew,
            pass_time=self.pass_time,
            chance=self.chance,
            wire=self.wire,
            channels=channels,
            along=self.along,
        )

    def close(self) -> None:
        """End this world."""
        self.observer.close()
        for node in self.nodes:
            node.stop()

    # --- what happens from outside ---

    def at(self, after: timedelta, what: Callable[[], None]) -> None:
        """Do *what* so long *after* now."""
        heapq.heappush(self._agenda, (self.now + after, next(self._numbers), what))

    def soon(self, seconds: float, what: Callable[[], None]) -> None:
        """Do *what* in so many *seconds*."""
        self.at(timedelta(seconds=seconds), what)

    def pass_time(self, length: timedelta) -> None:
        """Let time pass while everything else stands still; a negative *length* sets the clocks back."""
        self.now += length
        self.note(f"time passes: {length}")

    def event(
        self,
        dedup_key: str,
        *,
        severity: Severity = Severity.CRITICAL,
        status: EventStatus = EventStatus.FIRING,
        service: ServiceId | None = None,
        **fields: object,
    ) -> Event:
        """Make what a source says now."""
        return Event(
            id=EventId(0),
            workspace=self.directory.workspace,
            service=service or min(self.directory.services),
            dedup_key=dedup_key,
            status=status,
            severity=severity,
            title=f"{dedup_key} is {status}",
            source="Prometheus",
            occurred_at=self.now,
            received_at=self.now,
            **fields,
        )

    def report(self, dedup_key: str, *, then: Callable[[], None] = lambda: None, **fields: object) -> None:
        """Let a source say something, and again until it is accepted; *then* it does the next thing."""
        self.post([self.event(dedup_key, **fields)], then)

    def post(self, events: Sequence[Event], then: Callable[[], None] = lambda: None) -> None:
        """Hand *events* in at some node, now, and again until they are accepted; *then* goes on."""
        node = self._any_node()
        if node is None:
            self.soon(self.chance.choice(AGAIN_S), lambda: self.post(events, then))
            return
        ids: list[EventId] = []
        if self._piece(node, f"takes in {len(events)} events", lambda: ids.extend(node.take_in(events))):
            self.accepted += [replace(event, id=made) for event, made in zip(events, ids, strict=True)]
            then()
        else:
            self.soon(self.chance.choice(AGAIN_S), lambda: self.post(events, then))

    def ask(self, what: str, action: Action, then: Callable[[], None] = lambda: None) -> None:
        """Let somebody do *action* at some node, now, and again until it is answered."""
        node = self._any_node()
        refused: list[Exception] = []

        def piece(node: Node) -> None:
            try:
                node.transact(lambda tx: action(tx, node.now()))
            except (Conflict, NotFound, Invalid) as error:
                refused.append(error)

        done = node is not None and self._piece(node, what, lambda: piece(node))
        for error in refused:
            self.note(f"{what}: refused: {error}")
        if done:
            then()
        else:
            self.soon(self.chance.choice(AGAIN_S), lambda: self.ask(what, action, then))

    def _any_node(self) -> Node | None:
        able = [node for node in self.nodes if self._is_able(node)]
        return self.chance.choice(able) if able else None

    # --- time ---

    def run(self, *, minutes: float = 0, hours: float = 0) -> None:
        """Let so much time pass, and do all that is due in it."""
        until = self.now + timedelta(minutes=minutes, hours=hours)
        while self.now < until:
            self.step(until)

    def step(self, until: datetime) -> None:
        """Do one piece of work that is due, or else go on to the next moment at which there is one."""
        ready = self._ready()
        if ready:
            self.steps += 1
            self._must_not_spin()
            self.chance.choice(ready)()
            self.now += timedelta(milliseconds=self.chance.choice((1, 5, 20)))
            return
        moment = self._next_moment()
        if moment is None or moment >= until:
            self.now = until
            return
        late = timedelta(seconds=self.chance.random() * LOST_WAKE_UP_S)
        self.now = max(self.now, moment) + late

    def _must_not_spin(self) -> None:
        """Check that there is an end to what is to be done at any one time."""
        if self.now - self._minute[0] > timedelta(minutes=1):
            self._minute = (self.now, self.steps)
        if self.steps - self._minute[1] > STEPS_PER_MINUTE_MAX:
            raise BrokenLaw("the engine goes on and on without getting anywhere")

    def heal(self) -> None:
        """Let nothing fail from here on, and everybody come back."""
        self._set_faults(NONE)
        self.wire.weather.clear()
        for node in self.nodes:
            node.frozen_until = None
            if not node.up:
                node.start()
        self.note("everything is well from here on")

    def crash_all(self, *, down: timedelta) -> None:
        """Stop the whole server, and bring it back after *down*."""
        for node in self.nodes:
            if node.up:
                self._crash(node, down)

    def quiesce(self, *, hours: float = 4) -> None:
        """Heal, let what is under way come to its end, and check what must hold then."""
        self.heal()
        self.run(hours=hours)
        until = self.now + timedelta(hours=2)
        while self.now < until and (self._ready() or self.observer.next_due()[1] is not None):
            self.step(until)
        self.check_end()

    def _set_faults(self, faults: Faults) -> None:
        self.faults = faults
        for node in self.nodes:
            node.faults = faults

    def _is_able(self, node: Node) -> bool:
        if node.frozen_until is not None and node.frozen_until <= self.now:
            node.frozen_until = None
        return node.up and node.frozen_until is None

    def _ready(self) -> list[Callable[[], None]]:
        """List all that could be done now."""
        ready: list[Callable[[], None]] = []
        if self._agenda and self._agenda[0][0] <= self.now:
            ready.append(self._next_on_agenda)
        timer, message = self.observer.next_due()
        for node in self.nodes:
            if not self._is_able(node):
                continue
            if timer is not None and instant(timer) <= node.now():
                ready.append(lambda node=node: self._piece(node, "turns", node.turn))
            if message is not None and instant(message) <= node.now():
                ready.append(lambda node=node: self._claim(node))
            ready += [
                lambda node=node, flight=flight: self._fly(node, flight)
                for flight in node.flights
                if flight.ready_at <= self.now
            ]
        return ready

    def _next_moment(self) -> datetime | None:
        moments = [self._agenda[0][0]] if self._agenda else []
        able = [node for node in self.nodes if self._is_able(node)]
        if able:
            moments += [instant(at) for at in self.observer.next_due() if at is not None]
        moments += [flight.ready_at for node in able for flight in node.flights]
        moments += [node.frozen_until for node in self.nodes if node.frozen_until is not None]
        return min(moments, default=None)

    def _next_on_agenda(self) -> None:
        heapq.heappop(self._agenda)[2]()

    # --- pieces of work ---

    def _piece(self, node: Node, what: str, work: Callable[[], object]) -> bool:
        """Let *node* do one piece of work; tell whether it was done and everybody knows it."""
        self._on_disk = True
        try:
            work()
        except Crash as crash:
            self._on_disk = crash.committed
            done = "after the commit" if crash.committed else "before it was done"
            self.note(f"{node.name} {what}: crashes {done}")
            self._crash(node, timedelta(seconds=self.chance.choice(DOWN_S)))
            return False
        except (DiskError, Overloaded):  # which of the two depends on the statement that found the disk full
            self._on_disk = False
            self.note(f"{node.name} {what}: the disk fails")
            return False
        finally:
            if not what.startswith("sends"):
                self.observer.check()
            if self.steps % LOOK_CLOSER_EVERY == 0:
                self.look_closer()
        self.note(f"{node.name} {what}")
        self._take_off(node, node.claimed_along)
        node.claimed_along.clear()
        if self.chance.random() < self.faults.freeze:
            self._freeze(node, timedelta(seconds=self.chance.choice(FROZEN_S)))
        return True

    def _freeze(self, node: Node, length: timedelta) -> None:
        node.frozen_until = self.now + length
        self.note(f"{node.name} stands still until {node.frozen_until:%H:%M:%S}")

    def _crash(self, node: Node, down: timedelta) -> None:
        self.crashes += 1
        for flight in node.flights:
            self._excuse(flight)
        node.stop()
        self.at(down, lambda: self._come_back(node))

    def _come_back(self, node: Node) -> None:
        if not node.up:
            node.start()
            node.faults = self.faults
            self.note(f"{node.name} comes back")

    def _excuse(self, flight: Flight) -> None:
        """Allow one more copy of a message that arrived, for nobody has written that down."""
        if flight.arrived:
            flight.arrived = False
            self.excused[native("notification", flight.dispatch.notification.id)] += 1

    def _claim(self, node: Node) -> None:
        claimed: list[Dispatch] = []
        self._piece(node, "claims", lambda: claimed.extend(node.claim()))
        self._excuse_taken_over(node, {dispatch.notification.id for dispatch in claimed})
        if node.up:
            self._take_off(node, claimed)

    def _take_off(self, node: Node, claimed: Sequence[Dispatch]) -> None:
        """Let *node* send what it has claimed, a little later perhaps."""
        self.observer.must_be_asking(
            (each.page, each.user, f"message {each.id}")
            for dispatch in claimed
            for each in (dispatch.notification, *(part for part, _page in dispatch.bundled))
            if each.kind is NotificationKind.PAGE and each.page is not None
        )
        for dispatch in claimed:
            ready_at = self.now + timedelta(seconds=self.chance.choice((0, 0, 0.1, 2)))
            node.flights.append(Flight(dispatch, ready_at))

    def _excuse_taken_over(self, node: Node, claimed: set[NotificationId]) -> None:
        """Allow copies of what arrived under leases that are over: whoever held them stood still too long.

        A node that died after the commit has taken over what it knows nothing of.
        """
        leased = "SELECT id FROM notifications WHERE state = 'sending' AND node = ?"
        taken = {row[0] for row in self.observer.rows(leased, node.name)}
        for other in self.nodes:
            for flight in other.flights:
                if flight.dispatch.notification.id in (claimed if other is node else taken):
                    self._excuse(flight)

    def _fly(self, node: Node, flight: Flight) -> None:
        """Send what was claimed, or write down what became of it."""
        if flight.result is None:
            self._send(node, flight)
            return
        node.flights.remove(flight)
        self._piece(node, f"records {flight.result.receipt.outcome}", lambda: node.record(flight))
        if not self._on_disk and node.up:  # the engine tries that again, for the message is out
            flight.ready_at = self.now + timedelta(seconds=self.chance.choice((0.5, 2)))
            node.flights.append(flight)
        elif not self._on_disk:
            self._excuse(flight)

    def _send(self, node: Node, flight: Flight) -> None:
        if not self._piece(node, f"sends {flight.dispatch.notification.id}", lambda: node.send(flight)):
            return
        if flight.result is None:
            node.flights.remove(flight)
            return
        if UNFORESEEN.fullmatch(flight.result.receipt.error):
            raise BrokenLaw(f"a channel failed in an unforeseen way: {flight.result.receipt.error}")
        for number in range(self._heard, len(self.wire.deliveries)):
            delivery = self.wire.deliveries[number]
            if not delivery.told:
                self.excused[delivery.key] += 1
            self.on_delivery(number)
        self._heard = len(self.wire.deliveries)
        flight.ready_at = self.now + timedelta(seconds=self.chance.choice((0, 0, 1, 10, 30)))

    # --- what came of it ---

    def told(self) -> set[str]:
        """Name the people to whom a page came."""
        names = {
            method.address: user.display_name
            for user in self.directory.users.values()
            for method in user.contact_methods
        }
        return {names[each.address] for each in self.wire.deliveries if each.address in names}

    def timers_left(self) -> int:
        """Count the timers that wait."""
        return self.observer.one("SELECT count(*) FROM timers")

    def copies_too_many(self) -> int:
        """Count how often a message arrived that had arrived before."""
        copies = Counter(each.key for each in self.wire.deliveries)
        return sum(copies.values()) - len(copies)

    def pages(self) -> list[PageId]:
        """List the pages that there are."""
        return [row[0] for row in self.observer.rows("SELECT id FROM pages ORDER BY id")]

    def check_copies(self) -> None:
        """Check that nothing arrived more often than once, but for reasons that nobody can help."""
        copies = Counter(each.key for each in self.wire.deliveries)
        for key, number in copies.items():
            if number > 1 + self.excused[key]:
                raise BrokenLaw(f"message {key} arrived {number} times, {self.excused[key]} excused")
            if not self.observer.one("SELECT 1 FROM notifications WHERE id = ?", from_any(key)):
                raise BrokenLaw(f"message {key} was sent, and was never wanted")
        self._check_arrivals()

    def _check_arrivals(self) -> None:
        """Check that what is written down as sent has arrived, by itself or named in what carried it."""
        arrived: dict[str, list[Delivery]] = {}
        for delivery in self.wire.deliveries:
            arrived.setdefault(delivery.key, []).append(delivery)
        for message, page, carrier in self.observer.rows(
            "SELECT id, page_id, bundled_into FROM notifications WHERE state IN ('sent', 'delivered')"
        ):
            came = arrived.get(native("notification", carrier or message), [])
            if not came:
                raise BrokenLaw(f"message {message} is written down as sent, and never arrived")
            named = [each.bundled is None or native("page", page) in each.bundled for each in came]
            if carrier and not any(named):
                raise BrokenLaw(f"message {message} was to go with {carrier}, which does not name it")

    def look_closer(self) -> None:
        """Check what must hold at any time, and takes longer to look at."""
        self.observer.check_silences(self.now)
        self.observer.check_waits(self.now)
        self.observer.check_watch(self.now)

    def check_end(self) -> None:
        """Check what must hold when everything has come to rest."""
        self.observer.check()
        self.look_closer()
        self.observer.check_rest(self.now)
        self.observer.check_accepted(self.accepted)
        self.observer.check_told()
        self.observer.check_stories()
        self.observer.check_lasting()
        self.check_copies()

    def note(self, what: str) -> None:
        """Remember *what* happened, for whoever looks into a broken law."""
        self._log.append(f"{self.now:%m-%d %H:%M:%S.%f} {what}")

    def log(self) -> str:
        """Tell what happened, and what there is in the end."""
        return "\n".join((*self._log, *self.observer.last_words()))
