"""``/silences``: what is kept quiet, until when and by whom; and what each covers as things stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import history, silences
from tocsin.actions.actor import Actor, Permission
from tocsin.core import filters
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, ServiceId, SilenceId, WorkspaceId
from tocsin.core.silence import Silence, changes_at, covers, holds
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web import choosing, windows
from tocsin.web.browsers import signed_in
from tocsin.web.differing import Words
from tocsin.web.editing import Around, Kind, shown
from tocsin.web.editing import routes as editing_routes
from tocsin.web.forms import Form, Reader, Values, identifier, instant
from tocsin.web.searching import asked, look_for
from tocsin.world import Tx

ROUTES = Routes("/silences", tag="Pages")
LIST_MAX: Final = 10_000
OPEN_MAX: Final = 1_000
COVERED_SHOWN_MAX: Final = 20
UNTIL, EVER = "until", "ever"
LASTS: Final[Mapping[str, tuple[str, timedelta | None]]] = {
    "30m": ("for 30 minutes", timedelta(minutes=30)),
    "1h": ("for 1 hour", timedelta(hours=1)),
    "4h": ("for 4 hours", timedelta(hours=4)),
    "8h": ("for 8 hours", timedelta(hours=8)),
    "1d": ("for a day", timedelta(days=1)),
    UNTIL: ("until a certain time", None),
    EVER: ("until somebody ends it", None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A silence: how it stands, of which services, by whom, and when that changes."""

    id: str
    silence: Silence
    state: str
    services: str
    by: str
    window: str
    turns_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The open alerts that a silence covers, or would while it is in force: how many, and the first."""

    total: int
    alerts: Sequence[Alert]
    of: int


@ROUTES.get("", permission=Permission.READ, summary="Show silences", hidden=True)
async def show_silences(call: Call) -> Response:
    """Show what is kept quiet; a filter in the address leads to the form for it."""
    wanted = call.request.query_params.get("filter")
    if wanted is not None and call.actor.may(Permission.CONFIGURE):
        return RedirectResponse(call.request.url.replace(path="/silences/new"), 303)

    def look(tx: Tx, actor: Actor) -> list[Shown]:
        directory = history.directory(tx, actor)
        listed = silences.list_(tx, actor, limit=LIST_MAX).items
        shown = [_shown(silence, directory, call.now) for silence in listed]
        return sorted(shown, key=lambda each: (_ORDER[each.state], -each.silence.id))

    return shown(call, "silences.html", silences=look_for(asked(call), await call.ask(look), _texts))


def _texts(each: Shown) -> tuple[str, ...]:
    return (each.silence.name, each.silence.comment, each.services, each.by, each.state)


@ROUTES.get("/{silence_id}", permission=Permission.READ, summary="Show a silence", hidden=True)
async def show_silence(call: Call) -> Response:
    """Show one silence, and what it covers."""
    silence = _silence(call)

    def look(tx: Tx, actor: Actor) -> tuple[Shown, Covered]:
        found = silences.get(tx, actor, silence)
        return _shown(found, history.directory(tx, actor), call.now), _covered(tx, actor, found, call.now)

    each, covered = await call.ask(look)
    return shown(call, "silence.html", each=each, covered=covered)


@ROUTES.post("/{silence_id}/end", permission=Permission.CONFIGURE, summary="End a silence", hidden=True)
async def end_silence(call: Call) -> Response:
    """End a silence now, or delete one that has not begun."""
    try:
        await call.act(silences.end, _silence(call), now=call.now)
    except Conflict:
        await call.act(silences.delete, _silence(call), now=call.now)
    return RedirectResponse("/silences?said=saved", 303)


def _silence(call: Call) -> SilenceId:
    return SilenceId(identifier(call.params["silence_id"], "silence"))


_ORDER: Final = {"in force": 0, "to come": 1, "over": 2}


def _shown(silence: Silence, directory: Directory, now: datetime) -> Shown:
    by = directory.users.get(silence.created_by) if silence.created_by is not None else None
    over = silence.ends_at is not None and silence.ends_at <= now
    return Shown(
        id=native("silence", silence.id),
        silence=silence,
        state="over" if over else "in force" if holds(silence, now) else "to come",
        services=", ".join(_services(silence, directory)),
        by=by.display_name if by is not None else "",
        window=windows.in_words(silence.recurring) if silence.recurring is not None else "",
        turns_at=None if over else changes_at(silence, now),
    )


def _services(silence: Silence, directory: Directory) -> list[str]:
    return sorted(directory.services[each].name for each in silence.services if each in directory.services)


def _covered(tx: Tx, actor: Actor, silence: Silence, now: datetime) -> Covered:
    """Find the open alerts that *silence* covers whenever it is in force."""
    in_force = replace(silence, starts_at=now, ends_at=None, recurring=None)
    listed = history.list_alerts(tx, actor, status=AlertStatus.FIRING, limit=OPEN_MAX)
    alerts = [alert for alert in listed.items if covers(in_force, alert, now)]
    return Covered(total=len(alerts), alerts=alerts[:COVERED_SHOWN_MAX], of=len(listed.items))


# --- the form -----------------------------------------------------------------------------------------


def _blank(call: Call) -> Values:
    asked = call.request.query_params
    zone = signed_in(call.request).user.time_zone
    return {
        "filter": [asked.get("filter", "")[:4_000]],
        "services": [asked.get("service", "")[: choosing.SHOWN_MAX]],
        "lasts": ["1h"],
        **windows.fresh("recurring", zone),
    }


def _form_of(silence: Silence, around: Around) -> Values:
    return {
        "name": [silence.name],
        "comment": [silence.comment],
        "filter": [silence.filter.text],
        "services": [native("service", each) for each in sorted(silence.services)],
        "starts_at": [_local(silence.starts_at, around.zone)],
        "lasts": [UNTIL if silence.ends_at is not None else EVER],
        "ends_at": [_local(silence.ends_at, around.zone) if silence.ends_at is not None else ""],
        **windows.values_of("recurring", silence.recurring, around.zone),
    }


def _read(form: Form, around: Around, was: Silence | None) -> Silence:
    reader = Reader(form)
    starts_at = (
        _instant(reader, "starts_at", around, was.starts_at if was is not None else None) or around.now
    )
    known = was.services if was is not None else frozenset()
    services = [
        reader.take_text(
            "services",
            text,
            lambda each: choosing.chosen(each, "service", around.directory.services, ServiceId, was=known),
        )
        for text in dict.fromkeys(form.all("services"))
    ]
    new = was or Silence(
        id=SilenceId(UNMADE), workspace=WorkspaceId(UNMADE), name="", filter=EVERYTHING, starts_at=around.now
    )
    made = replace(
        new,
        name=form("name"),
        comment=form("comment"),
        filter=reader.take("filter", filters.parse, EVERYTHING),
        services=frozenset(each for each in services if each is not None),
        starts_at=starts_at,
        ends_at=_end(reader, around, starts_at, was),
        recurring=windows.read(reader, "recurring", new.recurring),
    )
    reader.done()
    return made


def _end(reader: Reader, around: Around, starts_at: datetime, was: Silence | None) -> datetime | None:
    lasts = reader.form("lasts") or UNTIL
    if lasts not in LASTS:
        reader.refuse("lasts", "Choose one of these.")
        return None
    if lasts == EVER:
        return None
    length = LASTS[lasts][1]
    if length is not None:
        return starts_at + length
    ends_at = _instant(reader, "ends_at", around, was.ends_at if was is not None else None)
    if ends_at is None:
        reader.refuse("ends_at", "Say until when.")
    return ends_at


def _instant(reader: Reader, name: str, around: Around, was: datetime | None) -> datetime | None:
    """Read an instant; one that is shown to the minute and left alone keeps its seconds."""
    if was is not None and reader.form(name) == _local(was, around.zone):
        return was
    return reader.take(name, lambda text: instant(text, around.zone, name), None)


def _local(at: datetime, zone: str) -> str:
    return f"{in_zone(zone if known_zone(zone) else 'UTC', at):%Y-%m-%dT%H:%M}"


def _words(silence: Silence, around: Around) -> Words:
    ends = _local(silence.ends_at, around.zone).replace("T", " ") if silence.ends_at is not None else ""
    return {
        "Name": [silence.name],
        "Comment": [silence.comment] if silence.comment else [],
        "Which alerts": [silence.filter.text or "every alert"],
        "Services": _services(silence, around.directory) or ["every service"],
        "From": [_local(silence.starts_at, around.zone).replace("T", " ")],
        "Until": [ends or "somebody ends it"],
        "Only": [windows.in_words(silence.recurring)] if silence.recurring is not None else [],
    }


def _choices(around: Around, _form: Form) -> Mapping[str, Any]:
    return {
        "services": choosing.services(around.directory),
        "lengths": [(name, words) for name, (words, _) in LASTS.items()],
        "window_kinds": windows.KINDS,
    }


KIND: Final = Kind(
    noun="silence",
    kind="silence",
    path="/silences",
    template="silence_form.html",
    permission=Permission.CONFIGURE,
    blank=_blank,
    form_of=_form_of,
    read=_read,
    get=silences.get,
    create=lambda tx, actor, draft, call: silences.create(tx, actor, draft, now=call.now),
    change=silences.change,
    delete=silences.delete,
    choices=_choices,
    words=_words,
    outcome=lambda tx, around, _was, new: _covered(tx, around.actor, new, around.now),
    new_at_once=True,
)
FORMS: Final = editing_routes(KIND)
