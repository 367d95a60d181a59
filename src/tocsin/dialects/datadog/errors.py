"""Refusals in Datadog's clothes: as its On-Call endpoints send them, which differ from what is published.

Below ``/api/v2/on-call`` an error is an object with a detail, but for those that concern every request
(authentication, rates); everywhere else it is a text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tocsin.core.errors import Conflict, Forbidden, InUse, Invalid, NotFound, TocsinError, Unauthorized
from tocsin.core.spelling import from_native, to_uuid
from tocsin.dialects.datadog.jsonapi import MEDIA
from tocsin.httpkit.errors import TooMany, headers_of, status_of

ON_CALL = "/api/v2/on-call"
GENERIC = "Generic Error"
MISSING = "is missing"

_NOUNS = {"escalation policy": "escalation_policy"}  # what is called otherwise than in the domain
_PREFIX = re.compile(r"^data\.(?:attributes\.config\.|attributes\.|relationships\.)?")
_NATIVE = re.compile(r"(?<!\S)[a-z]+_[0-9a-z]{12}\b")
_TEXTS = {
    Unauthorized: "Unauthorized",
    Forbidden: "Forbidden",
    TooMany: "Too many requests",
}


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One error of an On-Call endpoint."""

    title: str
    detail: str
    status: str | None = None


class Faults(msgspec.Struct, frozen=True):
    """How On-Call endpoints refuse."""

    errors: list[Fault]


class Texts(msgspec.Struct, frozen=True):
    """How everything else refuses."""

    errors: list[str]


@dataclass(slots=True, unsafe_hash=True)
class Refused(TocsinError):
    """A refusal in Datadog's own words; some outside the On-Call endpoints come *as_object*, too."""

    status: HTTPStatus
    detail: str
    as_object: bool = False

    def __str__(self) -> str:
        return self.detail


def dress(error: TocsinError, request: Request, trace: str) -> Response:
    """Dress *error* as the endpoint that refuses does."""
    del trace
    status = error.status if isinstance(error, Refused) else status_of(error)
    path: str = request.scope["path"]
    on_call = path.startswith(ON_CALL)
    text = next((_TEXTS[kind] for kind in type(error).__mro__ if kind in _TEXTS), None)
    body: Faults | Texts
    whole = on_call or (isinstance(error, Refused) and error.as_object)
    if text is None and whole and isinstance(error, Refused | Invalid | NotFound | Conflict):
        body = Faults([_fault(status, detail_of(error))])
    else:
        body = Texts([text or detail_of(error)])
    headers = headers_of(error)
    if isinstance(error, TooMany):
        headers["x-ratelimit-reset"] = str(max(1, error.retry_after_s))
    return Response(
        msgspec.json.encode(body), status.value, headers, media_type=MEDIA if on_call else "application/json"
    )


def detail_of(error: TocsinError) -> str:
    """Say what is wrong, with ids spelled as UUIDs."""
    match error:
        case Refused(detail=detail):
            return detail
        case NotFound(kind=kind, name=name):
            return f"{_NOUNS.get(kind, kind)}[{_uuid(name)}] not found"
        case Invalid(path=path, problem=problem, remedy=remedy) if path:
            name = _PREFIX.sub("", path)
            if problem == MISSING:
                return f'attribute "{name}" is required'
            text = f'attribute "{name}" {problem}'
            return _respelled(f"{text}; it {remedy}" if remedy else text)
        case _:
            return _respelled(str(error))


@contextmanager
def in_use(noun: str, identifier: int) -> Iterator[None]:
    """Refuse in Datadog's words what is in use: ``schedule[...] is in use``."""
    try:
        yield
    except InUse:
        raise Refused(HTTPStatus.CONFLICT, f"{noun}[{to_uuid(identifier)}] is in use") from None


def not_a_uuid(text: str) -> Refused:
    """Refuse an id in the path."""
    return Refused(HTTPStatus.BAD_REQUEST, f'attribute "uuid" [{text}] is not a valid UUID')


def _fault(status: HTTPStatus, detail: str) -> Fault:
    if status is HTTPStatus.BAD_REQUEST:
        return Fault(title=status.phrase, detail=detail, status=str(status.value))
    return Fault(title=GENERIC, detail=detail)


def _uuid(name: str) -> str:
    """Spell the name by which something was not found: the store has a number, others our own spelling."""
    if name.isascii() and name.isdecimal():
        return to_uuid(int(name))
    return _respelled(name)


def _respelled(text: str) -> str:
    return _NATIVE.sub(lambda match: _native_as_uuid(match[0]), text)


def _native_as_uuid(text: str) -> str:
    found = from_native(text)
    return text if found is None else to_uuid(found)
