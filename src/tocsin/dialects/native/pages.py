"""``/pages``: who is being asked about what, and paging by hand."""

from typing import Annotated

from msgspec import Meta, field
from starlette.responses import Response

from tocsin.actions import alerts as acting
from tocsin.actions import hand_paging, history
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.intake import service_for
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.escalation import PageStatus
from tocsin.core.ids import AlertId, PageId
from tocsin.dialects.native.handling import PREFIX, Stretch, beginning, following, location, named
from tocsin.dialects.native.looking import done, glanced, optional, seen
from tocsin.dialects.native.wire.alerts import AcknowledgeBody, AlertList, show_alert, words
from tocsin.dialects.native.wire.notifications import NotificationList, show_notification
from tocsin.dialects.native.wire.pages import PageBody, PageList, PageView, show_page, whom
from tocsin.dialects.native.wire.shapes import Id
from tocsin.dialects.native.wire.spelled import reference
from tocsin.dialects.native.wire.story import Story, show_story
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.errors import TooLarge, UnsupportedMedia
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Answer, Example, Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Pages")

_PAGE = {"page_id": "the page's id"}
_SHOWN = {
    "id": "page_0cv1h8q4w2mv",
    "title": "Disk full on db-1",
    "status": "triggered",
    "severity": "critical",
    "importance": "default",
    "service_id": "svc_0cv1h8q4w2mq",
    "alert_policy_id": "pol_0cv1h8q4w2mx",
    "rule_id": "rule_0cv1h8q4w2my",
    "escalation_policy_id": "esc_0cv1h8q4w2mz",
    "began_at": "2026-03-06T09:00:00Z",
    "gathers_until": None,
    "next_step": 2,
    "next_at": "2026-03-06T09:10:00Z",
    "alerts_count": 1,
    "responders": [
        {
            "user_id": "usr_0cv1h8q4w2mr",
            "name": "Ana Alba",
            "importance": "default",
            "why": "on call for Primary (step 1 of Backend)",
            "asked_at": "2026-03-06T09:00:00Z",
            "next_at": "2026-03-06T09:05:00Z",
        }
    ],
    "destination_ids": [],
    "addresses": [],
    "plan": {
        "name": "Backend",
        "steps": [
            {
                "id": "step_0cv1h8q4w2n0",
                "after_s": 0,
                "action": {"type": "notify", "targets": [{"type": "schedule", "id": "sch_0cv1h8q4w2n1"}]},
            },
            {
                "id": "step_0cv1h8q4w2n2",
                "after_s": 600,
                "action": {"type": "notify", "targets": [{"type": "team", "id": "team_0cv1h8q4w2n3"}]},
            },
        ],
    },
    "drill": False,
    "level": None,
    "digest": False,
}
_ACKNOWLEDGE: JsonReader[AcknowledgeBody] = JsonReader(AcknowledgeBody)


