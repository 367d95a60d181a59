"""The addresses of integrations, ``/integrations/<kind>/<token>``: each takes what one kind of sender sends.

Whoever knows the address may send. What is refused says why in words that make sense in a sender's log.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tocsin.actions import heartbeats, tokens
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.intake import Parcel, UnknownService
from tocsin.core.errors import Invalid, NotFound, Overloaded, TocsinError
from tocsin.core.service import Integration
from tocsin.httpkit.doors import Door, Kit
from tocsin.httpkit.errors import Gone, TooMany, problem
from tocsin.httpkit.intake import answer
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.requests import Call
from tocsin.httpkit.router import Slashes
from tocsin.httpkit.routes import Routes
from tocsin.sources.base import Draft, Inbound, Source
from tocsin.sources.inlet import Inlet, Inlets
from tocsin.sources.registry import SOURCES

PATH = "/integrations"
TOKEN_LENGTH_MAX = 500
LONG_BODY = 50_000  # bytes from which on a body is read on another thread, so that nobody waits for it


@dataclass(slots=True, unsafe_hash=True)
class NoSuchAddress(NotFound):
    """No integration has this address; *hint* says what may be meant."""

    hint: str

    def __str__(self) -> str:
        return self.hint


class Addresses:
    """The addresses of all integrations, each known by its token."""

    def __init__(self, kit: Kit) -> None:
        self._opened = Remembered(kit.world, tokens.integration_of)

    async def find(self, kind: str, token: str) -> Integration:
        """Find the integration of that *kind* that *token* opens.

        Raise NoSuchAddress when there is none, and Gone when it was revoked.
        """
        if len(token) > TOKEN_LENGTH_MAX:
            raise _nowhere()
        found = await self._opened.opened_by(token.encode())
        if found is None:
            raise _nowhere()
        if found.revoked_at is not None:
            raise Gone("this integration was revoked; make a new one, and give the sender its address")
        if found.kind != kind:
            other = f"this integration is of another kind; use {PATH}/{found.kind}/<token>"
            raise NoSuchAddress("integration", found.name, other)
        return found

    async def authenticate(self, request: Request) -> Actor:
        """Say which integration the address of *request* belongs to."""
        kind, _, rest = request.scope["path"].removeprefix(f"{PATH}/").partition("/")
        return Actor.of_integration(await self.find(kind, rest.partition("/")[0]))


def integration_door(kit: Kit) -> Door:
    """Build the door of all integrations, with a route for each source."""
    addresses, inlets = Addresses(kit), Inlets(kit)
    routes = Routes(PATH, tag="Integrations")
    for source in SOURCES.values():
        _declare(routes, source, addresses, inlets)
    return Door(
        name="integrations",
        prefixes=(f"{PATH}/",),
        routes=tuple(routes),
        authenticate=addresses.authenticate,
        dress=dress,
        slashes=Slashes.IGNORE,
        guarded=False,
        any_media=True,
    )


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as a problem document. Whoever sends too much is told 503, never 429.

    Alertmanager, and many a sender besides, sends again soon after a 5xx and drops what was refused with 4xx.
    """
    if isinstance(error, TooMany):
        error = Overloaded(error.problem, error.retry_after_s)
    return problem(error, request, trace)


def _declare(routes: Routes, source: Source, addresses: Addresses, inlets: Inlets) -> None:
    path = f"/{source.name}/{{token}}"
    params = {"token": "the integration's token, as it was shown when it was made"}

    async def send(call: Call, body: bytes) -> Response:
        integration = await addresses.find(source.name, call.params["token"])
        drafts = await read_drafts(source, integration, await inlets.of(integration), call, body)
        parcel = Parcel(
            workspace=integration.workspace,
            drafts=drafts,
            service=integration.service,
            integration=integration.id,
        )
        try:
            taken = await call.kit.intake.take(parcel)
        except UnknownService as error:
            which = f"{error.problem} (event {error.number} of the body)"
            raise Invalid(source.service_rule, which, error.remedy) from None
        return Response(answer(taken), 202, media_type="application/json")

    async def explain(call: Call) -> Response:
        integration = await addresses.find(source.name, call.params["token"])
        return PlainTextResponse(_explanation(source, integration))

    async def beat(call: Call) -> Response:
        integration = await addresses.find(source.name, call.params["token"])
        await call.world.database.write(lambda tx: heartbeats.beat(tx, integration, now=call.now))
        return Response(None, 204)

    for method in ("GET", "POST"):
        summary = f"Hear a heartbeat of {source.title} by {method}"
        routes.add(method, f"{path}/heartbeat", permission=Permission.INGEST, summary=summary, params=params)(
            beat
        )
    routes.add(
        "POST", path, permission=Permission.INGEST, summary=f"Take what {source.title} sends", params=params
    )(send)
    routes.add(
        "GET", path, permission=Permission.INGEST, summary=f"Say what {source.title} does here", params=params
    )(explain)


async def read_drafts(
    source: Source, integration: Integration, inlet: Inlet, call: Call, body: bytes
) -> tuple[Draft, ...]:
    """Let *source* read what came in, and try the rules of *inlet* on it."""
    inbound = Inbound(
        body=body,
        received_at=call.now,
        headers=dict(call.request.headers),
        mapping=integration.mapping,
        rules=lambda payload: inlet.fits(payload, call.now),
    )

    def read() -> tuple[Draft, ...]:
        drafts = source.read(inbound)
        if not inlet.rules:
            return drafts
        return tuple([each if each.opens else _tried(each, inlet, call.now) for each in drafts])

    return await asyncio.to_thread(read) if len(body) > LONG_BODY else read()


def _tried(draft: Draft, inlet: Inlet, now: datetime) -> Draft:
    return msgspec.structs.replace(draft, rules=inlet.fits(draft.details, now))


def _nowhere() -> NoSuchAddress:
    return NoSuchAddress(
        "integration",
        "",
        "no integration has this address; copy it anew, for its token may have been rotated",
    )


def _explanation(source: Source, integration: Integration) -> str:
    return (
        f"This is the address of the integration “{integration.name}” of Tocsin ({source.title}).\n"
        "It works. Let the sender POST to this very address; each POST is answered with 202 when its events\n"
        "are on disk. Keep the address as you keep a password: whoever knows it can send alerts.\n"
    )
