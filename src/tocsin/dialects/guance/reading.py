"""Reading JSON strictly, value by value: a fault is named by its dotted path, as the client wrote it."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

import msgspec

from tocsin.core.errors import Invalid

SHOWN_MAX: Final = 60
INTEGER_MAX: Final = (1 << 53) - 1
LIST_LENGTH_MAX: Final = 10_000

Json = Mapping[str, Any]
T = TypeVar("T")

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_UNWANTED = re.compile("[\0\ud800-\udfff]")


def decoded(raw: bytes, path: str) -> Any:
    """Decode *raw* JSON, which is at *path*."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid(path, "is not JSON", "must be, in UTF-8") from None
    except RecursionError:
        raise Invalid(path, "is nested too deeply", "must nest less") from None
    return value


def an_object(value: Any, path: str) -> Json:
    """Return *value* if it is an object."""
    if not isinstance(value, dict):
        raise Invalid(path, shown(value), "must be an object")
    return value


def an_array(value: Any, path: str, *, least: int = 0) -> list[Any]:
    """Return *value* if it is an array of *least* to LIST_LENGTH_MAX entries."""
    if not isinstance(value, list):
        raise Invalid(path, shown(value), "must be an array")
    if not least <= len(value) <= LIST_LENGTH_MAX:
        raise Invalid(path, f"has {len(value)} entries", f"must have {least} to {LIST_LENGTH_MAX}")
    return value


def a_text(value: Any, path: str, *, shortest: int = 0, longest: int = 10_000) -> str:
    """Return *value* if it is a text of that length that can be stored."""
    if not isinstance(value, str):
        raise Invalid(path, shown(value), "must be a string")
    if _UNWANTED.search(value):
        raise Invalid(path, "holds a NUL character or half of another", "must be text without one")
    if not shortest <= len(value) <= longest:
        problem = "is empty" if not value else f"is {len(value)} characters long"
        raise Invalid(path, problem, f"must be {shortest} to {longest} characters")
    return value


def a_boolean(value: Any, path: str) -> bool:
    """Return *value* if it is true or false."""
    if not isinstance(value, bool):
        raise Invalid(path, shown(value), "must be true or false")
    return value


def an_integer(value: Any, path: str, *, least: int = 0, most: int = INTEGER_MAX) -> int:
    """Return *value* if it is a whole number of *least* to *most*; digits in a string are taken too."""
    number = int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else value
    if isinstance(number, bool) or not isinstance(number, int):
        raise Invalid(path, shown(value), "must be an integer")
    if not least <= number <= most:
        raise Invalid(path, f"is {shown(number).removeprefix('is ')}", f"must be {least} to {most}")
    return number


def one_of(value: Any, path: str, words: Collection[str]) -> str:
    """Return *value* if it is one of *words*."""
    if not isinstance(value, str) or value not in words:
        raise Invalid(path, shown(value), f"must be one of {', '.join(words)}")
    return value


def texts(
    value: Any, path: str, *, least: int = 0, check: Callable[[str, str], None] | None = None
) -> tuple[str, ...]:
    """Return *value* if it is an array of texts, none of them empty, that *check* lets pass."""
    found = []
    for place, each in enumerate(an_array(value, path, least=least)):
        where = f"{path}[{place}]"
        found.append(a_text(each, where, shortest=1, longest=500))
        if check is not None:
            check(each, where)
    return tuple(found)


def field(
    given: Json, name: str, path: str, read: Callable[[Any, str], T], default: T, *, null: bool = False
) -> T:
    """Read the field *name* of *given*, which is at *path*, if it is there; with *null*, null is absent."""
    if name not in given or (null and given[name] is None):
        return default
    return read(given[name], f"{path}.{name}" if path else name)


def needed(given: Json, name: str, path: str, read: Callable[[Any, str], T], remedy: str) -> T:
    """Read the field *name* of *given*, which must be there."""
    where = f"{path}.{name}" if path else name
    if name not in given:
        raise Invalid(where, "is missing", remedy)
    return read(given[name], where)


def shown(value: Any) -> str:
    """Say in a few words what *value* is."""
    match value:
        case None:
            return "is null"
        case bool():
            return f"is {str(value).lower()}"
        case dict():
            return "is an object"
        case list():
            return "is an array"
        case str():
            return f"is {_UNWANTED.sub('�', value[:SHOWN_MAX])!r}"
        case _:
            return f"is {str(value)[:SHOWN_MAX]}"
