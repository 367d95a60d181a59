"""When duty really passes on: the next moment at which other people are on call, whichever layer decides."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.ids import UserId
from tocsin.core.schedule import Schedule, unchanged_until, who

STEPS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Who is on call *now*, and who is *then*, at *at*; nobody is an empty tuple.

    *at* is None when it never changes, or not within STEPS_MAX shifts.
    """

    now: tuple[UserId, ...]
    at: datetime | None
    then: tuple[UserId, ...]


def next_handoff(schedule: Schedule, at: datetime) -> Handoff:
    """Find the next handoff after the instant *at*: shifts of the same people in a row are one duty."""
    people = who(schedule, at)
    known, when = set(people), at
    for _ in range(STEPS_MAX):
        until = unchanged_until(schedule, when)
        if until is None:
            break
        after = who(schedule, until)
        if set(after) != known:
            return Handoff(now=people, at=until, then=after)
        when = until
    return Handoff(now=people, at=None, then=())
