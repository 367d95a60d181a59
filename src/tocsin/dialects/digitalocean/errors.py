"""Refusals in the vendor's clothes: ``{"id": "not_found", "message": "..."}``."""

import uuid
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound, Overloaded, TocsinError, Unauthorized
from tocsin.httpkit.errors import (
    MethodNotAllowed,
    NoSuchPath,
    TooLarge,
    TooMany,
    Unexpected,
    UnsupportedMedia,
    headers_of,
)

NOT_FOUND = "The resource you requested could not be found."
UNPROCESSABLE = "request payload validation failed"

# What each refusal is called, its status, and the vendor's own sentence where it has one.
_KINDS: dict[type[TocsinError], tuple[HTTPStatus, str, str]] = {
    Unauthorized: (HTTPStatus.UNAUTHORIZED, "unauthorized", "Unable to authenticate you."),
    Forbidden: (
        HTTPStatus.FORBIDDEN,
        "forbidden",
        "You do not have permission to perform this action.",
    ),
    NotFound: (HTTPStatus.NOT_FOUND, "not_found", NOT_FOUND),
    NoSuchPath: (HTTPStatus.NOT_FOUND, "not_found", NOT_FOUND),
    MethodNotAllowed: (HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", ""),
    Conflict: (HTTPStatus.CONFLICT, "conflict", ""),
    Invalid: (HTTPStatus.BAD_REQUEST, "invalid_argument", ""),
    TooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "bad_request", ""),
    UnsupportedMedia: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "bad_request", ""),
    TooMany: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", "API rate limit exceeded."),
    Overloaded: (HTTPStatus.SERVICE_UNAVAILABLE, "service_unavailable", ""),
    Unexpected: (HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", "Unexpected server-side error"),
}


class Fault(msgspec.Struct, frozen=True):
    """How the API refuses."""

    id: str
    message: str
    request_id: str


@dataclass(slots=True, unsafe_hash=True)
class Unprocessable(TocsinError):
    """The request can be read, and asks for what cannot be; *fault* names the field."""

    fault: Invalid

    def __str__(self) -> str:
        return f"{UNPROCESSABLE}: {self.fault}"


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as the vendor does."""
    if "\0" in request.scope["path"]:  # an id like any other that is not here
        error = NoSuchPath(request.scope["path"])
    request_id = str(uuid.UUID(trace))
    status, word, message = _kind_of(error)
    headers = headers_of(error) | {"x-request-id": request_id}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    body = msgspec.json.encode(Fault(word, message or str(error), request_id))
    return Response(body, status.value, headers, media_type="application/json")


def _kind_of(error: TocsinError) -> tuple[HTTPStatus, str, str]:
    if isinstance(error, Unprocessable):
        return HTTPStatus.UNPROCESSABLE_ENTITY, "unprocessable_entity", str(error)
    if isinstance(error, Invalid) and not error.path:  # what could not even be read
        return HTTPStatus.BAD_REQUEST, "bad_request", f"error parsing request body: {error}"
    found = (_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS)
    return next(found, (HTTPStatus.BAD_REQUEST, "bad_request", ""))
