"""Answering a page by a link: who answers is whoever the link names, for as long as they are there."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.actions import alerts as trouble
from tocsin.actions.actor import Actor
from tocsin.core.alert import Alert
from tocsin.core.errors import Forbidden
from tocsin.core.escalation import Page
from tocsin.core.ids import PageId, UserId, WorkspaceId
from tocsin.core.people import User, UserStatus
from tocsin.store import alerts, directories, pages, people
from tocsin.store.transaction import Tx

HOW = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand with *page* for *user*; *service* is its service's name, "" when that has gone.

    *alerts* are the first few: what fires before what does not, the worst before the rest.
    """

    user: User
    page: Page
    alerts: tuple[Alert, ...]
    service: str


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
    tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, comment: str, now: datetime
) -> None:
    """Acknowledge *page* as *user*; that somebody else has it, or that it is over, is no error."""
    actor = Actor.of_user(_active(tx, workspace, user), how=HOW)
    trouble.acknowledge_page(tx, actor, page, comment=comment, now=now)


def resolve(tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, now: datetime) -> None:
    """Resolve *page* as *user*; that it is over is no error."""
    trouble.resolve_page(tx, Actor.of_user(_active(tx, workspace, user), how=HOW), page, now=now)


def decline(tx: Tx, workspace: WorkspaceId, user: UserId, page: PageId, *, now: datetime) -> None:
    """Leave *user* out of *page*, as they wish."""
    trouble.decline(tx, Actor.of_user(_active(tx, workspace, user), how=HOW), page, now=now)


def _active(tx: Tx, workspace: WorkspaceId, user: UserId) -> User:
    person = people.find(tx, workspace, user)
    if person.status is not UserStatus.ACTIVE:
        raise Forbidden(f"{person.display_name} is no longer active here")
    return person
