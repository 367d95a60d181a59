"""What pages say of shifts: how long they are, how a layer turns, and what a change comes to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions.schedule_preview import Preview
from tocsin.core.because import span
from tocsin.core.calendar import in_zone, to_wall
from tocsin.core.duty_change import balance
from tocsin.core.ids import UserId
from tocsin.core.people import User
from tocsin.core.schedule import Layer
from tocsin.web.days import Days
from tocsin.web.picture import GONE, Picture, Strip, draw, hues_of, stretches_of
from tocsin.web.week_hours import in_words

CHANGES_SHOWN: Final = 40
DRAWN_DAYS: Final = 28
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Somebody, with the colour that is theirs."""

    name: str
    hue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A stretch in which other people are on call: who was, who will be."""

    starts_at: datetime
    ends_at: datetime
    loses: Sequence[Face]
    gets: Sequence[Face]
    leaves_nobody: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A preview as it is shown: its first changes, how many *more* there are, and a picture of both states.

    *sums* are by how many hours each person gains or loses; *alone* counts the gaps that there would be.
    """

    rows: Sequence[ChangeRow]
    more: int
    sums: Sequence[tuple[Face, float]]
    alone: int
    picture: Picture
    until: datetime


class Faces:
    """Knows how people are called and coloured."""

    def __init__(self, users: Mapping[UserId, User]) -> None:
        self.names = {user.id: user.display_name for user in users.values()}
        self._hues = hues_of(self.names)

    def of(self, user: UserId) -> Face:
        """Give the face of one person."""
        return Face(name=self.names.get(user, GONE), hue=self._hues.get(user, 0))

    def all_of(self, users: Iterable[UserId]) -> list[Face]:
        """Give the faces of several."""
        return [self.of(user) for user in users]


def shown(preview: Preview, zone: str, now: datetime) -> Shown:
    """Put *preview* into words, and draw it from the day on which something changes first."""
    faces = Faces(preview.directory.users)
    rows = [
        ChangeRow(
            starts_at=change.starts_at,
            ends_at=change.ends_at,
            loses=faces.all_of(change.loses),
            gets=faces.all_of(change.gets),
            leaves_nobody=change.leaves_nobody,
        )
        for change in preview.changes[:CHANGES_SHOWN]
    ]
    sums = sorted(balance(preview.changes).items(), key=lambda each: (-each[1], faces.of(each[0]).name))
    return Shown(
        rows=rows,
        more=len(preview.changes) - len(rows),
        sums=[(faces.of(user), round(length.total_seconds() / 3600, 1)) for user, length in sums],
        alone=len(preview.gaps),
        picture=_picture(preview, zone, faces, now),
        until=preview.window.ends_at,
    )


def _picture(preview: Preview, zone: str, faces: Faces, now: datetime) -> Picture:
    begins = preview.changes[0].starts_at if preview.changes else preview.window.starts_at
    first = to_wall(zone, begins).date()
    last = to_wall(zone, preview.window.ends_at - _MOMENT).date()
    drawn = Days.of(zone, first, days=max(1, min(DRAWN_DAYS, (last - first).days + 1)))
    window = preview.window
    gaps = [gap for gap in preview.gaps if gap.starts_at < drawn.ends_at and gap.ends_at > drawn.starts_at]
    strips = [
        Strip(label="As it is", stretches=stretches_of(preview.before, window.starts_at, window.ends_at)),
        Strip(
            label="As it would be",
            stretches=stretches_of(preview.after, window.starts_at, window.ends_at),
            gaps=gaps,
            main=True,
        ),
    ]
    return draw(strips, drawn, faces.names, now)


def rotation(layer: Layer, schedule_zone: str, now: datetime) -> str:
    """Say how a layer turns: "weekly, Mon 09:00; Mon-Fri 09:00-17:00; from 1 Apr"."""
    zone = layer.time_zone or schedule_zone
    first = in_zone(zone, layer.rotation_start)
    clock = f"{first:%H:%M}"
    if layer.seconds or not layer.days:
        turn = f"every {span(timedelta(days=layer.days, seconds=layer.seconds))}"
    elif layer.days % 7 == 0:
        weeks = layer.days // 7
        turn = f"{'weekly' if weeks == 1 else f'every {weeks} weeks'}, {first:%a} {clock}"
    else:
        turn = f"{'daily' if layer.days == 1 else f'every {layer.days} days'}, {clock}"
    said = [turn] if len(layer.members) > 1 else ["always"]
    if layer.restrictions:
        said.append(in_words(layer.restrictions))
    if layer.time_zone and layer.time_zone != schedule_zone:
        said.append(layer.time_zone)
    if layer.effective_date > now:
        begins = in_zone(zone, layer.effective_date)
        said.append(f"from {begins.day} {begins:%b %Y}")
    if layer.end_date is not None:
        ends = in_zone(zone, layer.end_date)
        said.append(f"{'ended' if layer.end_date <= now else 'until'} {ends.day} {ends:%b %Y}")
    return " · ".join(said)
