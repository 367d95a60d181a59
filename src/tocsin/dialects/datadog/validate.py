"""``/api/v1/validate``, ``/api/v2/validate`` and ``/api/v2/validate_keys``: whether keys are any good."""

from http import HTTPStatus
from typing import Literal

import msgspec
from msgspec import field

from tocsin.core.errors import Forbidden, Unauthorized
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.auth import KeyPairs
from tocsin.dialects.datadog.errors import Refused
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes

FIRST_PREFIX = "/api/v1"
_PREFIX = "/api/v2"


class Valid(msgspec.Struct, frozen=True):
    """The key is good."""

    valid: bool = True


class KeyAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """Which key it is."""

    valid: bool = True
    api_key_id: str
    api_key_scopes: list[str] = field(default_factory=list)


class KeyObject(msgspec.Struct, frozen=True, tag_field="type", tag="validate_v2"):
    """A key, under the id of its organization."""

    id: str
    attributes: KeyAttributes


class KeyDocument(msgspec.Struct, frozen=True):
    """One key."""

    data: KeyObject


class Status(msgspec.Struct, frozen=True):
    """The pair is good."""

    status: Literal["ok"] = "ok"


def routes(pairs: KeyPairs) -> Routes:
    """Give the routes, which know callers by *pairs* and look at no more than they say."""
    found = Routes(tag="Keys")

    @found.get(f"{FIRST_PREFIX}/validate", permission=None, summary="Tell whether an API key is good")
    async def validate_v1(call: Call) -> Valid:
        """Look at the API key alone."""
        try:
            await pairs.by_api_key(call.request)
        except (Unauthorized, Forbidden):
            raise Refused(HTTPStatus.FORBIDDEN, "API key required") from None
        return Valid()

    @found.get(f"{_PREFIX}/validate", permission=None, summary="Tell which API key it is")
    async def validate_v2(call: Call) -> KeyDocument:
        """Look at the API key alone, and say which it is."""
        actor = await pairs.by_api_key(call.request)
        attributes = KeyAttributes(api_key_id=to_uuid(actor.key or 0))
        return KeyDocument(KeyObject(to_uuid(actor.workspace), attributes))

    @found.get(f"{_PREFIX}/validate_keys", permission=None, summary="Tell whether a pair of keys is good")
    async def validate_keys(call: Call) -> Status:
        """Look at both keys."""
        await pairs.by_both(call.request)
        return Status()

    return found
