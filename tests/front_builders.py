"""A kit on a real SQLite, a small API to knock at, and a client that needs no socket."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
from starlette.responses import Response

from tocsin.actions.actor import PERMISSIONS, Actor, Permission
from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.ids import KeyId, WorkspaceId
from tocsin.core.people import Role
from tocsin.httpkit.auth_token import Tokens
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import problem
from tocsin.httpkit.front import Front
from tocsin.httpkit.intake import Intake
from tocsin.httpkit.limits import Gate, Rates
from tocsin.httpkit.metrics import Metrics
from tocsin.httpkit.requests import Call
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Answer, Example, Routes
from tocsin.sources import native
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, new_key
from tocsin.world import IdMaker, Tx, World

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADMIN, VIEWER = "tocsin_admin", "tocsin_viewer"


class NoWire:
    """A wire that nothing may be sent through."""

    async def http(self, request: object) -> Any:
        raise AssertionError(request)

    async def mail(self, mail: object) -> Any:
        raise AssertionError(mail)


def world_at(folder: Path, *, start: bool = False) -> World:
    """Open a world whose clock stands still and whose chance is none."""
    new_id = IdMaker(lambda: NOON, lambda: 0.5)
    vault = Vault.from_text(new_key("k1"))
    database = open_database(f"sqlite:///{folder / 'tocsin.db'}", new_id=new_id, vault=vault)
    if start:
        database.start()
    return World(
        now=lambda: NOON,
        chance=lambda: 0.5,
        new_id=new_id,
        database=database,
        wire=NoWire(),
        entropy=lambda count: b"\x0f" * count,
    )


def actor(role: Role, key: int) -> Actor:
    """Make somebody with *role* who came with a key."""
    return Actor(workspace=WorkspaceId(1), name=role, permissions=PERMISSIONS[role], key=KeyId(key))


class Keyring:
    """Tokens in a dictionary, counting how often it is asked."""

    def __init__(self) -> None:
        self.actors = {ADMIN: actor(Role.ADMIN, 1), VIEWER: actor(Role.VIEWER, 2)}
        self.asked = 0
        self.used: list[tuple[KeyId, datetime]] = []

    def find(self, _tx: object, digest: str) -> Actor | None:
        self.asked += 1
        known = {hashlib.sha256(token.encode()).hexdigest(): actor for token, actor in self.actors.items()}
        return known.get(digest)

    def tokens(self, world: World) -> Tokens:
        """Know these tokens in *world*."""
        return Tokens(world, self.find, lambda _tx, key, now: self.used.append((key, now)))


def kit_of(world: World, keyring: Keyring | None = None, *, most: int = 100, per_s: float = 0) -> Kit:
    """Put a kit together."""
    gate = Gate(most)
    return Kit(
        world=world,
        tokens=(keyring or Keyring()).tokens(world),
        gate=gate,
        rates=Rates(per_s=per_s, burst=1 if per_s else None),
        metrics=Metrics(gate),
        intake=Intake(world, native.parse),
        body_limit=2_000,
    )


class Thing(msgspec.Struct):
    """Something to keep."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20, description="what it is called")]
    size: int = 0


class ThingView(msgspec.Struct):
    """Something kept."""

    id: str
    name: str
    by: str = ""


class ThingsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which things to list."""

    label: list[str] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ThingsView(msgspec.Struct):
    """Some of the things."""

    things: list[ThingView]
    labels: list[str]


ROUTES = Routes("/api/things/v1", tag="Things")


@ROUTES.get("/things", permission=Permission.READ, summary="List things")
async def list_things(call: Call, query: ThingsQuery) -> ThingsView:
    return ThingsView([ThingView("t1", "one", call.actor.name)] * query.limit, query.label)


@ROUTES.post(
    "/things",
    permission=Permission.CONFIGURE,
    summary="Keep a thing",
    description="It is kept for good.",
    status=201,
    raises=(Conflict,),
    examples=(Example(title="A small one", body={"name": "one"}, answer={"id": "t1", "name": "one"}),),
)
async def keep_thing(call: Call, body: Thing) -> Answer[ThingView]:
    if body.name == "taken":
        raise Conflict("there is a thing of that name")
    view = ThingView(id="t1", name=body.name, by=call.actor.name)
    return Answer(value=view, headers={"location": "/api/things/v1/things/t1"})


@ROUTES.get(
    "/things/{thing_id}",
    permission=Permission.READ,
    summary="Read a thing",
    tagged=True,
    raises=(NotFound,),
    params={"thing_id": "the thing's id"},
)
async def read_thing(call: Call) -> ThingView:
    thing = call.params["thing_id"]
    if thing != "t1":
        raise NotFound("thing", thing)
    return ThingView(id=thing, name="one")


@ROUTES.delete("/things/{thing_id}", permission=Permission.CONFIGURE, summary="Forget a thing")
async def forget_thing(call: Call) -> None:
    if call.params["thing_id"] == "broken":
        raise RuntimeError("a fault of ours that speaks of hunter2")


@ROUTES.post("/raw", permission=Permission.READ, summary="Send bytes", hidden=True)
async def raw(call: Call, body: bytes) -> Response:
    return Response(body[::-1], media_type="text/plain")


@ROUTES.put(
    "/late/{thing_id}", permission=Permission.READ, summary="Look first, read later", body_later=Thing
)
async def late(call: Call) -> ThingView:
    if call.params["thing_id"] != "t1":
        raise NotFound("thing", call.params["thing_id"])
    body = msgspec.json.decode(await call.read(), type=Thing)
    return ThingView(id="t1", name=body.name)


@ROUTES.get("/open", permission=None, summary="Ask without a token")
async def anybody(call: Call) -> dict[str, str]:
    return {"now": call.now.isoformat()}


@ROUTES.get("/write", permission=Permission.READ, summary="Write in a transaction")
async def write(call: Call) -> dict[str, int]:
    def action(tx: Tx, actor: Actor, *, add: int) -> int:
        return actor.workspace + add + 0 * tx.new_id()

    written = await call.act(action, add=1)
    return {
        "written": written,
        "asked": await call.ask(action, add=2),
        "seen": await call.glance(action, add=3),
    }


@ROUTES.get("/invalid", permission=Permission.READ, summary="Be refused")
async def invalid(call: Call) -> None:
    raise Invalid("interval.days", "is 500", "must be 0 to 400")


def door_of(kit: Kit, **changes: Any) -> Door:
    """Build the door to all that."""
    options: dict[str, Any] = {
        "name": "things",
        "prefixes": ("/api/things/v1",),
        "routes": tuple(ROUTES),
        "authenticate": kit.tokens.bearer,
        "dress": problem,
        "slashes": Slashes.EXACT,
    }
    return Door(**(options | changes))


def front_of(kit: Kit, *doors: Door) -> Front:
    """Put doors into a front."""
    return Front(kit, doors or (door_of(kit),))


def ask(
    app: Any,
    method: str,
    path: str,
    *,
    token: str | None = ADMIN,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    **options: Any,
) -> httpx.Response:
    """Send one request to *app*."""
    sent = httpx.Headers(headers)
    if token:
        sent["authorization"] = f"Bearer {token}"

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tocsin.test") as client:
            return await client.request(method, path, headers=sent, **options)

    return asyncio.run(send())
