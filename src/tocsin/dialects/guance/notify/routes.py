"""``/notify_object``: destinations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET
from starlette.responses import Response

from tocsin.actions import destinations, extras
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Forbidden, Invalid, NotFound
from tocsin.core.ids import UNMADE, DestinationId, WorkspaceId
from tocsin.core.service import Destination
from tocsin.dialects.guance import envelope, permits
from tocsin.dialects.guance.envelope import Enveloped, EnvelopedPage
from tocsin.dialects.guance.handling import (
    ALL,
    DIALECT,
    PREFIX,
    all_of,
    id_of,
    matching,
    part_of,
    stamped,
    stamps,
)
from tocsin.dialects.guance.notify.wire import (
    ChangedObject,
    DeletedObjects,
    NewObject,
    One,
    Part,
    opt_set_of,
    place_of,
    type_of,
)
from tocsin.dialects.guance.spelled import NOTIFY, spelled
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Example, Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/notify_object", tag="Notify objects")

KIND: Final = "destination"
_ROBOT: Final = {
    "type": "dingTalkRobot",
    "name": "Night watch",
    "optSet": {"webhook": "https://oapi.dingtalk.com/robot/send?access_token=x", "secret": "SEC1"},
}


@ROUTES.post(
    "/create",
    permission=Permission.CONFIGURE,
    summary="Create a notify object",
    answer=Enveloped[dict[str, Any]],
    examples=(Example(title="A robot", body=_ROBOT),),
)
async def create_notify_object(call: Call, body: NewObject) -> Response:
    """Create a notify object."""
    permits.check_set(body.permissionSet)
    place = place_of(body.type, body.optSet)

    def create(tx: Tx, actor: Actor) -> Any:
        draft = Destination(
            id=DestinationId(UNMADE),
            workspace=WorkspaceId(UNMADE),
            name=body.name,
            channel=place.channel,
            address=place.address,
            secret=place.secret,
        )
        made = destinations.create(tx, actor, draft, now=call.now)
        permissions = permits.kept_permissions({}, opened=body.openPermissionSet, entries=body.permissionSet)
        kept = stamped(actor, {"type": body.type, "optSet": place.rest, **permissions}, call.now)
        extras.keep(tx, actor, made.id, kept, dialect=DIALECT, kind=KIND)
        return record(made, kept, actor)

    return envelope.ok(call, await call.act(create))


@ROUTES.get(
    "/list",
    permission=Permission.READ,
    summary="List notify objects",
    description="The newest first.",
    answer=EnvelopedPage[dict[str, Any]],
)
async def list_notify_objects(call: Call, query: Part) -> Response:
    """List notify objects, a part of them."""

    def find(tx: Tx, actor: Actor) -> tuple[list[Destination], Mapping[int, Any]]:
        everything = all_of(destinations.list_(tx, actor, limit=ALL))
        found = matching(everything, query.search, lambda each: each.name)
        return found, extras.kept(tx, actor, [each.id for each in found], dialect=DIALECT, kind=KIND)

    found, kept = await call.ask(find)

    def show(part: Sequence[Destination]) -> Any:
        rows = [record(each, kept.get(each.id, {}), call.actor) for each in part]
        return {"data": rows, "declaration": {}}

    return part_of(call, found, query.page_index, query.page_size, show)


@ROUTES.get(
    "/get",
    permission=Permission.READ,
    summary="Read a notify object",
    description="What is as good as a key is shown only to those who may change such objects.",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
)
async def get_notify_object(call: Call, query: One) -> Response:
    """Read a notify object."""
    number = DestinationId(id_of(query.notifyObjectUUID, NOTIFY, KIND))

    def find(tx: Tx, actor: Actor) -> Any:
        found, kept = destinations.get(tx, actor, number), _was(tx, actor, number)
        forbidden = not permits.may_change(tx, actor, kept)
        return record(found, kept, actor) | {"forbiddenOperation": forbidden}

    return envelope.ok(call, await call.ask(find))


@ROUTES.post(
    "/modify",
    permission=Permission.READ,
    summary="Change a notify object",
    description="Its type stays.",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound, Forbidden),
)
async def modify_notify_object(call: Call, body: ChangedObject) -> Response:
    """Change a notify object."""
    number = DestinationId(id_of(body.notifyObjectUUID, NOTIFY, KIND))
    permits.check_set(body.permissionSet)

    def modify(tx: Tx, actor: Actor) -> Any:
        found, was = destinations.get(tx, actor, number), _was(tx, actor, number)
        allowed = permits.permitted(tx, actor, was)
        place = None if body.optSet is UNSET else place_of(type_of(found, was), body.optSet)

        def edit(old: Destination) -> Destination:
            new = replace(old, name=old.name if body.name is UNSET else body.name)
            if place is None:
                return new
            kept_options = old.options if old.channel == place.channel else {}
            return replace(
                new,
                channel=place.channel,
                address=place.address,
                secret=place.secret,
                options=kept_options,
            )

        changed = destinations.change(tx, allowed, number, edit, now=call.now)
        permissions = permits.kept_permissions(was, opened=body.openPermissionSet, entries=body.permissionSet)
        kept = {**was, **permissions, "type": type_of(changed, was)}
        if place is not None:
            kept["optSet"] = place.rest
        kept = stamped(actor, kept, call.now)
        extras.keep(tx, allowed, number, kept, dialect=DIALECT, kind=KIND)
        return record(changed, kept, allowed)

    return envelope.ok(call, await call.act(modify))


@ROUTES.post(
    "/delete",
    permission=Permission.READ,
    summary="Delete a notify object",
    description="A strategy that names it skips it from then on.",
    answer=Enveloped[bool],
    raises=(NotFound, Forbidden),
)
async def delete_notify_object(call: Call, body: DeletedObjects) -> Response:
    """Delete a notify object, or several."""
    return await _delete(call, body)


@ROUTES.post(
    "/batch_delete",
    permission=Permission.READ,
    summary="Delete notify objects",
    description="All of them or, when one is not there or may not be deleted, none.",
    answer=Enveloped[bool],
    raises=(NotFound, Forbidden),
)
async def delete_notify_objects(call: Call, body: DeletedObjects) -> Response:
    """Delete notify objects."""
    return await _delete(call, body)


def record(found: Destination, kept: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Write a notify object."""
    return {
        "uuid": spelled("destination", found.id),
        "type": type_of(found, kept),
        "name": found.name,
        "optSet": opt_set_of(found, kept, hidden=not actor.may(Permission.CONFIGURE)),
        **permits.shown_permissions(kept),
        **stamps(found.id, kept, found.workspace),
    }


async def _delete(call: Call, body: DeletedObjects) -> Response:
    names = [] if body.notifyObjectUUIDs is UNSET else list(body.notifyObjectUUIDs)
    if body.notifyObjectUUID is not UNSET:
        names.append(body.notifyObjectUUID)
    if not names:
        raise Invalid("notifyObjectUUID", "is missing", "must be the id of a notify object")
    wanted = [DestinationId(id_of(each, NOTIFY, KIND)) for each in dict.fromkeys(names)]

    def delete(tx: Tx, actor: Actor) -> None:
        kept = extras.kept(tx, actor, wanted, dialect=DIALECT, kind=KIND)
        for number in wanted:
            destinations.get(tx, actor, number)
            allowed = permits.permitted(tx, actor, kept.get(number, {}))
            destinations.delete(tx, allowed, number, even_in_use=True, now=call.now)

    await call.act(delete)
    return envelope.ok(call, content=True)


def _was(tx: Tx, actor: Actor, number: DestinationId) -> Mapping[str, Any]:
    return extras.kept(tx, actor, (number,), dialect=DIALECT, kind=KIND).get(number, {})
