"""JSON:API: references, the paths of ``include``, and what they bring, each thing once.

A document has ``included`` exactly when the request asks for something to be included.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tocsin.core.errors import Invalid
from tocsin.core.spelling import to_uuid

MEDIA = "application/vnd.api+json"
INCLUDE_LENGTH_MAX = 1_000

IncludeText = Annotated[
    str, Meta(max_length=INCLUDE_LENGTH_MAX, description="what to include, paths with commas between them")
]
T = TypeVar("T")


class Reference(msgspec.Struct, frozen=True):
    """Names an object."""

    id: str
    type: str


class ToOne(msgspec.Struct, frozen=True):
    """A relationship to one object, or to none."""

    data: Reference | None


class ToMany(msgspec.Struct, frozen=True):
    """A relationship to several objects, in order."""

    data: list[Reference]


@dataclass(frozen=True, slots=True)
class Include:
    """What a request wants to be included: every path, and every path on the way to it.

    *asked* is whether it wants anything at all, be there such a thing or not.
    """

    paths: frozenset[str] = frozenset()

    @property
    def asked(self) -> bool:
        """Whether the answer has a list of what is included."""
        return bool(self.paths)

    def __contains__(self, path: str) -> bool:
        return path in self.paths


def read_include(text: str, known: Iterable[str]) -> Include:
    """Read an ``include`` parameter whose paths may be those *known*; raise Invalid for another."""
    allowed = tuple(known)
    paths: set[str] = set()
    for part in text.split(","):
        path = part.strip()
        if not path:
            continue
        if path not in allowed:
            problem = f"names {path[:100]!r}, which cannot be included here"
            raise Invalid("include", problem, f"must be of {', '.join(allowed)}")
        while path:
            paths.add(path)
            path = path.rpartition(".")[0]
    return Include(frozenset(paths))


class Included(Generic[T]):
    """The objects that come with a document, each type and id once, in the order in which they came."""

    def __init__(self) -> None:
        self._found: dict[tuple[type, str], T] = {}

    def add(self, *objects: T) -> None:
        """Let *objects* come along, but for those that do already."""
        for each in objects:
            self._found.setdefault((type(each), each.id), each)  # type: ignore[attr-defined]  # each has one

    def __iter__(self) -> Iterator[T]:
        return iter(self._found.values())

    def shown(self, include: Include) -> list[T] | UnsetType:
        """Give the list for the document, nothing when the request did not ask for any."""
        return list(self._found.values()) if include.asked else UNSET


def to_one(kind: str, identifier: int) -> ToOne:
    """Refer to one object."""
    return ToOne(Reference(to_uuid(identifier), kind))


def to_many(kind: str, identifiers: Iterable[int]) -> ToMany:
    """Refer to several objects."""
    return ToMany([Reference(to_uuid(each), kind) for each in identifiers])
