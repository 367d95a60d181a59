"""Values of the core inside JSON columns: windows, steps, rules, scopes, responders.

A dataclass becomes an object of its fields, with its name under "is" where several kinds can stand in one
place. Instants and spans are microseconds, times and dates ISO text, a filter its text. A field that was
added later reads as its default from what was stored before.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, WeeklyWindow
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    TeamTarget,
    UserTarget,
    WithinWindow,
)
from tocsin.core.filters import Filter, parse
from tocsin.store.columns import instant, micros, span

T = TypeVar("T")
Convert = Callable[[Any], Any]

# The names under which kinds are stored; they outlive the classes' own names.
KINDS: dict[type, str] = {
    WeeklyWindow: "weekly",
    CronWindow: "cron",
    DatedWindow: "dated",
    DateSetWindow: "date_sets",
    UserTarget: "user",
    TeamTarget: "team",
    ScheduleTarget: "schedule",
    DestinationTarget: "destination",
    AddressTarget: "address",
    NotifyTargets: "notify",
    ResolveAlerts: "resolve",
    RepeatSteps: "repeat",
    Pause: "pause",
    WithinWindow: "within",
    MoreAlertsThan: "more_alerts_than",
}
_KIND = "is"


def dump(kind: Any, value: object) -> Any:
    """Turn *value*, of type *kind*, into what JSON can hold."""
    return _codec(kind)[0](value)


def load(kind: type[T], stored: Any) -> T:
    """Turn what ``dump`` made back into a value of type *kind*."""
    return cast("T", _codec(cast("Any", kind))[1](stored))


def load_any(kind: Any, stored: Any) -> Any:
    """Do the same for types that are no class: unions, tuples."""
    return _codec(kind)[1](stored)


def _same(value: Any) -> Any:
    return value


def _moment(value: datetime) -> Any:
    """Write an instant as a number, and what a clock on a wall shows, which is none, as text."""
    return value.isoformat() if value.tzinfo is None else micros(value)


def _read_moment(stored: Any) -> datetime:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else instant(stored)


_SIMPLE: dict[Any, tuple[Convert, Convert]] = {
    int: (_same, _same),
    str: (_same, _same),
    bool: (_same, _same),
    float: (_same, float),
    Any: (_same, _same),
    datetime: (_moment, _read_moment),
    timedelta: (span, lambda stored: timedelta(microseconds=stored)),
    time: (time.isoformat, time.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    Filter: (lambda value: value.text, parse),
}


@cache
def _codec(kind: Any) -> tuple[Convert, Convert]:
    """Find, once for each type, how its values are written and read."""
    while hasattr(kind, "__supertype__"):  # a NewType is its number
        kind = kind.__supertype__
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(kind))
    if origin in (tuple, frozenset):
        return _many(origin, typing.get_args(kind)[0])
    if origin is Mapping:
        return _pairs(*typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return (lambda value: value.value), kind
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    raise TypeError(f"no way is known to store {kind}")


def _union(kinds: tuple[Any, ...]) -> tuple[Convert, Convert]:
    real = [kind for kind in kinds if kind is not types.NoneType]
    if len(real) == 1:
        write, read = _codec(real[0])
    else:
        ways = {kind: _codec(kind) for kind in real}
        by_name = {KINDS[kind]: ways[kind][1] for kind in real}

        def write(value: Any) -> Any:
            kind = type(value)
            return {_KIND: KINDS[kind], **ways[kind][0](value)}

        def read(stored: Any) -> Any:
            return by_name[stored[_KIND]](stored)

    if len(real) == len(kinds):
        return write, read
    return (
        lambda value: None if value is None else write(value),
        lambda stored: None if stored is None else read(stored),
    )


def _many(origin: Callable[..., Any], item: Any) -> tuple[Convert, Convert]:
    write, read = _codec(item)
    if origin is frozenset:  # in order, so that equal sets are stored alike
        return (lambda value: sorted(map(write, value))), (lambda stored: frozenset(map(read, stored)))
    return (lambda value: list(map(write, value))), (lambda stored: tuple(map(read, stored)))


def _pairs(key: Any, value: Any) -> tuple[Convert, Convert]:
    write_key, read_key = _codec(key)
    write, read = _codec(value)
    return (
        lambda mapping: [[write_key(each), write(mapping[each])] for each in mapping],
        lambda stored: {read_key(each): read(of) for each, of in stored},
    )


def _record(kind: Any) -> tuple[Convert, Convert]:
    hints = typing.get_type_hints(kind)
    fields = [field for field in dataclasses.fields(kind) if field.init]
    writers = [(field.name, _codec(hints[field.name])[0]) for field in fields]
    readers = {field.name: _codec(hints[field.name])[1] for field in fields}

    def write(value: Any) -> dict[str, Any]:
        return {name: write_field(getattr(value, name)) for name, write_field in writers}

    def read(stored: Mapping[str, Any]) -> Any:
        return kind(**{name: readers[name](of) for name, of in stored.items() if name in readers})

    return write, read
