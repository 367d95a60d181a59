"""Ids: taken in any spelling, given in our own."""

from collections.abc import Iterable

from tocsin.core.errors import Invalid
from tocsin.core.spelling import PREFIXES, identifier_of, native

ID_SHOWN_MAX = 100


def identifier(text: str, kind: str) -> int | None:
    """Read the id of a thing of *kind*, in any spelling; None for what is none, or another kind's."""
    return identifier_of(text, kind)


def reference(text: str, kind: str, path: str) -> int:
    """Do the same for an id inside a body; raise Invalid for *path*."""
    found = identifier(text, kind)
    if found is None:
        noun = kind.replace("_", " ")
        remedy = f"must be an id like {PREFIXES[kind]}_ and 12 letters, or another spelling of it"
        raise Invalid(path, f"is {text[:ID_SHOWN_MAX]!r}, which is no {noun} id", remedy)
    return found


def references(texts: Iterable[str], kind: str, path: str) -> list[int]:
    """Read a list of ids; raise Invalid for the one that is none, or that is there twice."""
    found: list[int] = []
    for place, text in enumerate(texts):
        where = f"{path}[{place}]"
        one = reference(text, kind, where)
        if one in found:
            raise Invalid(where, "is named before", "must be there once")
        found.append(one)
    return found


def spelled(kind: str, identifier: int | None) -> str | None:
    """Write an id our own way, and nothing where there is none."""
    return None if identifier is None else native(kind, identifier)


def all_spelled(kind: str, identifiers: Iterable[int]) -> list[str]:
    """Write many ids."""
    return [native(kind, each) for each in identifiers]
