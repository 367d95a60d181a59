"""One simulated node: the engine's real parts on a real database, driven by hand; it can die and return."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from prometheus_client import CollectorRegistry

from simulation import faults
from simulation.faults import Crash, Faults, Trap
from simulation.wire import CHANNELS, SimulatedWire, drive
from tocsin.actions.delivery import Claim, Result
from tocsin.actions.dispatches import Dispatch
from tocsin.actions.intake import Parcel
from tocsin.core.event import Event
from tocsin.core.ids import EventId, IntegrationId, ServiceId, WorkspaceId
from tocsin.core.spelling import native
from tocsin.engine.compose import Links
from tocsin.engine.deliver import Deliverer
from tocsin.engine.metrics import EngineMetrics
from tocsin.engine.pump import Pump
from tocsin.engine.watch import Watch
from tocsin.httpkit.intake import Intake
from tocsin.store.secrets import Vault, VaultKey
from tocsin.store.sqlite import SqliteDatabase
from tocsin.world import IdMaker, Tx, World

T = TypeVar("T")

METRICS = EngineMetrics(CollectorRegistry())
LINKS = Links(public_url="https://tocsin.example", answer=lambda *_: "")
VAULT = Vault([VaultKey(name="sim", secret=b"s" * 32)])


@dataclass(frozen=True, slots=True)
class Draft:
    """An event as a source hands it in, before it is known whose it is."""

    said: Event

    @property
    def service(self) -> str:
        return native("service", self.said.service)

    def event(
        self,
        *,
        id: EventId,  # noqa: A002 - the name of the field
        workspace: WorkspaceId,
        service: ServiceId,
        integration: IntegrationId | None = None,
    ) -> Event:
        return replace(self.said, id=id, workspace=workspace, service=service, integration=integration)


@dataclass(slots=True)
class Flight:
    """A message between claim and record: *result* once it was sent, *arrived* if it did."""

    dispatch: Dispatch
    ready_at: datetime
    result: Result | None = None
    arrived: bool = False


class Node:
    """A process of Tocsin: what it remembers is lost when it dies, what it has committed is not."""

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        clock: Callable[[], datetime],
        pass_time: Callable[[timedelta], None],
        chance: Random,
        wire: SimulatedWire,
        channels: dict = CHANNELS,
        along: bool = False,
    ) -> None:
        self.along = along  # whether it claims what it queues in the very commit that does so
        self.claimed_along: list[Dispatch] = []
        self.name = name
        self.now = clock
        self.up = False
        self.frozen_until: datetime | None = None
        self.flights: list[Flight] = []
        self.faults = faults.NONE
        self.alarms: list[str] = []
        self._path = path
        self._pass_time = pass_time
        self._chance = chance
        self._wire = wire
        self._channels = channels
        self._new_id = IdMaker(clock, chance.random)

    def start(self) -> None:
        """Come up, with an empty memory."""
        database = SqliteDatabase(self._path, new_id=self._new_id, vault=VAULT)
        # The disk under a test is memory, and nobody pulls its plug.
        database._writer.execute("PRAGMA synchronous=OFF")
        self.database = database
        self.trap = Trap(database._writer)
        world = World(
            now=self.now,
            chance=self._chance.random,
            new_id=self._new_id,
            database=database,
            wire=self._wire,
        )
        self.pump = Pump(world, METRICS)
        self.deliverer = Deliverer(
            world, self._channels, node=self.name, links=LINKS, sender="tocsin@example.com", metrics=METRICS
        )
        self.watch = Watch(
            world,
            node=self.name,
            turned_at=dict,
            tell=lambda _, text: self.alarms.append(text),
            metrics=METRICS,
        )
        self._intake = Intake(world, read=_no_bodies)
        drive(self.deliverer.take_back())
        if self.along:
            database.on_fresh(lambda: self.deliverer.offer(self._hears))
        self.up = True

    def _hears(self, claim: Claim | None, _term: int) -> None:
        self.claimed_along += self.deliverer.heard(claim).dispatches

    def stop(self) -> None:
        """Be gone: nothing is finished and nothing is remembered."""
        if self.up:
            self.up = False
            self.flights.clear()
            self.claimed_along.clear()
            self.frozen_until = None
            self.database.close()

    # --- pieces of work, each of them one transaction or one send ---

    def work(self, piece: Callable[[], T]) -> T:
        """Do a piece of work under the faults of this node."""
        return faults.run(piece, self.trap, self.faults, self._chance, self._pass_time)

    def take_in(self, events: Sequence[Event]) -> tuple[EventId, ...]:
        """Accept *events*: when this returns with their ids, they are on disk."""
        drafts = [Draft(replace(event, received_at=self.now())) for event in events]
        parcel = Parcel(workspace=events[0].workspace, drafts=drafts)
        return self.work(lambda: drive(self._intake.take(parcel)))

    def turn(self) -> None:
        """Act on the timers that are due."""
        self.work(self.pump.turn_now)

    def claim(self) -> tuple[Dispatch, ...]:
        """Take what is to be sent out of the outbox."""
        return self.work(self.deliverer.claim_now)

    def transact(self, action: Callable[[Tx], T]) -> T:
        """Do what somebody asks for."""
        return self.work(lambda: self.database.transact(action))

    def send(self, flight: Flight) -> None:
        """Send one message that this node has claimed."""
        if self._chance.random() < self.faults.crash:
            raise Crash(committed=False)
        before = len(self._wire.deliveries)
        flight.result = drive(self.deliverer.send(flight.dispatch))
        flight.arrived = len(self._wire.deliveries) > before

    def record(self, flight: Flight) -> None:
        """Write down what became of a message that was sent."""
        result = flight.result
        assert result is not None
        self.work(lambda: self.deliverer.record_now(result))

    def healthy(self) -> None:
        """Have no more faults."""
        self.faults = Faults()
        self.frozen_until = None


def _no_bodies(_payload: bytes, /, *, received_at: datetime) -> Sequence[Draft]:
    raise AssertionError(f"no bodies are read here, at {received_at}")
