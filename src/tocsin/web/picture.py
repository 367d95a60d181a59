"""A schedule drawn over some days: a row for what it comes to, for overrides, and for each layer. Pure.

Shifts are bars with names. Where they are too narrow for that, those of one person in a row are one path: a
year of twenty rotations is some thousand shifts, and some hundred marks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.ids import UserId
from tocsin.core.instants import Window
from tocsin.core.schedule import Shift
from tocsin.web.days import Days, Shade, Tick

HUES: Final = 8
HEAD: Final = 30
LABEL: Final = 20
BAR: Final = 26
LINE: Final = 30
SPACE: Final = 12
NARROW: Final = 5.0
NAMED: Final = 22.0
CHARACTER: Final = 7.2
LINES_MAX: Final = 8
GONE: Final = "a deleted user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Somebody's time in a row: a shift, or an override as it was asked for."""

    user: UserId
    starts_at: datetime
    ends_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What a row shows; *stretches* None means that there are too many to draw.

    The *main* one is what the schedule comes to: gaps are marked in it, and it is drawn upon.
    """

    label: str
    detail: str = ""
    stretches: Sequence[Stretch] | None
    gaps: Sequence[Window] = ()
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch in the picture: where it stands, whose it is, and what is written on it."""

    x: float
    y: int
    width: float
    name: str
    text: str
    hue: int
    note: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A strip in the picture; *paths* are its narrow stretches, by colour, and *hidden* those not drawn."""

    label: str
    detail: str
    main: bool
    y: int
    height: int
    bars: Sequence[Bar]
    gaps: Sequence[Bar]
    paths: Sequence[tuple[int, str]]
    hidden: int
    too_many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the picture, and for how long they are on call in its main row."""

    name: str
    hue: int
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows over some days, in a zone."""

    zone: str
    rows: Sequence[Row]
    ticks: Sequence[Tick]
    shades: Sequence[Shade]
    clock_changes: Sequence[Tick]
    people: Sequence[Person]
    now: float | None
    height: int
    snap_minutes: int
    first: str
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class _Palette:
    """How people are called and coloured."""

    names: Mapping[UserId, str]
    hues: Mapping[UserId, int] = field(init=False)

    def __post_init__(self) -> None:
        self.hues = hues_of(self.names)

    def name(self, user: UserId) -> str:
        return self.names.get(user, GONE)

    def hue(self, user: UserId) -> int:
        return self.hues.get(user, 0)


def hues_of(users: Iterable[UserId]) -> dict[UserId, int]:
    """Give each user a colour, the same on every page; the first HUES of them have one each."""
    return {user: number % HUES for number, user in enumerate(sorted(users))}


def stretches_of(
    shifts: Sequence[Shift] | None, starts_at: datetime, ends_at: datetime
) -> list[Stretch] | None:
    """Turn *shifts*, which lie between *starts_at* and *ends_at*, into stretches; those in a row are one."""
    if shifts is None:
        return None
    found: list[Stretch] = []
    latest: dict[UserId, int] = {}
    for shift in shifts:
        stretch = Stretch(
            user=shift.user,
            starts_at=shift.starts_at or starts_at,
            ends_at=shift.ends_at or ends_at,
            note="" if shift.override is None and shift.swap is None else "standing in",
        )
        place = latest.get(shift.user)
        if place is not None and (found[place].ends_at, found[place].note) == (
            stretch.starts_at,
            stretch.note,
        ):
            found[place] = replace(found[place], ends_at=stretch.ends_at)
            continue
        latest[shift.user] = len(found)
        found.append(stretch)
    return found


def draw(strips: Sequence[Strip], days: Days, names: Mapping[UserId, str], now: datetime) -> Picture:
    """Draw *strips* below each other; people are called by *names*."""
    palette, rows, y = _Palette(names), [], HEAD
    for strip in strips:
        row = _row(strip, days, palette, y)
        rows.append(row)
        y += row.height
    return Picture(
        zone=days.zone,
        rows=rows,
        ticks=days.ticks(),
        shades=days.shades(),
        clock_changes=days.clock_changes(),
        people=_people(strips, palette),
        now=days.x(now) if days.starts_at <= now < days.ends_at else None,
        height=y,
        snap_minutes=days.snap_minutes,
        first=days.first.isoformat(),
        starts_at=days.starts_at,
        ends_at=days.ends_at,
    )


def _row(strip: Strip, days: Days, palette: _Palette, y: int) -> Row:
    placed, lines = _stacked(strip.stretches or (), days)
    bars: list[Bar] = []
    paths: dict[int, list[str]] = {}
    hidden, top, x_of = 0, y + LABEL, days.scale()
    for stretch, line in placed:
        if line >= LINES_MAX:
            hidden += 1
            continue
        x = x_of(stretch.starts_at)
        width = max(0.5, round(x_of(stretch.ends_at) - x, 2))
        if width < NARROW:
            part = f"M{x} {top + line * LINE}h{width}v{BAR}h-{width}z"
            paths.setdefault(palette.hue(stretch.user), []).append(part)
        else:
            bars.append(_bar(stretch, x, width, top + line * LINE, palette))
    return Row(
        label=strip.label,
        detail=strip.detail,
        main=strip.main,
        y=y,
        height=LABEL + LINE * max(1, min(lines, LINES_MAX)) + SPACE,
        bars=bars,
        gaps=[_gap(gap, days, top) for gap in strip.gaps],
        paths=[(hue, "".join(parts)) for hue, parts in sorted(paths.items())],
        hidden=hidden,
        too_many=strip.stretches is None,
    )


def _bar(stretch: Stretch, x: float, width: float, y: int, palette: _Palette) -> Bar:
    name = palette.name(stretch.user)
    return Bar(
        x=x,
        y=y,
        width=width,
        name=name,
        text=_fitting(name, width),
        hue=palette.hue(stretch.user),
        note=stretch.note,
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
    )


def _gap(gap: Window, days: Days, y: int) -> Bar:
    x = days.x(gap.starts_at)
    width = max(1.0, round(days.x(gap.ends_at) - x, 2))
    text = "nobody" if width > 60 else ""
    ends = {"starts_at": gap.starts_at, "ends_at": gap.ends_at}
    return Bar(x=x, y=y, width=width, name="Nobody", text=text, hue=0, note="", **ends)


def _stacked(stretches: Sequence[Stretch], days: Days) -> tuple[list[tuple[Stretch, int]], int]:
    """Cut stretches off at the picture's ends and give each the first line in which nobody is at the time."""
    busy: list[datetime] = []
    placed = []
    first, last = days.starts_at, days.ends_at
    for stretch in sorted(stretches, key=lambda each: each.starts_at):
        begins, ends = max(stretch.starts_at, first), min(stretch.ends_at, last)
        if begins >= ends:
            continue
        whole = (begins, ends) == (stretch.starts_at, stretch.ends_at)
        cut = stretch if whole else replace(stretch, starts_at=begins, ends_at=ends)
        line = next((number for number, until in enumerate(busy) if until <= begins), len(busy))
        if line == len(busy):
            busy.append(ends)
        busy[line] = ends
        placed.append((cut, line))
    return placed, len(busy)


def _fitting(name: str, width: float) -> str:
    """Give as much of *name* as fits: all of it, its first word, its initials, or nothing."""
    if width < NAMED:
        return ""
    room = int((width - 12) / CHARACTER)
    words = name.split()
    for text in (name, words[0] if words else "", "".join(word[0] for word in words[:2])):
        if text and len(text) <= room:
            return text
    return f"{name[: room - 1]}…" if room > 3 else ""


def _people(strips: Sequence[Strip], palette: _Palette) -> list[Person]:
    """List who is in the main row, whoever is on call the longest first."""
    sums: dict[UserId, timedelta] = {}
    for strip in strips:
        for stretch in (strip.stretches or ()) if strip.main else ():
            length = stretch.ends_at - stretch.starts_at
            sums[stretch.user] = sums.get(stretch.user, timedelta(0)) + length
    in_order = sorted(sums.items(), key=lambda each: (-each[1], palette.name(each[0])))
    return [
        Person(name=palette.name(user), hue=palette.hue(user), hours=round(length.total_seconds() / 3600, 1))
        for user, length in in_order
    ]
