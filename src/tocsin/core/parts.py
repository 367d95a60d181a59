"""The parts of one trouble that fire, where a source tells several apart."""

from typing import Final

PARTS_MAX: Final = 500
TOO_MANY: Final = "…"
"""Stands among the parts once there were more than PARTS_MAX: no source can say that this one is over."""


def with_part(parts: tuple[str, ...], part: str) -> tuple[str, ...]:
    """Let *part* be among those that fire."""
    if part in parts:
        return parts
    if len(parts) < PARTS_MAX:
        return (*parts, part)
    return parts if TOO_MANY in parts else (*parts, TOO_MANY)


def without_part(parts: tuple[str, ...], part: str) -> tuple[str, ...]:
    """Let *part* be over."""
    return tuple(each for each in parts if each != part)
