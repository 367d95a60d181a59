"""What has happened, to look at: events, alerts, pages and messages, and their stories."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.actions.intake import service_of
from tocsin.core.alert import Alert, AlertStatus, Routing
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.event import Severity
from tocsin.core.ids import AlertId, EventId, NotificationId, PageId, ServiceId, UserId
from tocsin.core.listing import Listed
from tocsin.core.notification import Notification, NotificationState
from tocsin.core.spelling import native
from tocsin.core.story import FiledEvent, StoryEntry
from tocsin.store import alerts, directories, events, lists, outbox, pages, timeline
from tocsin.store.transaction import Tx


def directory(tx: Tx, actor: Actor) -> Directory:
    """Give the configuration of the actor's workspace, to call things by their names."""
    return directories.current(tx, actor.workspace)


def compiled(tx: Tx, actor: Actor) -> Directory | None:
    """Give the same if the process has it as it stands, which costs next to nothing; else None."""
    return directories.at_hand(tx, actor.workspace)


# --- events -------------------------------------------------------------------------------------------


def list_events(
    tx: Tx, actor: Actor, *, alert: AlertId | None = None, before: int | None = None, limit: int
) -> Listed[FiledEvent]:
    """List events, the newest first: all of them, or those of *alert*."""
    actor.must(Permission.READ)
    if alert is None:
        return events.list_(tx, actor.workspace, before=before, limit=limit)
    find_alert(tx, actor, alert)
    return events.of_alert(tx, alert, before=before, limit=limit)


def find_event(tx: Tx, actor: Actor, event_id: EventId) -> FiledEvent:
    """Read one event."""
    actor.must(Permission.READ)
    try:
        return events.find(tx, actor.workspace, event_id)
    except NotFound:
        raise NotFound("event", native("event", event_id)) from None


# --- alerts -------------------------------------------------------------------------------------------


def list_alerts(
    tx: Tx,
    actor: Actor,
    *,
    status: AlertStatus | None = None,
    acknowledged: bool | None = None,
    services: Sequence[str] = (),
    severities: Collection[Severity] = (),
    labels: Mapping[str, str] | None = None,
    routing: Routing | None = None,
    key: str | None = None,
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    page: PageId | None = None,
    before: int | None = None,
    limit: int,
) -> Listed[Alert]:
    """List the alerts that fit every filter that is given, the newest first.

    *services* names services by id or slug. *text* is looked for in title and message. *since* and *until*
    bound when an alert was opened.
    """
    actor.must(Permission.READ)
    if page is not None:
        find_page(tx, actor, page)
    return lists.list_alerts(
        tx,
        actor.workspace,
        status=status,
        services=_services(tx, actor, services),
        severities=severities,
        labels=labels,
        acknowledged=acknowledged,
        routing=routing,
        key=key,
        text=text,
        since=since,
        until=until,
        page=page,
        before=before,
        limit=limit,
    )


def find_alert(tx: Tx, actor: Actor, alert_id: AlertId) -> Alert:
    """Read one alert."""
    actor.must(Permission.READ)
    try:
        return alerts.find(tx, actor.workspace, alert_id)
    except NotFound:
        raise NotFound("alert", native("alert", alert_id)) from None


def ends_of_events(tx: Tx, actor: Actor, ids: Sequence[AlertId]) -> Mapping[AlertId, tuple[EventId, EventId]]:
    """Name the first and the last event of each of these alerts, of those that are kept."""
    actor.must(Permission.READ)
    return events.ends_of_each(tx, ids)


def story_of_alert(
    tx: Tx, actor: Actor, alert_id: AlertId, *, after: int | None = None, limit: int
) -> Listed[StoryEntry]:
    """Tell the story of an alert together with that of its pages, from the beginning."""
    find_alert(tx, actor, alert_id)
    its_pages = [page.id for _, page in pages.of_alerts(tx, (alert_id,), resolved=True)]
    told = timeline.of_alert(tx, alert_id, its_pages, after=after or 0, limit=limit + 1)
    return _stretch(told, limit, total=timeline.length(tx, alert_id, its_pages))


