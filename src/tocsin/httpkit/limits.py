"""What one caller, and all together, may ask at once. Beyond it a request is refused at once, not queued.

A rate is counted for each key, in the process: with several nodes a caller has it on each. Requests under way
are counted as well, and a single caller has at most half of the places, so that a noisy source does not
starve a quiet one.
"""

import math
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime

from tocsin.core.errors import Overloaded
from tocsin.httpkit.errors import TooMany

KEYS_MAX = 10_000
UNDER_WAY_MAX = 1_024


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


class Gate:
    """Counts requests under way: *most* in all, half of that for one caller."""

    def __init__(self, most: int = UNDER_WAY_MAX) -> None:
        self.most = most
        self.most_each = max(1, most // 2)
        self.under_way = 0
        self.refused = 0
        self._each: dict[Hashable, int] = {}

    def enter(self) -> None:
        """Let a request in; raise Overloaded when the house is full. Each entry needs its ``leave``."""
        if self.under_way >= self.most:
            self.refused += 1
            raise Overloaded(f"{self.most} requests are under way already; try again in a moment")
        self.under_way += 1

    def leave(self) -> None:
        """Let a request out."""
        self.under_way -= 1

    def enter_as(self, caller: Hashable) -> None:
        """Count one more request of *caller*; raise TooMany when they hold their share already.

        Each entry needs its ``leave_as``.
        """
        mine = self._each.get(caller, 0)
        if mine >= self.most_each:
            self.refused += 1
            raise TooMany(f"{mine} requests of this key are under way already; wait for some to be answered")
        self._each[caller] = mine + 1

    def leave_as(self, caller: Hashable) -> None:
        """Count one request of *caller* less."""
        left = self._each[caller] - 1
        if left:
            self._each[caller] = left
        else:
            del self._each[caller]
