"""A schedule drawn over some days: where each shift, each gap and each midnight stands. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Final, Self

from tocsin.core.calendar import in_zone, to_instant, to_wall
from tocsin.core.ids import UserId
from tocsin.core.instants import Window
from tocsin.core.schedule import Shift

HUES: Final = 8
WIDTH: Final = 1_000.0
ROW: Final = 30
HEAD: Final = 26
GONE: Final = "a deleted user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days that are drawn, by their midnights in *zone*, the last one's end included."""

    zone: str
    midnights: Sequence[datetime]

    @classmethod
    def of(cls, zone: str, now: datetime, *, days: int, step: int) -> Self:
        """Take so many *days*, *step* stretches of them after the one that begins today."""
        first = to_wall(zone, now).date() + timedelta(days=days * step)
        dates = [first + timedelta(days=day) for day in range(days + 1)]
        return cls(zone=zone, midnights=[to_instant(zone, datetime.combine(day, time())) for day in dates])

    @property
    def starts_at(self) -> datetime:
        """When the first day begins."""
        return self.midnights[0]

    @property
    def ends_at(self) -> datetime:
        """When the last day ends."""
        return self.midnights[-1]

    def x(self, at: datetime) -> float:
        """Tell where *at* stands, from 0 to WIDTH."""
        whole = (self.ends_at - self.starts_at).total_seconds()
        return round((at - self.starts_at).total_seconds() * WIDTH / whole, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A shift in the picture: where it stands, in which line, and whose it is."""

    x: float
    width: float
    y: int
    name: str
    hue: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A midnight in the picture; *odd* marks a day that a clock change makes longer or shorter."""

    x: float
    text: str
    odd: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A schedule over some days, in its own zone: bars for the shifts, and the gaps where nobody is."""

    zone: str
    bars: Sequence[Bar]
    gaps: Sequence[Bar]
    ticks: Sequence[Tick]
    now: float | None
    height: int
    starts_at: datetime
    ends_at: datetime


def hues_of(users: Iterable[UserId]) -> dict[UserId, int]:
    """Give each user a colour, the same on every page; the first HUES of them have one each."""
    return {user: number % HUES for number, user in enumerate(sorted(users))}


def draw(
    shifts: Sequence[Shift],
    gaps: Sequence[Window],
    days: Days,
    names: Mapping[UserId, str],
    now: datetime,
) -> Picture:
    """Draw *shifts* and *gaps*, which lie within *days*; people are called by *names*."""
    hues = hues_of(names)
    lines = _stacked(shifts, days.starts_at, days.ends_at)
    bars = [
        _bar(
            days,
            begins,
            ends,
            line=line,
            name=names.get(shift.user, GONE),
            hue=hues.get(shift.user, 0),
        )
        for shift, line, begins, ends in lines
    ]
    pairs = pairwise(days.midnights)
    return Picture(
        zone=days.zone,
        bars=bars,
        gaps=[_bar(days, gap.starts_at, gap.ends_at, line=0, name="nobody", hue=0) for gap in gaps],
        ticks=[_tick(days.x(at), in_zone(days.zone, at), after - at) for at, after in pairs],
        now=days.x(now) if days.starts_at <= now < days.ends_at else None,
        height=HEAD + ROW * (1 + max((line for _, line, _, _ in lines), default=0)),
        starts_at=days.starts_at,
        ends_at=days.ends_at,
    )


def _bar(days: Days, begins: datetime, ends: datetime, *, line: int, name: str, hue: int) -> Bar:
    x = days.x(begins)
    width = max(1.0, days.x(ends) - x)
    return Bar(x=x, width=width, y=HEAD + line * ROW, name=name, hue=hue, starts_at=begins, ends_at=ends)


def _stacked(
    shifts: Sequence[Shift], starts_at: datetime, ends_at: datetime
) -> list[tuple[Shift, int, datetime, datetime]]:
    """Give each shift a line, the first in which nobody else is at the time."""
    busy: list[datetime] = []
    placed = []
    for shift in sorted(shifts, key=lambda each: each.starts_at or starts_at):
        begins, ends = shift.starts_at or starts_at, shift.ends_at or ends_at
        line = next((number for number, until in enumerate(busy) if until <= begins), len(busy))
        if line == len(busy):
            busy.append(ends)
        busy[line] = ends
        placed.append((shift, line, begins, ends))
    return placed


def _tick(x: float, at: datetime, length: timedelta) -> Tick:
    hours = length.total_seconds() / 3600
    odd = "" if hours == 24 else f"{hours:g} hours: the clock changes"
    return Tick(x=x, text=f"{at:%a} {at.day} {at:%b}", odd=odd)
