"""What templates written for Jinja itself do to values beyond ours: methods, times, patterns, encodings."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import re2
from jinja2 import Undefined, UndefinedError, pass_context
from jinja2.runtime import Context

from tocsin.channels.template_filters import (
    FILTERS,
    VALUE_LENGTH_MAX,
    TemplateLimit,
    check_length,
    meter_of,
    to_json,
)
from tocsin.core.calendar import in_zone, known_zone

PATTERN_LENGTH_MAX: Final = 1_000
PATTERN_MEMORY_MAX: Final = 2 << 20
FORMAT_LENGTH_MAX: Final = 100
SPLIT_MAX: Final = 10_000
INDENT_MAX: Final = 100
_DEFAULT_FORMAT: Final = "%H:%M / %d-%m-%Y"
_WIDE = re.compile(r"%[-_0^#]*[0-9]")
_TAG = re.compile(r"<[^<>]*>")
_SPAN = re.compile(r"\s*(?:(-?\d{1,6})d)?\s*(?:(-?\d{1,6})h)?\s*(?:(-?\d{1,6})m)?\s*(?:(-?\d{1,9})s)?\s*")

_OF_TEXT: Mapping[str, Callable[..., object]] = {
    "capitalize": str.capitalize,
    "count": str.count,
    "endswith": str.endswith,
    "find": str.find,
    "isdigit": str.isdigit,
    "isnumeric": str.isnumeric,
    "lower": str.lower,
    "lstrip": str.lstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "rstrip": str.rstrip,
    "startswith": str.startswith,
    "strip": str.strip,
    "title": str.title,
    "upper": str.upper,
}
_OF_MAPPING: Mapping[str, Callable[..., object]] = {
    "copy": dict,
    "get": lambda value, key, default=None: value.get(key, default),
    "items": lambda value: [list(pair) for pair in value.items()],
    "keys": list,
    "pop": lambda value, *arguments: value.pop(*arguments),
    "values": lambda value: list(value.values()),
}
_OF_LIST: Mapping[str, Callable[..., object]] = {
    "copy": list,
    "count": lambda value, member: value.count(member),
    "index": lambda value, member: value.index(member),
}


@pass_context
def method(context: Context, value: object, name: str, *arguments: object) -> object:
    """Call the method *name* of *value*, if values of its kind have it."""
    meter = meter_of(context)
    meter.weigh_whole(value)
    if isinstance(value, Undefined):
        raise UndefinedError("there is nothing here to call a method of")
    if isinstance(value, str) and name in _SPECIAL:
        return meter.weigh_made(_SPECIAL[name](value, *arguments))
    for kind, table in ((str, _OF_TEXT), (Mapping, _OF_MAPPING), (list, _OF_LIST), (datetime, _OF_MOMENT)):
        if isinstance(value, kind) and name in table:
            return meter.weigh(table[name](value, *arguments))
    raise TypeError(f"{type(value).__name__} has no {name}()")


@pass_context
def printed_plainly(context: Context, value: object) -> str:
    """Write *value* into the output as Python does: None and True and quotes are to be seen."""
    meter = meter_of(context)
    if not isinstance(value, str):
        value = "" if isinstance(value, Undefined) else str(meter.weigh_whole(value))
    meter.weigh(value)
    return value


@pass_context
def present(context: Context, _nothing: object) -> float:
    """Tell the present in seconds since 1970."""
    now = meter_of(context).now
    return now.timestamp() if now is not None else 0.0


def pattern_of(text: str) -> re2._Regexp:
    """Read an RE2 pattern; raise ValueError when it is none."""
    if len(text) > PATTERN_LENGTH_MAX:
        raise ValueError("the pattern is too long")
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY_MAX
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ValueError("the pattern cannot be read") from error


def _split(text: str, separator: str | None = None, most: int = -1) -> list[str]:
    most = SPLIT_MAX if most < 0 else min(most, SPLIT_MAX)
    return text.split(separator, most)


def _join(separator: str, members: list[object]) -> str:
    texts = [str(member) for member in members]
    check_length(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    found = text.count(old) if count < 0 else min(count, text.count(old))
    check_length(len(text) + found * max(0, len(new) - len(old)))
    return text.replace(old, new, count)


_SPECIAL: Mapping[str, Callable[..., object]] = {"join": _join, "replace": _replace, "split": _split}


def _formatted(value: object, form: str = _DEFAULT_FORMAT) -> str:
    if not isinstance(value, datetime):
        return ""
    _check_format(form)
    return value.strftime(form)


def _formatted_in(value: object, form: str = _DEFAULT_FORMAT, zone: str = "UTC") -> str:
    if not known_zone(zone):
        raise ValueError("there is no such time zone")
    return _formatted(in_zone(zone, value), form) if isinstance(value, datetime) else ""


def _parsed(value: object, form: str = _DEFAULT_FORMAT) -> datetime:
    _check_format(form)
    found = datetime.strptime(str(value)[: 2 * FORMAT_LENGTH_MAX], form)  # noqa: DTZ007  # made aware below
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _check_format(form: object) -> None:
    """Refuse a format that asks for wide columns: the C library would make them as wide as it is told."""
    if not isinstance(form, str) or len(form) > FORMAT_LENGTH_MAX or _WIDE.search(form):
        raise TemplateLimit("asks for a form of time that is too long or too wide")


def _moment(value: object) -> datetime:
    found = datetime.fromisoformat(str(value)[:FORMAT_LENGTH_MAX])
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _span(value: object) -> timedelta:
    found = _SPAN.fullmatch(str(value)[:FORMAT_LENGTH_MAX])
    if found is None:
        raise ValueError("is no span such as 1d2h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _matches(value: object, pattern: str) -> bool:
    return _tried(lambda: pattern_of(pattern).match(str(value)) is not None)


def _searches(value: object, pattern: str) -> bool:
    return _tried(lambda: pattern_of(pattern).search(str(value)) is not None)


def _tried(test: Callable[[], bool]) -> bool:
    try:
        return test()
    except ValueError:
        return False


def _substituted(value: object, pattern: str, replacement: str) -> str:
    text = str(value)
    found = pattern_of(pattern)
    places = sum(1 for _ in found.finditer(text))
    check_length(len(text) + places * (len(text) if "\\" in replacement else 0) + places * len(replacement))
    made: str = found.sub(replacement, text)
    return made


def _decoded(value: object) -> str:
    try:
        return base64.b64decode(str(value)).decode(errors="replace")
    except (binascii.Error, ValueError):
        raise ValueError("is no Base64") from None


def _indented(value: object, width: int = 4, first: bool = False) -> str:  # noqa: FBT001, FBT002 - Jinja's own
    text, pad = str(value), " " * max(0, min(int(width), INDENT_MAX))
    check_length(len(text) + len(pad) * (text.count("\n") + 1))
    return (pad if first else "") + text.replace("\n", f"\n{pad}")


def _read_json(value: object) -> object:
    return json.loads(str(value)[:VALUE_LENGTH_MAX])


_OF_MOMENT: Mapping[str, Callable[..., object]] = {
    "isoformat": datetime.isoformat,
    "strftime": _formatted,
    "timestamp": datetime.timestamp,
}
METHODS: Final = frozenset({*_OF_TEXT, *_OF_MAPPING, *_OF_LIST, *_OF_MOMENT, *_SPECIAL})

RICH_FILTERS: Mapping[str, Callable[..., object]] = {
    **FILTERS,
    "b64decode": _decoded,
    "indent": _indented,
    "safe": str,
    "striptags": lambda value: _TAG.sub("", str(value)),
    "wordcount": lambda value: len(str(value).split()),
    "datetimeformat": _formatted,
    "datetimeformat_as_timezone": _formatted_in,
    "datetimeparse": _parsed,
    "iso8601_to_time": _moment,
    "json_dumps": to_json,
    "parse_json": _read_json,
    "regex_match": _matches,
    "regex_replace": _substituted,
    "regex_search": _searches,
    "timedeltaparse": _span,
    "timestamp_to_datetime": lambda value: datetime.fromtimestamp(float(value), tz=UTC),
    "tojson_pretty": lambda value: json.dumps(value, indent=4, ensure_ascii=False, default=str),
}
