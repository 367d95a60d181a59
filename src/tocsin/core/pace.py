"""The workspace's pace: what passes after each notification rule and each step, beside the waits in them.

A person who is told by one way has so long to answer before the next way is used. Without a pace, as it is at
first, what has no wait between goes out at once, and nobody is reached later than they could have been.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.escalation import Page
from tocsin.core.plan import Step

NONE: Final = timedelta(0)
PACE_MAX: Final = timedelta(seconds=60)


def check(pace: timedelta, path: str) -> None:
    """Raise Invalid, naming the field *path*, for a pace that cannot be."""
    if not NONE <= pace <= PACE_MAX:
        remedy = f"must be 0 to {PACE_MAX.total_seconds():.0f} seconds"
        raise Invalid(path, f"is {pace.total_seconds():.0f} seconds", remedy)


def of_steps(page: Page, pace: timedelta) -> timedelta:
    """Tell what passes between two steps of *page*; one with a level goes by how long that lasts, alone."""
    return pace if page.level is None else NONE


def only_paced(steps: Iterable[Step], pace: timedelta) -> bool:
    """Tell whether between *steps* nothing passes but the pace, for no wait is written there."""
    return pace > NONE and not any(step.after for step in steps)
