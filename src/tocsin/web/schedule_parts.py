"""``/schedules/parts``: recurring shifts and imported calendars that lie over the layers of a schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tocsin.actions import feeds, recurring_shifts, schedule_preview, schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.core import schedule_check
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.feed import Feed, FeedHealth
from tocsin.core.ids import UNMADE, FeedId, RecurringShiftId
from tocsin.core.masking import shown_address
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import from_native, native
from tocsin.httpkit.requests import Call
from tocsin.web import choosing, recurring
from tocsin.web.differing import Words
from tocsin.web.editing import Around, Kind, around
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, Values
from tocsin.web.shift_words import Shown
from tocsin.web.shift_words import shown as drawn
from tocsin.world import Tx

NEVER_READ: Final = FeedHealth()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """An imported calendar as it may be shown, and how it goes with it."""

    address: str
    overrides: bool
    events: int
    health: FeedHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What lies over the layers of a schedule."""

    shifts: Sequence[recurring.View]
    feeds: Sequence[FeedView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a change comes to: whose duty *changes*, or why not shown; how many calendars are *new*."""

    zone: str
    changes: Shown | None
    problem: str = ""
    new: int = 0


def over(tx: Tx, actor: Actor, schedule: Schedule, directory: Directory) -> Over:
    """Show what lies over the layers of *schedule*, which the caller has just read."""
    health = feeds.health(tx, actor, [schedule])
    return Over(
        shifts=[recurring.view(shift, directory, ()) for shift in schedule.shifts],
        feeds=[
            FeedView(
                address=_shown(feed.url),
                overrides=feed.overrides,
                events=0 if feed.calendar is None else len(feed.calendar.events),
                health=health.get(feed.id, NEVER_READ),
            )
            for feed in schedule.feeds
        ],
    )


def _shown(url: str) -> str:
    """Show an address in part: whoever knows it whole can read the calendar."""
    return shown_address("webhook", url)


# --- the form -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around(Around):
    """What is there around a schedule: recurring shifts too, whether they are part of one or not."""

    shifts: Mapping[RecurringShiftId, RecurringShift]


def _look(tx: Tx, actor: Actor, call: Call) -> Around:
    here = around(tx, actor, call)
    shifts = {shift.id: shift for shift in recurring_shifts.all_(tx, actor)}
    return _Around(directory=here.directory, actor=actor, user=here.user, now=here.now, shifts=shifts)


def _there(here: Around) -> Mapping[RecurringShiftId, RecurringShift]:
    return here.shifts if isinstance(here, _Around) else {}


def _form_of(schedule: Schedule, _around: Around) -> Values:
    held: dict[str, Sequence[str]] = {
        "shifts": [native("recurring_shift", shift.id) for shift in schedule.shifts],
        "shift_zone": [schedule.shift_zone or ""],
        "tags": ["\n".join(schedule.tags)],
    }
    for number, feed in enumerate(schedule.feeds):
        held[f"feeds.{number}.id"] = [native("feed", feed.id)]
        held[f"feeds.{number}.url"] = [_shown(feed.url)]
        held[f"feeds.{number}.overrides"] = ["on"] if feed.overrides else [""]
    return held


def _read(form: Form, here: Around, was: Schedule | None) -> Schedule:
    """Make of *was* the schedule that the form says. Raise Faulty, or Invalid for what none can be."""
    assert was is not None  # noqa: S101 - there is no form for a new one
    reader = Reader(form)
    there = {**_there(here), **{shift.id: shift for shift in was.shifts}}
    chosen = [
        reader.take_text(
            "shifts",
            text,
            lambda each: choosing.chosen(each, "recurring_shift", there, RecurringShiftId),
        )
        for text in dict.fromkeys(form.all("shifts"))
    ]
    old = {feed.id: feed for feed in was.feeds}
    new = replace(
        was,
        shifts=tuple(there[each] for each in chosen if each is not None),
        shift_zone=form("shift_zone") or None,
        feeds=tuple(_feed(form, part, old) for part in form.parts("feeds")),
        tags=tuple(line.strip() for line in form("tags").split("\n") if line.strip()),
    )
    reader.done()
    schedule_check.check(new)
    return new


def _feed(form: Form, part: str, old: Mapping[FeedId, Feed]) -> Feed:
    """Read a calendar; one whose address changes is another, of which there is no copy yet."""
    url, overrides = form(f"{part}.url"), form.ticked(f"{part}.overrides")
    was = old.get(FeedId(from_native(form(f"{part}.id"), "feed") or UNMADE))
    if was is not None and url in (was.url, _shown(was.url)):
        return replace(was, overrides=overrides)
    return Feed(id=FeedId(UNMADE), url=url, overrides=overrides)


def _words(schedule: Schedule, _around: Around) -> Words:
    return {
        "Recurring shifts": [_named(shift) for shift in schedule.shifts],
        "Imported calendars": [
            f"{_shown(feed.url)}{', over everything else' if feed.overrides else ''}"
            for feed in schedule.feeds
        ],
        "Time zone of shifts": [schedule.shift_zone or schedule.time_zone],
        "Tags": list(schedule.tags),
    }


def _named(shift: RecurringShift) -> str:
    return shift.name or f"a recurring shift of {shift.start:%Y-%m-%d %H:%M}"


def _outcome(tx: Tx, here: Around, was: Schedule | None, new: Schedule) -> Outcome:
    """Tell whose duty changes; of a calendar that was not read yet, nobody knows."""
    zone = new.time_zone
    known = {feed.id for feed in was.feeds} if was is not None else set()
    fresh = sum(feed.id not in known for feed in new.feeds)

    def change(old: Schedule) -> Schedule:
        return replace(old, shifts=new.shifts, shift_zone=new.shift_zone, feeds=new.feeds)

    try:
        found = schedule_preview.of_change(tx, here.actor, new.id, change, now=here.now)
    except Invalid as error:
        problem = f"What changes cannot be shown: the shifts {error.problem}."
        return Outcome(zone=zone, changes=None, problem=problem, new=fresh)
    return Outcome(zone=zone, changes=drawn(found, zone, here.now), new=fresh)


def _choices(here: Around, form: Form) -> Mapping[str, Any]:
    del form
    shifts = sorted(_there(here).values(), key=lambda shift: (_named(shift).casefold(), shift.id))
    return {"shifts": [(native("recurring_shift", shift.id), _named(shift)) for shift in shifts]}


KIND: Final = Kind(
    noun="schedule",
    kind="schedule",
    path="/schedules/parts",
    template="schedule_parts_form.html",
    permission=Permission.SCHEDULE,
    blank=lambda _call: {},
    form_of=_form_of,
    read=_read,
    get=schedules.get,
    create=None,
    change=schedules.change,
    lists=lambda _zone: {"feeds": {"id": [""], "url": [""], "overrides": [""]}},
    choices=_choices,
    words=_words,
    outcome=_outcome,
    after=lambda number: f"/schedules/{number}",
    looks=_look,
)
FORMS: Final = editing_routes(KIND)
