"""``/schedules/{id}/overrides``: somebody stands in: looked at beforehand, made, and taken away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from tocsin.actions import schedule_preview, schedules
from tocsin.actions.actor import Actor, Permission
from tocsin.core.calendar import to_wall
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import UNMADE, OverrideId, ScheduleId, UserId
from tocsin.core.instants import Window
from tocsin.core.schedule import Override, Schedule
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.days import Days
from tocsin.web.forms import LENGTH_MAX, fields, identifier, instant
from tocsin.web.schedule_page import DAYS_FIRST, Span, schedule_of, show, zone_of
from tocsin.web.shift_words import DRAWN_DAYS, Shown, shown
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")


@ROUTES.post(
    "/schedules/{schedule_id}/overrides",
    permission=Permission.SCHEDULE,
    summary="Let somebody stand in",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def stand_in(call: Call, body: bytes) -> Response:
    """Let somebody stand in, or show what that would come to; what was typed stays."""
    schedule, form = schedule_of(call), fields(body)
    span = _span(form)
    user = signed_in(call.request).user
    known = await call.ask(schedules.get, schedule)
    zone = zone_of(span, known.time_zone, user)
    draft, problems = _draft(form, zone, call.now)
    if draft is None:
        return await show(call, schedule, span, form, problems=problems)
    try:
        if form.get("do") == "preview":
            preview = await call.ask(_preview, schedule, draft, zone=zone, now=call.now)
            return await show(call, schedule, span, form, preview=preview)
        await call.act(schedules.add_override, schedule, draft, now=call.now)
    except (Invalid, Conflict) as error:
        return await show(call, schedule, span, form, problems=_beside(error))
    return RedirectResponse(f"/schedules/{native('schedule', schedule)}{_query(span)}", 303)


@ROUTES.post(
    "/schedules/{schedule_id}/overrides/{override_id}/end",
    permission=Permission.SCHEDULE,
    summary="Take an override away",
    hidden=True,
)
async def end_override(call: Call) -> Response:
    """Take an override away; one that is gone already is as good as taken away."""
    schedule = schedule_of(call)
    override = OverrideId(identifier(call.params["override_id"], "override"))
    await call.act(schedules.delete_override, schedule, override, now=call.now)
    return RedirectResponse(f"/schedules/{native('schedule', schedule)}", 303)


def _span(form: Mapping[str, str]) -> Span:
    days = form.get("days", "")
    return Span(
        days=int(days) if days.isascii() and days.isdecimal() and len(days) < 4 else DAYS_FIRST,
        at=form.get("at", "")[:40],
        zone="mine" if form.get("zone") == "mine" else "",
    )


def _query(span: Span) -> str:
    days = "" if span.days == DAYS_FIRST else str(span.days)
    said = {"days": days, "at": span.at, "zone": span.zone}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"?{query}" if query else ""


def _draft(form: Mapping[str, str], zone: str, now: datetime) -> tuple[Override | None, dict[str, str]]:
    """Read the form of an override; of what is wrong every field is named."""
    problems: dict[str, str] = {}

    def read(name: str) -> datetime | None:
        try:
            return instant(form.get(name, ""), zone, name)
        except Invalid as error:
            problems[name] = f"{error.problem}; it {error.remedy}"
            return None

    def person(name: str) -> UserId | None:
        try:
            return UserId(identifier(form[name], "user")) if form.get(name) else None
        except NotFound:
            problems[name] = "is nobody here; choose somebody"
            return None

    starts_at, ends_at = read("starts_at") or now, read("ends_at")
    user, instead_of = person("user"), person("instead_of")
    if user is None:
        problems.setdefault("user", "is missing; choose somebody")
    if ends_at is None:
        problems.setdefault("ends_at", "is missing; it must be a date and a time of day")
    elif "starts_at" not in problems and ends_at <= starts_at:
        problems.setdefault("ends_at", "is not later than the beginning; it must be")
    if problems or user is None or ends_at is None:
        return None, problems
    return Override(
        id=OverrideId(UNMADE), user=user, starts_at=starts_at, ends_at=ends_at, instead_of=instead_of
    ), {}


def _preview(
    tx: Tx, actor: Actor, schedule: ScheduleId, draft: Override, *, zone: str, now: datetime
) -> Shown:
    def with_it(was: Schedule) -> Schedule:
        return replace(was, overrides=(*was.overrides, draft))

    first, last = (to_wall(zone, at).date() for at in (draft.starts_at, draft.ends_at))
    window = Window(starts_at=draft.starts_at, ends_at=draft.ends_at)
    if (last - first).days < DRAWN_DAYS:  # what is around it helps to see it
        window = Days.of(zone, first, days=(last - first).days + 1).window
    return shown(schedule_preview.within(tx, actor, schedule, with_it, window), zone, now)


def _beside(error: Invalid | Conflict) -> dict[str, str]:
    if isinstance(error, Invalid) and error.path in {"user", "instead_of", "ends_at"}:
        return {error.path: f"{error.problem}; it {error.remedy}"}
    return {"": str(error)}
