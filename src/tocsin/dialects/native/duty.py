"""``/schedules/{id}/...``: who is on call, over time, and who stands in."""

from typing import Annotated

import msgspec
from msgspec import Meta, field
from starlette.responses import Response

from tocsin.actions import duty, schedules
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import OverrideId
from tocsin.core.schedule import Override
from tocsin.dialects.native.handling import PREFIX, Stretch, location, named, stretch_of, sure
from tocsin.dialects.native.schedules import SCHEDULE, schedule_of
from tocsin.dialects.native.wire.duty import (
    WORDS,
    OnCallView,
    TimelineView,
    show_on_call,
    show_timeline,
)
from tocsin.dialects.native.wire.rewording import reworded
from tocsin.dialects.native.wire.schedules import WORDS as SCHEDULE_WORDS
from tocsin.dialects.native.wire.schedules import (
    NewOverride,
    OverrideList,
    OverrideView,
    drafted_override,
    show_override,
)
from tocsin.dialects.native.wire.shapes import Instant, instant, instant_or_none
from tocsin.dialects.native.wire.spelled import spelled
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes

ROUTES = Routes(PREFIX, tag="On call")

_OVERRIDE = SCHEDULE | {"override_id": "the override's id"}
_LIST = "overrides"
_SHIFT = {
    "user": {"id": "usr_0cv1h8q4w2mn", "name": "Ana Alba", "email": "ana@example.org", "status": "active"},
    "starts_at": "2026-03-02T08:00:00Z",
    "ends_at": "2026-03-09T08:00:00Z",
    "layer_id": "lay_0cv1h8q4w2n0",
    "override_id": None,
    "recurring_shift_id": None,
    "feed_id": None,
    "shift_swap_id": None,
}
_STAND_IN = {
    "id": "ovr_0cv1h8q4w2n1",
    "user_id": "usr_0cv1h8q4w2mz",
    "starts_at": "2026-03-07T08:00:00Z",
    "ends_at": "2026-03-08T08:00:00Z",
    "instead_of_user_id": None,
}


class At(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instant that is asked about."""

    at: Annotated[Instant, Meta(description="then, not now")] | None = None


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The span of time that is asked about."""

    starts_at: Annotated[Instant, Meta(description="the beginning")] = field(name="from")
    ends_at: Annotated[Instant, Meta(description="the end, at most 366 days later")] = field(name="to")


@ROUTES.get(
    "/schedules/{schedule_id}/on-call",
    permission=Permission.READ,
    summary="Say who is on call",
    description="And who was before, and who is next, as steps of escalation policies see it.",
    raises=(NotFound,),
    params=SCHEDULE,
    examples=(
        Example(
            title="One person",
            answer={
                "schedule_id": "sch_0cv1h8q4w2mv",
                "at": "2026-03-06T09:00:00Z",
                "on_call": [_SHIFT],
                "next": [],
                "previous": [],
            },
        ),
    ),
)
async def read_schedule_on_call(call: Call, query: At) -> OnCallView:
    """Say who is on call for one schedule."""
    at = instant_or_none(query.at, "at") or call.now
    found = await call.ask(duty.on_call, schedule_of(call), at=at)
    return show_on_call(
        found.schedule.id,
        found.at,
        current=found.current,
        following=found.next,
        previous=found.previous,
        users=found.users,
    )


@ROUTES.get(
    "/schedules/{schedule_id}/timeline",
    permission=Permission.READ,
    summary="Read the shifts of a span of time",
    description="In `[from, to)`, cut off at either end, and the gaps in which nobody is on call.",
    raises=(NotFound,),
    params=SCHEDULE,
    examples=(
        Example(
            title="A week",
            answer={"schedule_id": "sch_0cv1h8q4w2mv", "shifts": [_SHIFT], "gaps": []},
        ),
    ),
)
async def read_schedule_timeline(call: Call, query: Span) -> TimelineView:
    """Read the shifts of one schedule."""
    with reworded(WORDS):
        found = await call.ask(
            duty.over_time,
            schedule_of(call),
            starts_at=instant(query.starts_at, "starts_at"),
            ends_at=instant(query.ends_at, "ends_at"),
        )
    return show_timeline(found.schedule.id, found.shifts, found.gaps, found.users)


@ROUTES.get(
    "/schedules/{schedule_id}/overrides",
    permission=Permission.READ,
    summary="List a schedule's overrides",
    description="The oldest first: of two for the same time the later one decides.",
    raises=(NotFound,),
    params=SCHEDULE,
    examples=(Example(title="One override", answer={"overrides": [_STAND_IN], "next": None, "total": 1}),),
)
async def list_overrides(call: Call, query: Stretch) -> OverrideList:
    """List the overrides of one schedule."""
    found = (await call.glance(schedules.get, schedule_of(call))).overrides
    in_order = sorted(found, key=lambda each: each.id)
    shown, rest = stretch_of(_LIST, in_order, query, lambda each: each.id)
    return OverrideList(
        overrides=[show_override(each) for each in shown],
        next=rest,
        total=len(found),
    )


@ROUTES.post(
    "/schedules/{schedule_id}/overrides",
    permission=Permission.SCHEDULE,
    summary="Let somebody stand in",
    description=(
        "Over every layer; with `instead_of_user_id` only where that person would be on call otherwise."
    ),
    status=201,
    answer=OverrideView,
    tagged=True,
    once=True,
    raises=(NotFound, Conflict),
    params=SCHEDULE,
    examples=(
        Example(
            title="For a day",
            body={
                "user_id": "usr_0cv1h8q4w2mz",
                "starts_at": "2026-03-07T08:00:00Z",
                "ends_at": "2026-03-08T08:00:00Z",
            },
            answer=_STAND_IN,
        ),
    ),
)
async def add_override(call: Call, body: NewOverride) -> Response:
    """Let somebody stand in on one schedule."""
    schedule = schedule_of(call)

    def show(override: Override) -> Answer[OverrideView]:
        view = show_override(override)
        where = f"/schedules/{spelled('schedule', schedule)}/overrides/{view.id}"
        return Answer(value=view, headers=location(where))

    with reworded(SCHEDULE_WORDS):
        return await call.once(show, schedules.add_override, schedule, drafted_override(body), now=call.now)


@ROUTES.get(
    "/schedules/{schedule_id}/overrides/{override_id}",
    permission=Permission.READ,
    summary="Read an override",
    description="In the schedule's own words: who, from when, until when.",
    tagged=True,
    raises=(NotFound,),
    params=_OVERRIDE,
    examples=(Example(title="An override", answer=_STAND_IN),),
)
async def read_override(call: Call) -> OverrideView:
    """Read one override."""
    return show_override(await call.glance(schedules.get_override, schedule_of(call), _override(call)))


@ROUTES.delete(
    "/schedules/{schedule_id}/overrides/{override_id}",
    permission=Permission.SCHEDULE,
    summary="Delete an override",
    description="From now on the schedule is as if it had never been.",
    raises=(NotFound, PreconditionFailed),
    params=_OVERRIDE,
)
async def delete_override(call: Call) -> None:
    """Delete one override."""
    await call.act(
        schedules.delete_override,
        schedule_of(call),
        _override(call),
        sure=sure(call, show_override),
        now=call.now,
    )


def _override(call: Call) -> OverrideId:
    return OverrideId(named(call, "override"))
