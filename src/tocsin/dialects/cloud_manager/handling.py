"""What the handlers share: the query, ids in the path, bodies after them, links.

A request is looked at in this order: who asks, the ids in its path, its query, its body.
"""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import msgspec

from tocsin.actions.actor import Actor
from tocsin.actions.history import directory as current
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.ids import ServiceId
from tocsin.core.service import Service
from tocsin.core.spelling import from_hex_24, to_hex_24
from tocsin.dialects.cloud_manager.errors import bad, missing
from tocsin.dialects.cloud_manager.lists import Link, View
from tocsin.dialects.cloud_manager.spelled import SHOWN_MAX, is_hex_24
from tocsin.httpkit.bodies import JsonReader, require_json
from tocsin.httpkit.queries import QueryReader
from tocsin.httpkit.requests import Call
from tocsin.world import Tx

PREFIX = "/api/public/v1.0"
ATLAS = "/api/atlas/v1.0"
GROUP = {"group_id": "the project's id"}

_VIEW = QueryReader(View)
_READ_ONLY = frozenset({"id", "groupId", "created", "updated", "links"})

Q = TypeVar("Q", bound=View)
T = TypeVar("T")


def root(call: Call) -> str:
    """Give the address below which the caller asks."""
    return call.kit.public_url + (ATLAS if call.request.scope["path"].startswith(ATLAS) else PREFIX)


def look(call: Call) -> None:
    """Look at the query of a request that takes no more than how the answer is to be written."""
    asked(call, _VIEW)


def asked(call: Call, reader: QueryReader[Q]) -> Q:
    """Read the query."""
    try:
        return reader.read(call.request.scope["query_string"])
    except Invalid as error:
        detail = f"Invalid query parameter: {error}."
        raise bad("INVALID_QUERY_PARAMETER", detail, *filter(None, [error.path])) from None


def named(call: Call, parameter: str, kind: str) -> int | None:
    """Read an id in the path, of a thing that codes call *kind*; None for one that no Tocsin made."""
    text = call.params[parameter]
    if not is_hex_24(text):
        shown = text[:SHOWN_MAX]
        raise missing(f"INVALID_{kind}_ID", f"An invalid {_words(kind)} ID {shown} was specified.", shown)
    return from_hex_24(text)


def group_of(call: Call) -> ServiceId:
    """Read the project in the path, which need not be there, and count the request as one of it."""
    number = named(call, "group_id", "GROUP")
    if number is None:
        raise no_group(call)
    call.kit.service_rates.take(number, call.now)
    return ServiceId(number)


def known(tx: Tx, actor: Actor, call: Call, group: ServiceId) -> tuple[Directory, Service]:
    """Find the project among those of the caller's workspace."""
    directory = current(tx, actor)
    service = directory.services.get(group)
    if service is None:
        raise no_group(call)
    return directory, service


def no_group(call: Call) -> Exception:
    """Refuse a project that is not there, or not the caller's."""
    text = call.params["group_id"]
    return missing("GROUP_NOT_FOUND", f"No group with ID {text} exists.", text)


async def read_body(call: Call, reader: JsonReader[T], *, read_only: Collection[str] = _READ_ONLY) -> T:
    """Read the body; a fault is refused under the code that its kind has."""
    require_json(call.request.headers.get("content-type"))
    try:
        return reader.read(await call.read())
    except Invalid as error:
        raise _fault(error, read_only) from None


def attribute(error: Invalid) -> Exception:
    """Refuse an attribute of the wrong form."""
    detail = f"Invalid attribute {error.path} specified: {error}."
    return bad("INVALID_JSON_ATTRIBUTE", detail, error.path)


def link(call: Call, *path: str) -> list[Link]:
    """Link to the address of *path*, which is the answer's own."""
    return [Link("self", "/".join((root(call), *path)))]


def group_path(group: ServiceId) -> str:
    """Write the part of an address that names a project."""
    return f"groups/{to_hex_24(group)}"


def _fault(error: Invalid, read_only: Collection[str]) -> Exception:
    path, problem, remedy = error.path, error.problem, error.remedy
    if not path:
        return bad("INVALID_JSON", f"Received JSON is malformed: {error}.")
    if problem == "is missing":
        return bad("MISSING_ATTRIBUTE", f"The required attribute {path} was not specified.", path)
    if problem == "is not a known field":
        if path in read_only:
            detail = f"The attribute {path} is read-only and cannot be changed."
            return bad("ATTRIBUTE_READ_ONLY", detail, path)
        return bad("INVALID_ATTRIBUTE", f"Invalid attribute {path} specified.", path)
    if remedy.startswith("must be one of "):
        detail = f"An invalid enumeration value was specified: {error}."
        return bad("INVALID_ENUM_VALUE", detail, path)
    return attribute(error)


def _words(kind: str) -> str:
    return kind.lower().replace("_", " ")


encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
