"""Conditions on requests: If-None-Match for readers who have it already, If-Match for careful writers."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tocsin.core.errors import Invalid
from tocsin.httpkit.errors import PreconditionFailed

TAGS_MAX = 50

_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')


def etag_of_body(body: bytes) -> str:
    """Give the strong ETag of an answer with *body*, for what has no version."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def etag_of_value(value: object) -> str:
    """Give the strong ETag of an answer that is *value* as JSON, without sending it."""
    return etag_of_body(msgspec.json.encode(value))


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one header: *anything* for ``*``, else strong and weak ones."""

    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    anything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a request demands of the object that it meets; None where it demands nothing."""

    if_match: Tags | None = None
    if_none_match: Tags | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Conditions":
        """Read the conditions from *headers*; raise Invalid for a header that is malformed."""
        return cls(
            if_match=_tags(headers, "if-match"),
            if_none_match=_tags(headers, "if-none-match"),
        )

    def check(self, etag: str) -> None:
        """Raise PreconditionFailed when the request means another version than the one tagged *etag*."""
        wanted = self.if_match
        if wanted is not None and not wanted.anything and etag not in wanted.strong:
            raise PreconditionFailed

    def has(self, etag: str) -> bool:
        """Tell whether the caller has the version tagged *etag* already."""
        known = self.if_none_match
        return known is not None and (known.anything or etag in known.strong | known.weak)


def _tags(headers: Mapping[str, str], name: str) -> Tags | None:
    text = headers.get(name)
    if text is None:
        return None
    if text.strip() == "*":
        return Tags(anything=True)
    strong: set[str] = set()
    weak: set[str] = set()
    place = 0
    while place < len(text):
        match = _TAG.match(text, place)
        if match is None or len(strong) + len(weak) >= TAGS_MAX:
            raise Invalid(name, "is not a list of entity tags", 'must be * or tags in quotes, like "7"')
        (weak if match[1] else strong).add(f'"{match[2]}"')
        place = match.end()
    return Tags(frozenset(strong), frozenset(weak))
