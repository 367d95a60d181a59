"""Which groups of texts mean the same, by the vectors that a language model gives for them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

from tocsin.core.ids import PageId

GROUPS_MAX: Final = 200  # open groups that are compared, of one rule and plan
VECTOR_LENGTH_MAX: Final = 8_192

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Let the groups of pages *others* go into that of *into*, which gathered first."""

    into: PageId
    others: tuple[PageId, ...]


def merges(groups: Sequence[tuple[PageId, str]], vectors: Mapping[str, Vector], bound: float) -> list[Merge]:
    """Find groups, each a page and its text, the oldest first, that mean the same as an earlier one.

    They do when the cosine of their *vectors* is at least *bound*. A text without a vector stays by itself,
    and so does everything past GROUPS_MAX.
    """
    leaders: list[tuple[PageId, Vector]] = []
    found: dict[PageId, list[PageId]] = {}
    for page, text in groups[:GROUPS_MAX]:
        vector = _unit(vectors.get(text, ()))
        if not vector:
            continue
        near = [(_product(leader, vector), -place) for place, (_, leader) in enumerate(leaders)]
        nearest, place = max(near, default=(-1.0, 0))
        if leaders and nearest >= bound:
            found.setdefault(leaders[-place][0], []).append(page)
        else:
            leaders.append((page, vector))
    return [Merge(into=into, others=tuple(others)) for into, others in found.items()]


def _unit(vector: Vector) -> Vector:
    """Give the direction of *vector*; nothing where it has none."""
    length = math.hypot(*vector)
    return tuple(each / length for each in vector) if length and math.isfinite(length) else ()


def _product(one: Vector, other: Vector) -> float:
    """Tell how near two directions are: 1 the same, 0 nothing in common; 0 also where they do not compare."""
    return sum(map(mul, one, other)) if len(one) == len(other) else 0.0
