"""A night that has not happened, drawn: a lane for whoever is told, a column for each moment. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.directory import Directory
from tocsin.core.effects import Notify
from tocsin.core.foresight import Explanation

LANE: Final = 38
COLUMN: Final = 92
NAMES: Final = 190
HEAD: Final = 34
COLUMNS_MAX: Final = 14
LANES_MAX: Final = 20
NAME_MAX: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A message in the picture: to whom, by which *channel*, and why."""

    x: int
    y: int
    channel: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A moment in the picture."""

    x: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Somebody in the picture, or a place."""

    y: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPicture:
    """Who is told when; *path* leads from message to message, and *left* moments are not drawn."""

    width: int
    height: int
    lanes: Sequence[Lane]
    columns: Sequence[Column]
    dots: Sequence[Dot]
    path: str
    left: int


def draw_night(told: Explanation, directory: Directory) -> NightPicture | None:
    """Draw whom *told* would reach; None when nobody is."""
    sent = sorted(
        ((each.at, message) for run in told.runs for each in run.moments for message in each.messages),
        key=lambda each: each[0],
    )
    if not sent:
        return None
    moments = list(dict.fromkeys(at for at, _ in sent))
    shown = moments[:COLUMNS_MAX]
    names = list(dict.fromkeys(_name(message, directory) for at, message in sent if at in shown))[:LANES_MAX]
    xs = {at: NAMES + COLUMN * place + COLUMN // 2 for place, at in enumerate(shown)}
    ys = {name: HEAD + LANE * place + LANE // 2 for place, name in enumerate(names)}
    dots: list[Dot] = []
    for at, message in sent:
        name = _name(message, directory)
        if at in xs and name in ys:
            beside = sum(1 for dot in dots if (dot.x // COLUMN, dot.y) == (xs[at] // COLUMN, ys[name]))
            x = xs[at] + 22 * beside
            dots.append(Dot(x=x, y=ys[name], channel=message.channel, why=message.because.text))
    return NightPicture(
        width=NAMES + COLUMN * len(shown) + 20,
        height=HEAD + LANE * len(names),
        lanes=[Lane(y=y, name=_short(name)) for name, y in ys.items()],
        columns=[Column(x=x, text=_after(at - told.at), at=at) for at, x in xs.items()],
        dots=dots,
        path=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        left=len(moments) - len(shown),
    )


def _name(message: Notify, directory: Directory) -> str:
    if message.user is not None and message.user in directory.users:
        return directory.users[message.user].display_name
    if message.destination is not None and message.destination in directory.destinations:
        return directory.destinations[message.destination].name
    return message.address


def _short(name: str) -> str:
    return name if len(name) <= NAME_MAX else name[: NAME_MAX - 1] + "…"


def _after(length: timedelta) -> str:
    """Write a length as a column's head has room for: "at once", "5 min", "1 h 30"."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    if not minutes:
        return f"{seconds} s" if seconds else "at once"
    hours, rest = divmod(minutes, 60)
    days, odd = divmod(hours, 24)
    if days:
        return f"{days} d {odd} h" if odd else f"{days} d"
    if hours:
        return f"{hours} h {rest:02}" if rest else f"{hours} h"
    return f"{minutes} min"
