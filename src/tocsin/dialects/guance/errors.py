"""Refusals in Guance's clothes: an HTTP status, which is the code too, and a name that begins with ft."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

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
from tocsin.core.spelling import from_native
from tocsin.dialects.guance.envelope import refusal
from tocsin.dialects.guance.spelled import spelled
from tocsin.httpkit.errors import (
    MethodNotAllowed,
    NoSuchPath,
    TooLarge,
    TooMany,
    Unexpected,
    UnsupportedMedia,
    headers_of,
    status_of,
)

PREFIX_OF_ERRORS: Final = "ft."

# By what is nearest to an error: its own kind, or the one that it refines.
_NAMES: dict[type[TocsinError], tuple[int, str]] = {
    Unauthorized: (403, "InvalidAPIKey"),
    Forbidden: (403, "Forbidden"),
    NotFound: (404, "NotFound"),
    NoSuchPath: (404, "NotFound"),
    MethodNotAllowed: (405, "MethodNotAllowed"),
    TooMany: (401, "TriggerApiAkCurrentLimiting"),
    InUse: (400, "ObjectReferenced"),
    Conflict: (400, "InvalidParameter"),
    Invalid: (400, "InvalidParameter"),
    UnsupportedMedia: (400, "InvalidParameter"),
    TooLarge: (413, "InvalidParameter"),
    Overloaded: (503, "ServiceBusy"),
    Unexpected: (500, "InternalError"),
}
_NATIVE = re.compile(r"(?<!\S)[a-z]+_[0-9a-z]{12}\b")
_TRACE = re.compile(r"[0-9a-f]{32}")


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* in the envelope."""
    del request
    code, name = _named(error)
    raw = bytes.fromhex(trace) if _TRACE.fullmatch(trace) else bytes(16)
    answer = refusal(code, f"{PREFIX_OF_ERRORS}{name}", message_of(error), raw)
    answer.headers.update(headers_of(error))
    return answer


def message_of(error: TocsinError) -> str:
    """Say what is wrong, the field first, by its dotted path as the client wrote it."""
    match error:
        case Invalid(path=path, problem=problem, remedy=remedy):
            text = f"{problem}; it {remedy}" if remedy else problem
            return respelled(f"{path}: {text}" if path else text)
        case NotFound(kind=kind, name=name):
            identifier = int(name) if name.isascii() and name.isdecimal() else from_native(name)
            shown = spelled(kind, identifier) if identifier is not None else name[:100]
            return f"there is no {kind} {shown} here"
        case _:
            return respelled(str(error))


def respelled(text: str) -> str:
    """Spell the ids in *text* as this API does."""
    return _NATIVE.sub(_foreign, text)


def _named(error: TocsinError) -> tuple[int, str]:
    for kind in type(error).__mro__:
        if kind in _NAMES:
            return _NAMES[kind]
    return status_of(error).value, "InvalidParameter"


def _foreign(match: re.Match[str]) -> str:
    identifier = from_native(match[0])
    return match[0] if identifier is None else spelled("", identifier, match[0].partition("_")[0])
