"""Alerts by day, drawn as stacked bars. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tocsin.core.event import Severity

WIDTH: Final = 1_000
HEIGHT: Final = 120
TICKS_MAX: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The alerts of one severity on one day."""

    x: float
    y: float
    width: float
    height: float
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day: where it stands, what it is called, and what is said of it."""

    x: float
    anchor: str
    text: str
    said: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysPicture:
    """Days beside each other, the highest of *most* alerts."""

    days: Sequence[Day]
    most: int


def draw_days(days: Sequence[tuple[date, Mapping[Severity, int]]]) -> DaysPicture:
    """Draw how many alerts were opened on each of *days*, the worst at the foot."""
    most = max((sum(counts.values()) for _, counts in days), default=0)
    wide = WIDTH / max(1, len(days))
    every = max(1, -(-len(days) // TICKS_MAX))
    drawn = []
    for place, (day, counts) in enumerate(days):
        foot = float(HEIGHT)
        blocks = []
        for severity in Severity:
            count = counts.get(severity, 0)
            if not count:
                continue
            height = round(max(2.0, count * (HEIGHT - 4) / most), 2)
            foot = round(foot - height, 2)
            x, width = round(place * wide + wide * 0.1, 2), round(wide * 0.8, 2)
            blocks.append(Block(x=x, y=foot, width=width, height=height, severity=severity))
        words = [f"{counts[severity]} {severity.value}" for severity in Severity if counts.get(severity)]
        drawn.append(
            Day(
                x=round((place + 0.5) * wide, 2) if place else 0.0,
                anchor="middle" if place else "start",
                text=f"{day.day} {day:%b}" if place % every == 0 else "",
                said=f"{day:%a} {day.day} {day:%b}: {', '.join(words) or 'none'}",
                blocks=blocks,
            )
        )
    return DaysPicture(days=drawn, most=most)
