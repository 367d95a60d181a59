"""``/calendars``: one's shifts, or a schedule's, in any calendar: addresses made, read and revoked."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import duty, history, shift_calendars
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.shift_calendars import Opened
from tocsin.core.credential import Key
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import KeyId, ScheduleId, UserId
from tocsin.core.schedule import Schedule, Shift
from tocsin.core.spelling import native
from tocsin.httpkit.calendar_text import MEDIA_TYPE, Entry, write_calendar
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.httpkit.uses import Uses
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier
from tocsin.web.picture import GONE, stretches_of
from tocsin.web.rendering import page
from tocsin.world import Tx

PATH: Final = "/calendars/shifts.ics"
BACK: Final = timedelta(days=15)
AHEAD: Final = timedelta(days=180)
TOKEN_LENGTH_MAX: Final = 200
_HEADERS: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """A calendar in the list."""

    id: str
    key: Key
    name: str
    of_me: bool


ROUTES = Routes("", tag="Pages")


@ROUTES.get("/calendars", permission=Permission.READ, summary="Show my calendars", hidden=True)
async def show_calendars(call: Call) -> Response:
    """Show the calendars that I subscribe to, and a form for a new one."""
    return await _page(call, chosen=call.request.query_params.get("schedule", "")[:100])


@ROUTES.post(
    "/calendars", permission=Permission.READ, summary="Make a calendar", hidden=True, body_limit=LENGTH_MAX
)
async def make_calendar(call: Call, body: bytes) -> Response:
    """Make a calendar, and show its address once."""
    chosen = fields(body).get("schedule", "")
    schedule = ScheduleId(identifier(chosen, "schedule")) if chosen else None
    entropy = call.world.entropy
    try:
        made = await call.act(shift_calendars.create, schedule=schedule, entropy=entropy, now=call.now)
    except Conflict as error:
        return await _page(call, chosen=chosen, problem=str(error))
    return await _page(call, made=f"{_origin(call)}{PATH}?token={made.secrets.key}", name=made.key.name)


@ROUTES.post(
    "/calendars/{key_id}/revoke", permission=Permission.READ, summary="Revoke a calendar", hidden=True
)
async def revoke_calendar(call: Call) -> Response:
    """Let a calendar of mine be read no more."""
    key = KeyId(identifier(call.params["key_id"], "key"))
    await call.act(shift_calendars.revoke, key, now=call.now)
    return RedirectResponse("/calendars", 303)


def to_subscribe(kit: Kit) -> Routes:
    """Make the route of the calendar itself, which is for whoever has its secret."""
    own = Routes("", tag="Pages")
    uses = Uses(kit.world)

    @own.get(PATH, permission=None, summary="Give a calendar", hidden=True)
    async def give_calendar(call: Call) -> Response:
        """Give a calendar to whoever has its secret."""
        token = call.request.query_params.get("token", "")[:TOKEN_LENGTH_MAX]
        hashed = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        found = await call.world.database.read(lambda tx: shift_calendars.opened_by(tx, hashed), short=True)
        if found is None:
            raise NotFound("calendar", "with this address")
        uses.note(found.actor.key, call.now)
        body = await call.world.database.read(lambda tx: _calendar(tx, found, call.now))
        return Response(body, 200, _HEADERS, media_type=MEDIA_TYPE)

    return own


async def _page(
    call: Call, *, chosen: str = "", problem: str = "", made: str = "", name: str = ""
) -> Response:
    subscribed, schedules = await call.ask(_look)
    return page(
        "calendars.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=409 if problem else 200,
        subscribed=subscribed,
        schedules=schedules,
        chosen=chosen,
        problem=problem,
        made=made,
        name=name,
    )


def _look(tx: Tx, actor: Actor) -> tuple[list[Subscribed], list[tuple[str, str]]]:
    known = history.directory(tx, actor).schedules
    subscribed = [
        Subscribed(
            id=native("key", each.key.id),
            key=each.key,
            name=_name_of(each.schedule, known),
            of_me=each.schedule is None,
        )
        for each in shift_calendars.mine(tx, actor)
    ]
    named = sorted(known.values(), key=lambda each: (each.name.casefold(), each.id))
    return subscribed, [(native("schedule", each.id), each.name) for each in named]


def _name_of(schedule: ScheduleId | None, known: Mapping[ScheduleId, Schedule]) -> str:
    if schedule is None:
        return "My shifts"
    return known[schedule].name if schedule in known else "a deleted schedule"


def _calendar(tx: Tx, opened: Opened, now: datetime) -> bytes:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at, ends_at = midnight - BACK, midnight + AHEAD
    if opened.schedule is None:
        found = duty.of_user(tx, opened.actor, opened.user, starts_at=starts_at, ends_at=ends_at)
        by_schedule: dict[ScheduleId, tuple[Schedule, list[Shift]]] = {}
        for schedule, shift in found:
            by_schedule.setdefault(schedule.id, (schedule, []))[1].append(shift)
        entries = [
            entry
            for schedule, shifts in by_schedule.values()
            for entry in _entries(schedule, shifts, {}, starts_at, ends_at)
        ]
        return write_calendar("On call", entries, now=now)
    shown = duty.over_time(tx, opened.actor, opened.schedule, starts_at=starts_at, ends_at=ends_at)
    names = {user.id: user.display_name for user in shown.users.values()}
    entries = list(_entries(shown.schedule, shown.shifts, names, starts_at, ends_at))
    return write_calendar(shown.schedule.name, entries, now=now)


def _entries(
    schedule: Schedule,
    shifts: Sequence[Shift],
    names: Mapping[UserId, str],
    starts_at: datetime,
    ends_at: datetime,
) -> Iterable[Entry]:
    """Write an event for each stretch of duty, called by the person, or by the schedule without *names*."""
    for each in stretches_of(shifts, starts_at, ends_at) or ():
        begins = each.starts_at.strftime("%Y%m%dT%H%M%SZ")
        yield Entry(
            uid=f"{native('schedule', schedule.id)}-{native('user', each.user)}-{begins}@tocsin",
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            summary=names.get(each.user, GONE) if names else f"On call: {schedule.name}",
        )


def _origin(call: Call) -> str:
    return call.kit.public_url.rstrip("/") or str(call.request.base_url).rstrip("/")
