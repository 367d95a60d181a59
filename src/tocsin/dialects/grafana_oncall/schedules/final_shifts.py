"""Who is on call when all is said: as rows for clients, and as calendars that people subscribe to."""

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.responses import Response

from tocsin.actions import tokens
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.directory import Directory
from tocsin.core.errors import NotFound, Unauthorized
from tocsin.core.ids import ScheduleId, UserId
from tocsin.core.instants import EPOCH
from tocsin.core.roster import Duty
from tocsin.core.schedule import Schedule, duties_of, timeline
from tocsin.dialects.grafana_oncall.errors import not_found, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import PREFIX, Ask, ask_of, looked_up
from tocsin.dialects.grafana_oncall.pages import SIZE, Page
from tocsin.dialects.grafana_oncall.schedules.routes import SCHEDULES
from tocsin.dialects.grafana_oncall.schedules.wire import FinalShift
from tocsin.dialects.grafana_oncall.spelled import read, write
from tocsin.httpkit.calendar_text import MEDIA_TYPE, Entry, write_calendar
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes

SPAN_MAX: Final = timedelta(days=365)
BACK: Final = timedelta(days=15)
AHEAD: Final = timedelta(days=180)
BAD_DATE: Final = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm, YYYY-MM-DD."
NOT_IN_ORDER: Final = "start_date must be less than or equal to end_date"
TOO_LONG: Final = "The difference between start_date and end_date must be less than one year (365 days)"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?", re.ASCII)

EXPORTS = Routes(PREFIX, tag="Calendar exports")


@SCHEDULES.routes.get(
    "/{id}/final_shifts/",
    permission=Permission.READ,
    summary="List who is on call",
    raises=(NotFound,),
    params={"id": "the schedule's id"},
)
async def list_final_shifts(call: Call) -> Page[FinalShift]:
    """List who is on call from `start_date` to `end_date`, a row for each user and stretch, in one page."""
    schedule_id = ScheduleId(SCHEDULES.id_in_path(call))

    def look(ask: Ask) -> Page[FinalShift]:
        directory = ask.directory
        schedule = _schedule(directory, schedule_id)
        starts_at, ends_at = _span(ask)
        rows = rows_of(directory, duties_of(schedule, starts_at, ends_at))
        return Page(
            count=len(rows),
            next=None,
            previous=None,
            results=rows,
            current_page_number=1,
            page_size=SIZE,
            total_pages=1,
        )

    return await looked_up(call, look, long=True)


@EXPORTS.get(
    "/schedules/{id}/export/",
    permission=None,
    summary="Export a schedule as a calendar",
    raises=(NotFound,),
    params={"id": "the schedule's id"},
)
async def export_schedule(call: Call) -> Response:
    """Write a schedule's duty as iCalendar, from 15 days ago to 180 days ahead; `token` opens it."""
    actor = await _exporting(call)
    schedule_id = read("schedule", call.params["id"])

    def look(ask: Ask) -> bytes:
        directory = ask.directory
        schedule = _schedule(directory, ScheduleId(schedule_id or 0))
        entries = _entries(directory, schedule, ask.now)
        return write_calendar(schedule.name, entries, now=ask.now)

    return await _calendar(call, actor, look)


@EXPORTS.get(
    "/users/{id}/schedule_export/",
    permission=None,
    summary="Export a user's duty as a calendar",
    raises=(NotFound,),
    params={"id": "the user's id"},
)
async def export_user(call: Call) -> Response:
    """Write the duty of the token's user, on all schedules, as iCalendar."""
    actor = await _exporting(call)
    user_id = read("user", call.params["id"])
    if user_id is None or user_id != actor.user:
        raise Unauthorized

    def look(ask: Ask) -> bytes:
        directory, mine = ask.directory, UserId(user_id)
        entries: list[Entry] = []
        for schedule in sorted(directory.schedules.values(), key=lambda each: each.id):
            entries += _entries(directory, schedule, ask.now, only=mine)
        entries.sort(key=lambda entry: (entry.starts_at, entry.uid))
        return write_calendar(directory.users[mine].display_name, entries, now=ask.now)

    return await _calendar(call, actor, look)


def _schedule(directory: Directory, schedule_id: ScheduleId) -> Schedule:
    schedule = directory.schedules.get(schedule_id)
    if schedule is None:
        raise not_found()
    return schedule


def _span(ask: Ask) -> tuple[datetime, datetime]:
    names = ("start_date", "end_date")
    fields = Fields({name: text for name in names if (text := ask.query.one(name)) is not None})
    read_dates = [_date(fields, name) for name in names]
    fields.must_be_right()
    starts_at, ends_at = (each or ask.now for each in read_dates)
    if starts_at > ends_at:
        raise wrong_fields(NOT_IN_ORDER)
    if ends_at - starts_at > SPAN_MAX:
        raise wrong_fields(TOO_LONG)
    return starts_at, ends_at


def _date(fields: Fields, name: str) -> datetime | None:
    text = fields.raw(name)
    if not isinstance(text, str):
        fields.text(name, required=True)
        return None
    try:
        if _DATE.fullmatch(text) is not None:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        pass
    fields.wrong(name, BAD_DATE)
    return None


def rows_of(directory: Directory, duties: Iterable[Duty]) -> list[FinalShift]:
    """Write each stretch of each user among *duties* once, in the order in which they begin."""
    rows: list[FinalShift] = []
    people = {
        user.id: (write("user", user.id), user.email, user.display_name) for user in directory.users.values()
    }
    texts: dict[int, str] = {}
    for begins, ends, user in sorted({(duty[0], duty[1], duty[2]) for duty in duties}):
        person = people.get(user)
        if person is None:
            continue
        first, last = texts.get(begins), texts.get(ends)
        if first is None:
            first = texts[begins] = _text(begins)
        if last is None:
            last = texts[ends] = _text(ends)
        rows.append(
            FinalShift(
                user_pk=person[0],
                user_email=person[1],
                user_username=person[2],
                shift_start=first,
                shift_end=last,
            )
        )
    return rows


def _entries(
    directory: Directory, schedule: Schedule, now: datetime, *, only: UserId | None = None
) -> list[Entry]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, Entry] = {}
    for shift in timeline(schedule, midnight - BACK, midnight + AHEAD):
        user = directory.users.get(shift.user)
        if user is None or (only is not None and user.id != only):
            continue
        if shift.starts_at is None or shift.ends_at is None:
            continue
        uid = f"{write('schedule', schedule.id)}-{write('user', user.id)}-{_time(shift.starts_at)}"
        entry = Entry(
            uid=uid,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            summary=schedule.name if only is not None else user.display_name,
            email=user.email,
        )
        known = found.get(uid)
        found[uid] = entry if known is None or known.ends_at < entry.ends_at else known
    return list(found.values())


def _text(at: int) -> str:
    moment = EPOCH + timedelta(microseconds=at)
    return _time(moment)


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def _exporting(call: Call) -> Actor:
    """Find who opens an export: the active holder of the key of a calendar."""
    query = call.request.query_params
    hashed = hashlib.sha256(query.get("token", "").encode("utf-8", "replace")).hexdigest()
    holder = await call.world.database.read(
        lambda tx: tokens.holder_of(tx, hashed, KeyKind.CALENDAR), short=True
    )
    if holder is None or not holder.active:
        raise Unauthorized
    actor = holder.actor
    actor.must(Permission.READ)
    return actor


async def _calendar(call: Call, actor: Actor, look: Callable[[Ask], bytes]) -> Response:
    body = await call.world.database.read(lambda tx: look(ask_of(call, tx, actor)))
    return Response(body, media_type=MEDIA_TYPE)
