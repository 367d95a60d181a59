"""Hours of the week by the clock on the wall: is it inside, since when, until when."""

from bisect import bisect_right
from collections.abc import Iterable

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

    __slots__ = ("_edges", "_inside_at_monday", "_zone", "always")

    def __init__(self, spans: Iterable[tuple[int, int]], zone: Zone) -> None:
        merged = _merged(spans)
        self._zone = zone
        self._inside_at_monday = bool(merged) and merged[-1][1] == WEEK
        self.always = merged == [(0, WEEK)]
        edges = {edge % WEEK for span in merged for edge in span}
        if self._inside_at_monday and merged[0][0] == 0:
            edges.discard(0)
        self._edges = tuple(sorted(edges))

    def contains(self, at: int) -> bool:
        """Tell whether the instant *at* is inside."""
        if not self._edges:
            return self.always
        offset, _, _ = self._zone.span(at)
        into_week = (at + offset + _THURSDAY) % WEEK
        return bool((bisect_right(self._edges, into_week) + self._inside_at_monday) & 1)

    def stretch(self, at: int) -> tuple[bool, int, int]:
        """Tell whether *at* is inside, and the unbroken stretch [since, until) in which that stays so."""
        if not self._edges:
            return self.always, PAST, FUTURE
        inside, since, until, changed, changes = self._undisturbed(at)
        if since <= changed:
            since = self._since(changed, inside=inside)
        if until >= changes:
            until = self._until(changes, inside=inside)
        return inside, since, until

    def _undisturbed(self, at: int) -> tuple[bool, int, int, int, int]:
        """Answer as if the clock were never set, and tell since when and until when it really was not."""
        edges = self._edges
        offset, changed, changes = self._zone.span(at)
        into_week = (at + offset + _THURSDAY) % WEEK
        index = bisect_right(edges, into_week)
        monday = at - into_week
        return (
            bool((index + self._inside_at_monday) & 1),
            monday + (edges[index - 1] if index else edges[-1] - WEEK),
            monday + (edges[index] if index < len(edges) else edges[0] + WEEK),
            changed,
            changes,
        )

    def _since(self, at: int, *, inside: bool) -> int:
        """Follow a stretch back over *at*, at which the clock was set, to its beginning."""
        for _ in range(CLOCK_CHANGES_MAX):
            before, since, _, changed, _ = self._undisturbed(at - 1)
            if before is not inside:
                break
            if since > changed:
                return since
            at = changed
        return at

    def _until(self, at: int, *, inside: bool) -> int:
        """Follow a stretch over *at*, at which the clock is set, to its end."""
        for _ in range(CLOCK_CHANGES_MAX):
            after, _, until, _, changes = self._undisturbed(at)
            if after is not inside:
                break
            if until < changes:
                return until
            at = changes
        return at


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
