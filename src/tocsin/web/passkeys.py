"""Passkeys (WebAuthn): what a browser is asked, and whether its answer is right.

py_webauthn checks the signatures. A passkey signs somebody in by itself, so that whoever uses it must have
been verified by their own device, by a finger or a code.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin.core.errors import Invalid
from tocsin.core.identity import Passkey
from tocsin.core.people import User
from tocsin.web.tickets import Tickets
from tocsin.world import World

CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A passkey that has just been made: *credential* and *key* as they are kept."""

    credential: str
    key: str
    count: int


class Passkeys:
    """Asks browsers for passkeys of the site at *public_url*, and reads their answers."""

    def __init__(self, world: World, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._world = world
        self._site = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        https = parts.scheme == "https"
        self._making = Tickets(world, "making_passkey", https=https)
        self._using = Tickets(world, "using_passkey", https=https)

    @property
    def possible(self) -> bool:
        """Whether browsers have passkeys for this site: it must have a name."""
        try:
            ip_address(self._site)
        except ValueError:
            return bool(self._site)
        return False

    def ask_to_make(self, user: User, known: list[Passkey], now: datetime) -> Response:
        """Ask a browser to make a passkey for *user*, on no device that has one already."""
        challenge = self._world.entropy(CHALLENGE_BYTES)
        options = _ceremonies().to_make(self._site, user, [each.credential for each in known], challenge)
        return self._making.give(_json(options), _carried(challenge), now)

    async def made(self, request: Request, answer: str, now: datetime) -> Made:
        """Read the passkey that a browser made; raise Invalid when it is not what was asked for."""
        carried, ceremonies = await self._making.take(request, now), _ceremonies()
        try:
            if carried is None:
                raise ValueError
            expected = _bytes(carried["challenge"])
            credential, key, count = ceremonies.made(self._site, self._origin, answer, expected)
        except ceremonies.FAULTS:
            raise _invalid() from None
        return Made(credential=_text(credential), key=_text(key), count=count)

    def ask_to_use(self, now: datetime) -> Response:
        """Ask a browser for any passkey of this site."""
        challenge = self._world.entropy(CHALLENGE_BYTES)
        options = _ceremonies().to_use(self._site, challenge)
        return self._using.give(_json(options), _carried(challenge), now)

    async def challenge(self, request: Request, now: datetime) -> bytes:
        """Give the challenge that a browser was asked with, once; raise Invalid when it was not."""
        carried = await self._using.take(request, now)
        if carried is None:
            raise _invalid()
        return _bytes(carried["challenge"])

    def used(self, answer: str, challenge: bytes, passkey: Passkey) -> int:
        """Check that *answer* was signed with *passkey* just now, and return its new count."""
        ceremonies = _ceremonies()
        try:
            key, before = _bytes(passkey.key), passkey.count
            count: int = ceremonies.used(self._site, self._origin, answer, challenge, key=key, count=before)
        except ceremonies.FAULTS:
            raise _invalid() from None
        return count


def credential_of(answer: str) -> str:
    """Say which credential an answer names, without believing it; raise Invalid when it names none."""
    try:
        found: Any = msgspec.json.decode(answer.encode())
        return _text(_bytes(found["id"]))
    except (ValueError, TypeError, KeyError, AttributeError, msgspec.DecodeError):
        raise _invalid() from None


def _ceremonies() -> ModuleType:
    from tocsin.web import ceremonies  # noqa: PLC0415  # it brings a library that few servers need

    return ceremonies


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _carried(challenge: bytes) -> dict[str, str]:
    return {"challenge": _text(challenge)}


def _invalid() -> Invalid:
    return Invalid("passkey", "could not be checked, or took too long", "must be tried once more")


def _json(text: str) -> Response:
    return Response(text, 200, {"Cache-Control": "no-store"}, media_type="application/json")
