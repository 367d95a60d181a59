"""What a message says: a dispatch, with its ids turned into names and links."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.actions.dispatches import Dispatch
from tocsin.channels.base import AlertLine, BundledPage, Message, Named
from tocsin.channels.message_templates import reword
from tocsin.channels.registry import MARKUPS
from tocsin.core.alert import Alert
from tocsin.core.because import Because, span
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.people import User
from tocsin.core.spelling import native

LATE_AFTER = timedelta(minutes=1)
ALMOST_A_SECOND = timedelta(microseconds=999_999)
NO_TITLE = "Untitled alert"
_TITLES = {
    NotificationKind.TEST: "A test of your notifications",
    NotificationKind.VERIFICATION: "Confirm this address",
    NotificationKind.SIGN_IN: "Choose what you sign in with",
}
_NO_BODY = (NotificationKind.VERIFICATION, NotificationKind.CHANGE, NotificationKind.SIGN_IN)


def _nowhere(notification: Notification) -> str:
    del notification
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a message's links lead.

    *answer* makes the signed one by which a person says a word ("acknowledge", "resolve", "decline") about
    the page of a notification, and *callback* the one by which a carrier says what became of it.
    """

    public_url: str
    answer: Callable[[str, Notification], str]
    callback: Callable[[Notification], str] = _nowhere

    def alert(self, alert: Alert) -> str:
        """Lead to an alert."""
        return f"{self.public_url}/alerts/{native('alert', alert.id)}"

    def news(self, notification: Notification) -> str:
        """Lead to what news are about: shift swaps."""
        return f"{self.public_url}/swaps" if notification.kind is NotificationKind.NEWS else ""

    def sign_in(self, token: str) -> str:
        """Lead to where somebody is let in once; nowhere without a *token*."""
        return f"{self.public_url}/login/link/{token}" if token else ""

    def page(self, page: Page) -> str:
        """Lead to a page."""
        return f"{self.public_url}/pages/{native('page', page.id)}"


def compose(dispatch: Dispatch, *, links: Links, sender: str, now: datetime) -> Message:
    """Say what *dispatch* says, as of *now*."""
    notification, page = dispatch.notification, dispatch.page
    asks_anew = notification.kind is NotificationKind.PAGE
    key = native("notification", notification.id)
    page_id = native("page", page.id) if page else ""
    late = now - notification.queued_at
    return Message(
        key=key,
        kind=notification.kind,
        queued_at=notification.queued_at,
        title=_title(dispatch),
        severity=notification.severity if page is None else page.severity,
        workspace=dispatch.workspace_name,
        workspace_id=native("workspace", notification.workspace),
        service=dispatch.service.name if dispatch.service else "",
        policy=dispatch.policy.name if dispatch.policy else "",
        policy_id=native("alert_policy", page.policy) if page and page.policy else "",
        escalated=page is not None and (page.level is not None or page.next_step > 1),
        page=page_id,
        thread=page_id or key,
        alerts=tuple(_line(alert, links, dispatch) for alert in _shown(dispatch)),
        total=dispatch.total,
        mentions=tuple(map(_named, dispatch.mentions)),
        because=notification.because,
        what_next=what_next(page, now) if asks_anew else "",
        body=_body(notification),
        code=notification.body if notification.kind is NotificationKind.VERIFICATION else "",
        page_url=links.page(page) if page else links.news(notification),
        acknowledge_url=_answer("acknowledge", notification, links),
        resolve_url=_answer("resolve", notification, links),
        decline_url=_answer("decline", notification, links) if asks_anew else "",
        callback_url=links.callback(notification),
        sign_in_url=links.sign_in(dispatch.token),
        recipient=dispatch.user.display_name if dispatch.user else "",
        time_zone=_zone(dispatch),
        late_by=late if late >= LATE_AFTER else timedelta(0),
        bundled=tuple(_bundled(each, its_page, links) for each, its_page in dispatch.bundled),
        drill=page is not None and page.drill,
        sender=sender,
        told=None if dispatch.told is None else replace(dispatch.told, url=links.alert(dispatch.told.alert)),
    )


