"""Answering a page by a link: who answers is whoever the link names, for as long as they are there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.actions import alerts as trouble
from tocsin.actions.actor import Actor
from tocsin.core.alert import Alert
from tocsin.core.errors import Forbidden
from tocsin.core.escalation import Page, PageStatus
from tocsin.core.ids import NotificationId, PageId, UserId, WorkspaceId
from tocsin.core.people import User, UserStatus
from tocsin.store import alerts, directories, outbox, pages, people, told
from tocsin.store.transaction import Tx

HOW = "link"
ASKED_WITHIN = timedelta(hours=24)
ASKED_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand with *page* for *user*; *service* is its service's name, "" when that has gone.

    *alerts* are the first few: what fires before what does not, the worst before the rest.
    """

    user: User
    page: Page
    alerts: tuple[Alert, ...]
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody who is asked about a page."""

    workspace: WorkspaceId
    user: UserId
    page: PageId


def look(tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, alerts_max: int) -> Situation:
    """Say how things stand.

    Raise NotFound when the person or the page is not there, Forbidden when the person is no longer active.
    """
    person = _active(tx, workspace, user)
    found = pages.find(tx, workspace, page)
    service = directories.current(tx, workspace).services.get(found.service)
    return Situation(
        user=person,
        page=found,
        alerts=tuple(alerts.of_pages(tx, [page], limit_each=alerts_max)[page]),
        service=service.name if service else "",
    )


def acknowledge(
    tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, comment: str, how: str = HOW, now: datetime
) -> None:
    """Acknowledge *page* as *user*; that somebody else has it, or that it is over, is no error."""
    actor = Actor.of_user(_active(tx, workspace, user), how=how)
    trouble.acknowledge_page(tx, actor, page, comment=comment, now=now)


def resolve(
    tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, how: str = HOW, now: datetime
) -> None:
    """Resolve *page* as *user*; that it is over is no error."""
    trouble.resolve_page(tx, Actor.of_user(_active(tx, workspace, user), how=how), page, now=now)


def decline(
    tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, how: str = HOW, now: datetime
) -> None:
    """Leave *user* out of *page*, as they wish."""
    trouble.decline(tx, Actor.of_user(_active(tx, workspace, user), how=how), page, now=now)


def asked_at(
    tx: Tx, channel: str, address: str, now: datetime, *, held_too: bool = False
) -> tuple[Asked, ...]:
    """Say about which pages somebody was asked at *address* within ASKED_WITHIN, the latest first.

    Whoever proved that the address is theirs is asked there; a message has no other name to answer by. With
    *held_too*, pages that somebody has acknowledged are among them.
    """
    statuses = [PageStatus.TRIGGERED, *([PageStatus.ACKNOWLEDGED] if held_too else [])]
    since = now - ASKED_WITHIN
    found = told.at_address(tx, channel, address, statuses=statuses, since=since, limit=ASKED_MAX)
    return tuple(Asked(workspace=each.workspace, user=each.user, page=each.page) for each in found)


def asked_by(tx: Tx, notification: NotificationId, channel: str, address: str) -> Asked | None:
    """Say about which page, and whom, a message asked that went to *address*; None if it is no such one."""
    for sent in outbox.get_many(tx, [notification]):
        asks = sent.kind.asks and (sent.channel, sent.address) == (channel, address)
        if asks and sent.page is not None and sent.user is not None:
            return Asked(workspace=sent.workspace, user=sent.user, page=sent.page)
    return None


def _active(tx: Tx, workspace: WorkspaceId, user: UserId) -> User:
    person = people.find(tx, workspace, user)
    if person.status is not UserStatus.ACTIVE:
        raise Forbidden(f"{person.display_name} is no longer active here")
    return person
