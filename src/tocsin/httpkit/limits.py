"""What one caller, and all together, may ask at once. Beyond it a request is refused at once, not queued.

A rate is counted for each key, in the process: with several nodes a caller has it on each. Requests under way
are counted as well. A caller may have as many as are still free, a workspace WORKSPACE_TIMES as many: at most
half of the places for one key, less when others are busy, and always one for somebody who was quiet. Tries to
sign in are counted by all nodes together.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.actions import tries
from tocsin.core.errors import Overloaded
from tocsin.core.fairness import has_room
from tocsin.httpkit.errors import TooMany
from tocsin.world import Database

KEYS_MAX = 10_000
UNDER_WAY_MAX = 1_024
WORKSPACE_TIMES = 3

Caller = tuple[Hashable, Hashable]


class Rates:
    """A token bucket for each key: *per_s* requests a second, *burst* at once; a *per_s* of 0 is no limit."""

    def __init__(self, *, per_s: float, burst: int | None = None) -> None:
        self.per_s = per_s
        self.burst = max(1, burst if burst is not None else math.ceil(2 * per_s))
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, key: Hashable, now: datetime) -> None:
        """Count a request of *key*; raise TooMany, which says when to come back, if there were too many."""
        if not self.per_s:
            return
        instant = now.timestamp()
        full_at = self._full_at.pop(key, instant)
        # A clock that was set back must not lock anybody out for longer than an empty bucket does.
        full_at = min(max(full_at, instant), instant + self.burst / self.per_s)
        wait_s = full_at + 1 / self.per_s - instant - self.burst / self.per_s
        if wait_s > 1e-6:  # finer than that, a timestamp is only rounding
            self._full_at[key] = full_at
            raise TooMany(f"more than {self.per_s:g} requests a second", retry_after_s=math.ceil(wait_s))
        self._full_at[key] = full_at + 1 / self.per_s
        if len(self._full_at) > KEYS_MAX:
            self._full_at.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How far a caller has come: *remaining* of *most* requests, and when the oldest one counted ends."""

    most: int
    remaining: int
    resets_at: datetime


class SlidingWindow:
    """Lets *most* requests of one caller through within any stretch as long as *within*."""

    def __init__(self, most: int, within: timedelta) -> None:
        self.most = most
        self._within_s = within.total_seconds()
        self._taken: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, caller: Hashable, now: datetime) -> None:
        """Count a request of *caller*; raise TooMany, saying when to come back, if there were too many."""
        taken = self._of(caller, now.timestamp())
        if len(taken) >= self.most:
            wait_s = math.ceil(taken[0] + self._within_s - now.timestamp())
            raise TooMany(f"more than {self.most} requests", retry_after_s=max(1, wait_s))
        taken.append(now.timestamp())

    def state(self, caller: Hashable, now: datetime) -> Taken:
        """Tell how far *caller* has come."""
        taken = self._of(caller, now.timestamp())
        oldest = taken[0] if taken else now.timestamp()
        resets_at = now + timedelta(seconds=oldest + self._within_s - now.timestamp())
        return Taken(most=self.most, remaining=max(0, self.most - len(taken)), resets_at=resets_at)

    def _of(self, caller: Hashable, instant: float) -> deque[float]:
        """Give the instants of *caller*'s requests that still count."""
        taken = self._taken.pop(caller, None) or deque()
        self._taken[caller] = taken
        while taken and not instant - self._within_s < taken[0] <= instant:  # nor if the clock was set back
            taken.popleft()
        if len(self._taken) > KEYS_MAX:
            self._taken.popitem(last=False)
        return taken


class Tries:
    """Lets *most* tries of one caller through in a span of *within* that the first one opens.

    They are counted in the database, under *name*: by all nodes together, and across restarts.
    """

    def __init__(self, name: str, most: int, within: timedelta) -> None:
        self._name = name
        self._most = most
        self._within = within

    async def take(self, database: Database, caller: object, now: datetime) -> None:
        """Count a try of *caller*; raise TooMany, saying when to come back, if there were too many."""
        about = f"{self._name}\n{caller}"
        wait_s = await database.write(
            lambda tx: tries.take(tx, about, most=self._most, within=self._within, now=now)
        )
        if wait_s:
            raise TooMany(f"more than {self._most} tries", retry_after_s=wait_s)


class MinuteCounts:
    """Lets *most* requests about one thing through in each minute of the clock; a *most* of 0 is no limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._minute = 0
        self._counts: dict[Hashable, int] = {}

    def take(self, about: Hashable, now: datetime) -> None:
        """Count a request; raise TooMany, which says when the minute ends, if there were too many."""
        if not self.most:
            return
        minute, second = divmod(int(now.timestamp()), 60)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        self._counts[about] = self._counts.get(about, 0) + 1
        if self._counts[about] > self.most:
            raise TooMany(f"limited to {self.most} requests every 1 minutes", retry_after_s=60 - second)


class Gate:
    """Counts requests under way: *most* in all, half of that for one caller, so that others have room."""

    def __init__(self, most: int = UNDER_WAY_MAX) -> None:
        self.most = most
        self.most_each = max(1, most // 2)
        self.under_way = 0
        self.refused = 0
        self._each: dict[Hashable, int] = {}
        self._workspaces: dict[Hashable, int] = {}
        self._known = 0

    def enter(self) -> None:
        """Let a request in; raise Overloaded when the house is full. Each entry needs its ``leave``."""
        if self.under_way >= self.most:
            self.refused += 1
            raise Overloaded(f"{self.most} requests are under way already; try again in a moment")
        self.under_way += 1

    def leave(self) -> None:
        """Let a request out."""
        self.under_way -= 1

    def has_room_for(self, caller: Caller) -> bool:
        """Tell whether one more request of *caller*, a workspace and a key of it, would be let in."""
        free = self.most - max(self._known, self.under_way)
        ours = self._workspaces.get(caller[0], 0)
        return has_room(self._each.get(caller, 0), free) and has_room(ours, free, WORKSPACE_TIMES)

    def enter_as(self, caller: Caller) -> None:
        """Count one more request of *caller*; raise TooMany when they hold their share already.

        Each entry needs its ``leave_as``.
        """
        mine, ours, free = (
            self._each.get(caller, 0),
            self._workspaces.get(caller[0], 0),
            self.most - self._known,
        )
        if not has_room(mine, free) or not has_room(ours, free, WORKSPACE_TIMES):
            self.refused += 1
            whose, count = ("key", mine) if not has_room(mine, free) else ("workspace", ours)
            raise TooMany(
                f"{count} requests of this {whose} are under way already; wait for some to be answered"
            )
        self._each[caller], self._workspaces[caller[0]] = mine + 1, ours + 1
        self._known += 1

    def leave_as(self, caller: Caller) -> None:
        """Count one request of *caller* less."""
        self._known -= 1
        _count_down(self._each, caller)
        _count_down(self._workspaces, caller[0])


def _count_down(counts: dict[Hashable, int], name: Hashable) -> None:
    left = counts[name] - 1
    if left:
        counts[name] = left
    else:
        del counts[name]
