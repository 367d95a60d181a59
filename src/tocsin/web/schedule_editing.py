"""``/schedules/new`` and ``/schedules/{id}/edit``: what people type, what it would change, and saving it.

Every button sends the whole form and gets it back, changed; nothing is kept in between. The form remembers
the schedule as it was when it was opened: by that, two people at once are noticed, and lose nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from starlette.responses import RedirectResponse, Response

from tocsin.actions import audit, history, schedule_preview, schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.core.calendar import known_zone
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import UNMADE, ScheduleId, WorkspaceId
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import native
from tocsin.core.zone import zone_names
from tocsin.httpkit.bodies import read_form
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page
from tocsin.web.schedule_merging import Difference, differences, merged
from tocsin.web.schedule_page import choices_of, schedule_of
from tocsin.web.schedule_reading import Faults, made_of
from tocsin.web.schedule_text import MIXED, NOBODY, UNITS, ScheduleText, new_layer, pressed, read, text_of
from tocsin.web.shift_words import Face, Faces, Shown, shown
from tocsin.web.week_hours import DAYS
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")

SIZE_MAX: Final = 1 << 20
FIELDS_MAX: Final = 20_000
FRESH: Final = ScheduleId(UNMADE)

Form = Mapping[str, Sequence[str]]


class Stale(Conflict):
    """The schedule is no longer as it was when the form was opened; *now* is how it stands."""

    def __init__(self, now: Schedule) -> None:
        super().__init__("somebody else changed this schedule meanwhile")
        self.now = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Somebody else's change of what is being edited: who made it and when, if known, and what it was."""

    by: str
    at: datetime | None
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """All that the page of a form shows."""

    url: str
    back: str
    called: str
    text: ScheduleText
    base: str
    people: Sequence[tuple[str, str]]
    faces: Mapping[str, Face]
    teams: Sequence[tuple[str, str]]
    changes: Sequence[Difference]
    preview: Shown | None
    meeting: Meeting | None


@ROUTES.get("/schedules/new", permission=Permission.SCHEDULE, summary="Begin a schedule", hidden=True)
async def begin_schedule(call: Call) -> Response:
    """Show an empty form, with a first layer."""
    zone = signed_in(call.request).user.time_zone
    zone = zone if known_zone(zone) else "UTC"
    text = ScheduleText(zone=zone, layers=(new_layer(1, zone, call.now),))
    return await _show(call, None, text, Faults())


@ROUTES.post(
    "/schedules/new",
    permission=Permission.SCHEDULE,
    summary="Make a schedule",
    hidden=True,
    body_limit=SIZE_MAX,
)
async def make_schedule(call: Call, body: bytes) -> Response:
    """Make a schedule, or do what another button of the form says."""
    form = read_form(body, most=FIELDS_MAX)
    text = _after(form, call.now)
    draft, faults = made_of(text, _nothing(call.actor.workspace))
    if _button(form) == "save" and not faults.found:
        try:
            made = await call.act(schedules.create, draft, now=call.now)
        except (Invalid, Conflict) as error:
            _note(faults, error)
        else:
            return RedirectResponse(f"/schedules/{native('schedule', made.id)}", 303)
    return await _show(call, None, text, faults, form=form)


@ROUTES.get(
    "/schedules/{schedule_id}/edit", permission=Permission.SCHEDULE, summary="Edit a schedule", hidden=True
)
async def edit_schedule(call: Call) -> Response:
    """Show the form of a schedule as it stands."""
    was = await call.ask(schedules.get, schedule_of(call))
    return await _show(call, was, text_of(was), Faults())


@ROUTES.post(
    "/schedules/{schedule_id}/edit",
    permission=Permission.SCHEDULE,
    summary="Change a schedule",
    hidden=True,
    body_limit=SIZE_MAX,
)
async def change_schedule(call: Call, body: bytes) -> Response:
    """Change a schedule, or do what another button of the form says."""
    form = read_form(body, most=FIELDS_MAX)
    text = _after(form, call.now)
    was = await call.ask(schedules.get, schedule_of(call))
    base = _base(form) or text_of(was)
    if text_of(was) != base:
        return await _met(call, was, base, text)
    _, faults = made_of(text, was)
    if _button(form) == "save" and not faults.found:
        try:
            await call.act(schedules.change, was.id, _edit(text, base), now=call.now)
        except Stale as stale:
            return await _met(call, stale.now, base, text)
        except (Invalid, Conflict) as error:
            _note(faults, error)
        else:
            return RedirectResponse(f"/schedules/{native('schedule', was.id)}", 303)
    return await _show(call, was, text, faults, form=form)


@ROUTES.post(
    "/schedules/{schedule_id}/delete",
    permission=Permission.SCHEDULE,
    summary="Delete a schedule",
    hidden=True,
)
async def delete_schedule(call: Call) -> Response:
    """Delete a schedule that no policy relies on."""
    was = await call.ask(schedules.get, schedule_of(call))
    try:
        await call.act(schedules.delete, was.id, now=call.now)
    except Conflict as error:
        return await _show(call, was, text_of(was), Faults(found={"delete": str(error)}))
    return RedirectResponse("/on-call", 303)


