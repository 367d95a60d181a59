"""``/date-sets``: dates that have a name, for the windows of alert policies: what is on them, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Final

from starlette.responses import Response

from tocsin.actions import date_sets
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.calendar import known_zone, to_wall
from tocsin.core.date_set import DateSet
from tocsin.core.ids import UNMADE, DateSetId, WorkspaceId
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import lengths
from tocsin.web.browsers import signed_in
from tocsin.web.differing import Words
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, identifier
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/date-sets", tag="Pages")
LIST_MAX: Final = 10_000
_NONE: Final[tuple[date, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Days of one month in a row; *over* when all of them are."""

    month: str
    days: Sequence[tuple[date, bool]]
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A set of dates, seen from a day: which are to come, and the alert policies that name it."""

    id: str
    dates: DateSet
    to_come: int
    next: date | None
    months: Sequence[Row]
    used_by: Sequence[tuple[str, str]]


@ROUTES.get("", permission=Permission.READ, summary="Show the date sets", hidden=True)
async def show_list(call: Call) -> Response:
    """Show every set of dates."""

    def look(tx: Tx, actor: Actor) -> list[View]:
        using = date_sets.using(tx, actor)
        listed = date_sets.list_(tx, actor, limit=LIST_MAX).items
        named = sorted(listed, key=lambda each: (each.name.casefold(), each.id))
        return [_view(each, using.get(each.id, ()), _today(call)) for each in named]

    found = look_for(asked(call), await call.ask(look), lambda each: (each.dates.name,))
    return shown(call, "date_sets.html", sets=found)


@ROUTES.get("/{date_set_id}", permission=Permission.READ, summary="Show a date set", hidden=True)
async def show_one(call: Call) -> Response:
    """Show one set of dates, month by month."""
    number = DateSetId(identifier(call.params["date_set_id"], "date_set"))

    def look(tx: Tx, actor: Actor) -> View:
        found = date_sets.get(tx, actor, number)
        return _view(found, date_sets.using(tx, actor).get(number, ()), _today(call))

    return shown(call, "date_set.html", each=await call.ask(look))


def _today(call: Call) -> date:
    zone = signed_in(call.request).user.time_zone
    return to_wall(zone if known_zone(zone) else "UTC", call.now).date()


def _view(dates: DateSet, using: Sequence[AlertPolicy], today: date) -> View:
    days = sorted(set(dates.dates))
    months = [
        Row(
            month=f"{date(year, month, 1):%B %Y}",
            days=[(day, day < today) for day in found],
            over=found[-1] < today,
        )
        for (year, month), group in groupby(days, key=lambda day: (day.year, day.month))
        for found in [list(group)]
    ]
    to_come = [day for day in days if day >= today]
    return View(
        id=native("date_set", dates.id),
        dates=dates,
        to_come=len(to_come),
        next=to_come[0] if to_come else None,
        months=months,
        used_by=[(native("alert_policy", policy.id), policy.name) for policy in using],
    )


# --- the form -----------------------------------------------------------------------------------------


def _read(form: Form, around: Around, was: DateSet | None) -> DateSet:
    del around
    reader = Reader(form)
    dates = reader.take("dates", lengths.dates, _NONE)
    if not dates:
        reader.refuse("dates", "Type at least one date, like 2026-12-24.")
    reader.done()
    new = was or DateSet(id=DateSetId(UNMADE), workspace=WorkspaceId(UNMADE), name="")
    return replace(new, name=form("name"), dates=dates)


def _words(dates: DateSet, _around: Around) -> Words:
    return {"Name": [dates.name], "Dates": [f"{day:%a} {day.isoformat()}" for day in dates.dates]}


KIND: Final = Kind(
    noun="date set",
    kind="date_set",
    path="/date-sets",
    template="date_set_form.html",
    permission=Permission.CONFIGURE,
    blank=lambda _call: {},
    form_of=lambda dates, _around: {
        "name": [dates.name],
        "dates": ["\n".join(day.isoformat() for day in dates.dates)],
    },
    read=_read,
    get=date_sets.get,
    create=lambda tx, actor, draft, call: date_sets.create(tx, actor, draft, now=call.now),
    change=date_sets.change,
    delete=date_sets.delete,
    words=_words,
    outcome=lambda tx, around, was, _new: _policies(tx, around, was),
    new_at_once=True,
)
FORMS: Final = editing_routes(KIND)


def _policies(tx: Tx, around: Around, was: DateSet | None) -> list[str]:
    """Name the alert policies that go by the set as it was."""
    using = date_sets.using(tx, around.actor).get(was.id, ()) if was is not None else ()
    return [policy.name for policy in using]
