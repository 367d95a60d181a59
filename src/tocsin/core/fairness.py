"""Who may take how many of a number of places, so that nobody can take them all.

Whoever asks may hold as many as are still free, or a few times that. So one alone gets half of all places,
two get a third each, and there is always room for somebody who comes for the first time; nobody need be named
or counted beforehand (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def has_room(held: int, free: int, times: int = 1, *, wanted: int = 1) -> bool:
    """Tell whether somebody who holds *held* places may take *wanted* more, of *free* ones."""
    return wanted <= free and held + wanted <= times * (free - wanted + 1)


def admitted(
    wanting: Iterable[T],
    names_of: Callable[[T], Iterable[Hashable]],
    may_take: Callable[[Hashable, int, int], bool],
    *,
    held: Mapping[Hashable, int],
    free: int,
) -> list[T]:
    """Choose, in their order, those of *wanting* that get a place, which each takes under all of its names.

    *may_take* tells of a name, the places it holds and the free ones whether it may have one more.
    """
    counts = dict(held)
    chosen: list[T] = []
    for each in wanting:
        names = tuple(names_of(each))
        if free and all(may_take(name, counts.get(name, 0), free) for name in names):
            chosen.append(each)
            free -= 1
            for name in names:
                counts[name] = counts.get(name, 0) + 1
    return chosen
