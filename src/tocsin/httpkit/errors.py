"""Refusals, and the clothes that the native API puts on them: RFC 9457 problem documents.

Each front door has one function of the type Dress, which turns any TocsinError into its own form of answer.
A vendor's door writes its own and may use *status_of* and *headers_of*; ``problem`` below is ours. What was
not foreseen is logged under a trace id and reaches the Dress as Unexpected, which tells nothing but that id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin.actions.idempotency import KeyReused
from tocsin.core.errors import (
    Conflict,
    Forbidden,
    InUse,
    Invalid,
    NotFound,
    Overloaded,
    TocsinError,
    Unauthorized,
)

PROBLEM_TYPE = "urn:tocsin:problem:"
PROBLEM_MEDIA_TYPE = "application/problem+json"


class ClientGone(Exception):
    """The client hung up before its request was whole; there is nobody to answer."""


@dataclass(slots=True, unsafe_hash=True)
class NoSuchPath(TocsinError):
    """No route has this path."""

    path: str

    def __str__(self) -> str:
        return f"there is nothing at {self.path}"


@dataclass(slots=True, unsafe_hash=True)
class Gone(TocsinError):
    """There was something here, and it was closed for good."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class MethodNotAllowed(TocsinError):
    """The path is known, and has only the methods in *allow*."""

    method: str
    allow: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} is not for this path; it has {', '.join(self.allow)}"


@dataclass(slots=True, unsafe_hash=True)
class NotFromThere(Forbidden):
    """The caller's key may be used, but not from *address*."""

    address: str = ""


@dataclass(slots=True, unsafe_hash=True)
class TooLarge(TocsinError):
    """The body has more than *limit* bytes; *more* of it is still to come."""

    limit: int
    more: bool = False

    def __str__(self) -> str:
        return f"the body is larger than {self.limit} bytes; send less at once"


@dataclass(slots=True, unsafe_hash=True)
class UnsupportedMedia(TocsinError):
    """The body is of a kind that this route does not read."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class PreconditionFailed(TocsinError):
    """The object is no longer as the caller had read it (If-Match)."""

    problem: str = "the object was changed since you read it; read it again, then change it"

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class TooMany(TocsinError):
    """One caller asks too often; *retry_after_s* whole seconds from now it may go through."""

    problem: str
    retry_after_s: int = 1

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class Unexpected(TocsinError):
    """A fault of ours; the log has the whole story under the request's trace id."""

    def __str__(self) -> str:
        return "something went wrong in the server; its log says more under this trace id"


Dress = Callable[[TocsinError, Request, str], Response]  # the error, the request, the trace id


STATUS: dict[type[TocsinError], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFromThere: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSuchPath: HTTPStatus.NOT_FOUND,
    Gone: HTTPStatus.GONE,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Conflict: HTTPStatus.CONFLICT,
    InUse: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unexpected: HTTPStatus.INTERNAL_SERVER_ERROR,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}

CODES: dict[type[TocsinError], str] = {
    Invalid: "invalid",
    Unauthorized: "unauthorized",
    Forbidden: "forbidden",
    NotFromThere: "not-from-there",
    NotFound: "not-found",
    NoSuchPath: "no-such-path",
    Gone: "gone",
    MethodNotAllowed: "method-not-allowed",
    Conflict: "conflict",
    InUse: "in-use",
    PreconditionFailed: "precondition-failed",
    TooLarge: "too-large",
    UnsupportedMedia: "unsupported-media",
    KeyReused: "key-reused",
    TooMany: "too-many",
    Unexpected: "unexpected",
    Overloaded: "overloaded",
}


class Fault(msgspec.Struct, frozen=True):
    """One wrong value of a request."""

    path: str
    problem: str
    remedy: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem document. *errors* names each wrong value; *trace* finds the request in the log."""

    type: str
    title: str
    status: int
    detail: str
    trace: str
    errors: tuple[Fault, ...] = ()


def status_of(error: TocsinError) -> HTTPStatus:
    """Give the HTTP status that says most plainly what *error* is."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[TocsinError]) -> HTTPStatus:
    """Give the HTTP status of all errors of *kind*: its own, or that of the error which it refines."""
    return next((STATUS[each] for each in kind.__mro__ if each in STATUS), HTTPStatus.BAD_REQUEST)


def headers_of(error: TocsinError) -> dict[str, str]:
    """Give the headers that belong to *error* whatever clothes it wears: Allow, Retry-After."""
    match error:
        case MethodNotAllowed(allow=allow):
            return {"allow": ", ".join(allow)}
        case Overloaded(retry_after_s=seconds) | TooMany(retry_after_s=seconds):
            return {"retry-after": str(max(1, seconds))}
        case _:
            return {}


def problem(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as the native API does."""
    del request
    status = status_of(error)
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "invalid")
    faults = (Fault(error.path, error.problem, error.remedy),) if isinstance(error, Invalid) else ()
    document = Problem(PROBLEM_TYPE + code, status.phrase, status.value, str(error), trace, faults)
    headers = headers_of(error)
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = 'Bearer realm="Tocsin"'
    body = msgspec.json.encode(document)
    return Response(body, status.value, headers, media_type=PROBLEM_MEDIA_TYPE)
