"""One layer by itself: people taking turns, within its dates and its hours. Instants are microseconds.

Everything is closed form: no answer gets slower with the number of turns since the rotation began.
"""

from collections.abc import Sequence

from tocsin.core.hours import Hours
from tocsin.core.ids import UserId
from tocsin.core.instants import DAY, FUTURE, PAST
from tocsin.core.zone import Zone

# How many closed hours and turns of no-one a search for the layer's next (or last) duty may pass over.
LEAPS_MAX = 200

# Since when and until when the answer holds, who is on duty (nobody: empty), and the number of their turn.
Stretch = tuple[int, int, tuple[UserId, ...], int]


class Turns:
    """Turn n begins n x *days* after *start* on the wall clock of *zone*, and n x *seconds* after that.

    Both are in microseconds, and their sum is positive. A wall-clock time in a missing hour moves forward by
    it, a repeated one is the first. Turn 0 begins at *start* itself, even in the second of two equal hours.
    """

    __slots__ = ("_by_wall", "_days", "_every", "_seconds", "_start", "_wall", "_zone")

    def __init__(self, *, start: int, days: int, seconds: int, zone: Zone) -> None:
        self._start = start
        self._days = days
        self._seconds = seconds
        self._every = days + seconds
        self._zone = zone
        self._wall = start + zone.span(start)[0]
        # More than a day after the clock was set, what it shows tells the turn: but not with elapsed seconds,
        # and not beside a turn 0 that begins in the second of two equal hours.
        self._by_wall = not seconds and zone.instant(self._wall) == start

    def begins(self, number: int) -> int:
        """Find the instant at which turn *number* begins."""
        if number == 0:
            return self._start
        if not self._days:
            return self._start + number * self._seconds
        return self._zone.instant(self._wall + number * self._days) + number * self._seconds

    def number(self, at: int) -> int:
        """Find the number of the turn that holds the instant *at*."""
        if not self._days:
            return (at - self._start) // self._seconds
        offset, since, _ = self._zone.span(at)
        number = (at + offset - self._wall) // self._every
        return number if self._by_wall and at - since >= DAY else self._settled(number, at)[0]

    def at(self, at: int) -> tuple[int, int, int]:
        """Find the turn that holds the instant *at*: its number, its beginning and its end."""
        if not self._days:
            number, into = divmod(at - self._start, self._seconds)
            return number, at - into, at - into + self._seconds
        offset, since, until = self._zone.span(at)
        number, into = divmod(at + offset - self._wall, self._every)
        if not self._by_wall or at - since < DAY:
            return self._settled(number, at)
        begins, ends = at - into, at - into + self._days
        if begins - since < DAY:
            begins = self.begins(number)
        if ends >= until:
            ends = self.begins(number + 1)
        return number, begins, ends

    def _settled(self, number: int, at: int) -> tuple[int, int, int]:
        """Correct an estimated turn *number*: it is wrong by as many turns as clock changes can hide, two."""
        begins = self.begins(number)
        while begins > at:
            number -= 1
            begins = self.begins(number)
        ends = self.begins(number + 1)
        while ends <= at:
            number += 1
            begins, ends = ends, self.begins(number + 1)
        return number, begins, ends


class Rotation:
    """Members taking turns in [effective, end) and within *hours*, if it has any; a member None is no-one."""

    __slots__ = (
        "_ahead",
        "_behind",
        "_effective",
        "_end",
        "_final",
        "_first",
        "_gappy",
        "_hours",
        "_slots",
        "_turns",
    )

    def __init__(
        self,
        *,
        turns: Turns,
        members: Sequence[UserId | None],
        effective: int,
        end: int,
        hours: Hours | None,
    ) -> None:
        self._turns = turns
        self._slots = tuple(() if member is None else (member,) for member in members)
        self._ahead = _distances(self._slots)
        self._behind = tuple(reversed(_distances(self._slots[::-1])))
        self._gappy = any(self._ahead)  # some turns are no-one's
        self._effective = effective
        self._end = end
        self._hours = hours
        self._first = self._next_duty(self._open_from(effective))
        self._final = self._last_duty(self._open_until(end)) if end < FUTURE else FUTURE

    def people(self, at: int) -> tuple[UserId, ...]:
        """Tell who is on duty at the instant *at*."""
        if not self._effective <= at < self._end or (
            self._hours is not None and not self._hours.contains(at)
        ):
            return ()
        return self._slots[self._turns.number(at) % len(self._slots)]

    def stretch(self, at: int) -> Stretch:
        """Tell who is on duty at the instant *at*, and the stretch of that turn, or of nobody, around it.

        A stretch of nobody ends early when LEAPS_MAX closed hours and turns of no-one follow one another.
        """
        since, until = self._effective, self._end
        if at < since:
            return PAST, self._first, (), 0
        if at >= until:
            return self._final, FUTURE, (), 0
        if self._hours is None:
            return self._turn(at, since, until)
        inside, changed, changes = self._hours.stretch(at)
        if inside:
            return self._turn(at, max(since, changed), min(until, changes))
        if self._gappy:  # a turn of no-one may adjoin the closed hours
            return self._last_duty(changed), self._next_duty(changes), (), 0
        return changed if changed > since else PAST, changes if changes < until else FUTURE, (), 0

    def _turn(self, at: int, since: int, until: int) -> Stretch:
        """Tell whose turn it is at *at*, which the dates and hours allow from *since* to *until*."""
        number, begins, ends = self._turns.at(at)
        people = self._slots[number % len(self._slots)]
        if not people:
            return self._last_duty(at + 1), self._next_duty(at), (), 0
        return max(begins, since), min(ends, until), people, number

    def _next_duty(self, at: int) -> int:
        """Find the first instant from *at* on, which is open, at which somebody is on duty, or FUTURE."""
        for _ in range(LEAPS_MAX):
            if at >= self._end:
                return FUTURE
            number = self._turns.number(at)
            ahead = self._ahead[number % len(self._slots)]
            if not ahead:
                return at
            at = self._open_from(self._turns.begins(number + ahead))
        return at

    def _last_duty(self, at: int) -> int:
        """Find the end of the last duty up to *at*, before which it is open, or PAST."""
        for _ in range(LEAPS_MAX):
            if at <= self._effective:
                return PAST
            number = self._turns.number(at - 1)
            behind = self._behind[number % len(self._slots)]
            if not behind:
                return at
            at = self._open_until(self._turns.begins(number - behind + 1))
        return at

    def _open_from(self, at: int) -> int:
        """Find the first open instant from *at* on."""
        if self._hours is None:
            return at
        inside, _, changes = self._hours.stretch(at)
        return at if inside else changes

    def _open_until(self, at: int) -> int:
        """Find the last instant up to *at* before which it is open."""
        if self._hours is None:
            return at
        inside, changed, _ = self._hours.stretch(at - 1)
        return at if inside else changed


def _distances(slots: Sequence[tuple[UserId, ...]]) -> tuple[int, ...]:
    """Count, for each of *slots*, which follow one another in a ring, how many turns on somebody has one."""
    distances = [0] * len(slots)
    ahead = 0
    for index in range(2 * len(slots) - 1, -1, -1):
        ahead = 0 if slots[index % len(slots)] else ahead + 1
        distances[index % len(slots)] = ahead
    return tuple(distances)
