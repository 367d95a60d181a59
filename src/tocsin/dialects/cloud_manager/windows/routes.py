"""``/groups/{id}/maintenanceWindows``: list, make, read, change, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tocsin.actions import extras as kept_beside
from tocsin.actions import silences
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import ServiceId, SilenceId
from tocsin.core.silence import Silence
from tocsin.core.spelling import to_hex_24
from tocsin.dialects.cloud_manager.errors import missing
from tocsin.dialects.cloud_manager.handling import (
    GROUP,
    PREFIX,
    asked,
    attribute,
    group_of,
    known,
    look,
    named,
    read_body,
    root,
)
from tocsin.dialects.cloud_manager.lists import ListDocument, Paged, list_document
from tocsin.dialects.cloud_manager.times import read_time
from tocsin.dialects.cloud_manager.windows.translate import (
    DIALECT,
    KIND,
    Window,
    extras_of,
    show,
    silence_of,
    window_of,
    windows,
)
from tocsin.dialects.cloud_manager.windows.wire import WindowBody, WindowDocument
from tocsin.httpkit.bodies import JsonReader
from tocsin.httpkit.queries import QueryReader, pairs
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(PREFIX, tag="Maintenance windows")

_WINDOW = {**GROUP, "window_id": "the window's id"}
_PAGED = QueryReader(Paged)
_BODY: JsonReader[WindowBody] = JsonReader(WindowBody)
_SILENCES_MAX = 10_000


@ROUTES.get(
    "/groups/{group_id}/maintenanceWindows",
    permission=Permission.READ,
    summary="List the maintenance windows of a project",
    raises=(NotFound,),
    params=GROUP,
)
async def list_windows(call: Call) -> ListDocument[WindowDocument]:
    """List windows."""
    group, query = group_of(call), asked(call, _PAGED)

    def find(tx: Tx, actor: Actor) -> ListDocument[WindowDocument]:
        known(tx, actor, call, group)
        listed = silences.list_(tx, actor, limit=_SILENCES_MAX).items
        extras = _extras(tx, actor, listed)
        found = windows(listed, extras, group)
        address, given = _address(call, group), pairs(call.request.scope["query_string"])
        shown = [show(each, window, extras.get(each.id, {}), address) for each, window in query.of(found)]
        return list_document(shown, len(found), asked=query, address=address, query=given)

    return await call.ask(find)


@ROUTES.post(
    "/groups/{group_id}/maintenanceWindows",
    permission=Permission.CONFIGURE,
    summary="Make a maintenance window",
    description="Alerts of its classes open meanwhile and tell nobody; what still fires at its end does.",
    body_later=WindowBody,
    raises=(NotFound,),
    params=GROUP,
)
async def add_window(call: Call) -> WindowDocument:
    """Make a window."""
    group = group_of(call)
    look(call)
    window = _read(await read_body(call, _BODY), None, call.now)

    def add(tx: Tx, actor: Actor) -> WindowDocument:
        _, service = known(tx, actor, call, group)
        silence = silences.create(tx, actor, silence_of(window, service), now=call.now)
        return _kept(tx, actor, call, silence, window)

    return await call.act(add)


@ROUTES.get(
    "/groups/{group_id}/maintenanceWindows/{window_id}",
    permission=Permission.READ,
    summary="Read a maintenance window",
    raises=(NotFound,),
    params=_WINDOW,
)
async def read_window(call: Call) -> WindowDocument:
    """Read one window."""
    group, number = group_of(call), _number(call)
    look(call)

    def find(tx: Tx, actor: Actor) -> WindowDocument:
        silence, window, extras = _found(tx, actor, call, group, number)
        return show(silence, window, extras, _address(call, group))

    return await call.ask(find)


@ROUTES.patch(
    "/groups/{group_id}/maintenanceWindows/{window_id}",
    permission=Permission.CONFIGURE,
    summary="Change a maintenance window",
    description="Its end must be in the future.",
    body_later=WindowBody,
    raises=(NotFound,),
    params=_WINDOW,
)
async def change_window(call: Call) -> WindowDocument:
    """Change one window."""
    group, number = group_of(call), _number(call)
    look(call)
    body = await read_body(call, _BODY)

    def change(tx: Tx, actor: Actor) -> WindowDocument:
        _, service = known(tx, actor, call, group)
        was, before, _ = _found(tx, actor, call, group, number)
        window = _read(body, before, call.now)
        new = silence_of(window, service)

        def edit(old: Silence) -> Silence:
            return replace(
                old,
                name=new.name,
                comment=new.comment,
                filter=new.filter,
                starts_at=new.starts_at,
                ends_at=new.ends_at,
            )

        silence = silences.change(tx, actor, was.id, edit, now=call.now)
        return _kept(tx, actor, call, silence, window)

    return await call.act(change)


@ROUTES.delete(
    "/groups/{group_id}/maintenanceWindows/{window_id}",
    permission=Permission.CONFIGURE,
    summary="Delete a maintenance window",
    raises=(NotFound,),
    params=_WINDOW,
)
async def delete_window(call: Call) -> None:
    """Delete one window."""
    group, number = group_of(call), _number(call)
    look(call)

    def delete(tx: Tx, actor: Actor) -> None:
        silence, _, _ = _found(tx, actor, call, group, number)
        silences.delete(tx, actor, silence.id, now=call.now)

    await call.act(delete)


def _read(body: WindowBody, was: Window | None, now: datetime) -> Window:
    try:
        return window_of(body, was, read_time, now)
    except Invalid as error:
        raise attribute(error) from None


def _kept(tx: Tx, actor: Actor, call: Call, silence: Silence, window: Window) -> WindowDocument:
    extras = extras_of(window, call.now)
    kept_beside.keep(tx, actor, silence.id, extras, dialect=DIALECT, kind=KIND)
    (group,) = silence.services
    return show(silence, window, extras, _address(call, group))


def _found(
    tx: Tx, actor: Actor, call: Call, group: ServiceId, number: SilenceId | None
) -> tuple[Silence, Window, Mapping[str, Any]]:
    """Read a window of *group*."""
    known(tx, actor, call, group)
    try:
        silence = None if number is None else silences.get(tx, actor, number)
    except NotFound:
        silence = None
    if silence is not None:
        extras = _extras(tx, actor, [silence])
        for found, window in windows([silence], extras, group):
            return found, window, extras.get(found.id, {})
    text = call.params["window_id"]
    raise missing("MAINTENANCE_WINDOW_NOT_FOUND", f"No maintenance window with ID {text} exists.", text)


def _extras(tx: Tx, actor: Actor, listed: Sequence[Silence]) -> Mapping[int, Mapping[str, Any]]:
    ids = [silence.id for silence in listed]
    return kept_beside.kept(tx, actor, ids, dialect=DIALECT, kind=KIND)


def _number(call: Call) -> SilenceId | None:
    number = named(call, "window_id", "WINDOW")
    return None if number is None else SilenceId(number)


def _address(call: Call, group: ServiceId) -> str:
    return f"{root(call)}/groups/{to_hex_24(group)}/maintenanceWindows"
