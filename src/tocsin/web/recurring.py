"""``/recurring-shifts``: duty that comes back by a rule, part of schedules; and the form, with a preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import history, recurring_shifts, schedule_preview
from tocsin.actions.actor import Actor, Permission
from tocsin.core.calendar import known_zone, to_wall
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.ids import RecurringShiftId, ScheduleId
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing, recurring_forms, recurring_words
from tocsin.web.browsers import signed_in
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Values
from tocsin.web.recurring_forms import Placed
from tocsin.web.shift_words import Shown
from tocsin.web.shift_words import shown as drawn
from tocsin.world import Tx

ROUTES = Routes("/recurring-shifts", tag="Pages")
PREVIEWS_MAX: Final = 5

FREQUENCIES: Final = (
    ("", "once"),
    ("hourly", "every hour"),
    ("daily", "every day"),
    ("weekly", "every week"),
    ("monthly", "every month"),
    ("yearly", "every year"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A recurring shift, briefly, and the schedules that it is part of."""

    id: str
    shift: RecurringShift
    briefly: str
    schedules: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a change comes to on one schedule: what *changes* there, in *zone*, or why that is not shown."""

    name: str
    zone: str
    changes: Shown | None
    problem: str = ""


@ROUTES.get("", permission=Permission.READ, summary="Show the recurring shifts", hidden=True)
async def show_list(call: Call) -> Response:
    """Show every recurring shift."""

    def look(tx: Tx, actor: Actor) -> list[View]:
        directory, shifts = history.directory(tx, actor), recurring_shifts.all_(tx, actor)
        placed = recurring_shifts.schedules_of(tx, actor, [shift.id for shift in shifts])
        views = [view(shift, directory, placed.get(shift.id, ())) for shift in shifts]
        return sorted(views, key=lambda each: (each.shift.name.casefold(), each.shift.id))

    found = await call.ask(look)
    return shown(call, "recurring_shifts.html", to_change=Permission.SCHEDULE, shifts=found)


def view(shift: RecurringShift, directory: Directory, placed: Sequence[ScheduleId]) -> View:
    """Show a shift with the schedules on which it is *placed*."""
    known = directory.schedules
    return View(
        id=native("recurring_shift", shift.id),
        shift=shift,
        briefly=recurring_words.briefly(shift, directory),
        schedules=[(native("schedule", each), known[each].name) for each in placed if each in known],
    )


# --- the form -----------------------------------------------------------------------------------------


def _blank(call: Call) -> Values:
    zone = signed_in(call.request).user.time_zone
    day = to_wall(zone if known_zone(zone) else "UTC", call.now)
    return recurring_forms.fresh(call.request.query_params.get("schedule", "")[: choosing.SHOWN_MAX], day)


def _get(tx: Tx, actor: Actor, number: RecurringShiftId) -> Placed:
    return _placed(tx, actor, recurring_shifts.get(tx, actor, number))


def _placed(tx: Tx, actor: Actor, shift: RecurringShift) -> Placed:
    found = recurring_shifts.schedules_of(tx, actor, [shift.id]).get(shift.id, ())
    return Placed(shift=shift, schedules=tuple(found))


def _create(tx: Tx, actor: Actor, draft: Placed, call: Call) -> RecurringShift:
    made = recurring_shifts.create(tx, actor, draft.shift, now=call.now)
    recurring_shifts.place(tx, actor, made.id, draft.schedules, now=call.now)
    return made


def _change(tx: Tx, actor: Actor, number: RecurringShiftId, edit: Any, *, now: datetime) -> Placed:
    wanted: list[Placed] = []

    def change(was: RecurringShift) -> RecurringShift:
        wanted[:] = [edit(_placed(tx, actor, was))]
        return wanted[0].shift

    recurring_shifts.change(tx, actor, number, change, now=now)
    recurring_shifts.place(tx, actor, number, wanted[0].schedules, now=now)
    return wanted[0]


def _outcome(tx: Tx, around: Around, was: Placed | None, new: Placed) -> Mapping[str, Any]:
    """Tell whose duty changes on each schedule that the shift is part of, was, or will be."""
    before = was.schedules if was is not None else ()
    known = around.directory.schedules
    concerned = [each for each in dict.fromkeys((*new.schedules, *before)) if each in known]
    told = [_on(tx, around, known[each], new) for each in concerned[:PREVIEWS_MAX]]
    return {"told": told, "more": len(concerned) - len(told)}


def _on(tx: Tx, around: Around, schedule: Schedule, new: Placed) -> Outcome:
    def change(was: Schedule) -> Schedule:
        stays = schedule.id in new.schedules
        kept = [new.shift if each.id == new.shift.id else each for each in was.shifts]
        if not stays:
            kept = [each for each in was.shifts if each.id != new.shift.id]
        elif new.shift not in kept:
            kept.append(new.shift)
        return replace(was, shifts=tuple(kept))

    zone = schedule.time_zone
    try:
        found = schedule_preview.of_change(tx, around.actor, schedule.id, change, now=around.now)
    except Invalid as error:
        problem = f"What changes cannot be shown: the shifts {error.problem}."
        return Outcome(name=schedule.name, zone=zone, changes=None, problem=problem)
    return Outcome(name=schedule.name, zone=zone, changes=drawn(found, zone, around.now))


def _choices(around: Around, form: Form) -> Mapping[str, Any]:
    del form
    here = around.directory
    return {
        "schedules": choosing.by_name("schedule", here.schedules),
        "teams": [("", "no team"), *choosing.teams(here)],
        "people": choosing.people(here),
        "frequencies": FREQUENCIES,
        "coming_back": "|".join(value for value, _ in FREQUENCIES if value),
        "days": tuple(recurring_words.DAY_NAMES.items()),
        "months": [(str(number), name) for number, name in enumerate(recurring_words.MONTHS, 1)],
        "turns": (("", "one group, always"), (recurring_forms.IN_TURN, "several groups, in turn")),
        "numbers": _NUMBERS,
    }


_NUMBERS: Final = (
    ("by_month_day", "Days of the month", "1, 15; -1 is the last"),
    ("by_year_day", "Days of the year", "1, 100; -1 is the last"),
    ("by_hour", "Hours", "9, 17; empty is that of its beginning"),
    ("by_minute", "Minutes", "0, 30; empty is that of its beginning"),
    ("by_position", "Of all these, only number", "1 is the first in its period, -1 the last"),
)

KIND: Final = Kind(
    noun="recurring shift",
    kind="recurring_shift",
    path="/recurring-shifts",
    template="recurring_shift_form.html",
    permission=Permission.SCHEDULE,
    blank=_blank,
    form_of=lambda placed, around: recurring_forms.values_of(placed, around.zone),
    read=recurring_forms.read,
    get=_get,
    create=_create,
    change=_change,
    delete=recurring_shifts.delete,
    lists=lambda _zone: {"groups": recurring_forms.fresh_group()},
    choices=_choices,
    words=lambda placed, around: recurring_words.words(placed, around.directory),
    outcome=_outcome,
    after=lambda _id: "/recurring-shifts",
)
FORMS: Final = editing_routes(KIND)
