"""Hand-overs that a clock change loses or doubles: times of the day that do not come, or come twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.because import moment
from tocsin.core.calendar import to_instant, to_wall
from tocsin.core.schedule import Layer, Schedule

_HOURS: Final = (timedelta(hours=1), timedelta(minutes=30))
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """A hand-over at *wall*, the time on the wall of *zone*, which is *lost* or comes twice; it is *at*."""

    schedule: str
    layer: str
    zone: str
    wall: datetime
    at: datetime
    lost: bool

    @property
    def text(self) -> str:
        """Say what happens."""
        when = f"{self.wall:%Y-%m-%d %H:%M}"
        if self.lost:
            return (
                f"{when} does not exist in {self.zone}: layer {self.layer} of {self.schedule} hands over at "
                f"{moment(self.at)}, when the clocks have gone forward"
            )
        return (
            f"{when} comes twice in {self.zone}: layer {self.layer} of {self.schedule} hands over the first "
            f"time, at {moment(self.at)}"
        )


def oddities(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> tuple[Oddity, ...]:
    """Find the hand-overs and the bounds of hours of *schedule* that a clock change touches."""
    found: list[Oddity] = []
    for layer in schedule.layers:
        zone = layer.time_zone or schedule.time_zone
        for wall in _walls(layer, zone, starts_at, ends_at):
            at = to_instant(zone, wall)
            lost = to_wall(zone, at) != wall
            doubled = any(to_wall(zone, at + hour) == wall for hour in _HOURS)
            if (lost or doubled) and starts_at <= at < ends_at:
                found.append(
                    Oddity(schedule=schedule.name, layer=layer.name, zone=zone, wall=wall, at=at, lost=lost)
                )
    return tuple(dict.fromkeys(found))


def _walls(layer: Layer, zone: str, starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """Give the times on the wall at which *layer* hands over, or its hours begin or end."""
    since, until = to_wall(zone, starts_at) - _DAY, to_wall(zone, ends_at) + _DAY
    if layer.days and not layer.seconds:
        every = timedelta(days=layer.days)
        first = to_wall(zone, layer.rotation_start)
        turn = first + max(0, -((first - since) // every)) * every
        while turn < until:
            yield turn
            turn += every
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while layer.restrictions and day < until:
        for each in layer.restrictions:
            if each.start_day == day.weekday():
                yield datetime.combine(day.date(), each.start_time)
            if each.end_day == day.weekday():
                yield datetime.combine(day.date(), each.end_time)
        day += _DAY
