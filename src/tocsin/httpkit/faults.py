"""What is wrong with a value, in the caller's words: from msgspec's complaint to Invalid.

msgspec names the first wrong place and what it expected there. Its type tells the rest: the choices, the
limits, the nearest known field. The value itself is shown when it is short and no secret.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from tocsin.core.errors import Invalid
from tocsin.httpkit.phrases import options, phrase

SHOWN_MAX = 60
UNREADABLE = object()
ANY_KEY = "..."  # how msgspec names a key of a dictionary

_PLACE = re.compile(r"^(?P<text>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`)?$", re.DOTALL)
_TOKEN = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$")
_OURS = re.compile(r"^(Expected |Invalid |Number |Integer |Duration |Date)")
_SECRET = re.compile(r"pass|secret|token|key|credential|authorization", re.IGNORECASE)


def explain(error: msgspec.ValidationError, raw: object, kind: Any) -> Invalid:
    """Turn *error*, raised when *raw* was to become a *kind*, into an Invalid.

    *raw* is the decoded JSON, or UNREADABLE where even that failed (a number too large for a float).
    """
    match = _PLACE.match(str(error))
    text, path, key = (match["text"], match["path"] or "", match["key"]) if match else (str(error), "", None)
    type_ = _type_info(kind)
    tokens = list(_resolve(_cut(path, type_), raw, type_))
    if missing := _MISSING.match(text):
        place = [*tokens, missing[1]]
        return Invalid(dotted(place), "is missing", f"must be {phrase(type_at(type_, place))}")
    if unknown := _UNKNOWN.match(text):
        return Invalid(
            dotted([*tokens, unknown[1]]), "is not a known field", _near(unknown[1], type_at(type_, tokens))
        )
    if key:
        return Invalid(dotted(tokens), "has a key that is not allowed", "must have keys of the right form")
    if not _OURS.match(text):
        return Invalid(dotted(tokens), text)
    return Invalid(dotted(tokens), _shown(raw, tokens), f"must be {phrase(type_at(type_, tokens))}")


def _cut(path: str, type_: inspect.Type) -> list[str]:
    """Cut msgspec's path into its steps; the first may be a name with brackets, a query's ``page[size]``."""
    bracketed = [
        field.encode_name
        for option in options(type_)
        if isinstance(option, inspect.StructType)
        for field in option.fields
        if "[" in field.encode_name
    ]
    first = [name for name in bracketed if path.startswith(f".{name}")]
    rest = path[len(first[0]) + 1 :] if first else path
    return [*first[:1], *(token[1] or token[2] for token in _TOKEN.finditer(rest))]


def dotted(way: Sequence[str]) -> str:
    """Write the way to a value as ``events[3].severity``."""
    path = ""
    for step in way:
        if step.isdigit() or step == ANY_KEY:
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def type_at(type_: inspect.Type | None, tokens: Sequence[str]) -> inspect.Type | None:
    """Follow *tokens* into *type_*; None when they lead nowhere."""
    for place, token in enumerate(tokens):
        candidates = [_inside(option, token) for option in options(type_)]
        found = [candidate for candidate in candidates if candidate is not None]
        tags = [candidate for candidate in found if isinstance(candidate, inspect.LiteralType)]
        if tags and len(tags) == len(found):
            return inspect.LiteralType(tuple(value for tag in tags for value in tag.values))
        if len(found) > 1:
            rest = tokens[place + 1 :]
            return next((deep for one in found if (deep := type_at(one, rest)) is not None), None)
        type_ = found[0] if found else None
    return type_


@lru_cache(maxsize=512)
def _type_info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _inside(type_: inspect.Type, token: str) -> inspect.Type | None:
    match type_:
        case inspect.StructType():
            if token == type_.tag_field:
                return inspect.LiteralType((str(type_.tag),))
            return next((field.type for field in type_.fields if field.encode_name == token), None)
        case inspect.CollectionType():
            return type_.item_type
        case inspect.TupleType():
            place = int(token) if token.isdigit() else len(type_.item_types)
            return type_.item_types[place] if place < len(type_.item_types) else None
        case inspect.DictType():
            return type_.value_type
        case _:
            return None


def _resolve(tokens: list[str], raw: object, type_: inspect.Type) -> Iterator[str]:
    """Put the key that was wrong where msgspec says only ``[...]``."""
    walked: list[str] = []
    for token in tokens:
        name = token
        if token == ANY_KEY and isinstance(raw, dict):
            wanted = type_at(type_, [*walked, token])
            name = next((key for key, value in raw.items() if not _plausible(value, wanted)), token)
        raw = _step(raw, name)
        walked.append(name)
        yield name


def _plausible(value: object, type_: inspect.Type | None) -> bool:
    return any(_fits(value, option) for option in options(type_))


def _fits(value: object, type_: inspect.Type) -> bool:
    match type_, value:
        case (
            (inspect.AnyType(), _)
            | (inspect.NoneType(), None)
            | (inspect.BoolType(), bool())
            | (inspect.CollectionType(), list())
            | (inspect.DictType() | inspect.StructType(), dict())
        ):
            return True
        case inspect.StrType(), str():
            return (type_.min_length or 0) <= len(value) <= (type_.max_length or len(value))
        case inspect.IntType() | inspect.FloatType(), int() | float():
            return not isinstance(value, bool) and _within(value, type_)
        case _:
            return False


def _within(value: float, type_: inspect.IntType | inspect.FloatType) -> bool:
    return (
        (type_.ge is None or value >= type_.ge)
        and (type_.gt is None or value > type_.gt)
        and (type_.le is None or value <= type_.le)
        and (type_.lt is None or value < type_.lt)
    )


def _step(raw: object, token: str) -> object:
    if isinstance(raw, dict):
        return raw.get(token)
    if isinstance(raw, list) and token.isdigit() and int(token) < len(raw):
        return raw[int(token)]
    return None


def _shown(raw: object, tokens: Sequence[str]) -> str:
    if raw is UNREADABLE:
        return "is out of range"
    for token in tokens:
        raw = _step(raw, token)
    if isinstance(raw, dict | list):
        return f"is {'an object' if isinstance(raw, dict) else f'a list of {len(raw)}'}"
    text = msgspec.json.encode(raw).decode()
    if tokens and _SECRET.search(tokens[-1]):
        return "is not right"
    if len(text) > SHOWN_MAX:
        return f"is text of {len(raw)} characters" if isinstance(raw, str) else "is too large"
    return f"is {text}"


def _near(name: str, type_: inspect.Type | None) -> str:
    known = [
        field.encode_name
        for option in options(type_)
        if isinstance(option, inspect.StructType)
        for field in option.fields
    ]
    if name in known:  # of another kind of the same union
        return "must be left out for this type"
    close = difflib.get_close_matches(name, known, n=1)
    return f"may be meant as {close[0]}" if close else "must be left out"
