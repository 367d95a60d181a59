"""``/workspace/accesskey``: keys of this API. A new one is shown once."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions import keys
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.credential import Key
from tocsin.core.errors import NotFound
from tocsin.core.ids import KeyId
from tocsin.dialects.guance import envelope
from tocsin.dialects.guance.envelope import Enveloped
from tocsin.dialects.guance.handling import ALL, PREFIX, Search, id_in_path, matching, seconds
from tocsin.dialects.guance.spelled import KEY, spelled
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.world import Tx

ROUTES = Routes(f"{PREFIX}/workspace/accesskey", tag="Keys")

KIND: Final = "key"
ONE: Final = {"uuid": "the key's id, wsak_…"}


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """Which keys are wanted."""

    search: Search = ""


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key to make."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]


@ROUTES.post(
    "/add",
    permission=Permission.ADMIN,
    summary="Create a key",
    description="It acts for whomever the calling key acts for. `sk` is the key, told this once.",
    answer=Enveloped[dict[str, Any]],
)
async def add_key(call: Call, body: NewKey) -> Response:
    """Create a key."""

    def add(tx: Tx, actor: Actor) -> keys.NewKey:
        actor.must(Permission.ADMIN)
        entropy = call.world.entropy
        if actor.user is not None:
            return keys.create(tx, actor, kind=KeyKind.GUANCE, name=body.name, entropy=entropy, now=call.now)
        draft = Key(
            id=KeyId(tx.new_id()),
            workspace=actor.workspace,
            kind=KeyKind.GUANCE,
            name=body.name,
            service=actor.service,
            created_at=call.now,
        )
        return keys.make(tx, actor, draft, entropy=entropy, now=call.now)

    made = await call.act(add)
    return envelope.ok(call, record(made.key) | {"id": None, "sk": made.secrets.key})


@ROUTES.get("/list", permission=Permission.ADMIN, summary="List keys", answer=Enveloped[list[dict[str, Any]]])
async def list_keys(call: Call, query: Searched) -> Response:
    """List the keys of this API that open anything."""
    listed = await call.ask(keys.list_, limit=ALL)
    there = [key for key in listed.items if key.kind == KeyKind.GUANCE and key.revoked_at is None]
    found = matching(there, query.search, lambda key: key.name)
    return envelope.ok(call, [record(key) for key in reversed(found)])


@ROUTES.get(
    "/{uuid}/get",
    permission=Permission.ADMIN,
    summary="Read a key, but for what opens the door",
    answer=Enveloped[dict[str, Any]],
    raises=(NotFound,),
    params=ONE,
)
async def get_key(call: Call) -> Response:
    """Read a key."""
    return envelope.ok(call, record(await call.ask(_find, KeyId(id_in_path(call, KEY, KIND)))))


@ROUTES.get(
    "/{uuid}/delete",
    permission=Permission.ADMIN,
    summary="Delete a key, as the vendor's client does",
    answer=Enveloped[bool],
    raises=(NotFound,),
    params=ONE,
)
async def delete_key_by_get(call: Call) -> Response:
    """Delete a key."""
    return await _delete(call)


@ROUTES.post(
    "/{uuid}/delete",
    permission=Permission.ADMIN,
    summary="Delete a key",
    answer=Enveloped[bool],
    raises=(NotFound,),
    params=ONE,
)
async def delete_key(call: Call) -> Response:
    """Delete a key."""
    return await _delete(call)


def record(key: Key) -> dict[str, Any]:
    """Write a key, without what opens the door."""
    made = seconds(key.created_at)
    return {
        "uuid": spelled("key", key.id),
        "name": key.name,
        "ak": spelled("key", key.id),
        "hint": key.hint,
        "id": key.id,
        "workspaceUUID": spelled("workspace", key.workspace),
        "creator": spelled("user", key.user) if key.user is not None else "",
        "createAt": made,
        "updateAt": made,
        "deleteAt": -1,
        "status": 0,
    }


def _find(tx: Tx, actor: Actor, number: KeyId) -> Key:
    key = keys.get(tx, actor, number)
    if key.kind != KeyKind.GUANCE or key.revoked_at is not None:
        raise NotFound(KIND, str(number))
    return key


async def _delete(call: Call) -> Response:
    number = KeyId(id_in_path(call, KEY, KIND))

    def delete(tx: Tx, actor: Actor) -> None:
        _find(tx, actor, number)
        keys.revoke(tx, actor, number, now=call.now)

    await call.act(delete)
    return envelope.ok(call, content=True)
