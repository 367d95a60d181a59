"""Whether the server is away, so that not everybody who asks for it has to find that out by waiting."""

import time
from collections.abc import Callable

HOLD_S = 3.0  # how long an action waits for a database that is away before its caller is told
FRESH_S = 0.5  # for how long a try that failed speaks for those that come after it
RETRY_AFTER_S = 5


class Outage:
    """What the threads of one process know of the server; *clock* gives seconds that only grow.

    While it is away for a moment, as in a switch of the primary, everybody waits for it. When it has been
    away for longer, one try now and then is enough to see it come back, and the others are told at once.
    """

    __slots__ = ("_clock", "_missed_at", "_since", "hold_s")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.hold_s = HOLD_S
        self._clock = clock
        self._since: float | None = None
        self._missed_at = 0.0

    @property
    def is_on(self) -> bool:
        """Whether the last try has failed."""
        return self._since is not None

    @property
    def hopeless(self) -> bool:
        """Whether the server has been away for long, and was so a moment ago."""
        since = self._since
        return since is not None and self._is_long(since) and self._clock() - self._missed_at < FRESH_S

    def missed(self) -> bool:
        """Note that the server did not answer; tell whether it has been away for long."""
        self._missed_at = self._clock()
        since = self._since
        if since is None:
            since = self._since = self._missed_at
        return self._is_long(since)

    def over(self) -> bool:
        """Note that the server answers; tell whether it had been away."""
        was, self._since = self._since is not None, None
        return was

    def _is_long(self, since: float) -> bool:
        return self._clock() - since > self.hold_s
