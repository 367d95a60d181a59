"""Refusals in the vendor's clothes: a document with a number, a phrase, a sentence and a code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound, Overloaded, TocsinError, Unauthorized
from tocsin.httpkit.auth_digest import Challenged, UserGone
from tocsin.httpkit.errors import (
    Dress,
    MethodNotAllowed,
    NoSuchPath,
    NotFromThere,
    TooMany,
    Unexpected,
    headers_of,
    status_of,
)

UNAUTHORIZED = "You are not authorized for this resource."

Challenge = Callable[..., str]


class ErrorDocument(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How the API refuses."""

    error: int
    reason: str
    detail: str
    error_code: str | None = None
    parameters: list[str] | None = None


@dataclass(slots=True, unsafe_hash=True)
class Refused(TocsinError):
    """A refusal with a *code* of the vendor's."""

    status: HTTPStatus
    code: str
    detail: str
    parameters: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.detail


def bad(code: str, detail: str, *parameters: str) -> Refused:
    """Refuse what was sent."""
    return Refused(HTTPStatus.BAD_REQUEST, code, detail, parameters)


def missing(code: str, detail: str, *parameters: str) -> Refused:
    """Refuse what names something that is not there."""
    return Refused(HTTPStatus.NOT_FOUND, code, detail, parameters)


def dresser(challenge: Challenge) -> Dress:
    """Make what dresses errors; *challenge* writes the header for callers who are not known."""

    def dress(error: TocsinError, request: Request, trace: str) -> Response:
        del request, trace
        headers = headers_of(error)
        if isinstance(error, Unauthorized):
            headers["www-authenticate"] = challenge(stale=isinstance(error, Challenged) and error.stale)
        return _response(_document(error), headers)

    return dress


def _document(error: TocsinError) -> ErrorDocument:
    status, code, detail, parameters = _told(error)
    return ErrorDocument(status.value, status.phrase, detail, code, list(parameters) or None)


def _told(  # noqa: C901, PLR0911 - one for each kind of error
    error: TocsinError,
) -> tuple[HTTPStatus, str | None, str, Sequence[str]]:
    status = status_of(error)
    match error:
        case Refused(status=status, code=code, detail=detail, parameters=parameters):
            return status, code, detail, parameters
        case UserGone():
            return status, "NO_CURRENT_USER", "No current user.", ()
        case Unauthorized():
            return status, None, UNAUTHORIZED, ()
        case NotFromThere(address=address):
            detail = f"IP address {address} is not allowed to access this resource."
            return status, "IP_ADDRESS_NOT_ON_ACCESS_LIST", detail, (address,)
        case Forbidden():
            return status, "USER_UNAUTHORIZED", _sentence(str(error)), ()
        case NoSuchPath(path=path):
            return status, "RESOURCE_NOT_FOUND", f"Cannot find resource {path}.", (path,)
        case NotFound(kind=kind, name=name):
            return status, "RESOURCE_NOT_FOUND", f"There is no {kind} {name}.", (name,)
        case TooMany():
            return status, "RATE_LIMITED", f"Resource {error}.", ()
        case Invalid(path=path):
            return status, "INVALID_ATTRIBUTE", _sentence(str(error)), (path,) if path else ()
        case Unexpected():
            return status, "UNEXPECTED_ERROR", "Unexpected error.", ()
        case MethodNotAllowed() | Overloaded() | Conflict() | _:
            return status, None, _sentence(str(error)), ()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _response(document: ErrorDocument, headers: dict[str, str]) -> Response:
    body = msgspec.json.encode(document)
    return Response(body, document.error, headers, media_type="application/json")
