"""What the handlers share: bodies, ids in the path, parts of lists, and who did what when."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.responses import Response

from tocsin.actions.actor import Actor
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import made_at
from tocsin.core.listing import Listed
from tocsin.dialects.guance import envelope, spelled
from tocsin.dialects.guance.envelope import PageInfo
from tocsin.httpkit.requests import Call

DIALECT: Final = "guance"
PREFIX: Final = "/api/v1"
PAGE_SIZE: Final = 20
PAGE_SIZE_MAX: Final = 100
DATES_PAGE_SIZE_MAX: Final = 10_000
ALL: Final = 10_000  # of each kind a workspace has no more

T = TypeVar("T")

Search = Annotated[str, Meta(max_length=1_000, description="part of a name")]
PageIndex = Annotated[int, Meta(ge=1, le=1_000_000, description="from 1")]
PageSize = Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which part of a list is wanted."""

    search: Search = ""
    page_index: PageIndex = 1
    page_size: PageSize = PAGE_SIZE


class LongPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which part of a list is wanted, where lists are long."""

    search: Search = ""
    page_index: PageIndex = 1
    page_size: Annotated[int, Meta(ge=1, le=DATES_PAGE_SIZE_MAX)] = PAGE_SIZE


def part_of(
    call: Call, found: Sequence[T], index: int, size: int, show: Callable[[Sequence[T]], Any]
) -> Response:
    """Answer with the *index*-th part of *found*, as *show* writes it."""
    rows = found[(index - 1) * size : index * size]
    info = PageInfo(count=len(rows), page_index=index, page_size=size, total_count=len(found))
    return envelope.page(call, show(rows), info)


def id_in_path(call: Call, prefix: str, kind: str, name: str = "uuid") -> int:
    """Read the id in the path; NotFound for what this server did not write."""
    text = call.params[name]
    found = spelled.read(text, prefix)
    if found is None:
        raise NotFound(kind, text[:100])
    return found


def id_of(text: str, prefix: str, kind: str) -> int:
    """Read an id of the body or query in the same way."""
    found = spelled.read(text, prefix)
    if found is None:
        raise NotFound(kind, text[:100])
    return found


def all_of(listed: Listed[T]) -> list[T]:
    """Give everything that was listed, the newest first."""
    return sorted(listed.items, key=_by_id, reverse=True)


def _by_id(value: Any) -> int:
    identifier: int = value.id
    return identifier


def matching(found: Sequence[T], search: str, name: Callable[[T], str]) -> list[T]:
    """Keep those in whose name *search* occurs, whatever its case."""
    part = search.casefold()
    return [each for each in found if part in name(each).casefold()]


def who(actor: Actor) -> str:
    """Spell who does something: the member for whom a key acts, or else the key."""
    if actor.user is not None:
        return spelled.spelled("user", actor.user)
    return spelled.spelled("key", actor.key or 0)


def seconds(at: datetime) -> int:
    """Write an instant."""
    return int(at.timestamp())


def stamped(actor: Actor, was: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Note in what is kept of an object who made it, and who changed it last and when."""
    by = who(actor)
    return {**was, "creator": was.get("creator", by), "updator": by, "updateAt": now.timestamp()}


def stamps(identifier: int, kept: Mapping[str, Any], workspace: int) -> dict[str, Any]:
    """Write when an object was made and changed, by whom, and where it is."""
    made = seconds(made_at(identifier))
    return {
        "id": identifier,
        "workspaceUUID": spelled.spelled("workspace", workspace),
        "createAt": made,
        "updateAt": whole(kept.get("updateAt", made)),
        "deleteAt": -1,
        "creator": kept.get("creator", ""),
        "updator": kept.get("updator", ""),
        "status": 0,
        "declaration": {},
    }


def whole(seconds: float) -> float:
    """Write seconds without a fraction that is none."""
    return int(seconds) if seconds == int(seconds) else seconds


def reworded(error: Invalid, words: Sequence[tuple[re.Pattern[str], str]]) -> Invalid:
    """Give *error*, which the domain raised, the path that the client knows."""
    path = error.path
    for pattern, replacement in words:
        path = pattern.sub(replacement, path)
    return Invalid(path, error.problem, error.remedy)
