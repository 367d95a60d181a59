"""``/events``: what sources say comes in here, on the express way; what they said is read here."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import history
from tocsin.actions.actor import Permission
from tocsin.core.errors import NotFound
from tocsin.core.ids import AlertId, EventId
from tocsin.core.spelling import native
from tocsin.dialects.native.handling import PREFIX, Stretch, beginning, following, named
from tocsin.dialects.native.looking import glanced, seen
from tocsin.dialects.native.wire.events import (
    AcceptedEvent,
    AcceptedEvents,
    EventList,
    EventsBody,
    EventView,
    show_event,
)
from tocsin.dialects.native.wire.shapes import Id
from tocsin.dialects.native.wire.spelled import reference
from tocsin.httpkit.doors import Kit
from tocsin.httpkit.errors import TooLarge, UnsupportedMedia, problem
from tocsin.httpkit.express import Express
from tocsin.httpkit.requests import ONCE, REPLAYED, Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Events")

_EVENT = {"event_id": "the event's id"}
_LIST = "events"
_ACCEPTED = {"events": [{"id": "evt_0cv1h8q4w2mn"}]}
_FIRING = {
    "dedup_key": "db-1/disk",
    "severity": "critical",
    "title": "Disk full on db-1",
    "message": "98 % of /var are used",
    "labels": {"team": "data", "env": "prod"},
    "links": ["https://wiki.example.org/disk-full"],
}
_FILED = {
    "id": "evt_0cv1h8q4w2mn",
    "alert_id": "alrt_0cv1h8q4w2mp",
    "service": {"id": "svc_0cv1h8q4w2mq", "name": "Shop", "slug": "shop"},
    "integration_id": None,
    "dedup_key": "db-1/disk",
    "status": "firing",
    "severity": "critical",
    "title": "Disk full on db-1",
    "message": "98 % of /var are used",
    "source": "",
    "labels": {"team": "data", "env": "prod"},
    "occurred_at": "2026-03-06T09:00:00Z",
    "received_at": "2026-03-06T09:00:00Z",
    "links": ["https://wiki.example.org/disk-full"],
    "images": [],
    "details": {},
    "event_type": "",
    "metric": {"name": "disk_used", "value": 0.98, "units": "ratio"},
    "host": "db-1",
    "monitor_id": "",
    "monitor_name": "",
    "monitor_labels": [],
    "dimensions": {},
    "drill": False,
}


class EventsQuery(Stretch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events to list."""

    alert: Annotated[Id, Meta(description="only events of this alert")] | None = None


@ROUTES.post(
    "/events",
    permission=Permission.INGEST,
    summary="Send events",
    description=(
        "The body is one event, or up to 1,000 of them under `events`, taken in their order. The answer "
        "comes after they are on disk: nothing that was answered with 202 is lost. All or none of a body is "
        "taken. An event says something only with a `title`, a `message`, a `monitor_name` or a "
        "`dedup_key`. Nothing is refused for being long: it is cut, and the cut is marked."
    ),
    status=202,
    once=True,
    body_later=EventsBody,
    answer=AcceptedEvents,
    raises=(TooLarge, UnsupportedMedia),
    examples=(
        Example(title="Something is wrong", body=_FIRING, answer=_ACCEPTED),
        Example(title="It is over", body={"dedup_key": "db-1/disk", "severity": "ok"}),
        Example(
            title="Several at once",
            body={
                "events": [
                    {"dedup_key": "db-1/disk", "title": "Disk full on db-1"},
                    {"dedup_key": "db-2/disk", "title": "Disk full on db-2", "service": "shop"},
                ]
            },
        ),
    ),
)
async def send_events(call: Call) -> Response:
    """Do what `express` does, for those who want it done once, and for who writes the path in another way."""
    body, intake = await call.read(), call.kit.intake
    if ONCE not in call.request.headers:
        return Response(await intake.post(call.actor, body), 202, media_type="application/json")
    parcel = intake.parcel(call.actor, body)
    answer = await call.once(_accepted, lambda tx, _actor: intake.keep(tx, parcel, body))
    if REPLAYED not in answer.headers:
        intake.taken += len(parcel.drafts)
    return answer


@ROUTES.get(
    "/events",
    permission=Permission.READ,
    summary="List events",
    description="The newest first; all of them, or those of one alert.",
    examples=(Example(title="One event", answer={"events": [_FILED], "next": None, "total": 1}),),
    raises=(NotFound,),
)
async def list_events(call: Call, query: EventsQuery) -> EventList:
    """List events."""
    alert = None if query.alert is None else AlertId(reference(query.alert, "alert", "alert"))
    listed, directory = await seen(
        call, history.list_events, alert=alert, before=beginning(_LIST, query), limit=query.limit
    )
    return EventList(
        events=[show_event(each.event, each.alert, directory) for each in listed.items],
        next=following(_LIST, listed),
        total=listed.total,
    )


@ROUTES.get(
    "/events/{event_id}",
    permission=Permission.READ,
    summary="Read an event",
    tagged=True,
    raises=(NotFound,),
    params=_EVENT,
    examples=(Example(title="An event", answer=_FILED),),
)
async def read_event(call: Call) -> EventView:
    """Read one event."""
    filed, directory = await glanced(call, history.find_event, EventId(named(call, "event")))
    return show_event(filed.event, filed.alert, directory)


def _accepted(taken: Sequence[EventId]) -> AcceptedEvents:
    return AcceptedEvents(events=[AcceptedEvent(id=native("event", each)) for each in taken])


def express(kit: Kit) -> Express:
    """Build the express way for events: it is what a storm comes by."""
    return Express(
        kit=kit,
        door="native",
        method="POST",
        path=f"{PREFIX}/events",
        permission=Permission.INGEST,
        handle=kit.intake.post,
        hand_in=kit.intake.hand_in,
        dress=problem,
        status=202,
    )
