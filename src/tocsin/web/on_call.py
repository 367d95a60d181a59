"""``/on-call``: who is on call now, for every schedule; and one schedule as a picture over days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import duty, history, schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import UNMADE, OverrideId, ScheduleId, UserId
from tocsin.core.people import User, UserStatus
from tocsin.core.schedule import Override, Shift, on_call
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier, instant
from tocsin.web.picture import GONE, Days, Picture, draw, hues_of
from tocsin.web.rendering import page
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

DAYS: Final = (1, 7, 14, 28)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which days to draw: *days* of them, and how many such stretches from today's on."""

    days: int = 7
    step: Annotated[int, Meta(ge=-500, le=500)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody on call, and until when."""

    name: str
    hue: int
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A schedule in the list: who is on call for it now, who is next."""

    url: str
    name: str
    teams: str
    holders: Sequence[Holder]
    next: Holder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """An override that is not over."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that the page of a schedule shows."""

    url: str
    name: str
    days: int
    step: int
    picture: Picture
    users: Sequence[tuple[str, str]]
    stand_ins: Sequence[StandIn]


@ROUTES.get("/on-call", permission=Permission.READ, summary="Show who is on call", hidden=True)
async def show_on_call(call: Call) -> Response:
    """Show who is on call now."""
    lines = await call.ask(_lines, call.now)
    return page("on_call.html", now=call.now, user=signed_in(call.request).user, lines=lines)


@ROUTES.get("/schedules/{schedule_id}", permission=Permission.READ, summary="Show a schedule", hidden=True)
async def show_schedule(call: Call, query: Span) -> Response:
    """Show one schedule as a picture."""
    schedule = ScheduleId(identifier(call.params["schedule_id"], "schedule"))
    return await _show(call, schedule, query, {}, "")


@ROUTES.post(
    "/schedules/{schedule_id}/overrides",
    permission=Permission.SCHEDULE,
    summary="Let somebody stand in",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def stand_in(call: Call, body: bytes) -> Response:
    """Let somebody stand in; what was typed stays when it cannot be."""
    schedule, form = ScheduleId(identifier(call.params["schedule_id"], "schedule")), fields(body)
    zone = signed_in(call.request).user.time_zone
    try:
        draft = Override(
            id=OverrideId(UNMADE),
            user=UserId(identifier(form.get("user", ""), "user")),
            starts_at=instant(form.get("starts_at", ""), zone, "from") or call.now,
            ends_at=_needed(instant(form.get("ends_at", ""), zone, "until")),
        )
        await call.act(schedules.add_override, schedule, draft, now=call.now)
    except Invalid as error:
        return await _show(call, schedule, Span(), form, str(error))
    return RedirectResponse(f"/schedules/{native('schedule', schedule)}", 303)


@ROUTES.post(
    "/schedules/{schedule_id}/overrides/{override_id}/end",
    permission=Permission.SCHEDULE,
    summary="Take an override away",
    hidden=True,
)
async def end_override(call: Call) -> Response:
    """Take an override away."""
    schedule = ScheduleId(identifier(call.params["schedule_id"], "schedule"))
    override = OverrideId(identifier(call.params["override_id"], "override"))
    await call.act(schedules.delete_override, schedule, override, now=call.now)
    return RedirectResponse(f"/schedules/{native('schedule', schedule)}", 303)


async def _show(
    call: Call, schedule: ScheduleId, span: Span, form: Mapping[str, str], problem: str
) -> Response:
    seen = await call.ask(_look, schedule, span, call.now)
    return page(
        "schedule.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=400 if problem else 200,
        seen=seen,
        picture=seen.picture,
        choices=DAYS,
        form=dict.fromkeys(("user", "starts_at", "ends_at"), "") | dict(form),
        problem=problem,
        may_change=call.actor.may(Permission.SCHEDULE),
    )


def _needed(at: datetime | None) -> datetime:
    if at is None:
        raise Invalid("until", "is missing", "must be a date and a time of day")
    return at


def _lines(tx: Tx, actor: Actor, now: datetime) -> list[Line]:
    directory = history.directory(tx, actor)
    lines, hues = [], hues_of(directory.users)
    for schedule in sorted(directory.schedules.values(), key=lambda each: each.name.casefold()):
        shifts = on_call(schedule, now)
        teams = [directory.teams[team].name for team in schedule.teams if team in directory.teams]
        after = duty.on_call(tx, actor, schedule.id, at=now).next
        lines.append(
            Line(
                url=f"/schedules/{native('schedule', schedule.id)}",
                name=schedule.name,
                teams=", ".join(teams),
                holders=[_holder(shift, directory.users, hues) for shift in shifts],
                next=_holder(after[0], directory.users, hues, starts=True) if after else None,
            )
        )
    return lines


def _holder(
    shift: Shift, users: Mapping[UserId, User], hues: Mapping[UserId, int], *, starts: bool = False
) -> Holder:
    until = shift.starts_at if starts else shift.ends_at
    return Holder(name=_name(shift.user, users), hue=hues.get(shift.user, 0), until=until)


def _look(tx: Tx, actor: Actor, schedule_id: ScheduleId, span: Span, now: datetime) -> Seen:
    days = span.days if span.days in DAYS else DAYS[1]
    schedule = history.directory(tx, actor).schedules.get(schedule_id)
    if schedule is None:
        raise NotFound("schedule", native("schedule", schedule_id))
    days_drawn = Days.of(schedule.time_zone, now, days=days, step=span.step)
    shown = duty.over_time(tx, actor, schedule_id, starts_at=days_drawn.starts_at, ends_at=days_drawn.ends_at)
    names = {user.id: user.display_name for user in shown.users.values()}
    return Seen(
        url=f"/schedules/{native('schedule', schedule_id)}",
        name=schedule.name,
        days=days,
        step=span.step,
        picture=draw(shown.shifts, shown.gaps, days_drawn, names, now),
        users=_choices(shown.users),
        stand_ins=[
            StandIn(
                id=native("override", each.id),
                name=_name(each.user, shown.users),
                starts_at=each.starts_at,
                ends_at=each.ends_at,
            )
            for each in schedule.overrides
            if each.ends_at > now
        ],
    )


def _choices(users: Mapping[UserId, User]) -> list[tuple[str, str]]:
    """Give everybody who can stand in, by name."""
    active = [user for user in users.values() if user.status is UserStatus.ACTIVE]
    named = sorted(active, key=lambda user: user.display_name.casefold())
    return [(native("user", user.id), user.display_name) for user in named]


def _name(user_id: UserId, users: Mapping[UserId, User]) -> str:
    user = users.get(user_id)
    return user.display_name if user is not None else GONE
