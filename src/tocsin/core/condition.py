"""Whether a step's condition holds, and what the step does when it does not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from tocsin.core.because import span
from tocsin.core.calendar import contains, next_change
from tocsin.core.escalation import Condition, MoreAlertsThan, WithinWindow

RecentEvents = Callable[[timedelta], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """A condition that does not hold, and *why*; the step *waits*, until *until* if that is known, or not."""

    why: str
    waits: bool
    until: datetime | None = None


def unmet(condition: Condition, now: datetime, *, due: datetime, recent_events: RecentEvents) -> Unmet | None:
    """Tell why *condition* does not hold at *now* for a step that was due at *due*; None when it does.

    A step whose hours had begun when it was due is taken even if we are so late that they are over.
    """
    match condition:
        case WithinWindow(window=window, skip=skip):
            if contains(window, now) or contains(window, due):
                return None
            opens_at = None if skip else next_change(window, now)
            if opens_at is not None:
                return Unmet(why="these are not its hours", waits=True, until=opens_at)
            why = "these are not its hours" if skip else "its hours are over for good"
            return Unmet(why=why, waits=False)
        case MoreAlertsThan(count=count, within=within, skip=skip):
            came = recent_events(within)
            if came > count:
                return None
            why = f"{came} event{'s' * (came != 1)} in {span(within)} are not more than {count}"
            return Unmet(why=why, waits=not skip)
        case _:
            assert_never(condition)
