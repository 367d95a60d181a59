"""Hours of the week by the clock on the wall: is it inside, since when, until when."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tocsin.core.instants import DAY, FUTURE, PAST, WEEK
from tocsin.core.zone import Zone

# 1970 began on a Thursday; weeks here begin on Monday.
_THURSDAY = 3 * DAY

# The clock of no zone changed more than twice in eight days, which is how long a search can take.
CLOCK_CHANGES_MAX = 8


class Hours:
    """A union of spans of the week in one zone, each [start, end) in microseconds since Monday 00:00.

    A span that ends before it starts wraps over the end of the week; one that ends where it starts is the
    whole week. Whether an instant is inside is decided by the weekday and time that the clock shows then.
    """

    __slots__ = ("_edges", "_pieces", "_zone", "always")

    def __init__(self, spans: Iterable[tuple[int, int]], zone: Zone) -> None:
        merged = _merged(spans)
        inside_at_last = bool(merged) and merged[-1][1] == WEEK
        edges = {edge % WEEK for span in merged for edge in span}
        if inside_at_last and merged[0][0] == 0:
            edges.discard(0)
        self.always = merged == [(0, WEEK)]
        self._zone = zone
        self._edges = tuple(sorted(edges))
        # By the number of the edges that have passed since Monday: is it inside, since when, until when?
        self._pieces = tuple(
            (bool((passed + inside_at_last) & 1), since, until)
            for passed, (since, until) in enumerate(_between(self._edges))
        )

    def contains(self, at: int) -> bool:
        """Tell whether the instant *at* is inside."""
        into_week = (at + self._zone.span(at)[0] + _THURSDAY) % WEEK
        return self._pieces[bisect_right(self._edges, into_week)][0]

    def stretch(self, at: int) -> tuple[bool, int, int]:
        """Tell whether *at* is inside, and the unbroken stretch [since, until) in which that stays so."""
        if not self._edges:
            return self._pieces[0]
        # `_by_one_offset`, written out: a third of what the answer costs.
        offset, changed, changes = self._zone.span(at)
        into_week = (at + offset + _THURSDAY) % WEEK
        inside, since, until = self._pieces[bisect_right(self._edges, into_week)]
        since += at - into_week
        until += at - into_week
        if since <= changed:
            since = self._since(changed, inside=inside)
        if until >= changes:
            until = self._until(changes, inside=inside)
        return inside, since, until

    def _by_one_offset(self, at: int) -> tuple[bool, int, int, int, int]:
        """Answer as if the clock were never set, and tell since when and until when it really is not."""
        offset, changed, changes = self._zone.span(at)
        into_week = (at + offset + _THURSDAY) % WEEK
        inside, since, until = self._pieces[bisect_right(self._edges, into_week)]
        at -= into_week
        return inside, at + since, at + until, changed, changes

    def _since(self, at: int, *, inside: bool) -> int:
        """Follow a stretch back over *at*, at which the clock was set, to its beginning."""
        for _ in range(CLOCK_CHANGES_MAX):
            before, since, _, changed, _ = self._by_one_offset(at - 1)
            if before is not inside:
                break
            if since > changed:
                return since
            at = changed
        return at

    def _until(self, at: int, *, inside: bool) -> int:
        """Follow a stretch over *at*, at which the clock is set, to its end."""
        for _ in range(CLOCK_CHANGES_MAX):
            after, _, until, _, changes = self._by_one_offset(at)
            if after is not inside:
                break
            if until < changes:
                return until
            at = changes
        return at


def _between(edges: Sequence[int]) -> list[tuple[int, int]]:
    """List the pieces into which *edges* cut the week, each from one edge to the next, round the week."""
    if not edges:
        return [(PAST, FUTURE)]
    return list(pairwise((edges[-1] - WEEK, *edges, edges[0] + WEEK)))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut *spans* at the end of the week and join those that overlap or touch."""
    pieces: list[tuple[int, int]] = []
    for start, end in spans:
        if start < end:
            pieces.append((start, end))
        else:
            pieces += [(start, WEEK), (0, end)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(piece for piece in pieces if piece[0] < piece[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
