"""``/alerts``: what is wrong, what became of it, and what people do about it."""

from tocsin.actions import alerts as acting
from tocsin.actions import history
from tocsin.actions.actor import Permission
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import AlertId
from tocsin.dialects.native.alert_filters import AlertsQuery, filters
from tocsin.dialects.native.handling import PREFIX, Stretch, beginning, following, named
from tocsin.dialects.native.looking import done, glanced, optional, seen
from tocsin.dialects.native.wire.alerts import (
    AcknowledgeBody,
    AcknowledgeManyBody,
    AlertIdsBody,
    AlertList,
    AlertsView,
    AlertView,
    show_alert,
    words,
)
from tocsin.dialects.native.wire.events import EventList, show_event
from tocsin.dialects.native.wire.pages import PageList, show_page
from tocsin.dialects.native.wire.spelled import references
from tocsin.dialects.native.wire.story import Story, show_story
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.errors import TooLarge, UnsupportedMedia
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Alerts")

_ALERT = {"alert_id": "the alert's id"}
_SHOWN = {
    "id": "alrt_0cv1h8q4w2mp",
    "service": {"id": "svc_0cv1h8q4w2mq", "name": "Shop", "slug": "shop"},
    "integration_id": None,
    "status": "acknowledged",
    "severity": "critical",
    "worst_severity": "critical",
    "severity_since": "2026-03-06T09:00:00Z",
    "title": "Disk full on db-1",
    "message": "98 % of /var are used",
    "source": "prometheus",
    "labels": {"team": "data", "env": "prod"},
    "links": ["https://wiki.example.org/disk-full"],
    "event_type": "",
    "metric": {"name": "disk_used", "value": 0.98, "units": "ratio"},
    "host": "db-1",
    "monitor_id": "",
    "monitor_name": "",
    "monitor_labels": [],
    "dimensions": {},
    "dedup_key": "db-1/disk",
    "opened_at": "2026-03-06T09:00:00Z",
    "last_seen_at": "2026-03-06T09:05:00Z",
    "event_count": 2,
    "acknowledgement": {
        "by": {"id": "usr_0cv1h8q4w2mr", "name": "Ana Alba"},
        "by_name": "Ana Alba",
        "at": "2026-03-06T09:06:00Z",
        "until": "2026-03-06T11:06:00Z",
        "comment": "on my way",
        "how": "api",
        "reminder": None,
    },
    "resolved_at": None,
    "resolved_by": None,
    "routing": "routed",
    "drill": False,
    "snooze": None,
}
_TOLD = {
    "at": "2026-03-06T09:00:00Z",
    "alert_id": "alrt_0cv1h8q4w2mp",
    "page_id": None,
    "code": "alert_opened",
    "sentence": "prometheus reported new trouble of severity critical",
    "facts": {"severity": "critical", "source": "prometheus"},
}
_ACKNOWLEDGE: JsonReader[AcknowledgeBody] = JsonReader(AcknowledgeBody)


@ROUTES.get(
    "/alerts",
    permission=Permission.READ,
    summary="List alerts",
    description=(
        "Those that fit every filter, the newest first. `label` may be given again for more. A search "
        "through very many goes on from `next`, also when there are few items, or none; `total` counts what "
        "is over no further than 10,000."
    ),
    examples=(Example(title="One alert", answer={"alerts": [_SHOWN], "next": None, "total": 1}),),
)
async def list_alerts(call: Call, query: AlertsQuery) -> AlertList:
    """List alerts."""
    listed, directory = await seen(
        call, history.list_alerts, **filters(query), before=beginning("alerts", query), limit=query.limit
    )
    return AlertList(
        alerts=[show_alert(alert, directory) for alert in listed.items],
        next=following("alerts", listed),
        total=listed.total,
    )


@ROUTES.get(
    "/alerts/{alert_id}",
    permission=Permission.READ,
    summary="Read an alert",
    tagged=True,
    raises=(NotFound,),
    params=_ALERT,
    examples=(Example(title="An alert that somebody has", answer=_SHOWN),),
)
async def read_alert(call: Call) -> AlertView:
    """Read one alert."""
    return show_alert(*await glanced(call, history.find_alert, AlertId(named(call, "alert"))))


