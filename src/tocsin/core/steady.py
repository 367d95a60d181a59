"""A clock that goes by another one, and never back: what a node reads when its machine's clock jumps.

A wait that is stored as a moment is lost for an hour when the clock is set back by one. So a clock that finds
itself ahead only goes slower until the other has caught up: a wait then lasts a little longer, and no more.
One that finds itself behind goes forward at once: late is worse than early.
"""

from typing import NamedTuple

SLOWER_BY = 0.1  # at most: a wait of five minutes lasts five and a half
WITHIN_S = 1.0  # a small lead is worn off in so long, and not at once, so that nothing swings


class Steady(NamedTuple):
    """What the clock read, in seconds since 1970, when *elapsed* seconds had gone by; its *rate* since."""

    reads: float
    elapsed: float
    rate: float = 1.0

    def at(self, elapsed: float) -> float:
        """Tell what it reads when *elapsed* seconds have gone by."""
        return self.reads + (elapsed - self.elapsed) * self.rate


def follow(steady: Steady, *, earliest: float, latest: float, elapsed: float) -> Steady:
    """Let *steady* go by another clock, which read at least *earliest* and at most *latest* at *elapsed*."""
    reads = steady.at(elapsed)
    if reads < earliest:
        return Steady(earliest, elapsed)
    ahead = reads - latest
    if ahead <= 0:
        return Steady(reads, elapsed)
    return Steady(reads, elapsed, 1.0 - min(SLOWER_BY, ahead / WITHIN_S))
