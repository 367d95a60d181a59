"""``/my-shifts``: when I am on call, on every schedule, over the coming weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import duty, history, shift_swaps
from tocsin.actions.actor import Actor, Permission
from tocsin.core.calendar import known_zone
from tocsin.core.ids import ScheduleId
from tocsin.core.people import User
from tocsin.core.schedule import Schedule, Shift
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.days import Days, first_day
from tocsin.web.picture import Picture, Strip, draw, stretches_of
from tocsin.web.rendering import page
from tocsin.web.schedule_text import wall
from tocsin.web.shift_words import Faces
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

WEEKS: Final = {14: "2 weeks", 28: "4 weeks", 91: "3 months"}
DRAWN_DAYS: Final = 28
WEEKS_FIRST: Final = 28


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """How far to look."""

    days: Annotated[int, Meta(ge=1, le=366)] = WEEKS_FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A stretch of mine; *swap* are the words of an address that asks for somebody to take it over."""

    schedule: str
    url: str
    starts_at: datetime
    ends_at: datetime
    hours: float
    now: bool
    note: str
    swap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """All that the page shows."""

    duties: Sequence[Duty]
    hours: float
    picture: Picture | None
    swaps: int


@ROUTES.get("/my-shifts", permission=Permission.READ, summary="Show my shifts", hidden=True)
async def show_my_shifts(call: Call, query: Ahead) -> Response:
    """Show when I am on call."""
    user = signed_in(call.request).user
    days = query.days if query.days in WEEKS else WEEKS_FIRST
    mine = await call.ask(_look, days, user=user, now=call.now)
    return page(
        "my_shifts.html",
        now=call.now,
        user=user,
        mine=mine,
        days=days,
        choices=WEEKS,
        may_change=call.actor.may(Permission.SCHEDULE),
    )


def _look(tx: Tx, actor: Actor, count: int, *, user: User, now: datetime) -> Mine:
    zone = user.time_zone if known_zone(user.time_zone) else "UTC"
    days = Days.of(zone, first_day("", zone, now), days=count)
    found = duty.of_user(tx, actor, user.id, starts_at=days.starts_at, ends_at=days.ends_at)
    by_schedule: dict[ScheduleId, tuple[Schedule, list[Shift]]] = {}
    for schedule, shift in found:
        by_schedule.setdefault(schedule.id, (schedule, []))[1].append(shift)
    strips = [
        Strip(label=schedule.name, stretches=stretches_of(shifts, days.starts_at, days.ends_at), main=True)
        for schedule, shifts in by_schedule.values()
    ]
    duties = [
        Duty(
            schedule=schedule.name,
            url=f"/schedules/{native('schedule', schedule.id)}",
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            hours=round((each.ends_at - each.starts_at).total_seconds() / 3600, 1),
            now=each.starts_at <= now,
            note=each.note,
            swap=_swap(schedule.id, max(each.starts_at, now), each.ends_at, zone),
        )
        for (schedule, _), strip in zip(by_schedule.values(), strips, strict=True)
        for each in strip.stretches or ()
        if each.ends_at > now
    ]
    duties.sort(key=lambda each: (each.starts_at, each.schedule))
    faces = Faces(history.directory(tx, actor).users)
    return Mine(
        duties=duties,
        hours=round(sum(each.hours for each in duties), 1),
        picture=draw(strips, days, faces.names, now) if strips and count <= DRAWN_DAYS else None,
        swaps=shift_swaps.looked_for(tx, actor, now=now),
    )


def _swap(schedule: ScheduleId, starts_at: datetime, ends_at: datetime, zone: str) -> str:
    ends = {"starts_at": wall(starts_at, zone), "ends_at": wall(ends_at, zone)}
    return urlencode({"schedule": native("schedule", schedule), "zone": "mine", **ends})
