"""How often one may ask: so many requests within so long, counted in the process for each caller."""

import math
from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from tocsin.httpkit.errors import TooMany

CALLERS_MAX: Final = 10_000
MINUTE: Final = timedelta(minutes=1)


class Throttle:
    """Lets *most* requests of one caller through *within* any stretch of so long; 0 sets no limit."""

    def __init__(self, most: int, within: timedelta = MINUTE) -> None:
        self.most = most
        self._within_s = within.total_seconds()
        self._taken: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, caller: Hashable, now: datetime) -> None:
        """Count a request of *caller*; raise TooMany, which says when to come back, beyond them."""
        if not self.most:
            return
        instant = now.timestamp()
        taken = self._taken.pop(caller, None) or deque()
        self._taken[caller] = taken
        while taken and not instant - self._within_s < taken[0] <= instant:  # nor if the clock was set back
            taken.popleft()
        if len(taken) >= self.most:
            wait_s = math.ceil(taken[0] + self._within_s - instant)
            raise TooMany(f"more than {self.most} requests", retry_after_s=max(1, wait_s))
        taken.append(instant)
        if len(self._taken) > CALLERS_MAX:
            self._taken.popitem(last=False)