class PagesQuery(Stretch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pages to list: those that fit every filter."""

    status: PageStatus | None = None
    service: Annotated[list[str], Meta(max_length=50, description="ids or slugs; any of them")] = field(
        default_factory=list
    )
    alert: Annotated[Id, Meta(description="about this alert")] | None = None


@ROUTES.get(
    "/pages",
    permission=Permission.READ,
    summary="List pages",
    description="Those that fit every filter, the newest first.",
    raises=(NotFound,),
    examples=(Example(title="One page", answer={"pages": [_SHOWN], "next": None, "total": 1}),),
)
async def list_pages(call: Call, query: PagesQuery) -> PageList:
    """List pages."""
    alert = None if query.alert is None else AlertId(reference(query.alert, "alert", "alert"))
    listed, directory = await seen(
        call,
        history.list_pages,
        status=query.status,
        services=query.service,
        alert=alert,
        before=beginning("pages", query),
        limit=query.limit,
    )
    return PageList(
        pages=[show_page(page, directory) for page in listed.items],
        next=following("pages", listed),
        total=listed.total,
    )


@ROUTES.post(
    "/pages",
    permission=Permission.RESPOND,
    summary="Page people by hand",
    description=(
        "Opens an alert of its own and asks the targets about it at once, or everybody on an escalation "
        "policy step by step, which then is the one target."
    ),
    status=201,
    once=True,
    answer=PageView,
    raises=(NotFound, Conflict),
    examples=(
        Example(
            title="A person and a team",
            body={
                "title": "Please join the call",
                "targets": [
                    {"type": "user", "id": "usr_0cv1h8q4w2mr"},
                    {"type": "team", "id": "team_0cv1h8q4w2n3"},
                ],
                "importance": "important",
            },
            answer=_SHOWN,
        ),
        Example(
            title="An escalation policy",
            body={
                "title": "Site is down",
                "targets": [{"type": "escalation_policy", "id": "esc_0cv1h8q4w2mz"}],
            },
        ),
    ),
)
async def page_by_hand(call: Call, body: PageBody) -> Response:
    """Page people by hand."""
    targets, policy = whom(body)

    def page(tx: Tx, actor: Actor) -> PageView:
        begun = hand_paging.page_by_hand(
            tx,
            actor,
            title=body.title,
            message=body.message or "",
            targets=targets,
            policy=policy,
            importance=body.importance,
            service=service_for(tx, actor, body.service),
            now=call.now,
        )
        return show_page(begun, history.directory(tx, actor))

    return await call.once(_created, page)


@ROUTES.get(
    "/pages/{page_id}",
    permission=Permission.READ,
    summary="Read a page",
    tagged=True,
    raises=(NotFound,),
    params=_PAGE,
    examples=(Example(title="A page", answer=_SHOWN),),
)
async def read_page(call: Call) -> PageView:
    """Read one page."""
    return show_page(*await glanced(call, history.find_page, _page(call)))


@ROUTES.post(
    "/pages/{page_id}/acknowledge",
    permission=Permission.RESPOND,
    summary="Acknowledge a page",
    description="Acknowledges every alert of it that fires. On a resolved page it changes nothing.",
    body_later=AcknowledgeBody,
    body_optional=True,
    raises=(NotFound, TooLarge, UnsupportedMedia),
    params=_PAGE,
    examples=(Example(title="For two hours", body={"for_s": 7200, "comment": "on my way"}, answer=_SHOWN),),
)
async def acknowledge_page(call: Call) -> PageView:
    """Acknowledge a page."""
    page = _page(call)
    body = await optional(call, _ACKNOWLEDGE, AcknowledgeBody())
    return show_page(*await done(call, acting.acknowledge_page, page, **words(body, call.now), now=call.now))


@ROUTES.post(
    "/pages/{page_id}/unacknowledge",
    permission=Permission.RESPOND,
    summary="Take a page's acknowledgements back",
    description="Releases every alert of it that fires; the page starts again from its first step.",
    raises=(NotFound,),
    params=_PAGE,
)
async def unacknowledge_page(call: Call) -> PageView:
    """Release a page."""
    return show_page(*await done(call, acting.unacknowledge_page, _page(call), now=call.now))


@ROUTES.post(
    "/pages/{page_id}/resolve",
    permission=Permission.RESPOND,
    summary="Resolve a page",
    description="Resolves every alert of it. Harmless again.",
    raises=(NotFound,),
    params=_PAGE,
)
async def resolve_page(call: Call) -> PageView:
    """Resolve a page."""
    return show_page(*await done(call, acting.resolve_page, _page(call), now=call.now))


@ROUTES.post(
    "/pages/{page_id}/escalate",
    permission=Permission.RESPOND,
    summary="Take a page's next step at once",
    description="A page that rests is released; at the plan's end it starts over. A resolved one stays so.",
    raises=(NotFound, Conflict),
    params=_PAGE,
)
async def escalate_page(call: Call) -> PageView:
    """Take the next step of a page at once."""
    return show_page(*await done(call, acting.escalate, _page(call), now=call.now))


@ROUTES.get(
    "/pages/{page_id}/alerts",
    permission=Permission.READ,
    summary="List a page's alerts",
    description="The newest first.",
    raises=(NotFound,),
    params=_PAGE,
)
async def list_page_alerts(call: Call, query: Stretch) -> AlertList:
    """List the alerts of one page."""
    listed, directory = await seen(
        call, history.list_alerts, page=_page(call), before=beginning("alerts", query), limit=query.limit
    )
    return AlertList(
        alerts=[show_alert(alert, directory) for alert in listed.items],
        next=following("alerts", listed),
        total=listed.total,
    )


@ROUTES.get(
    "/pages/{page_id}/notifications",
    permission=Permission.READ,
    summary="List a page's notifications",
    description="The newest first.",
    raises=(NotFound,),
    params=_PAGE,
)
async def list_page_notifications(call: Call, query: Stretch) -> NotificationList:
    """List the notifications of one page."""
    listed = await call.ask(
        history.list_notifications,
        page=_page(call),
        before=beginning("notifications", query),
        limit=query.limit,
    )
    return NotificationList(
        notifications=[show_notification(each) for each in listed.items],
        next=following("notifications", listed),
        total=listed.total,
    )


@ROUTES.get(
    "/pages/{page_id}/timeline",
    permission=Permission.READ,
    summary="Tell a page's story",
    description="From the beginning: what was decided, when, and because of what.",
    raises=(NotFound,),
    params=_PAGE,
)
async def tell_page(call: Call, query: Stretch) -> Story:
    """Tell the story of one page."""
    told = await call.ask(
        history.story_of_page, _page(call), after=beginning("story", query), limit=query.limit
    )
    return Story(timeline=show_story(told.items), next=following("story", told), total=told.total)


def _page(call: Call) -> PageId:
    return PageId(named(call, "page"))


def _created(view: PageView) -> Answer[PageView]:
    return Answer(value=view, headers=location(f"/pages/{view.id}"))
