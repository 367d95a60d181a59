"""One message to one address on one channel, from the queue to its receipt."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.core.event import Severity
from tocsin.core.ids import (
    ContactMethodId,
    DestinationId,
    NotificationId,
    PageId,
    ServiceId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import Importance


class NotificationKind(StrEnum):
    """What a notification is about; a channel that meets an unknown one fails loudly."""

    PAGE = "page"
    RESOLVED = "resolved"
    TEST = "test"
    VERIFICATION = "verification"
    OPERATOR = "operator"


class NotificationState(StrEnum):
    """How far a notification has come; *sent* was taken by a provider, *delivered* was confirmed by it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is to be sent, and what became of it.

    To a *user* (at a *contact_method*) or to a *destination*. *address* is where it goes, *queued_at* when
    it was wanted and *due* when it is to be tried next. *provider* numbers the channel's providers from 0 and
    *attempts* counts the tries that failed with that provider; *body* is text for kinds that no page stands
    behind. One that is *bundled_into* another is not sent by itself and shares the other's fate.
    """

    id: NotificationId
    workspace: WorkspaceId
    kind: NotificationKind
    page: PageId | None = None
    service: ServiceId | None = None
    user: UserId | None = None
    contact_method: ContactMethodId | None = None
    destination: DestinationId | None = None
    channel: str
    address: str
    importance: Importance = Importance.DEFAULT
    severity: Severity = Severity.ERROR
    because: str = ""
    body: str = ""
    queued_at: datetime
    due: datetime
    state: NotificationState = NotificationState.QUEUED
    attempts: int = 0
    provider: int = 0
    provider_id: str = ""
    last_error: str = ""
    sent_at: datetime | None = None
    bundled_into: NotificationId | None = None
