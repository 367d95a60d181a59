"""One node: its loops and its watch, begun and ended together."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from tocsin.actions.delivery import Claim
from tocsin.engine.clockwork import Loop
from tocsin.engine.deliver import Deliverer
from tocsin.engine.feeds import Feeds
from tocsin.engine.gather import Gatherer
from tocsin.engine.metrics import EngineMetrics
from tocsin.engine.pump import Pump
from tocsin.engine.sweep import Sweep
from tocsin.engine.watch import Watch
from tocsin.world import World

SEND_TICK = timedelta(milliseconds=1)
SWEEP_POLL = timedelta(minutes=10)
GATHER_POLL = timedelta(minutes=1)
FEEDS_POLL = timedelta(minutes=1)
STOP_WITHIN_S = 10.0
TURNING_WITHIN = timedelta(seconds=10)  # loops that have not come through for longer are not ready
_log = structlog.get_logger(__name__)


class Node:
    """Everything of this process that keeps time or sends, as far as its *roles* ask for it."""

    problem = "stands still"

    def __init__(
        self,
        world: World,
        *,
        name: str,
        roles: Collection[str] = ("engine", "send"),
        pump: Pump,
        deliverer: Deliverer,
        sweep: Sweep,
        gatherer: Gatherer,
        metrics: EngineMetrics,
        tell_operator: Callable[[str, str], None],
    ) -> None:
        self.name = name
        self._world = world
        self._metrics = metrics
        self._deliverer = deliverer
        self._pages = Loop("page", pump.turn, world.now)
        self._send = Loop("send", deliverer.turn, world.now, tick=SEND_TICK)
        self._sweep = Loop("sweep", sweep.turn, world.now, poll=SWEEP_POLL)
        self._feeds = Loop("feeds", Feeds(world).turn, world.now, poll=FEEDS_POLL)
        self._gatherer = gatherer
        self._gather = Loop("gather", gatherer.turn, world.now, poll=GATHER_POLL)
        keeping = (self._pages, self._sweep, self._feeds, self._gather) if "engine" in roles else ()
        self._sends = "send" in roles
        self._loops = (*keeping, self._send) if self._sends else keeping
        self.watch = Watch(world, node=name, turned_at=self.turned_at, tell=tell_operator, metrics=metrics)
        self._tasks: list[asyncio.Task[None]] = []
        self._unhook: Callable[[], None] = lambda: None
        self._no_more: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to keep time, on the running event loop."""
        if self._sends:
            await self._deliverer.take_back()
        loop = asyncio.get_running_loop()

        def woken(what: Iterable[str]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._wake, frozenset(what))

        self._unhook = self._world.database.on_wake(woken)

        def begin(claim: Claim | None, term: int) -> None:
            loop.call_soon_threadsafe(self._deliverer.begin, claim, term)

        if self._sends:
            self._no_more = self._world.database.on_fresh(partial(self._deliverer.offer, begin))
        self._deliverer.on_freed(self._send.wake)
        self._tasks = [asyncio.create_task(each.run(), name=f"tocsin-{each.name}") for each in self._loops]
        if self._loops:
            self.watch.start()

    async def stop(self) -> None:
        """Finish what is under way and stop; what remains is for another node, or for the next start."""
        self._unhook()
        self._no_more()
        for each in self._loops:
            each.stop()
        self._gatherer.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_WITHIN_S)
        await self._deliverer.drain(STOP_WITHIN_S)
        await asyncio.to_thread(self.watch.stop)

    def turned_at(self) -> Mapping[str, datetime | None]:
        """Tell when the loops that wake people last came through."""
        return {each.name: each.turned_at for each in self._loops if each in (self._pages, self._send)}

    def turning(self, now: datetime) -> bool:
        """Tell whether those loops come through."""
        return all(at is not None and now - at < TURNING_WITHIN for at in self.turned_at().values())

    def _wake(self, what: frozenset[str]) -> None:
        if "timers" in what:
            self._pages.wake()
        if "outbox" in what:
            self._send.wake()
        if "feeds" in what:
            self._feeds.wake()
