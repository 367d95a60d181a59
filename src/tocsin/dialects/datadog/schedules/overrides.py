"""``/on-call/schedules/{id}/overrides``: who stands in. Seen in previews of the API, and not published."""

import re
from collections.abc import Sequence
from datetime import datetime

from tocsin.actions import schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import UNMADE, OverrideId, ScheduleId, UserId
from tocsin.core.schedule import Override
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.handling import PREFIX, path_id, path_ids, read_body, reworded, seen
from tocsin.dialects.datadog.jsonapi import MEDIA, to_one
from tocsin.dialects.datadog.schedules.overrides_wire import (
    CreateOverrides,
    NewOverride,
    OverrideList,
    OverrideObject,
    OverridesQuery,
    OverrideTimes,
)
from tocsin.dialects.datadog.schedules.routes import SCHEDULE, must_be_there, schedule_in
from tocsin.dialects.datadog.spelled import reference
from tocsin.dialects.datadog.times import FIRST, LAST, read_query_time, read_time, show_utc
from tocsin.dialects.datadog.wire import WhoseLinks
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/on-call", tag="Overrides")

_OVERRIDE = SCHEDULE | {"override_id": "the override's id"}
_CREATE: JsonReader[CreateOverrides] = JsonReader(CreateOverrides)
_STARTS_AT, _ENDS_AT, _USER = re.compile(r"^starts_at$"), re.compile(r"^ends_at$"), re.compile(r"^user$")


@ROUTES.get(
    "/schedules/{schedule_id}/overrides",
    permission=Permission.READ,
    summary="List who stands in",
    description="By their beginning; of two at the same time the one that was made later decides.",
    media=MEDIA,
    raises=(NotFound,),
    params=SCHEDULE,
)
async def list_on_call_schedule_overrides(call: Call, query: OverridesQuery) -> OverrideList:
    """List the overrides of a schedule that reach into a span of time."""
    schedule_id = ScheduleId(path_id(call, "schedule"))

    def look(_tx: Tx, _actor: Actor, directory: Directory) -> OverrideList:
        overrides = schedule_in(directory, schedule_id).overrides
        since = FIRST if query.start is None else read_query_time(query.start, "filter[start]")
        until = LAST if query.end is None else read_query_time(query.end, "filter[end]")
        found = [each for each in overrides if each.starts_at < until and since < each.ends_at]
        return OverrideList(
            [_show(each) for each in sorted(found, key=lambda each: (each.starts_at, each.id))]
        )

    return await seen(call, look)


@ROUTES.post(
    "/schedules/{schedule_id}/overrides",
    permission=Permission.SCHEDULE,
    summary="Let people stand in",
    description="Over every layer; all of the list, or nobody.",
    status=201,
    body_later=CreateOverrides,
    media=MEDIA,
    raises=(NotFound, Conflict),
    params=SCHEDULE,
)
async def create_on_call_schedule_overrides(call: Call) -> OverrideList:
    """Let people stand in on a schedule."""
    schedule_id = ScheduleId(path_id(call, "schedule"))
    await must_be_there(call, schedule_id)
    given = (await read_body(call, _CREATE)).data
    drafts = [_drafted(each, f"data[{place}]") for place, each in enumerate(given)]

    def create(tx: Tx, actor: Actor) -> Sequence[Override]:
        return [
            _added(tx, actor, schedule_id, draft, place=place, now=call.now)
            for place, draft in enumerate(drafts)
        ]

    made = await call.act(create)
    return OverrideList(
        [_show(override, each.attributes) for override, each in zip(made, given, strict=True)]
    )


@ROUTES.delete(
    "/schedules/{schedule_id}/overrides/{override_id}",
    permission=Permission.SCHEDULE,
    summary="Let somebody stand in no more",
    raises=(NotFound,),
    params=_OVERRIDE,
)
async def delete_on_call_schedule_override(call: Call) -> None:
    """Take an override away."""
    schedule_id, override_id = path_ids(call, "schedule", "override")
    await call.act(schedules.delete_override, ScheduleId(schedule_id), OverrideId(override_id), now=call.now)


def _drafted(given: NewOverride, path: str) -> Override:
    return Override(
        id=OverrideId(UNMADE),
        user=UserId(
            reference(given.relationships.user.data.id, "user", f"{path}.relationships.user.data.id")
        ),
        starts_at=read_time(given.attributes.start, f"{path}.attributes.start"),
        ends_at=read_time(given.attributes.end, f"{path}.attributes.end"),
    )


def _added(
    tx: Tx, actor: Actor, schedule_id: ScheduleId, draft: Override, *, place: int, now: datetime
) -> Override:
    words = (
        (_STARTS_AT, f"data[{place}].attributes.start"),
        (_ENDS_AT, f"data[{place}].attributes.end"),
        (_USER, f"data[{place}].relationships.user.data.id"),
    )
    with reworded(words):
        return schedules.add_override(tx, actor, schedule_id, draft, now=now)


def _show(override: Override, written: OverrideTimes | None = None) -> OverrideObject:
    times = written or OverrideTimes(show_utc(override.starts_at), show_utc(override.ends_at))
    return OverrideObject(to_uuid(override.id), times, WhoseLinks(to_one("users", override.user)))
