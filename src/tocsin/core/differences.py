"""What a change changed, told in values that JSON holds and people read: for the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache, singledispatch
from types import UnionType
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

from tocsin.core.filters import Filter
from tocsin.core.ids import UNMADE
from tocsin.core.spelling import PREFIXES, native

HIDDEN_MARK: Final = "***"
"""Stands for a value that nobody may read."""

_HEAD: Final = frozenset({"id", "workspace"})  # the entry itself says these


def differences(
    was: object | None, new: object | None, *, hidden: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Map each field that differs between *was* and *new* to its value before and after.

    One of them may be None, for what was made or deleted: then every field that says something is there.
    The fields in *hidden* are told only as HIDDEN_MARK.
    """
    before, after = (_told_whole(value, hidden) for value in (was, new))
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in {**before, **after}
        if _raw(was, name) != _raw(new, name)
        and (before.get(name) or after.get(name)) not in (None, "", [], {})
    }


@singledispatch
def told(value: object, hint: object = object) -> Any:
    """Turn a value of the core, declared as *hint*, into plain JSON: ids spelled, instants in RFC 3339."""
    del hint
    if is_dataclass(value) and not isinstance(value, type):
        return _told_record(value)
    return str(value)


@told.register(type(None))
@told.register(bool)
@told.register(float)
@told.register(str)
def _(value: object, hint: object = object) -> Any:
    del hint
    return value.value if isinstance(value, Enum) else value


@told.register
def _(value: int, hint: object = object) -> Any:
    for option in _options(hint):
        if isinstance(option, NewType):
            words = "".join(f"_{one.lower()}" if one.isupper() else one for one in option.__name__)
            kind = words.strip("_").removesuffix("_id")
            if kind in PREFIXES:
                return native(kind, value) if value != UNMADE else None
    return value


@told.register
def _(value: datetime, hint: object = object) -> Any:
    del hint
    return value.isoformat().replace("+00:00", "Z")


@told.register(date)
@told.register(time)
def _(value: date | time, hint: object = object) -> Any:
    del hint
    return value.isoformat()


@told.register
def _(value: timedelta, hint: object = object) -> Any:
    del hint
    return value.total_seconds()


@told.register
def _(value: Filter, hint: object = object) -> Any:
    del hint
    return value.text


@told.register
def _(value: Mapping, hint: object = object) -> Any:  # type: ignore[type-arg]  # it is looked up by this
    key_hint, item_hint = get_args(hint) or (object, object)
    return {str(told(key, key_hint)): told(item, item_hint) for key, item in value.items()}


@told.register(tuple)
@told.register(list)
def _(value: Sequence[object], hint: object = object) -> Any:
    return [told(item, _item(hint)) for item in value]


@told.register
def _(value: frozenset, hint: object = object) -> Any:  # type: ignore[type-arg]  # it is looked up by this
    return sorted((told(item, _item(hint)) for item in value), key=str)


def _told_whole(value: object | None, hidden: frozenset[str]) -> dict[str, Any]:
    if value is None:
        return {}
    whole = {name: text for name, text in _told_record(value).items() if name not in _HEAD}
    return whole | {name: HIDDEN_MARK if whole[name] else whole[name] for name in hidden if name in whole}


def _told_record(value: Any) -> dict[str, Any]:
    hints = _hints(value.__class__)
    return {
        field.name: told(getattr(value, field.name), hints[field.name])
        for field in fields(value)
        if field.init and field.compare
    }


def _options(hint: object) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _item(hint: object) -> object:
    inside = [get_args(option) for option in _options(hint) if get_origin(option) is not None]
    return inside[0][0] if inside and inside[0] else object


def _raw(value: object | None, name: str) -> object:
    return getattr(value, name, None)


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)
