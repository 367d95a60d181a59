"""``/notifications``: every message that was to be sent, and what became of it."""

from typing import Annotated

from msgspec import Meta

from tocsin.actions import history
from tocsin.actions.actor import Permission
from tocsin.core.errors import NotFound
from tocsin.core.ids import NotificationId, PageId, UserId
from tocsin.core.notification import NotificationState
from tocsin.dialects.native.handling import PREFIX, Stretch, beginning, following, named
from tocsin.dialects.native.wire.notifications import NotificationList, NotificationView, show_notification
from tocsin.dialects.native.wire.shapes import Id
from tocsin.dialects.native.wire.spelled import reference
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes

ROUTES = Routes(PREFIX, tag="Notifications")

_SHOWN = {
    "id": "ntf_0cv1h8q4w2mt",
    "page_id": "page_0cv1h8q4w2mv",
    "kind": "page",
    "user_id": "usr_0cv1h8q4w2mr",
    "contact_method_id": "cm_0cv1h8q4w2mw",
    "destination_id": None,
    "channel": "email",
    "address": "ana@example.org",
    "importance": "default",
    "severity": "critical",
    "state": "sent",
    "attempts": 1,
    "queued_at": "2026-03-06T09:00:00Z",
    "due_at": "2026-03-06T09:00:00Z",
    "sent_at": "2026-03-06T09:00:00.2Z",
    "last_error": "",
    "because": "Ana Alba is on call for Primary (step 1 of Backend); rule 1",
    "bundled_into": None,
}


class NotificationsQuery(Stretch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which notifications to list: those that fit every filter."""

    page: Annotated[Id, Meta(description="about this page")] | None = None
    user: Annotated[Id, Meta(description="to this person")] | None = None
    state: NotificationState | None = None
    channel: Annotated[str, Meta(max_length=50)] | None = None


@ROUTES.get(
    "/notifications",
    permission=Permission.READ,
    summary="List notifications",
    description="Those that fit every filter, the newest first. What they say is not shown.",
    raises=(NotFound,),
    examples=(Example(title="One message", answer={"notifications": [_SHOWN], "next": None, "total": 1}),),
)
async def list_notifications(call: Call, query: NotificationsQuery) -> NotificationList:
    """List notifications."""
    listed = await call.ask(
        history.list_notifications,
        state=query.state,
        page=None if query.page is None else PageId(reference(query.page, "page", "page")),
        user=None if query.user is None else UserId(reference(query.user, "user", "user")),
        channel=query.channel,
        before=beginning("notifications", query),
        limit=query.limit,
    )
    return NotificationList(
        notifications=[show_notification(each) for each in listed.items],
        next=following("notifications", listed),
        total=listed.total,
    )


@ROUTES.get(
    "/notifications/{notification_id}",
    permission=Permission.READ,
    summary="Read a notification",
    tagged=True,
    raises=(NotFound,),
    params={"notification_id": "the notification's id"},
    examples=(Example(title="A message", answer=_SHOWN),),
)
async def read_notification(call: Call) -> NotificationView:
    """Read one notification."""
    found = await call.glance(history.find_notification, NotificationId(named(call, "notification")))
    return show_notification(found)