@ROUTES.post(
    "/alerts/{alert_id}/acknowledge",
    permission=Permission.RESPOND,
    summary="Acknowledge an alert",
    description=(
        "Nobody is asked about it any more, until the time given or until it is resolved. An "
        "acknowledgement replaces the one before. The body may be empty."
    ),
    body_later=AcknowledgeBody,
    body_optional=True,
    raises=(NotFound, Conflict, TooLarge, UnsupportedMedia),
    params=_ALERT,
    examples=(Example(title="For two hours", body={"for_s": 7200, "comment": "on my way"}, answer=_SHOWN),),
)
async def acknowledge_alert(call: Call) -> AlertView:
    """Acknowledge one alert."""
    alert = AlertId(named(call, "alert"))
    body = await optional(call, _ACKNOWLEDGE, AcknowledgeBody())
    changed, directory = await done(call, acting.acknowledge, (alert,), **words(body, call.now), now=call.now)
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/{alert_id}/unacknowledge",
    permission=Permission.RESPOND,
    summary="Take an acknowledgement back",
    description="What still fires asks people again, from the first step of the plan as it stands now."
    " Without one it changes nothing.",
    raises=(NotFound, Conflict),
    params=_ALERT,
)
async def unacknowledge_alert(call: Call) -> AlertView:
    """Release one alert."""
    alert = AlertId(named(call, "alert"))
    changed, directory = await done(call, acting.unacknowledge, (alert,), now=call.now)
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/{alert_id}/resolve",
    permission=Permission.RESPOND,
    summary="Resolve an alert",
    description="It is closed; if the trouble goes on, its next event opens another. Harmless again.",
    raises=(NotFound,),
    params=_ALERT,
)
async def resolve_alert(call: Call) -> AlertView:
    """Resolve one alert."""
    alert = AlertId(named(call, "alert"))
    changed, directory = await done(call, acting.resolve, (alert,), now=call.now)
    return show_alert(changed[0], directory)


@ROUTES.post(
    "/alerts/acknowledge",
    permission=Permission.RESPOND,
    summary="Acknowledge many alerts",
    description="All of them, or none if one is resolved or not there.",
    raises=(NotFound, Conflict),
    examples=(Example(title="Two alerts", body={"ids": ["alrt_0cv1h8q4w2mp", "alrt_0cv1h8q4w2ms"]}),),
)
async def acknowledge_alerts(call: Call, body: AcknowledgeManyBody) -> AlertsView:
    """Acknowledge many alerts."""
    changed, directory = await done(
        call, acting.acknowledge, _ids(body.ids), **words(body, call.now), now=call.now
    )
    return AlertsView(alerts=[show_alert(alert, directory) for alert in changed])


@ROUTES.post(
    "/alerts/unacknowledge",
    permission=Permission.RESPOND,
    summary="Take many acknowledgements back",
    description="All of them, or none if one alert is resolved or not there.",
    raises=(NotFound, Conflict),
)
async def unacknowledge_alerts(call: Call, body: AlertIdsBody) -> AlertsView:
    """Release many alerts."""
    changed, directory = await done(call, acting.unacknowledge, _ids(body.ids), now=call.now)
    return AlertsView(alerts=[show_alert(alert, directory) for alert in changed])


@ROUTES.post(
    "/alerts/resolve",
    permission=Permission.RESPOND,
    summary="Resolve many alerts",
    description="All of them, or none if one is not there.",
    raises=(NotFound,),
)
async def resolve_alerts(call: Call, body: AlertIdsBody) -> AlertsView:
    """Resolve many alerts."""
    changed, directory = await done(call, acting.resolve, _ids(body.ids), now=call.now)
    return AlertsView(alerts=[show_alert(alert, directory) for alert in changed])


@ROUTES.get(
    "/alerts/{alert_id}/timeline",
    permission=Permission.READ,
    summary="Tell an alert's story",
    description="Its own and its pages', from the beginning: what was decided, when, because of what.",
    raises=(NotFound,),
    params=_ALERT,
    examples=(Example(title="The beginning", answer={"timeline": [_TOLD], "next": None, "total": 1}),),
)
async def tell_alert(call: Call, query: Stretch) -> Story:
    """Tell the story of one alert."""
    told = await call.ask(
        history.story_of_alert,
        AlertId(named(call, "alert")),
        after=beginning("story", query),
        limit=query.limit,
    )
    return Story(timeline=show_story(told.items), next=following("story", told), total=told.total)


@ROUTES.get(
    "/alerts/{alert_id}/events",
    permission=Permission.READ,
    summary="List an alert's events",
    description="The newest first.",
    raises=(NotFound,),
    params=_ALERT,
)
async def list_alert_events(call: Call, query: Stretch) -> EventList:
    """List the events of one alert."""
    listed, directory = await seen(
        call,
        history.list_events,
        alert=AlertId(named(call, "alert")),
        before=beginning("events", query),
        limit=query.limit,
    )
    return EventList(
        events=[show_event(each.event, each.alert, directory) for each in listed.items],
        next=following("events", listed),
        total=listed.total,
    )


@ROUTES.get(
    "/alerts/{alert_id}/pages",
    permission=Permission.READ,
    summary="List an alert's pages",
    description="The newest first.",
    raises=(NotFound,),
    params=_ALERT,
)
async def list_alert_pages(call: Call, query: Stretch) -> PageList:
    """List the pages of one alert."""
    listed, directory = await seen(
        call,
        history.list_pages,
        alert=AlertId(named(call, "alert")),
        before=beginning("pages", query),
        limit=query.limit,
    )
    return PageList(
        pages=[show_page(page, directory) for page in listed.items],
        next=following("pages", listed),
        total=listed.total,
    )


def _ids(texts: list[str]) -> list[AlertId]:
    return [AlertId(each) for each in references(texts, "alert", "ids")]
