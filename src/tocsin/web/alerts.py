"""``/alerts/{id}``: one alert, its story with every reason, and what people may do about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from starlette.responses import RedirectResponse, Response

from tocsin.actions import alert_care, alerts, history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.escalation import Page
from tocsin.core.ids import AlertId, PageId
from tocsin.core.story import FiledEvent, StoryEntry
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, back_to, identifier
from tocsin.web.rendering import page
from tocsin.web.words import Row, facts_of, row_of
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

STORY_MAX: Final = 500
EVENTS_SHOWN_MAX: Final = 20
SPANS: Final[Mapping[str, timedelta | None]] = {
    "": None,
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
    "1d": timedelta(days=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that the page of an alert shows."""

    row: Row
    story: Sequence[StoryEntry]
    pages: Sequence[Page]
    events: Sequence[FiledEvent]
    events_total: int
    facts: Mapping[str, Any]


class Only(msgspec.Struct, frozen=True, kw_only=True):
    """The one alert that a button stands beside, whatever is ticked."""

    only: str = ""


@ROUTES.get("/alerts/{alert_id}", permission=Permission.READ, summary="Show an alert", hidden=True)
async def show_alert(call: Call) -> Response:
    """Show one alert."""
    seen = await call.ask(_look, AlertId(identifier(call.params["alert_id"], "alert")), call.now)
    user = signed_in(call.request).user
    may_answer = call.actor.may(Permission.RESPOND)
    return page("alert.html", now=call.now, user=user, seen=seen, may_answer=may_answer)


@ROUTES.get("/pages/{page_id}", permission=Permission.READ, summary="Go to a page's alert", hidden=True)
async def show_page(call: Call) -> Response:
    """Lead to the alert of a page, or to what is burning when it has several."""
    found = PageId(identifier(call.params["page_id"], "page"))
    listed = await call.ask(history.list_alerts, page=found, limit=2)
    if len(listed.items) != 1:
        return RedirectResponse("/now", 303)
    row = await call.ask(_look, listed.items[0].id, call.now)
    return RedirectResponse(row.row.url, 303)


@ROUTES.post(
    "/alerts/answer",
    permission=Permission.RESPOND,
    summary="Answer for one alert or for many",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def answer(call: Call, query: Only, body: bytes) -> Response:
    """Acknowledge, release, resolve or snooze the one alert, or those that are ticked, and go back."""
    form = read_form(body)
    ids = [
        AlertId(identifier(text, "alert")) for text in ([query.only] if query.only else form.get("alert", []))
    ]
    back = form.get("back", ["/now"])[0]
    if ids:
        act = _ANSWERS.get(form.get("say", [""])[0])
        if act is None:
            raise Invalid("say", "is none of the buttons", f"must be one of {', '.join(_ANSWERS)}")
        said = Said(
            until=_until(form.get("for", [""])[0], call.now),
            comment=form.get("comment", [""])[0].strip(),
            now=call.now,
        )
        await call.act(act, ids, said)
    return RedirectResponse(back_to(back, "/now"), 303)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said about alerts: *until* when it holds, and their *comment*."""

    until: datetime | None
    comment: str
    now: datetime


Answer = Callable[[Tx, Actor, Sequence[AlertId], Said], object]


def _acknowledge(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alerts.acknowledge(
        tx, actor, _firing(tx, actor, ids), until=said.until, comment=said.comment, now=said.now
    )


def _release(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alerts.unacknowledge(tx, actor, _firing(tx, actor, ids), now=said.now)


def _resolve(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alerts.resolve(tx, actor, ids, now=said.now)


def _snooze(tx: Tx, actor: Actor, ids: Sequence[AlertId], said: Said) -> object:
    return alert_care.snooze(tx, actor, _firing(tx, actor, ids), until=said.until, now=said.now)


_ANSWERS: Final[Mapping[str, Answer]] = {
    "acknowledge": _acknowledge,
    "release": _release,
    "resolve": _resolve,
    "snooze": _snooze,
}


def _firing(tx: Tx, actor: Actor, ids: Sequence[AlertId]) -> Sequence[AlertId]:
    """Leave out what was resolved while somebody looked at the list."""
    firing = [each for each in ids if history.find_alert(tx, actor, each).resolved_at is None]
    if not firing:
        raise Conflict("it has been resolved in the meantime")
    return firing


def _look(tx: Tx, actor: Actor, alert_id: AlertId, now: datetime) -> Seen:
    directory = history.directory(tx, actor)
    alert: Alert = history.find_alert(tx, actor, alert_id)
    pages = history.pages_of(tx, actor, (alert,)).get(alert_id, ())
    filed = history.list_events(tx, actor, alert=alert_id, limit=EVENTS_SHOWN_MAX)
    return Seen(
        row=row_of(alert, pages, directory, now),
        story=history.story_of_alert(tx, actor, alert_id, limit=STORY_MAX).items,
        pages=pages,
        events=filed.items,
        events_total=filed.total,
        facts=facts_of(alert),
    )


def _until(text: str, now: datetime) -> datetime | None:
    if text not in SPANS:
        raise Invalid("for", "is none of the choices", f"must be one of {', '.join(filter(None, SPANS))}")
    length = SPANS[text]
    return None if length is None else now + length