# --- pages --------------------------------------------------------------------------------------------


def list_pages(
    tx: Tx,
    actor: Actor,
    *,
    status: PageStatus | None = None,
    services: Sequence[str] = (),
    alert: AlertId | None = None,
    before: int | None = None,
    limit: int,
) -> Listed[Page]:
    """List the pages that fit every filter that is given, the newest first."""
    actor.must(Permission.READ)
    if alert is not None:
        find_alert(tx, actor, alert)
    return lists.list_pages(
        tx,
        actor.workspace,
        status=status,
        services=_services(tx, actor, services),
        alert=alert,
        before=before,
        limit=limit,
    )


def pages_of(tx: Tx, actor: Actor, found: Sequence[Alert]) -> Mapping[AlertId, Sequence[Page]]:
    """Give the pages of these alerts, which the caller has just read, the oldest first."""
    actor.must(Permission.READ)
    its: dict[AlertId, list[Page]] = {}
    for alert, page in pages.of_alerts(tx, [each.id for each in found], resolved=True):
        its.setdefault(alert, []).append(page)
    return its


def find_page(tx: Tx, actor: Actor, page_id: PageId) -> Page:
    """Read one page."""
    actor.must(Permission.READ)
    try:
        return pages.find(tx, actor.workspace, page_id)
    except NotFound:
        raise NotFound("page", native("page", page_id)) from None


def story_of_page(
    tx: Tx, actor: Actor, page_id: PageId, *, after: int | None = None, limit: int
) -> Listed[StoryEntry]:
    """Tell the story of a page, from the beginning."""
    find_page(tx, actor, page_id)
    told = timeline.of_page(tx, page_id, after=after or 0, limit=limit + 1)
    return _stretch(told, limit, total=timeline.length(tx, AlertId(0), (page_id,)))


# --- messages -----------------------------------------------------------------------------------------


def list_notifications(
    tx: Tx,
    actor: Actor,
    *,
    state: NotificationState | None = None,
    page: PageId | None = None,
    user: UserId | None = None,
    channel: str | None = None,
    before: int | None = None,
    limit: int,
) -> Listed[Notification]:
    """List the messages that fit every filter that is given, the newest first."""
    actor.must(Permission.READ)
    if page is not None:
        find_page(tx, actor, page)
    return lists.list_notifications(
        tx, actor.workspace, state=state, page=page, user=user, channel=channel, before=before, limit=limit
    )


def messages_of(tx: Tx, actor: Actor, page_ids: Sequence[PageId], *, limit: int) -> list[Notification]:
    """Read the messages of these pages, which the caller has just read, the oldest first."""
    actor.must(Permission.READ)
    return outbox.of_pages(tx, page_ids, limit=limit)


def find_notification(tx: Tx, actor: Actor, notification_id: NotificationId) -> Notification:
    """Read one message."""
    actor.must(Permission.READ)
    found = outbox.get_many(tx, (notification_id,))
    if not found or found[0].workspace != actor.workspace:
        raise NotFound("notification", native("notification", notification_id))
    return found[0]


def notifications(tx: Tx, actor: Actor, ids: Sequence[int]) -> list[Notification]:
    """Read these messages, those that are still there, in no particular order."""
    actor.must(Permission.READ)
    found = outbox.get_many(tx, [NotificationId(each) for each in ids]) if ids else []
    return [each for each in found if each.workspace == actor.workspace]


def _services(tx: Tx, actor: Actor, names: Sequence[str]) -> list[ServiceId]:
    """Find the services of these names; raise Invalid for one that is not there."""
    known = directory(tx, actor) if names else None
    found: list[ServiceId] = []
    for name in names:
        service = service_of(known, name) if known is not None else None
        if service is None:
            raise Invalid("service", f"is {name[:100]!r}", "must be the id or the slug of a service")
        found.append(service)
    return found


def _stretch(told: Sequence[StoryEntry], limit: int, *, total: int) -> Listed[StoryEntry]:
    items = tuple(told[:limit])
    return Listed(items=items, next=items[-1].id if len(told) > limit else None, total=total)
