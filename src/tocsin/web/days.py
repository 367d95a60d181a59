"""The days over which a schedule is drawn: midnights, marks, and where each instant stands. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Self

from tocsin.core.calendar import clock_changes, in_zone, to_instant, to_wall
from tocsin.core.instants import Window

WIDTH: Final = 1_000.0
YEAR: Final = 365
CHOICES: Final = {1: "Day", 7: "Week", 14: "Fortnight", 28: "Month", YEAR: "Year"}
LABELLED_MAX: Final = 35
BY_THE_HOUR_MAX: Final = 14
WIDE: Final = 85
MIDDLING: Final = 50
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark in the picture: a midnight, an hour of a single day, or the first of a month in a long one."""

    x: float
    text: str
    odd: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A Saturday or a Sunday, which is drawn darker."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days that are drawn, by their midnights in *zone*, the last one's end included."""

    zone: str
    first: date
    midnights: Sequence[datetime]

    @classmethod
    def of(cls, zone: str, first: date, *, days: int) -> Self:
        """Take so many *days* from the *first* on."""
        dates = [first + timedelta(days=day) for day in range(days + 1)]
        midnights = [to_instant(zone, datetime.combine(day, time())) for day in dates]
        return cls(zone=zone, first=first, midnights=midnights)

    @property
    def starts_at(self) -> datetime:
        """When the first day begins."""
        return self.midnights[0]

    @property
    def ends_at(self) -> datetime:
        """When the last day ends."""
        return self.midnights[-1]

    @property
    def window(self) -> Window:
        """All of the days."""
        return Window(starts_at=self.starts_at, ends_at=self.ends_at)

    def x(self, at: datetime) -> float:
        """Tell where *at* stands, from 0 to WIDTH."""
        return self.scale()(at)

    def scale(self) -> Callable[[datetime], float]:
        """Give what tells where instants stand, for asking it often."""
        starts_at = self.starts_at
        per_second = WIDTH / (self.ends_at - starts_at).total_seconds()
        return lambda at: round((at - starts_at).total_seconds() * per_second, 2)

    @property
    def snap_minutes(self) -> int:
        """To how many minutes a stretch that is drawn by hand is rounded."""
        count = len(self.midnights) - 1
        return 15 if count == 1 else 60 if count <= BY_THE_HOUR_MAX else 24 * 60

    def ticks(self) -> list[Tick]:
        """Mark the hours of one day, each of some days, or the months of many."""
        count = len(self.midnights) - 1
        if count == 1:
            return self._hours()
        if count > LABELLED_MAX:
            return self._months()
        width = WIDTH / count
        found: list[Tick] = []
        for at, after in pairwise(self.midnights):
            local, hours = in_zone(self.zone, at), (after - at).total_seconds() / 3600
            odd = "" if hours == 24 else f"{hours:g} hours: the clock changes"
            crowded = bool(found) and width < MIDDLING and " " in found[-1].text
            text = "" if crowded else _day(local, width, first=not found)
            found.append(Tick(x=self.x(at), text=text, odd=odd, strong=local.weekday() == 0))
        return found

    def shades(self) -> list[Shade]:
        """Find the weekends, where days are wide enough to be seen."""
        if not 1 < len(self.midnights) - 1 <= LABELLED_MAX:
            return []
        return [
            Shade(x=self.x(at), width=round(self.x(after) - self.x(at), 2))
            for at, after in pairwise(self.midnights)
            if in_zone(self.zone, at).weekday() >= 5
        ]

    def clock_changes(self) -> list[Tick]:
        """Find the moments at which the clock is set, and say how."""
        found = []
        for change in clock_changes(self.zone, self.starts_at, self.ends_at):
            hours = change.by.total_seconds() / 3600
            way = "forward" if hours > 0 else "back"
            local = in_zone(self.zone, change.at)
            text = f"The clock goes {way} by {abs(hours):g} h on {local:%a} {local.day} {local:%b}"
            found.append(Tick(x=self.x(change.at), text=text))
        return found

    def _hours(self) -> list[Tick]:
        found: list[Tick] = []
        at = self.starts_at
        odd = len(clock_changes(self.zone, self.starts_at, self.ends_at)) > 0
        shown: set[int] = set()
        while at < self.ends_at:
            local = to_wall(self.zone, at)
            if local.hour % 2 == 0 and local.minute == 0 and local.hour not in shown:
                shown.add(local.hour)
                note = "the clock changes on this day" if odd and not found else ""
                found.append(Tick(x=self.x(at), text=f"{local:%H:%M}", odd=note, strong=local.hour == 12))
            at += timedelta(minutes=30)
        return found

    def _months(self) -> list[Tick]:
        found: list[Tick] = []
        for at in self.midnights[:-1]:
            local = in_zone(self.zone, at)
            if local.day == 1:
                text = f"{local:%b %Y}" if local.month == 1 or not found else f"{local:%b}"
                found.append(Tick(x=self.x(at), text=text, strong=local.month == 1))
        return found


def _day(local: datetime, width: float, *, first: bool) -> str:
    """Name a day in so much room; its month where that is new."""
    if width > WIDE:
        return f"{local:%a} {local.day} {local:%b}"
    if first or local.day == 1:
        return f"{local.day} {local:%b}"
    return f"{local:%a} {local.day}" if width > MIDDLING else f"{local.day}"


def first_day(text: str, zone: str, now: datetime) -> date:
    """Read the first day to draw; what is none, or is out of all reach, is today in *zone*."""
    today = to_wall(zone, now).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today
