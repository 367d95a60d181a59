"""Positions: numbers that are unique and may have gaps, moved as this API moves them."""

from collections.abc import Mapping
from typing import Final, TypeVar

from tocsin.dialects.grafana_oncall.errors import refused

K = TypeVar("K")

POSITION_MAX: Final = 2_147_483_647
OUT_OF_RANGE: Final = "Invalid value for position field"
LAST: Final = -1


def appended(numbers: Mapping[K, int]) -> int:
    """Give the number of what comes last."""
    return max(numbers.values(), default=-1) + 1


def moved(numbers: Mapping[K, int], which: K, to: int) -> dict[K, int]:
    """Move *which* to the number *to*; what lies between shifts by one, gaps or not."""
    check(to)
    if to == LAST:
        others = [number for key, number in numbers.items() if key != which]
        to = max(numbers[which], max(others, default=-1))
    was = numbers[which]
    new = dict(numbers)
    for key, number in numbers.items():
        if key != which and was < number <= to:
            new[key] = number - 1
        elif key != which and to <= number < was:
            new[key] = number + 1
    new[which] = to
    return new


def swapped(numbers: Mapping[K, int], which: K, to: int) -> dict[K, int]:
    """Let *which* and whoever has the number *to* trade places."""
    check(to)
    if to == LAST:
        raise refused(OUT_OF_RANGE)
    new = dict(numbers)
    for key, number in numbers.items():
        if key != which and number == to:
            new[key] = numbers[which]
    new[which] = to
    return new


def check(position: int) -> None:
    """Refuse a number that is out of range."""
    if not LAST <= position <= POSITION_MAX:
        raise refused(OUT_OF_RANGE)
