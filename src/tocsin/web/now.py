"""``/now``: what is burning, who is being asked this second, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import RedirectResponse, Response

from tocsin.actions import history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import AlertStatus
from tocsin.core.escalation import Page
from tocsin.core.event import Severity
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page as write
from tocsin.web.words import Row, row_of
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")
SHOWN_MAX: Final = 200

_GROUPS: Final = (
    ("burning", "Needs somebody", ("firing", "lost")),
    ("held", "Somebody has it", ("held",)),
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts somebody wants to see."""

    service: Annotated[str, Meta(max_length=100)] = ""
    severity: Annotated[str, Meta(max_length=20)] = ""
    q: Annotated[str, Meta(max_length=200)] = ""
    mine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Alerts that stand alike, under a *title*."""

    name: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """All that the page shows: *total* alerts are open, and *groups* hold those that are wanted."""

    groups: Sequence[Group]
    total: int
    shown: int
    services: Mapping[str, str]


@ROUTES.get("/", permission=Permission.READ, summary="Go to the first page", hidden=True)
async def first(call: Call) -> Response:
    """Lead to what is burning."""
    del call
    return RedirectResponse("/now", 303)


@ROUTES.get("/now", permission=Permission.READ, summary="Show what is burning", hidden=True)
async def show_now(call: Call, query: Wanted) -> Response:
    """Show the open alerts."""
    found = await call.ask(_look, query, call.now)
    user = signed_in(call.request).user
    may_answer = call.actor.may(Permission.RESPOND)
    return write("now.html", now=call.now, user=user, found=found, wanted=query, may_answer=may_answer)


def _look(tx: Tx, actor: Actor, wanted: Wanted, now: datetime) -> Now:
    directory = history.directory(tx, actor)
    severities = [each for each in Severity if each == wanted.severity]
    listed = history.list_alerts(
        tx,
        actor,
        status=AlertStatus.FIRING,
        services=[wanted.service] if wanted.service in directory.slugs else [],
        severities=severities,
        text=wanted.q.strip(),
        limit=SHOWN_MAX,
    )
    pages = history.pages_of(tx, actor, listed.items)
    rows = [row_of(alert, pages.get(alert.id, ()), directory, now) for alert in listed.items]
    if wanted.mine:
        asked = {each.id for each in listed.items if _asks(pages.get(each.id, ()), actor)}
        rows = [row for row in rows if row.alert.id in asked]
    rows.sort(key=lambda row: (-row.alert.severity.rank, -row.alert.id))
    groups = [
        Group(name=name, title=title, rows=[row for row in rows if row.standing.tone in tones])
        for name, title, tones in _GROUPS
    ]
    services = {service.slug: service.name for service in directory.services.values()}
    return Now(groups=groups, total=listed.total, shown=len(rows), services=services)


def _asks(pages: Sequence[Page], actor: Actor) -> bool:
    return any(each.user == actor.user for page in pages for each in page.responders)
