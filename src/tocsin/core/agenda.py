"""Duties that come back by the clock on the wall, of many people at once. Instants are microseconds.

A `Series` is one recurring duty: its occurrences begin and end at wall-clock times, so that one which hands
over at nine does so on the days of 23 and 25 hours too. An `Agenda` lays the series of one level side by
side: whoever has a duty in any of them is on call. It is worked out a stretch of time at a go, and kept.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from tocsin.core.ids import UserId
from tocsin.core.instants import DAY, FUTURE, PAST
from tocsin.core.recurrence import Occurrences
from tocsin.core.zone import Zone

CHUNK = 32 * DAY
CHUNKS_KEPT_MAX = 64

# How many chunks without anybody a search for the next or the last duty may pass over: about eleven years.
QUIET_CHUNKS_MAX = 128


_ANY_NUMBER = 1 << 62


class Held(NamedTuple):
    """A stretch of duty of *user*, in the series *place*; *turn* tells it from others of that series."""

    begins: int
    ends: int
    user: UserId
    place: int
    turn: int


# One occurrence of a series: from when until when, who has the duty, its place, and its turn (see Held).
Occurrence = tuple[int, int, tuple[UserId, ...], int, int]


class Series:
    """One recurring duty: *users* tells whose the occurrence of a period is, nobody's being nobody's.

    *besides* are further beginnings, *without* those that are left out. Duties count in [since, until).
    Series that share a *place* are told apart by a *mark* of less than a second.
    """

    __slots__ = (
        "_besides",
        "_duration",
        "_mark",
        "_occurrences",
        "_users",
        "_without",
        "_zone",
        "ends",
        "place",
        "since",
        "until",
    )

    def __init__(
        self,
        occurrences: Occurrences,
        zone: Zone,
        *,
        duration: int,
        users: Callable[[int, int], tuple[UserId, ...]],
        place: int,
        besides: Sequence[int] = (),
        without: frozenset[int] = frozenset(),
        since: int = PAST,
        until: int = FUTURE,
        mark: int = 0,
    ) -> None:
        self._mark = mark
        self._occurrences = occurrences
        self._zone = zone
        self._duration = duration
        self._users = users
        self._besides = besides
        self._without = without
        self.place = place
        walls = (occurrences.start, *besides)
        self.since = max(since, zone.instant(min(walls)) - DAY)
        last = max(occurrences.last, *besides) if besides else occurrences.last
        self.until = until
        self.ends = until if last >= FUTURE else min(until, last + duration + 2 * DAY)

    def between(self, begins: int, ends: int) -> list[Occurrence]:
        """List the occurrences that overlap [begins, ends), in the order of the wall clock."""
        begins, ends = max(begins, self.since), min(ends, self.until)
        if begins >= ends:
            return []
        zone, duration, users_of, place = self._zone, self._duration, self._users, self.place
        low = begins + zone.span(begins)[0] - duration - DAY
        walls = self._occurrences.between(low, ends + zone.span(ends)[0] + DAY)
        if self._besides or self._without:
            walls = self._edited(walls, low, ends + 2 * DAY)
        found: list[Occurrence] = []
        offset, plain_from, plain_until = 0, FUTURE, PAST
        for wall, period in walls:
            since = wall - offset
            if plain_from <= since < plain_until:
                until = since + duration
            else:
                since, until = zone.instant(wall), zone.instant(wall + duration)
                # Until the clock is set next, it only differs by this.
                offset, changed, changes = zone.span(since)
                plain_from, plain_until = changed + DAY, changes - duration - DAY
            if since < begins:
                since = max(since, self.since)
            if until > ends:
                until = min(until, self.until)
            if since < ends and until > begins and since < until:
                users = users_of(wall, period)
                if users:
                    found.append((since, until, users, place, wall + self._mark))
        return found

    def _edited(self, walls: Sequence[tuple[int, int]], low: int, high: int) -> list[tuple[int, int]]:
        """Leave out what is left out, and put in what comes besides."""
        periods = dict(walls)
        for wall in self._besides[bisect_left(self._besides, low) : bisect_left(self._besides, high)]:
            periods.setdefault(wall, 0)
        return [(wall, periods[wall]) for wall in sorted(periods) if wall not in self._without]


class _Chunk(NamedTuple):
    """Who has which duty between any two of *edges*, of which the first and the last bound the chunk."""

    edges: tuple[int, ...]
    held: tuple[tuple[Held, ...], ...]
    people: tuple[tuple[UserId, ...], ...]


class Agenda:
    """Series side by side: everybody who has a duty in one of them is on call, at one *level*."""

    __slots__ = ("_begins", "_chunks", "_first", "_last", "_latest", "_recurring", "_single")

    def __init__(self, series: Iterable[Series], single: Iterable[Occurrence] = ()) -> None:
        """Take *series*, and occurrences that come by themselves, of which there may be many."""
        self._recurring = tuple(series)
        self._single = tuple(sorted(each for each in single if each[2] and each[0] < each[1]))
        self._begins = [each[0] for each in self._single]
        self._latest = list(accumulate((each[1] for each in self._single), max))
        begins = [each.since for each in self._recurring] + self._begins[:1]
        ends = [each.ends for each in self._recurring] + self._latest[-1:]
        self._first, self._last = min(begins, default=FUTURE), max(ends, default=PAST)
        self._chunks: dict[int, _Chunk] = {}

    def people(self, at: int) -> tuple[UserId, ...]:
        """Tell who is on duty at the instant *at*, each once."""
        if not self._first <= at < self._last:
            return ()
        chunk = self._chunk(at // CHUNK)
        return chunk.people[bisect_right(chunk.edges, at) - 1]

    def stretch(self, at: int) -> tuple[int, int, tuple[Held, ...]]:
        """Tell the duties that hold the instant *at*, and the stretch around it in which they stay the same.

        A stretch of nobody ends early when QUIET_CHUNKS_MAX follow one another.
        """
        if at < self._first:
            return PAST, self._next(self._first), ()
        if at >= self._last:
            return self._previous(self._last), FUTURE, ()
        chunk = self._chunk(at // CHUNK)
        place = bisect_right(chunk.edges, at) - 1
        since, until, held = chunk.edges[place], chunk.edges[place + 1], chunk.held[place]
        if held:
            return since, until, held
        if place == 0:
            since = self._previous(since)
        if place + 2 == len(chunk.edges):
            until = self._next(until)
        return since, until, ()

    def occurrences(self, begins: int, ends: int, most: int = _ANY_NUMBER) -> list[Occurrence]:
        """List the occurrences that overlap [begins, ends), in no order; soon after *most* it gives up."""
        found: list[Occurrence] = []
        for series in self._recurring:
            found += series.between(begins, ends)
            if len(found) > most:
                return found
        first = bisect_right(self._latest, begins)
        found += [each for each in self._single[first : bisect_left(self._begins, ends)] if each[1] > begins]
        return found

    def _next(self, at: int) -> int:
        """Find the first instant from *at* on at which somebody is on duty, or FUTURE."""
        for _ in range(QUIET_CHUNKS_MAX):
            if at >= self._last:
                return FUTURE
            chunk = self._chunk(at // CHUNK)
            for place in range(bisect_right(chunk.edges, at) - 1, len(chunk.held)):
                if chunk.held[place]:
                    return max(at, chunk.edges[place])
            at = chunk.edges[-1]
        return at

    def _previous(self, at: int) -> int:
        """Find the last instant up to *at* before which somebody is on duty, or PAST."""
        for _ in range(QUIET_CHUNKS_MAX):
            if at <= self._first:
                return PAST
            chunk = self._chunk((at - 1) // CHUNK)
            for place in range(bisect_right(chunk.edges, at - 1) - 1, -1, -1):
                if chunk.held[place]:
                    return min(at, chunk.edges[place + 1])
            at = chunk.edges[0]
        return at

    def _chunk(self, number: int) -> _Chunk:
        chunk = self._chunks.get(number)
        if chunk is None:
            if len(self._chunks) >= CHUNKS_KEPT_MAX:
                self._chunks.pop(next(iter(self._chunks)), None)
            chunk = _cut(self.occurrences(number * CHUNK, (number + 1) * CHUNK), number)
            self._chunks[number] = chunk
        return chunk


def _cut(occurrences: Iterable[Occurrence], number: int) -> _Chunk:
    """Cut the chunk *number* wherever an occurrence begins or ends."""
    low, high = number * CHUNK, (number + 1) * CHUNK
    found = sorted(occurrences)
    edges = {low, high}
    for each in found:
        edges.update((max(each[0], low), min(each[1], high)))
    ordered = tuple(sorted(edges))
    held: list[tuple[Held, ...]] = []
    running: list[Occurrence] = []
    upcoming = iter(found)
    following = next(upcoming, None)
    for since, _ in pairwise(ordered):
        running = [each for each in running if each[1] > since]
        while following is not None and following[0] <= since:
            if following[1] > since:
                running.append(following)
            following = next(upcoming, None)
        held.append(_held(running))
    people = tuple(tuple(dict.fromkeys(each.user for each in piece)) for piece in held)
    return _Chunk(ordered, tuple(held), people)


def _held(running: Sequence[Occurrence]) -> tuple[Held, ...]:
    """Name everybody of *running* once for each series, in the order of the series."""
    found: dict[tuple[int, UserId, int], Held] = {}
    for begins, ends, users, place, turn in running:
        for user in users:
            found.setdefault((place, user, turn), Held(begins, ends, user, place, turn))
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], key[2])))
