"""Refusals in their three shapes, which clients tell apart: a detail, field errors, a text for one field."""

from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound, TocsinError, Unauthorized
from tocsin.httpkit.errors import MethodNotAllowed, NoSuchPath, TooMany, headers_of, status_of

REQUIRED: Final = "This field is required."
NOT_NULL: Final = "This field may not be null."
NOT_BLANK: Final = "This field may not be blank."
NOT_A_STRING: Final = "Not a valid string."
NOT_AN_INTEGER: Final = "A valid integer is required."
NOT_A_BOOLEAN: Final = "Must be a valid boolean."
NO_OBJECT: Final = "Object does not exist"
NON_FIELD: Final = "non_field_errors"

INVALID_TOKEN: Final = "Invalid token."  # noqa: S105  # it is a sentence
NOT_PERMITTED: Final = "You do not have permission to perform this action."
NOT_FOUND: Final = "Not found."
SHOWN_MAX: Final = 100

_STATUS: Final[dict[type[TocsinError], HTTPStatus]] = {
    Unauthorized: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.BAD_REQUEST,
}


class Detail(msgspec.Struct, frozen=True):
    """A request refused as a whole."""

    detail: str


class Refused(TocsinError):
    """A refusal in the vendor's own words: *body* is the answer's JSON."""

    def __init__(self, body: Any, status: int = 400) -> None:
        super().__init__(body, status)
        self.body = body
        self.status = HTTPStatus(status)

    def __str__(self) -> str:
        return str(self.body)


def refused(detail: str, status: int = 400) -> Refused:
    """Refuse a request as a whole."""
    return Refused({"detail": detail}, status)


def wrong_field(name: str, *sentences: str) -> Refused:
    """Refuse one field, with a list of sentences."""
    return Refused({name: list(sentences)})


def wrong_fields(sentence: str) -> Refused:
    """Refuse what fields are together."""
    return wrong_field(NON_FIELD, sentence)


def plainly(name: str, sentence: str) -> Refused:
    """Refuse one field with a plain text, where the vendor does."""
    return Refused({name: sentence})


def not_found() -> Refused:
    """Say that there is no such thing."""
    return refused(NOT_FOUND, HTTPStatus.NOT_FOUND)


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as the vendor does."""
    del request, trace
    status, body = _clothes(error)
    headers = headers_of(error)
    if isinstance(error, TooMany):
        headers["ratelimit-reset"] = str(max(1, error.retry_after_s))
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def _clothes(error: TocsinError) -> tuple[HTTPStatus, Any]:
    """Give the status of *error*, and its body."""
    if isinstance(error, Refused):
        return error.status, error.body
    if isinstance(error, Invalid) and error.path:
        sentence = f"{error.problem}; it {error.remedy}" if error.remedy else error.problem
        return HTTPStatus.BAD_REQUEST, {error.path.partition(".")[0].partition("[")[0]: [sentence]}
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), status_of(error))
    return status, {"detail": _sentence(error)}


def _sentence(error: TocsinError) -> str:
    match error:
        case Unauthorized():
            return INVALID_TOKEN
        case Forbidden():
            return NOT_PERMITTED
        case NotFound() | NoSuchPath():
            return NOT_FOUND
        case MethodNotAllowed(method=method):
            return f'Method "{method}" not allowed.'
        case TooMany(retry_after_s=seconds):
            word = "second" if seconds == 1 else "seconds"
            return f"Request was throttled. Expected available in {seconds} {word}."
        case _:
            return str(error)
