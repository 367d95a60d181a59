"""All that the page of an alert shows: its story, its pages with their steps and messages, and why me."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from tocsin.actions import history, notes
from tocsin.actions.actor import Actor
from tocsin.core.because import listing
from tocsin.core.directory import Directory
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.event import Event
from tocsin.core.ids import AlertId, PageId, UserId
from tocsin.core.note import Note
from tocsin.core.notification import Notification, NotificationKind, NotificationState
from tocsin.core.responder import Responder
from tocsin.core.spelling import native
from tocsin.core.story import FiledEvent, StoryEntry
from tocsin.web.planned import sentence, step_words
from tocsin.web.words import Row, facts_of, row_of
from tocsin.world import Tx

STORY_MAX: Final = 500
EVENTS_SHOWN: Final = 20
MESSAGES_MAX: Final = 500
WHYS_MAX: Final = 12
_STATES: Final[Mapping[NotificationState, str]] = {
    NotificationState.QUEUED: "waits to be sent",
    NotificationState.SENDING: "is being sent",
    NotificationState.SENT: "sent",
    NotificationState.DELIVERED: "delivered",
    NotificationState.FAILED: "failed",
    NotificationState.DROPPED: "not sent",
}
_UNSAID: Final = frozenset({"id", "workspace", "service", "integration", "rules", "opens"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A message, to whom it went, and what became of it."""

    to: str
    channel: str
    address: str
    kind: str
    state: str
    failed: bool
    waits: bool
    because: str
    attempts: int
    error: str
    queued_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSeen:
    """A step of a page's plan: *how* says that it is past, due, or to come; *at* is when it is due."""

    number: int
    text: str
    how: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSeen:
    """A page of the alert: how it stands, its steps, and its messages."""

    plan: str
    status: str
    began_at: datetime
    alerts: int
    rounds: int
    steps: Sequence[StepSeen]
    people: Sequence[str]
    messages: Sequence[Receipt]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSeen:
    """An event, and all that it said, as JSON."""

    event: Event
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that the page of an alert shows."""

    row: Row
    story: Sequence[StoryEntry]
    story_left: int
    pages: Sequence[PageSeen]
    events: Sequence[EventSeen]
    events_total: int
    facts: Mapping[str, Any]
    notes: Sequence[Note]
    why_me: Sequence[str]


def look(tx: Tx, actor: Actor, alert_id: AlertId, now: datetime) -> Seen:
    """Read all that the page of an alert shows, for *actor*."""
    directory = history.directory(tx, actor)
    alert = history.find_alert(tx, actor, alert_id)
    pages = history.pages_of(tx, actor, (alert,)).get(alert_id, ())
    filed = history.list_events(tx, actor, alert=alert_id, limit=EVENTS_SHOWN)
    told = history.messages_of(tx, actor, [each.id for each in pages], limit=MESSAGES_MAX)
    story = history.story_of_alert(tx, actor, alert_id, limit=STORY_MAX)
    by_page: dict[PageId, list[Notification]] = {}
    for message in told:
        if message.page is not None:
            by_page.setdefault(message.page, []).append(message)
    return Seen(
        row=row_of(alert, pages, directory, now),
        story=story.items,
        story_left=story.total - len(story.items),
        pages=[_page(each, by_page.get(each.id, ()), directory) for each in pages],
        events=[_event(each) for each in filed.items],
        events_total=filed.total,
        facts=facts_of(alert),
        notes=notes.of_alert(tx, actor, alert_id),
        why_me=_why_me(actor.user, pages, told, directory),
    )


def _page(page: Page, messages: Iterable[Notification], directory: Directory) -> PageSeen:
    running = page.status is PageStatus.TRIGGERED
    return PageSeen(
        plan=page.plan.name or "a plan of its rule",
        status={PageStatus.TRIGGERED: "asks people", PageStatus.ACKNOWLEDGED: "rests"}.get(
            page.status, "is over"
        ),
        began_at=page.began_at,
        alerts=page.alerts,
        rounds=page.rounds,
        steps=[
            StepSeen(
                number=number + 1,
                text=step_words(step, directory),
                how=_how(number, page, running=running),
                at=page.due if running and number == page.next_step else None,
            )
            for number, step in enumerate(page.plan.steps)
        ],
        people=[_responder(each, directory, running=running) for each in page.responders],
        messages=[_receipt(each, directory) for each in messages],
    )


def _how(number: int, page: Page, *, running: bool) -> str:
    if number < page.next_step:
        return "past"
    return "due" if running and number == page.next_step else "to-come"


def _responder(responder: Responder, directory: Directory, *, running: bool) -> str:
    user = directory.users.get(responder.user)
    name = user.display_name if user is not None else "a deleted user"
    if responder.declined:
        return f"{name} wants to hear no more of it"
    if running and responder.due is not None:
        return f"{name} is being asked, by their {responder.importance.value} rules"
    return f"{name} was asked, by their {responder.importance.value} rules"


def _receipt(message: Notification, directory: Directory) -> Receipt:
    user = directory.users.get(message.user) if message.user is not None else None
    place = directory.destinations.get(message.destination) if message.destination is not None else None
    if user is not None:
        to = user.display_name
    elif place is not None:
        to = place.name
    else:
        to = "a deleted user" if message.user is not None else "somewhere that is not here any more"
    return Receipt(
        to=to,
        channel=message.channel,
        address=message.address if user is not None else "",
        kind="" if message.kind is NotificationKind.PAGE else message.kind.value,
        state=_STATES[message.state] + (" with another message" if message.bundled_into else ""),
        failed=message.state is NotificationState.FAILED,
        waits=message.state in (NotificationState.QUEUED, NotificationState.SENDING),
        because=message.because,
        attempts=message.attempts,
        error=message.last_error,
        queued_at=message.queued_at,
        sent_at=message.sent_at,
    )


def _event(filed: FiledEvent) -> EventSeen:
    event = filed.event
    said = {name: getattr(event, name) for name in event.__dataclass_fields__ if name not in _UNSAID}
    said["id"] = native("event", event.id)
    kept = {name: value for name, value in said.items() if value not in ("", None, (), {}, False)}
    return EventSeen(event=event, payload=msgspec.json.format(msgspec.json.encode(kept), indent=2).decode())


def _why_me(
    me: UserId | None, pages: Sequence[Page], told: Sequence[Notification], directory: Directory
) -> list[str]:
    """Say, a sentence each, why whoever looks was asked about the alert, or that they were not."""
    if me is None:
        return []
    asked = [(page, responder) for page in pages for responder in page.responders]
    said = [
        f"{page.plan.name or 'A rule'} asks you: you are {responder.why or 'named in it'}."
        for page, responder in asked
        if responder.user == me
    ]
    said += [sentence(each.because) for each in told if each.user == me and each.because]
    if said:
        return list(dict.fromkeys(said))[:WHYS_MAX]
    if not pages:
        return ["Nobody was asked: no page began for this alert. The story says why."]
    users = [directory.users[each.user] for _, each in asked if each.user in directory.users]
    names = list(dict.fromkeys(user.display_name for user in users))
    if not names:
        return ["You were not asked about it, and nobody else has been so far."]
    return [f"You were not asked about it. Asked so far: {listing(names)}."]
