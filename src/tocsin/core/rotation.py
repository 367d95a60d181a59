"""One layer by itself: people taking turns, within its dates and its hours. Instants are microseconds.

Everything is closed form: no answer gets slower with the number of turns since the rotation began.
"""

from collections.abc import Sequence

from tocsin.core.hours import Hours
from tocsin.core.ids import UserId
from tocsin.core.instants import DAY, FUTURE, PAST
from tocsin.core.zone import Zone

# How many closed hours and turns of no-one a search for the layer's next (or last) duty may pass over.
LEAPS_MAX = 500

# Since when and until when the answer holds, who is on duty (nobody: empty), and the number of their turn.
Stretch = tuple[int, int, tuple[UserId, ...], int]


class Turns:
    """Turn n begins n x *days* after *start* on the wall clock of *zone*, and n x *seconds* after that.

    Both are in microseconds, and their sum is positive. A wall-clock time in a missing hour moves forward by
    it, a repeated one is the first. Turn 0 begins at *start* itself, even in the second of two equal hours.
    """

    __slots__ = ("_days", "_every", "_seconds", "_start", "_wall", "_zone")

    def __init__(self, *, start: int, days: int, seconds: int, zone: Zone) -> None:
        self._start = start
        self._days = days
        self._seconds = seconds
        self._every = days + seconds
        self._zone = zone
        self._wall = start + zone.span(start)[0]

    def begins(self, number: int) -> int:
        """Find the instant at which turn *number* begins."""
        if number == 0:
            return self._start
        if not self._days:
            return self._start + number * self._seconds
        return self._zone.instant(self._wall + number * self._days) + number * self._seconds

    def at(self, at: int) -> tuple[int, int, int]:
        """Find the turn that holds the instant *at*: its number, its beginning and its end."""
        if not self._days:
            number, into = divmod(at - self._start, self._seconds)
            return number, at - into, at - into + self._seconds
        offset, since, until = self._zone.span(at)
        number, into = divmod(at + offset - self._wall, self._every)
        if self._seconds or at - since < DAY:
            return self._settled(number, at)
        # More than a day after the clock was set, the clock on the wall alone tells the turn.
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
    """Members taking turns in [effective, end) and within *hours*, if it has any; a member None is no-one.

    It remembers its last answer, which serves whoever asks about the same time again, and whoever walks
    along a schedule of many layers.
    """

    __slots__ = ("_ahead", "_behind", "_effective", "_end", "_hours", "_last", "_slots", "_turns")

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
        self._effective = effective
        self._end = end
        self._hours = hours
        self._last: Stretch = (FUTURE, PAST, (), 0)

    def people(self, at: int) -> tuple[UserId, ...]:
        """Tell who is on duty at the instant *at*."""
        since, until, people, _ = self._last
        if since <= at < until:
            return people
        if not self._effective <= at < self._end or (self._hours and not self._hours.contains(at)):
            return ()
        return self._slots[self._turns.at(at)[0] % len(self._slots)]

    def stretch(self, at: int) -> Stretch:
        """Tell who is on duty at the instant *at*, and the stretch of that turn, or of nobody, around it.

        A stretch of nobody ends early when LEAPS_MAX closed hours and turns of no-one follow one another.
        """
        last = self._last
        if last[0] <= at < last[1]:
            return last
        self._last = last = self._look(at)
        return last

    def _look(self, at: int) -> Stretch:
        if at < self._effective:
            return PAST, self._next_duty(self._effective), (), 0
        if at >= self._end:
            return self._last_duty(self._end), FUTURE, (), 0
        since, until = self._effective, self._end
        if self._hours:
            inside, opened, closes = self._hours.stretch(at)
            if not inside:
                return self._closed(at, opened, closes)
            since, until = max(since, opened), min(until, closes)
        number, begins, ends = self._turns.at(at)
        people = self._slots[number % len(self._slots)]
        if not people:
            return self._last_duty(at), self._next_duty(at), (), 0
        return max(begins, since), min(ends, until), people, number

    def _closed(self, at: int, closed: int, opens: int) -> Stretch:
        """Tell the stretch of nobody around *at*, which lies in the closed hours [closed, opens)."""
        if any(self._ahead):  # some turns are no-one's, and may adjoin the closed hours
            return self._last_duty(at), self._next_duty(at), (), 0
        since = closed if closed > self._effective else PAST
        until = opens if opens < self._end else FUTURE
        return since, until, (), 0

    def _next_duty(self, at: int) -> int:
        """Find the first instant from *at* on at which somebody is on duty, or FUTURE."""
        for _ in range(LEAPS_MAX):
            if self._hours:
                inside, _, opens = self._hours.stretch(at)
                at = at if inside else opens
            if at >= self._end:
                return FUTURE
            number, _, _ = self._turns.at(at)
            ahead = self._ahead[number % len(self._slots)]
            if not ahead:
                return at
            at = self._turns.begins(number + ahead)
        return at

    def _last_duty(self, at: int) -> int:
        """Find the end of the last duty that somebody had before *at*, or PAST."""
        for _ in range(LEAPS_MAX):
            if self._hours:
                inside, closed, _ = self._hours.stretch(at - 1)
                at = at if inside else closed
            if at <= self._effective:
                return PAST
            number, _, _ = self._turns.at(at - 1)
            behind = self._behind[number % len(self._slots)]
            if not behind:
                return at
            at = self._turns.begins(number - behind + 1)
        return at


def _distances(slots: Sequence[tuple[UserId, ...]]) -> tuple[int, ...]:
    """Count, for each of *slots*, which follow one another in a ring, how many turns on somebody has one."""
    distances = [0] * len(slots)
    ahead = 0
    for index in range(2 * len(slots) - 1, -1, -1):
        ahead = 0 if slots[index % len(slots)] else ahead + 1
        distances[index % len(slots)] = ahead
    return tuple(distances)
