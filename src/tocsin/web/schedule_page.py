"""``/schedules/{id}``: one schedule as a picture, part by part, and the form of an override beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import duty
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.duty import Drawn
from tocsin.core.calendar import known_zone
from tocsin.core.ids import ScheduleId, UserId
from tocsin.core.people import User, UserStatus
from tocsin.core.schedule import Override, Schedule
from tocsin.core.schedule_parts import Part, PartKind
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import schedule_parts
from tocsin.web.browsers import signed_in
from tocsin.web.days import CHOICES, YEAR, Days, first_day
from tocsin.web.forms import identifier
from tocsin.web.picture import Picture, Stretch, Strip, draw, stretches_of
from tocsin.web.rendering import page
from tocsin.web.schedule_text import wall
from tocsin.web.shift_words import Face, Faces, Shown, rotation
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

WORDS_MAX: Final = 120
DAYS_FIRST: Final = 7
FIELDS: Final = ("user", "instead_of", "starts_at", "ends_at")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which days to draw, in whose *zone*: the schedule's, or mine. The rest fills the form."""

    days: int = DAYS_FIRST
    at: Annotated[str, Meta(max_length=40)] = ""
    zone: Literal["", "mine"] = ""
    starts_at: Annotated[str, Meta(max_length=40)] = ""
    ends_at: Annotated[str, Meta(max_length=40)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """An override that is not over, or a shift swap that somebody took."""

    id: str
    face: Face
    instead_of: Face | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A shift in words; *cover* are the words of an address that begins an override of it."""

    face: Face | None
    starts_at: datetime
    ends_at: datetime
    note: str
    mine: bool
    over: bool
    cover: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that the page of a schedule shows."""

    id: str
    url: str
    name: str
    teams: str
    days: int
    at: str
    earlier: str
    later: str
    mine: bool
    home: str
    picture: Picture
    words: Sequence[Word]
    more_words: int
    users: Sequence[tuple[str, str]]
    stand_ins: Sequence[StandIn]
    here: Sequence[tuple[Face, datetime | None]]
    over: schedule_parts.Over


@ROUTES.get("/schedules/{schedule_id}", permission=Permission.READ, summary="Show a schedule", hidden=True)
async def show_schedule(call: Call, query: Span) -> Response:
    """Show one schedule as a picture."""
    filled = {"starts_at": query.starts_at, "ends_at": query.ends_at}
    return await show(call, schedule_of(call), query, filled)


async def show(
    call: Call,
    schedule: ScheduleId,
    span: Span,
    form: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    preview: Shown | None = None,
) -> Response:
    """Show the page of a schedule, with what was typed in the form of an override."""
    user = signed_in(call.request).user
    seen = await call.ask(_look, schedule, span, user=user, now=call.now)
    return page(
        "schedule.html",
        now=call.now,
        user=user,
        status=400 if problems else 200,
        seen=seen,
        picture=seen.picture,
        choices=CHOICES,
        form=dict.fromkeys(FIELDS, "") | {"user": native("user", user.id)} | dict(form),
        problems=problems or {},
        preview=preview,
        may_change=call.actor.may(Permission.SCHEDULE),
        said=call.request.query_params.get("said", ""),
    )


def schedule_of(call: Call) -> ScheduleId:
    """Read the schedule's id from the path."""
    return ScheduleId(identifier(call.params["schedule_id"], "schedule"))


def zone_of(span: Span, schedule_zone: str, user: User) -> str:
    """Tell in which zone a schedule is drawn."""
    return user.time_zone if span.zone and known_zone(user.time_zone) else schedule_zone


def choices_of(users: Mapping[UserId, User]) -> list[tuple[str, str]]:
    """Give everybody who can stand in or take turns, by name."""
    active = [user for user in users.values() if user.status is not UserStatus.DEACTIVATED]
    named = sorted(active, key=lambda user: (user.display_name.casefold(), user.id))
    return [(native("user", user.id), user.display_name) for user in named]


def _look(tx: Tx, actor: Actor, schedule_id: ScheduleId, span: Span, *, user: User, now: datetime) -> Seen:
    known = duty.on_call(tx, actor, schedule_id, at=now)
    schedule = known.schedule
    count = span.days if span.days in CHOICES else DAYS_FIRST
    zone = zone_of(span, schedule.time_zone, user)
    days = Days.of(zone, first_day(span.at, zone, now), days=count)
    drawn = duty.part_by_part(tx, actor, schedule_id, days.window)
    faces = Faces(drawn.directory.users)
    words = _words(drawn, days, faces, actor, now)
    teams = [drawn.directory.teams[team].name for team in schedule.teams if team in drawn.directory.teams]
    return Seen(
        id=native("schedule", schedule_id),
        url=f"/schedules/{native('schedule', schedule_id)}",
        name=schedule.name,
        teams=", ".join(teams),
        days=count,
        at=span.at and days.first.isoformat(),
        earlier=(days.first - timedelta(days=count)).isoformat(),
        later=(days.first + timedelta(days=count)).isoformat(),
        mine=zone != schedule.time_zone or bool(span.zone),
        home=schedule.time_zone,
        picture=draw(_strips(drawn, days, faces, now), days, faces.names, now),
        words=words[:WORDS_MAX],
        more_words=max(0, len(words) - WORDS_MAX),
        users=choices_of(drawn.directory.users),
        stand_ins=[_stand_in(each, faces) for each in schedule.overrides if each.ends_at > now],
        here=[(faces.of(shift.user), shift.ends_at) for shift in known.current],
        over=schedule_parts.over(tx, actor, schedule, drawn.directory),
    )


def _strips(drawn: Drawn, days: Days, faces: Faces, now: datetime) -> list[Strip]:
    """Lay out the rows: what it comes to, who stands in, then each part, the deciding ones first."""
    schedule = drawn.schedule
    shifts = stretches_of(drawn.shifts, days.starts_at, days.ends_at)
    strips = [Strip(label="On call", stretches=shifts, gaps=drawn.gaps, main=True)]
    standing = _standing_in(schedule, faces)
    if any(each.starts_at < days.ends_at and each.ends_at > days.starts_at for each in standing):
        strips.append(Strip(label="Overrides and swaps", stretches=standing))
    for part, found in drawn.parts:
        label, detail = _named(part, schedule, now)
        stretches = stretches_of(found, days.starts_at, days.ends_at)
        strips.append(Strip(label=label, detail=detail, stretches=stretches))
    return strips


def _standing_in(schedule: Schedule, faces: Faces) -> list[Stretch]:
    found = [
        Stretch(
            user=each.user,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            note=f"in place of {faces.of(each.instead_of).name}" if each.instead_of else "override",
        )
        for each in schedule.overrides
    ]
    return found + [
        Stretch(
            user=each.benefactor,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            note=f"swap with {faces.of(each.beneficiary).name}",
        )
        for each in schedule.swaps
        if each.benefactor is not None
    ]


def _named(part: Part, schedule: Schedule, now: datetime) -> tuple[str, str]:
    match part.kind:
        case PartKind.LAYER:
            layer = part.alone.layers[0]
            return layer.name, rotation(layer, schedule.time_zone, now)
        case PartKind.RECURRING_SHIFT:
            shift = part.alone.shifts[0]
            return shift.name or "Recurring shift", "over everything" if shift.override else "recurring shift"
        case PartKind.FEED:
            feed = part.alone.feeds[0]
            return "Imported calendar", "over everything" if feed.overrides else ""


def _words(drawn: Drawn, days: Days, faces: Faces, actor: Actor, now: datetime) -> list[Word]:
    """List shifts and gaps in words, in order."""
    if len(days.midnights) > YEAR:
        return []

    def cover(starts_at: datetime, ends_at: datetime) -> str:
        if ends_at <= now:
            return ""
        begins = max(starts_at, now.replace(second=0, microsecond=0))
        return urlencode({"starts_at": wall(begins, days.zone), "ends_at": wall(ends_at, days.zone)})

    stretches = stretches_of(drawn.shifts, days.starts_at, days.ends_at) or ()
    words = [
        Word(
            face=faces.of(each.user),
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            note=each.note,
            mine=each.user == actor.user,
            over=each.ends_at <= now,
            cover=cover(each.starts_at, each.ends_at),
        )
        for each in stretches
    ]
    words += [
        Word(
            face=None,
            starts_at=gap.starts_at,
            ends_at=gap.ends_at,
            note="",
            mine=False,
            over=gap.ends_at <= now,
            cover=cover(gap.starts_at, gap.ends_at),
        )
        for gap in drawn.gaps
    ]
    return sorted(words, key=lambda word: (word.starts_at, word.face is None))


def _stand_in(override: Override, faces: Faces) -> StandIn:
    return StandIn(
        id=native("override", override.id),
        face=faces.of(override.user),
        instead_of=faces.of(override.instead_of) if override.instead_of is not None else None,
        starts_at=override.starts_at,
        ends_at=override.ends_at,
    )
