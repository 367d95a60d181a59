"""A page of a long list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[T]):
    """Some *items* of a list; *next* is where the following ones begin, None at the end, *total* counts all.

    *next* is the id of the last item: ids are ordered by time, so that what comes or goes meanwhile shifts
    nothing.
    """

    items: tuple[T, ...]
    next: int | None
    total: int
