"""Access tokens over the wire, and the Basic credentials with which clients ask for them."""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

import msgspec

from tocsin.core.errors import Invalid

LENGTH_MAX = 1_000


class TokenDocument(msgspec.Struct, frozen=True):
    """A new access token."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - it is none


class RefusalDocument(msgspec.Struct, frozen=True):
    """How this part of the API refuses (RFC 6749, 5.2)."""

    error: str
    error_description: str


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for a token."""

    id: str
    secret: str = field(repr=False)


def client_of(authorization: bytes) -> Client | None:
    """Read the client out of an Authorization header; None when it is in no Basic credentials."""
    scheme, _, said = authorization.strip().partition(b" ")
    if scheme.lower() != b"basic" or len(said) > LENGTH_MAX:
        return None
    try:
        text = base64.b64decode(said.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, secret = text.partition(":")
    return Client(unquote_plus(name), unquote_plus(secret)) if colon and name else None


def once(form: dict[str, list[str]], name: str) -> str:
    """Give the one value of a field of a form; raise Invalid when there is none, or another one."""
    values = form.get(name, [])
    if len(values) != 1 or not values[0]:
        raise Invalid(name, "is missing" if not values else "is empty or there twice", "must be given once")
    return values[0]
