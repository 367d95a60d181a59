"""Passkeys (WebAuthn): what a browser is asked, and whether its answer is right.

py_webauthn checks the signatures. A passkey signs somebody in by itself, so that whoever uses it must have
been verified by their own device, by a finger or a code.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tocsin.core.errors import Invalid
from tocsin.core.identity import Passkey
from tocsin.core.people import User
from tocsin.core.spelling import native
from tocsin.web.tickets import Tickets
from tocsin.world import World

NAME: Final = "Tocsin"
CHALLENGE_BYTES: Final = 32
_MUST: Final = UserVerificationRequirement.REQUIRED
_FAULTS: Final = (WebAuthnException, ValueError, TypeError, KeyError)


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
        options = generate_registration_options(
            rp_id=self._site,
            rp_name=NAME,
            user_id=native("user", user.id).encode(),
            user_name=user.email,
            user_display_name=user.display_name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_MUST
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential)) for each in known
            ],
        )
        return self._making.give(_json(options_to_json(options)), _carried(challenge), now)

    async def made(self, request: Request, answer: str, now: datetime) -> Made:
        """Read the passkey that a browser made; raise Invalid when it is not what was asked for."""
        carried = await self._making.take(request, now)
        try:
            if carried is None:
                raise ValueError
            found = verify_registration_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(carried["challenge"]),
                expected_rp_id=self._site,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _FAULTS:
            raise _invalid() from None
        return Made(
            credential=bytes_to_base64url(found.credential_id),
            key=bytes_to_base64url(found.credential_public_key),
            count=found.sign_count,
        )

    def ask_to_use(self, now: datetime) -> Response:
        """Ask a browser for any passkey of this site."""
        challenge = self._world.entropy(CHALLENGE_BYTES)
        options = generate_authentication_options(
            rp_id=self._site, challenge=challenge, user_verification=_MUST
        )
        return self._using.give(_json(options_to_json(options)), _carried(challenge), now)

    async def challenge(self, request: Request, now: datetime) -> bytes:
        """Give the challenge that a browser was asked with, once; raise Invalid when it was not."""
        carried = await self._using.take(request, now)
        if carried is None:
            raise _invalid()
        return base64url_to_bytes(carried["challenge"])

    def used(self, answer: str, challenge: bytes, passkey: Passkey) -> int:
        """Check that *answer* was signed with *passkey* just now, and return its new count."""
        try:
            return verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(passkey.key),
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            ).new_sign_count
        except _FAULTS:
            raise _invalid() from None


def credential_of(answer: str) -> str:
    """Say which credential an answer names, without believing it; raise Invalid when it names none."""
    try:
        found: Any = msgspec.json.decode(answer.encode())
        return bytes_to_base64url(base64url_to_bytes(found["id"]))
    except (*_FAULTS, msgspec.DecodeError):
        raise _invalid() from None


def _carried(challenge: bytes) -> dict[str, str]:
    return {"challenge": bytes_to_base64url(challenge)}


def _invalid() -> Invalid:
    return Invalid("passkey", "could not be checked, or took too long", "must be tried once more")


def _json(text: str) -> Response:
    return Response(text, 200, {"Cache-Control": "no-store"}, media_type="application/json")