def _named(user: User) -> Named:
    phones = [each.address for each in user.reachable if each.channel in ("sms", "voice")]
    return Named(name=user.display_name, email=user.email, phone=phones[0] if phones else "")


def worded(message: Message, dispatch: Dispatch, *, now: datetime) -> tuple[Message, tuple[Because, ...]]:
    """Let what *message* says of alerts be said by the templates that there are for its channel.

    Return it with why any of them could not be filled in, which is told once.
    """
    if not dispatch.sources:
        return message, ()
    channel = dispatch.notification.channel
    sources = [dispatch.sources.get(alert.id) for alert in _shown(dispatch)]
    said, failed = reword(message, sources, channel=channel, plain=MARKUPS.get(channel), now=now)
    return said, () if dispatch.notification.attempts else failed


def _shown(dispatch: Dispatch) -> tuple[Alert, ...]:
    """Give the alerts that are shown: those of the page, or the one that a change is about."""
    if dispatch.page is None and dispatch.told is not None:
        return (dispatch.told.alert,)
    return dispatch.alerts


def what_next(page: Page | None, now: datetime) -> str:
    """Say what *page* does next if nobody answers."""
    if page is None or page.status is not PageStatus.TRIGGERED:
        return ""
    if page.due is None:
        return f"Nobody else is asked: {page.plan.name} has no further steps."
    step = f"step {page.next_step + 1} of {len(page.plan.steps)} of {page.plan.name}"
    if page.due <= now:
        return f"If nobody answers, {step} follows at once."
    # Rounded up: a message that was a moment on its way still says "in 5 minutes".
    return f"If nobody answers, {step} follows in {span(page.due - now + ALMOST_A_SECOND)}."


def _zone(dispatch: Dispatch) -> str:
    """Choose whose clocks a message shows: the person's, or else the policy's."""
    if dispatch.user is not None:
        return dispatch.user.time_zone
    return dispatch.policy.time_zone if dispatch.policy is not None else "UTC"


def _title(dispatch: Dispatch) -> str:
    if dispatch.page is not None:
        return dispatch.page.title or NO_TITLE
    if dispatch.told is not None:
        return dispatch.told.alert.title or NO_TITLE
    if dispatch.notification.kind is NotificationKind.NEWS:
        return dispatch.notification.body.partition("\n")[0]
    return _TITLES.get(dispatch.notification.kind, f"A notice from {dispatch.workspace_name}")


def _body(notification: Notification) -> str:
    """Give the text of a message; the first line of news is its title."""
    if notification.kind is NotificationKind.NEWS:
        return notification.body.partition("\n")[2]
    return "" if notification.kind in _NO_BODY else notification.body


def _line(alert: Alert, links: Links, dispatch: Dispatch) -> AlertLine:
    held, (first, last) = alert.acknowledgement, dispatch.ends.get(alert.id, (None, None))
    return AlertLine(
        id=native("alert", alert.id),
        title=alert.title or NO_TITLE,
        severity=alert.severity,
        status=alert.status,
        message=alert.message,
        labels=alert.labels,
        opened_at=alert.opened_at,
        links=alert.links,
        url=links.alert(alert),
        acknowledged_by=(held.by_name or "its source") if held else "",
        source=alert.source,
        host=alert.host,
        monitor_id=alert.monitor_id,
        monitor_name=alert.monitor_name,
        monitor_labels=alert.monitor_labels,
        dimensions=alert.dimensions,
        value=alert.metric.value if alert.metric else None,
        dedup_key=alert.dedup_key,
        last_seen_at=alert.last_seen_at,
        resolved_at=alert.resolved_at,
        events=alert.events,
        first_event=native("event", first) if first else "",
        last_event=native("event", last) if last else "",
    )


def _answer(word: str, notification: Notification, links: Links) -> str:
    """Make the link by which the person whom *notification* asks can answer; nothing for anybody else."""
    asked = notification.kind.asks and notification.user is not None
    return links.answer(word, notification) if asked and notification.page is not None else ""


def _bundled(notification: Notification, page: Page | None, links: Links) -> BundledPage:
    return BundledPage(
        page=native("page", page.id) if page else "",
        title=(page.title if page else notification.body) or NO_TITLE,
        severity=notification.severity,
        url=links.page(page) if page else "",
    )