def _edit(text: ScheduleText, base: ScheduleText) -> schedule_preview.Change:
    def edit(was: Schedule) -> Schedule:
        if text_of(was) != base:
            raise Stale(was)
        return made_of(text, was)[0]

    return edit


async def _met(call: Call, now: Schedule, base: ScheduleText, text: ScheduleText) -> Response:
    """Show both changes in one form: what was typed, and what somebody else saved where nothing was typed."""
    meeting = await call.ask(_meeting, now, base)
    both = merged(base, text_of(now), text)
    return await _show(call, now, both, made_of(both, now)[1], meeting=meeting)


async def _show(
    call: Call,
    was: Schedule | None,
    text: ScheduleText,
    faults: Faults,
    *,
    form: Form | None = None,
    meeting: Meeting | None = None,
) -> Response:
    asked = form is not None or meeting is not None
    editor = await call.ask(_look, was, text, faults=faults, asked=asked, meeting=meeting, now=call.now)
    wrong = _button(form or {}) in {"save", "preview"} or "delete" in faults.found
    problems = faults.found if wrong or meeting is not None else {}
    refused = problems and _button(form or {}) == "save"
    status = 409 if meeting is not None or "delete" in problems else 400 if refused else 200
    return page(
        "schedule_edit.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=status,
        editor=editor,
        text=editor.text,
        problems=problems,
        zones=sorted(zone_names()),
        weekdays=DAYS,
        units=tuple(UNITS),
        mixed=MIXED,
        nobody=NOBODY,
    )


def _look(
    tx: Tx,
    actor: Actor,
    was: Schedule | None,
    text: ScheduleText,
    *,
    faults: Faults,
    asked: bool,
    meeting: Meeting | None,
    now: datetime,
) -> Editor:
    directory = history.directory(tx, actor)
    faces = Faces(directory.users)
    url = "/schedules/new" if was is None else f"/schedules/{native('schedule', was.id)}/edit"
    base = text_of(was) if was is not None else ScheduleText()
    preview = _preview(tx, actor, was, text, faults=faults, now=now) if asked and not faults.found else None
    teams = sorted(directory.teams.values(), key=lambda team: team.name.casefold())
    return Editor(
        url=url,
        back="/on-call" if was is None else url.removesuffix("/edit"),
        called=was.name if was is not None else "",
        text=text,
        base=msgspec.json.encode(base).decode() if was is not None else "",
        people=choices_of(directory.users),
        faces={native("user", user): faces.of(user) for user in directory.users},
        teams=[(native("team", team.id), team.name) for team in teams],
        changes=differences(base, text, _names(directory)) if was is not None and asked else [],
        preview=preview,
        meeting=meeting,
    )


def _preview(
    tx: Tx, actor: Actor, was: Schedule | None, text: ScheduleText, *, faults: Faults, now: datetime
) -> Shown | None:
    zone = text.zone if known_zone(text.zone) else "UTC"
    try:
        if was is None:
            draft, _ = made_of(text, _nothing(actor.workspace))
            return shown(schedule_preview.of_new(tx, actor, draft, now=now), zone, now)
        change = _edit(text, text_of(was))
        return shown(schedule_preview.of_change(tx, actor, was.id, change, now=now), zone, now)
    except Invalid as error:
        faults.note(error)
    except Stale:
        pass  # it is told when it is saved
    return None


def _meeting(tx: Tx, actor: Actor, now: Schedule, base: ScheduleText) -> Meeting:
    directory = history.directory(tx, actor)
    by, at = audit.last(tx, actor, now.id) or ("Somebody", None)
    return Meeting(
        by=by,
        at=at,
        changes=differences(base, text_of(now), _names(directory)),
    )


def _names(directory: Directory) -> dict[str, str]:
    people = {native("user", user.id): user.display_name for user in directory.users.values()}
    return people | {native("team", team.id): team.name for team in directory.teams.values()}


def _after(form: Form, now: datetime) -> ScheduleText:
    """Read the form, and do what the pressed button says about its parts."""
    text = read(form)
    zone = text.zone if known_zone(text.zone) else "UTC"
    return pressed(text, _button(form) or "preview", form, new_layer(len(text.layers) + 1, zone, now))


def _button(form: Form) -> str:
    return (form.get("do") or [""])[0].strip()


def _base(form: Form) -> ScheduleText | None:
    """Read what the schedule was when the form was opened; None where that cannot be read."""
    try:
        return msgspec.json.decode((form.get("was") or [""])[0], type=ScheduleText)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def _nothing(workspace: WorkspaceId) -> Schedule:
    return Schedule(id=FRESH, workspace=workspace, name="", time_zone="UTC")


def _note(faults: Faults, error: Invalid | Conflict) -> None:
    if isinstance(error, Invalid):
        faults.note(error)
    else:
        faults.add("", str(error))
