"""``/silences``: what is kept quiet, until when, and by whom; a new one in one form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.responses import RedirectResponse, Response

from tocsin.actions import history, silences
from tocsin.actions.actor import Actor, Permission
from tocsin.core import filters
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import UNMADE, SilenceId, WorkspaceId
from tocsin.core.silence import Silence, holds
from tocsin.core.spelling import native
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.forms import LENGTH_MAX, fields, identifier, instant
from tocsin.web.rendering import page
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")
LIST_MAX: Final = 500
_FIELDS: Final = ("name", "filter", "service", "starts_at", "ends_at", "comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A silence in the list."""

    id: str
    silence: Silence
    state: str
    services: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """All that the page shows; those that are over come last."""

    silences: Sequence[Shown]
    services: Mapping[str, str]


@ROUTES.get("/silences", permission=Permission.READ, summary="Show silences", hidden=True)
async def show_silences(call: Call) -> Response:
    """Show what is kept quiet."""
    asked = {"filter": call.request.query_params.get("filter", "")[:4_000]}
    return await _page(call, asked, "")


@ROUTES.post(
    "/silences",
    permission=Permission.CONFIGURE,
    summary="Add a silence",
    hidden=True,
    body_limit=LENGTH_MAX,
)
async def add_silence(call: Call, body: bytes) -> Response:
    """Add a silence; what was typed stays when it cannot be."""
    form = fields(body)
    zone = signed_in(call.request).user.time_zone
    try:
        await call.act(_add, form, zone=zone, now=call.now)
    except Invalid as error:
        return await _page(call, form, str(error))
    return RedirectResponse("/silences", 303)


@ROUTES.post(
    "/silences/{silence_id}/end", permission=Permission.CONFIGURE, summary="End a silence", hidden=True
)
async def end_silence(call: Call) -> Response:
    """End a silence now, or delete one that has not begun."""
    found = identifier(call.params["silence_id"], "silence")
    try:
        await call.act(silences.end, SilenceId(found), now=call.now)
    except Conflict:
        await call.act(silences.delete, SilenceId(found), now=call.now)
    return RedirectResponse("/silences", 303)


async def _page(call: Call, asked: Mapping[str, str], problem: str) -> Response:
    quiet = await call.ask(_look, call.now)
    return page(
        "silences.html",
        now=call.now,
        user=signed_in(call.request).user,
        status=400 if problem else 200,
        quiet=quiet,
        asked=dict.fromkeys(_FIELDS, "") | dict(asked),
        problem=problem,
        may_change=call.actor.may(Permission.CONFIGURE),
    )


def _look(tx: Tx, actor: Actor, now: datetime) -> Quiet:
    directory = history.directory(tx, actor)
    names = {service.id: service.name for service in directory.services.values()}
    shown = []
    for silence in silences.list_(tx, actor, limit=LIST_MAX).items:
        by = directory.users.get(silence.created_by) if silence.created_by is not None else None
        shown.append(
            Shown(
                id=native("silence", silence.id),
                silence=silence,
                state=_state(silence, now),
                services=", ".join(names[each] for each in sorted(silence.services) if each in names),
                by=by.display_name if by is not None else "",
            )
        )
    shown.sort(key=lambda each: (each.state == "over", -each.silence.id))
    services = {service.slug: service.name for service in directory.services.values()}
    return Quiet(silences=shown, services=services)


def _add(tx: Tx, actor: Actor, form: Mapping[str, str], *, zone: str, now: datetime) -> Silence:
    directory = history.directory(tx, actor)
    slug = form.get("service", "")
    services = frozenset({directory.slugs[slug]}) if slug in directory.slugs else frozenset()
    draft = Silence(
        id=SilenceId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=form.get("name", "").strip(),
        comment=form.get("comment", "").strip(),
        filter=filters.parse(form.get("filter", "")),
        services=services,
        starts_at=instant(form.get("starts_at", ""), zone, "from") or now,
        ends_at=instant(form.get("ends_at", ""), zone, "until"),
    )
    return silences.create(tx, actor, draft, now=now)


def _state(silence: Silence, now: datetime) -> str:
    if silence.ends_at is not None and silence.ends_at <= now:
        return "over"
    return "in force" if holds(silence, now) else "to come"
