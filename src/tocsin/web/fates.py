"""What became of a test that somebody sent, in words; the page shows it as it comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tocsin.actions import history
from tocsin.actions.actor import Actor
from tocsin.core.errors import NotFound
from tocsin.core.ids import NotificationId
from tocsin.core.notification import Notification, NotificationState
from tocsin.core.spelling import native
from tocsin.web.forms import SHOWN_MAX, identifier
from tocsin.world import Tx

FATES: Final[Mapping[NotificationState, str]] = {
    NotificationState.QUEUED: "is on its way",
    NotificationState.SENDING: "is on its way",
    NotificationState.SENT: "was taken, and has yet to be confirmed",
    NotificationState.DELIVERED: "was delivered",
    NotificationState.FAILED: "failed",
    NotificationState.DROPPED: "was dropped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a test: in words, and whether more is to come."""

    id: str
    words: str
    tone: str
    waits: bool
    error: str


def fate(tx: Tx, actor: Actor, text: str, mine: Callable[[Notification], bool]) -> Fate | None:
    """Tell what became of the test with that id, if it is one that whoever looks may see."""
    if not text:
        return None
    number = NotificationId(identifier(text, "notification"))
    sent = history.find_notification(tx, actor, number)
    if not mine(sent):
        raise NotFound("notification", text[:SHOWN_MAX])
    return fate_of(sent)


def fate_of(sent: Notification) -> Fate:
    """Say what became of a message."""
    over = sent.state in (NotificationState.DELIVERED, NotificationState.FAILED, NotificationState.DROPPED)
    failed = sent.state in (NotificationState.FAILED, NotificationState.DROPPED)
    return Fate(
        id=native("notification", sent.id),
        words=FATES[sent.state],
        tone="received" if sent.state is NotificationState.DELIVERED else "lost" if failed else "waiting",
        waits=not over,
        error=sent.last_error,
    )
