"""Notifications as JSON has them: who was told, how, and what came of it; never what only they may read."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from tocsin.core.event import Severity
from tocsin.core.masking import shown_address
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.core.people import Importance
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.shapes import View
from tocsin.dialects.native.wire.spelled import spelled


class NotificationView(View):
    """One message to one address, and what became of it."""

    id: str
    page_id: str | None
    kind: NotificationKind
    user_id: str | None
    contact_method_id: str | None
    destination_id: str | None
    channel: str
    address: Annotated[str, Meta(description="where it goes; of a webhook's, which is a secret, only a part")]
    importance: Importance
    severity: Severity
    state: NotificationState
    attempts: Annotated[int, Meta(description="tries with the present provider of the channel")]
    queued_at: datetime
    due_at: Annotated[datetime, Meta(description="when it is tried, or tried again, while it is queued")]
    sent_at: datetime | None
    last_error: str
    because: Annotated[str, Meta(description="why this person or place is told")]
    bundled_into: Annotated[str | None, Meta(description="the notification that it goes as a part of")]


class NotificationList(View):
    """A stretch of a list of notifications, the newest first."""

    notifications: list[NotificationView]
    next: str | None
    total: int


def show_notification(notification: Notification) -> NotificationView:
    """Write one notification."""
    return NotificationView(
        id=native("notification", notification.id),
        page_id=spelled("page", notification.page),
        kind=notification.kind,
        user_id=spelled("user", notification.user),
        contact_method_id=spelled("contact_method", notification.contact_method),
        destination_id=spelled("destination", notification.destination),
        channel=notification.channel,
        address=shown_address(notification.channel, notification.address),
        importance=notification.importance,
        severity=notification.severity,
        state=notification.state,
        attempts=notification.attempts,
        queued_at=notification.queued_at,
        due_at=notification.due,
        sent_at=notification.sent_at,
        last_error=notification.last_error,
        because=notification.because,
        bundled_into=spelled("notification", notification.bundled_into),
    )
