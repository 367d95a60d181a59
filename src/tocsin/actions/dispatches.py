"""Messages to send now, each with all that it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.actions import exchanges, push, sign_in_links
from tocsin.actions.message_sources import sources_of
from tocsin.actions.tellings import Shares, shares
from tocsin.core import notification as messages
from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.alert_source import AlertSource
from tocsin.core.directory import Directory
from tocsin.core.escalation import Page
from tocsin.core.evolve import quickly_made
from tocsin.core.ids import AlertId, EventId, NotificationId, PageId, WorkspaceId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.people import User
from tocsin.core.push import PushAccess
from tocsin.core.service import Destination, Service
from tocsin.core.through import through
from tocsin.core.told import AlertTold
from tocsin.store import alerts, directories, events, pages
from tocsin.store.transaction import Tx

NAMING_EVENTS = frozenset({"guance_http"})
"""The channels whose messages name the events behind an alert."""

ALERTS_SHOWN_MAX = 500
ALERTS_TOLD_MACHINES_MAX = 10_000


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A notification to send now, with all that a message says; *bundled* go as part of it.

    *alerts* are the first of *total* alerts of *page*, the worst first: ALERTS_SHOWN_MAX for people,
    ALERTS_TOLD_MACHINES_MAX for machines. *sources* are what message templates go by, where there are any for
    the channel. *ends* are the first and the last event of each alert, where the channel names events. *lost*
    says why it can go nowhere, if that is so. *token* is what stands in a link to sign in. Sending must begin
    before *begin_by*, or else it may not be over when the lease is, and another node would send it too.
    """

    notification: Notification
    begin_by: datetime
    workspace_name: str
    page: Page | None = None
    policy: AlertPolicy | None = None
    service: Service | None = None
    alerts: tuple[Alert, ...] = ()
    total: int = 0
    user: User | None = None
    destination: Destination | None = None
    mentions: tuple[User, ...] = ()
    told: AlertTold | None = None
    browser: PushAccess | None = None
    sources: Mapping[AlertId, AlertSource] = field(default_factory=dict)
    ends: Mapping[AlertId, tuple[EventId, EventId]] = field(default_factory=dict)
    lost: str = ""
    token: str = field(default="", repr=False)
    bundled: tuple[tuple[Notification, Page | None], ...] = ()


def put_together(
    tx: Tx, sends: Sequence[messages.Send], *, begin_by: datetime, now: datetime, machines: frozenset[str]
) -> tuple[Dispatch, ...]:
    """Put together what each message says, with one query for each kind of thing."""
    everything = [each for send in sends for each in (send.notification, *send.bundled)]
    ids = {each.page for each in everything if each.page is not None}
    known = {page.id: page for page in pages.get_many(tx, sorted(ids))} if ids else {}
    told: dict[PageId, int] = {}
    for each in (send.notification for send in sends):
        if each.page is not None:
            most = ALERTS_TOLD_MACHINES_MAX if each.channel in machines else ALERTS_SHOWN_MAX
            told[each.page] = max(most, told.get(each.page, 0))
    shown: dict[PageId, list[Alert]] = {}
    for most in sorted(set(told.values())):
        pages_told = sorted(page for page, limit in told.items() if limit == most)
        shown |= alerts.of_pages(tx, pages_told, limit_each=most)
    workspaces = {send.notification.workspace for send in sends}
    homes = {each: directories.current(tx, each) for each in workspaces}
    sends, lost = _led(homes, sends)
    sending = [send.notification for send in sends]
    details = exchanges.details(tx, sending, shown)
    browsers = push.accesses(tx, sending)
    shared = shares(tx, sending, known, homes)
    dispatches = [
        _dispatch(homes[send.notification.workspace], send, begin_by, known, shown, shared, now)
        for send in sends
    ]
    dispatches = [_with_token(tx, each) for each in dispatches]
    if browsers:
        dispatches = [replace(each, browser=browsers.get(each.notification.id)) for each in dispatches]
    if ends := _ends_of(tx, dispatches):
        dispatches = [replace(each, ends=ends) if _names_events(each) else each for each in dispatches]
    sources = sources_of(tx, homes, sending, shown)
    if not details and not sources and not lost:
        return tuple(dispatches)
    return tuple(
        replace(each, told=details.get(key), sources=sources.get(key, {}), lost=lost.get(key, ""))
        for each in dispatches
        for key in (each.notification.id,)
    )


def _with_token(tx: Tx, dispatch: Dispatch) -> Dispatch:
    if dispatch.notification.kind is not NotificationKind.SIGN_IN:
        return dispatch
    return replace(dispatch, token=sign_in_links.token_in(tx, dispatch.notification))


def _names_events(dispatch: Dispatch) -> bool:
    return dispatch.notification.channel in NAMING_EVENTS


def _ends_of(tx: Tx, dispatches: Sequence[Dispatch]) -> Mapping[AlertId, tuple[EventId, EventId]]:
    """Find the first and the last event of each alert whose events a message names."""
    named = {alert.id for each in dispatches if _names_events(each) for alert in each.alerts}
    return events.ends_of_each(tx, sorted(named))


def _led(
    homes: Mapping[WorkspaceId, Directory], sends: Sequence[messages.Send]
) -> tuple[list[messages.Send], Mapping[NotificationId, str]]:
    """Let what goes to people through destinations go there; say of the rest why it cannot."""
    led: list[messages.Send] = []
    lost: dict[NotificationId, str] = {}
    for send in sends:
        notification, why = through(homes[send.notification.workspace], send.notification)
        led.append(send if notification is send.notification else replace(send, notification=notification))
        if why:
            lost[notification.id] = why
    return led, lost


def _dispatch(  # noqa: PLR0917 - all that a message may speak of
    directory: Directory,
    send: messages.Send,
    begin_by: datetime,
    known: Mapping[PageId, Page],
    shown: Mapping[PageId, Sequence[Alert]],
    shared: Shares,
    now: datetime,
) -> Dispatch:
    notification = send.notification
    page = known.get(notification.page) if notification.page is not None else None
    whose = page.service if page is not None else notification.service
    service = directory.services.get(whose) if whose is not None else None
    user = directory.users.get(notification.user) if notification.user is not None else None
    where = notification.destination
    page, alerts = shared.shown(notification, page, shown.get(page.id, ()) if page is not None else ())
    bundled = tuple((each, known.get(each.page) if each.page else None) for each in send.bundled)
    return Dispatch(
        notification=notification,
        begin_by=begin_by,
        workspace_name=directory.name,
        policy=directory.policy(page.policy) if page is not None else None,
        page=page,
        service=service,
        alerts=alerts,
        total=page.alerts if page is not None else 0,
        user=user,
        destination=directory.destinations.get(where) if where is not None else None,
        mentions=shared.mentions(page, where, directory, now),
        bundled=bundled,
    )
