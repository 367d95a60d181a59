"""``/on-call/schedules/{id}/on-call`` and ``/responders``: who is on call, was before, and is next."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from msgspec import UNSET

from tocsin.actions.actor import Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import ScheduleId, UserId
from tocsin.core.schedule import Position, Schedule, Shift, on_call, shifts_at, unchanged_until
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.handling import PREFIX, path_id
from tocsin.dialects.datadog.jsonapi import (
    MEDIA,
    Include,
    Included,
    Reference,
    ToMany,
    read_include,
    to_one,
)
from tocsin.dialects.datadog.objects import UserObject, show_schedule, show_user
from tocsin.dialects.datadog.schedules.on_call_wire import (
    RESPONDERS_INCLUDES,
    SHIFT_INCLUDES,
    AtQuery,
    PositionAttributes,
    ResponderObject,
    RespondersAttributes,
    RespondersDocument,
    RespondersIncluded,
    RespondersLinks,
    RespondersObject,
    RespondersQuery,
    ShiftAttributes,
    ShiftDocument,
    ShiftLinks,
    ShiftObject,
)
from tocsin.dialects.datadog.schedules.routes import SCHEDULE, schedule_in
from tocsin.dialects.datadog.times import read_query_time, show_in, show_utc, unix_seconds
from tocsin.dialects.datadog.wire import WhoseLinks
from tocsin.httpkit.repeats import Lasting
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Routes

ROUTES = Routes(f"{PREFIX}/on-call", tag="On call")

SHIFTS_REMEMBERED_MAX = 4_096  # the one of now is asked for again and again

_AT = "filter[at_ts]"
_POSITION = "filter[position]"


@ROUTES.get(
    "/schedules/{schedule_id}/on-call",
    permission=Permission.READ,
    summary="Say who is on call",
    description="`data` is null when nobody is. `include`: `user`.",
    media=MEDIA,
    raises=(NotFound,),
    params=SCHEDULE,
)
async def get_schedule_on_call_user(call: Call, query: AtQuery) -> Answer[ShiftDocument]:
    """Say who is on call for a schedule."""
    schedule_id = ScheduleId(path_id(call, "schedule"))
    directory = await call.directory()
    schedule = schedule_in(directory, schedule_id)
    include = read_include(query.include, SHIFT_INCLUDES)
    shift = next(iter(on_call(schedule, _at(query.at_ts, call.now))), None)
    people = _people(directory, () if shift is None else (shift.user,)) if include.asked else UNSET
    return Answer(
        value=ShiftDocument(None if shift is None else _show_shift(shift), people),
        lasting=Lasting(
            directory=directory,
            until=unchanged_until(schedule, call.now) if query.at_ts is None else None,
        ),
    )


@ROUTES.get(
    "/schedules/{schedule_id}/responders",
    permission=Permission.READ,
    summary="Say who holds which position",
    description=(
        "A position that nobody holds is left out."
        f" `include`: {', '.join(f'`{path}`' for path in RESPONDERS_INCLUDES)}."
    ),
    media=MEDIA,
    raises=(NotFound,),
    params=SCHEDULE,
)
async def get_schedule_on_call_responders(call: Call, query: RespondersQuery) -> RespondersDocument:
    """Say who is on call for a schedule, was before, and is next."""
    schedule_id = ScheduleId(path_id(call, "schedule"))
    directory = await call.directory()
    schedule = schedule_in(directory, schedule_id)
    include = read_include(query.include, RESPONDERS_INCLUDES)
    at, positions = _at(query.at_ts, call.now), _positions(query.position)
    return _show_responders(schedule, at, positions, include, directory)


def _at(text: str | None, now: datetime) -> datetime:
    return now if text is None else read_query_time(text, _AT)


def _positions(text: str) -> tuple[Position, ...]:
    """Read the positions that are asked for, each once, in the order in which they are."""
    found: dict[Position, None] = {}
    for part in text.split(","):
        try:
            found[Position(part.strip())] = None
        except ValueError:
            remedy = f"must be of {', '.join(Position)}, with commas between them"
            raise Invalid(_POSITION, f"is {text!r}", remedy) from None
    return tuple(found)


def _show_responders(
    schedule: Schedule, at: datetime, positions: Iterable[Position], include: Include, directory: Directory
) -> RespondersDocument:
    identifier = f"{to_uuid(schedule.id)}-{unix_seconds(at)}"
    included: Included[RespondersIncluded] = Included()
    groups: list[Reference] = []
    if "schedule" in include:
        included.add(show_schedule(schedule))
    for position in positions:
        shifts = shifts_at(schedule, at, position)
        if not shifts:
            continue
        group = Reference(f"{identifier}-{position.value}", "schedule_oncall_responder")
        groups.append(group)
        shown = [_show_shift(shift) for shift in shifts]
        if "responders" in include:
            links = ToMany([Reference(each.id, "shifts") for each in shown])
            attributes = PositionAttributes(position)
            included.add(ResponderObject(group.id, attributes, ShiftLinks(links)))
        if "responders.shifts" in include:
            included.add(*shown)
        if "responders.shifts.user" in include:
            included.add(*_people(directory, (shift.user for shift in shifts)))
    data = RespondersObject(
        identifier,
        RespondersAttributes(show_utc(at)),
        RespondersLinks(ToMany(groups), to_one("schedules", schedule.id)),
    )
    return RespondersDocument(data, included.shown(include))


def _people(directory: Directory, users: Iterable[UserId]) -> list[UserObject]:
    return [show_user(directory.users[user]) for user in users if user in directory.users]


@lru_cache(SHIFTS_REMEMBERED_MAX)
def _show_shift(shift: Shift) -> ShiftObject:
    """Write a shift, its times with the offset of the deciding layer's zone, and to the second in its id."""
    zone, user = shift.time_zone, to_uuid(shift.user)
    start, end = (
        "" if bound is None else show_in(zone, bound.replace(microsecond=0))
        for bound in (shift.starts_at, shift.ends_at)
    )
    attributes = ShiftAttributes(
        start=UNSET if shift.starts_at is None else show_in(zone, shift.starts_at),
        end=UNSET if shift.ends_at is None else show_in(zone, shift.ends_at),
    )
    return ShiftObject(f"{user}-{start}-{end}", attributes, WhoseLinks(to_one("users", shift.user)))
