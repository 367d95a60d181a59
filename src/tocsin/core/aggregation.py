"""How alerts are gathered into one page: by which fields, for how long, and whether the first may go ahead."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class GatherBy(StrEnum):
    """What makes two alerts belong together; similarity and meaning come with their own issue of texts."""

    NONE = "none"
    FIELDS = "fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Gather alerts that share the values of *fields* for *window*, at most AGGREGATION_WINDOW_MAX.

    *fields* are names of the filter language (``labels.cluster``, ``monitor_id``); none of them means that
    all alerts of a rule belong together. With *first_at_once* the first alert pages at once and the others
    join its page; without it all wait for the window's end.
    """

    by: GatherBy = GatherBy.NONE
    fields: tuple[str, ...] = ()
    window: timedelta = timedelta(0)
    first_at_once: bool = True


AGGREGATION_WINDOW_MAX = timedelta(days=1)
