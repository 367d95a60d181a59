"""Who asks: a key in the header ``DF-API-KEY``, which also selects the workspace.

A key acts for its member with all their roles and teams, or for the workspace's owner when it is nobody's.
What this API lets standard members do, configure strategies and what they name, is granted within it.
"""

from dataclasses import replace
from datetime import datetime

from starlette.requests import Request

from tocsin.actions import tokens
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.errors import Unauthorized
from tocsin.httpkit.remembered import Remembered
from tocsin.httpkit.uses import Uses
from tocsin.world import Tx, World

HEADER = b"df-api-key"
KEY_LENGTH_MAX = 500


class Keys(Remembered[Actor]):
    """The keys that open this door."""

    def __init__(self, world: World) -> None:
        super().__init__(world, of_key)
        self.uses = Uses(world)

    async def authenticate(self, request: Request) -> Actor:
        """Say who sent *request*."""
        key = key_of(request)
        actor = await self.opened_by(key) if 0 < len(key) <= KEY_LENGTH_MAX else None
        if actor is None:
            raise Unauthorized("DF-API-KEY is missing, unknown or revoked")
        return actor

    def read_anew(self, found: Actor, now: datetime) -> None:
        """Note now and then that a key is used."""
        self.uses.note(found.key, now)


def of_key(tx: Tx, hashed: str) -> Actor | None:
    """Find who acts with the key of that SHA-256."""
    holder = tokens.holder_of(tx, hashed, KeyKind.GUANCE)
    return widened(holder.actor) if holder is not None and holder.active else None


def widened(actor: Actor) -> Actor:
    """Let whoever may answer pages configure too: here the two are one role."""
    if not actor.may(Permission.RESPOND):
        return actor
    return replace(actor, permissions=actor.permissions | {Permission.CONFIGURE, Permission.INGEST})


def key_of(request: Request) -> bytes:
    """Take the key out of the headers; nothing when there is none."""
    headers: list[tuple[bytes, bytes]] = request.scope["headers"]
    return next((bytes(value).strip() for name, value in headers if name == HEADER), b"")


def claims(request: Request) -> bool:
    """Tell whether *request* comes from a client of this API, by its headers."""
    return bool(key_of(request))
