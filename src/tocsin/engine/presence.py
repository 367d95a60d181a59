"""A node's word that it is there, and what follows when another's is missing.

Twice a second each node extends its lease in the database, from a thread with a connection of its own: a busy
node is not taken for a dead one. It does so only while its event loop comes round: one that hangs is.
Whoever finds another's lease run out frees what that one had begun. A node whose own lease is over begins
nothing more: others may have taken it over.
"""

import asyncio
import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

import structlog

from tocsin import __version__
from tocsin.actions import nodes
from tocsin.actions.nodes import LEASE, Beat
from tocsin.core.because import span
from tocsin.engine.metrics import EngineMetrics
from tocsin.world import World

EVERY_S = 0.5
HANGS_AFTER_S = 1.5  # so long may the event loop be at one thing
TOUCH_S = 0.1
SKEW_MAX = timedelta(seconds=2)
SURE_AFTER_S = LEASE.total_seconds()  # so long must a node have seen the database to judge others
STOP_WITHIN_S = 5.0

_log = structlog.get_logger(__name__)


class Presence:
    """Says that this node is there, and takes over from those that do not say it any more."""

    name = "lease"

    def __init__(
        self,
        world: World,
        *,
        node: str,
        roles: Collection[str],
        metrics: EngineMetrics,
        every_s: float = EVERY_S,
    ) -> None:
        self._trouble = ""
        self._world = world
        self._elapsed = world.clock.elapsed
        self._node = node
        self._roles = list(roles)
        self._metrics = metrics
        self._every_s = every_s
        self._since: datetime | None = None
        self._last = 0.0  # when the last word was given
        self._unbroken = 0.0  # since when no word was missing
        self._came_round = 0.0
        self._is_skewed = False
        self._touch: asyncio.TimerHandle | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        metrics.clock_skew.set_function(lambda: world.clock.skew / timedelta(seconds=1))
        metrics.lease_held.set_function(lambda: float(world.lease.holds()))

    async def start(self) -> None:
        """Say it for the first time, set the clock by the database's, and go on saying it."""
        if not self._world.database.shared:
            return
        await asyncio.to_thread(self.say)
        self._come_round()
        self._thread = threading.Thread(target=self._run, name="tocsin-presence", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Say it no more."""
        self._over.set()
        if self._touch is not None:
            self._touch.cancel()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_WITHIN_S)

    @property
    def problem(self) -> str:
        """What is wrong when this node's lease does not hold."""
        return self._trouble or "the database did not hear of this node for too long"

    def turning(self, _now: datetime) -> bool:
        """Tell whether this node's lease holds."""
        return self._world.lease.holds()

    def turn(self) -> None:
        """Say it once more, unless the event loop hangs, and look after the others."""
        if self._elapsed() - self._came_round > HANGS_AFTER_S:
            self._tell("the event loop hangs")
            return
        self.say()
        if self._trouble or self._last - self._unbroken < SURE_AFTER_S:
            return
        for name, messages in self._world.database.transact(nodes.take_over).items():
            self._metrics.taken_over.inc(messages)
            _log.warning("a node is gone, and its work is taken over", gone=name, messages=messages)

    def say(self) -> None:
        """Say once that this node is there."""
        began = self._elapsed()
        skew = self._world.clock.skew
        details = {"version": __version__, "roles": self._roles, "skew_s": round(skew.total_seconds(), 3)}
        word = partial(nodes.beat, name=self._node, since=self._since, details=details, elapsed=self._elapsed)
        beat = self._world.database.transact(word)
        self._heed(beat, began)

    def _heed(self, beat: Beat, began: float) -> None:
        """Draw from what the database said what follows for this node."""
        self._world.clock.heed(beat.told, asked=beat.asked, answered=beat.answered)
        if beat.namesake is not None:
            self._world.lease.end()
            self._tell("another process works under this node's name; give each its own TOCSIN_NODE_NAME")
            return
        if self._since is not None and not beat.was_known:
            _log.warning("this node was taken for dead, and is back", node=self._node)
        if not self._since or not beat.was_known or began - self._last > LEASE.total_seconds() / 2:
            self._unbroken = began
        self._since, self._last = beat.at, began
        # What the database counts from began later: ours is over before the others' patience is.
        self._world.lease.extend(began + LEASE.total_seconds())
        self._tell("")
        self._look_at_clock()

    def _look_at_clock(self) -> None:
        skew = self._world.clock.skew
        is_skewed = abs(skew) > SKEW_MAX
        if is_skewed and not self._is_skewed:
            way = "ahead" if skew > timedelta(0) else "behind"
            text = f"this machine's clock is {span(abs(skew))} {way}; the database's is gone by"
            _log.warning(text, node=self._node)
        self._is_skewed = is_skewed

    def _tell(self, problem: str) -> None:
        if problem and problem != self._trouble:
            _log.error(problem, node=self._node)
        self._trouble = problem

    def _come_round(self) -> None:
        self._came_round = self._elapsed()
        self._touch = asyncio.get_running_loop().call_later(TOUCH_S, self._come_round)

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 - the next time it may go through
                _log.warning("this node cannot say that it is there", node=self._node, error=str(error))
