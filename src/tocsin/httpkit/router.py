"""A tree of path segments: finding the 300th route costs what finding the first does.

A path is cut at its slashes as it came over the wire, and each segment is percent-decoded once; an encoded
slash is therefore part of a segment and never cuts. A literal segment wins over a parameter. Vendors differ
in what they make of slashes at the end or doubled ones, so each route says what it accepts, and routes of
different vendors can share a tree.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from tocsin.core.errors import Invalid

Target = TypeVar("Target")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Slashes(StrEnum):
    """Which spellings of a path lead to a route."""

    EXACT = "exact"  # only the one declared, with or without a slash at its end
    IGNORE = "ignore"  # a slash at the end may be there or not
    COLLAPSE = "collapse"  # the same, and several slashes in a row count as one


@dataclass(frozen=True, slots=True)
class Found(Generic[Target]):
    """The route of a path: its *target*, the path's parameters, and how many nodes were looked at."""

    target: Target
    params: dict[str, str]
    visits: int


@dataclass(frozen=True, slots=True)
class Missed(Generic[Target]):
    """No route: *allow* has the methods that the path does have, *neighbours* what those would lead to.

    Both are empty when there is no such path at all.
    """

    allow: tuple[str, ...] = ()
    neighbours: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class _End(Generic[Target]):
    """Where a route ends. *literal* is whether the path must be spelled as declared to get here first."""

    target: Target
    names: tuple[str, ...]
    literal: bool
    own: bool  # False for the HEAD that comes with a GET


class _Node(Generic[Target]):
    """One segment of the tree. *ends* has a table of methods for each spelling of slashes."""

    __slots__ = ("ends", "parameter", "static")

    def __init__(self) -> None:
        self.static: dict[str, _Node[Target]] = {}
        self.parameter: _Node[Target] | None = None
        self.ends: tuple[dict[str, _End[Target]], ...] = ({}, {}, {}, {})


class Router(Generic[Target]):
    """Paths and methods, each leading to a target."""

    def __init__(self) -> None:
        self._root: _Node[Target] = _Node()

    def add(self, method: str, template: str, target: Target, *, slashes: Slashes = Slashes.EXACT) -> None:
        """Lead *method* and *template* to *target*; a GET answers HEAD too, unless that is added itself.

        A segment of the template in braces is a parameter: ``/users/{user_id}``. Raise ValueError when the
        template is malformed or taken.
        """
        segments = _segments_of(template)
        node, names = self._root, []
        for segment in segments:
            match = _PARAMETER.fullmatch(segment)
            if match is None:
                node = node.static.setdefault(segment, _Node())
            else:
                names.append(match[1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
        if len(set(names)) != len(names):
            raise ValueError(f"{template} has two parameters of one name")
        slash = int(template.endswith("/") and bool(segments))
        for spelling in _spellings(slash, slashes):
            end = _End(target, tuple(names), literal=spelling == slash, own=True)
            _put(node.ends[spelling], method, end, template)
            if method == "GET":
                _put(node.ends[spelling], "HEAD", _End(target, end.names, end.literal, own=False), template)

    def find(self, method: str, raw_path: bytes) -> Found[Target] | Missed[Target]:
        """Find the route of *raw_path*, the path as it came: percent-encoded and without a query.

        Raise Invalid when the path cannot be decoded.
        """
        segments, spelling = split_path(raw_path)
        node, place, depth, visits = self._root, 0, len(segments), 0
        values: list[str] = []
        others: list[tuple[_Node[Target], int, int]] = []
        passed: list[dict[str, _End[Target]]] = []
        while True:
            visits += 1
            if place == depth:
                ends = node.ends[spelling]
                end = ends.get(method)
                if end is not None:
                    return Found(end.target, dict(zip(end.names, values, strict=True)), visits)
                if ends:
                    passed.append(ends)
            else:
                segment = segments[place]
                child = node.static.get(segment)
                if child is not None:
                    if node.parameter is not None:
                        others.append((node.parameter, place, len(values)))
                    node, place = child, place + 1
                    continue
                if node.parameter is not None:
                    values.append(segment)
                    node, place = node.parameter, place + 1
                    continue
            if not others:
                return _missed(passed)
            node, place, kept = others.pop()
            values[kept:] = [segments[place]]
            place += 1


def split_path(raw_path: bytes) -> tuple[list[str], int]:
    """Cut *raw_path* into decoded segments, none of them empty, and tell how its slashes are spelled.

    The spelling is 1 for a slash at the end, plus 2 for a doubled one. Raise Invalid for what is no UTF-8
    text, has a broken percent sequence or encodes NUL (which no server lets through unencoded).
    """
    try:
        if b"%" in raw_path:
            if _BAD_ESCAPE.search(raw_path):
                raise _unreadable("has a % that no two hexadecimal digits follow")
            if b"%00" in raw_path:
                raise _unreadable("holds a NUL character")
            parts = [unquote_to_bytes(part).decode() for part in raw_path.split(b"/")]
        else:
            parts = raw_path.decode().split("/")
    except UnicodeDecodeError:
        raise _unreadable("is not UTF-8 text") from None
    if len(parts) < 3:  # "/" or "/word"
        return [part for part in parts[1:] if part], 0
    inner = parts[1:-1]
    spelling = (0 if parts[-1] else 1) + (2 if "" in inner else 0)
    if spelling:
        return [part for part in parts if part], spelling
    return parts[1:], 0


def _unreadable(problem: str) -> Invalid:
    return Invalid("", f"the path {problem}", "must be percent-encoded UTF-8 without NUL")


def _segments_of(template: str) -> list[str]:
    if not template.startswith("/") or "//" in template:
        raise ValueError(f"{template!r} is no path: it must start with a slash and double none")
    segments = [segment for segment in template.split("/") if segment]
    for segment in segments:
        if ("{" in segment or "}" in segment) and not _PARAMETER.fullmatch(segment):
            raise ValueError(f"{template}: {segment!r} must be a literal or one parameter in braces")
    return segments


def _spellings(slash: int, slashes: Slashes) -> Iterable[int]:
    match slashes:
        case Slashes.EXACT:
            return (slash,)
        case Slashes.IGNORE:
            return (0, 1)
        case Slashes.COLLAPSE:
            return (0, 1, 2, 3)


def _put(ends: dict[str, _End[Target]], method: str, end: _End[Target], template: str) -> None:
    """Enter *end*, unless a better one is there: what is declared goes before what is merely tolerated."""
    there = ends.get(method)
    if there is None or (end.literal, end.own) > (there.literal, there.own):
        ends[method] = end
    elif (end.literal, end.own) == (there.literal, there.own):
        raise ValueError(f"{method} {template} leads to two targets")


def _missed(passed: list[dict[str, _End[Target]]]) -> Missed[Target]:
    if not passed:
        return Missed()
    methods = {method for ends in passed for method in ends}
    neighbours = tuple(end.target for ends in passed for end in ends.values())
    return Missed(tuple(method for method in METHODS if method in methods), neighbours)
