"""The native event as it stands in a body: one event, or up to EVENTS_MAX of them under ``events``.

Most bodies are read by one decoder, made once. A body that it does not take is gone through field by field:
fields that we do not know are kept, what is too long is taken as it is, to be cut later, and what is wrong is
named by its path, with a remedy.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tocsin.core.errors import Invalid
from tocsin.core.event import (
    DEDUP_KEY_LENGTH_MAX,
    LABEL_NAME_LENGTH_MAX,
    LABEL_VALUE_LENGTH_MAX,
    LABELS_MAX,
    LINK_LENGTH_MAX,
    LINKS_MAX,
    MESSAGE_LENGTH_MAX,
    NAME_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    EventStatus,
    Severity,
)
from tocsin.sources.base import BYTE_ORDER_MARK, keep, not_json, read_json

EVENTS_MAX = 1_000

Scalar = str | int | float | bool | None
STATUSES = tuple(EventStatus)
SEVERITIES = (*Severity, "ok")
StatusWord = Literal["firing", "acknowledged", "resolved"]
SeverityWord = Literal["critical", "error", "warning", "nodata", "info", "ok"]


_INTEGER = Meta(ge=-(1 << 63), le=(1 << 63) - 1)  # nobody's text for it is long

_Title = Annotated[str, Meta(max_length=TITLE_LENGTH_MAX)]
_Message = Annotated[str, Meta(max_length=MESSAGE_LENGTH_MAX)]
_Key = Annotated[str, Meta(max_length=DEDUP_KEY_LENGTH_MAX)]
_Name = Annotated[str, Meta(max_length=NAME_LENGTH_MAX)]
_Links = Annotated[tuple[Annotated[str, Meta(max_length=LINK_LENGTH_MAX)], ...], Meta(max_length=LINKS_MAX)]
_Label = Annotated[str, Meta(max_length=LABEL_NAME_LENGTH_MAX)]
_Value = (
    Annotated[str, Meta(max_length=LABEL_VALUE_LENGTH_MAX)] | Annotated[int, _INTEGER] | float | bool | None
)
_Labels = Annotated[dict[_Label, _Value], Meta(max_length=LABELS_MAX)]
_Names = Annotated[
    tuple[_Name | Annotated[int, _INTEGER] | float | bool | None, ...], Meta(max_length=LABELS_MAX)
]


class WireMetric(Struct, forbid_unknown_fields=True, kw_only=True):
    """What was measured."""

    name: _Name
    value: float | None = None
    units: _Name | None = None


class WireEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """An event as it was written; null is as good as absent. The decoder takes what is within our limits."""

    dedup_key: _Key | None = None
    status: StatusWord | None = None
    severity: SeverityWord | None = None
    title: _Title | None = None
    message: _Message | None = None
    source: _Name | None = None
    service: str | None = None
    project_id: str | None = None
    labels: _Labels | None = None
    occurred_at: Annotated[datetime, Meta(tz=True)] | None = None
    links: _Links | None = None
    images: _Links | None = None
    details: dict[str, Any] | None = None
    event_type: _Name | None = None
    metric: WireMetric | None = None
    host: _Name | None = None
    monitor_id: _Name | None = None
    monitor_name: _Name | None = None
    monitor_labels: _Names | None = None
    dimensions: _Labels | None = None


class _Body(WireEvent, forbid_unknown_fields=True, kw_only=True):
    """Either form of a body: a bare event, or ``events`` and nothing else."""

    events: list[WireEvent] | UnsetType = UNSET


_DECODER = msgspec.json.Decoder(_Body)


def read(body: bytes) -> tuple[list[WireEvent], bool, bool]:
    """Read the events of *body*; raises Invalid.

    Tell as well whether they stood under ``events``, and whether it is sure that they are within our limits.
    """
    try:
        found = _DECODER.decode(body)
    except msgspec.ValidationError:
        return (*_read_with_care(body), False)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if body.startswith(BYTE_ORDER_MARK):
            return read(body.removeprefix(BYTE_ORDER_MARK))
        raise not_json(body, error) from None
    if found.events is UNSET:
        return [found], False, True
    if not 0 < len(found.events) <= EVENTS_MAX or any(
        getattr(found, name) is not None for name in WireEvent.__struct_fields__
    ):
        return (*_read_with_care(body), False)
    return found.events, True, True


def path_of(number: int | None, field: str = "") -> str:
    """Name a *field* of the event of that *number*, of a bare event when it is None; or the event itself."""
    if number is None:
        return field
    return f"events[{number}].{field}" if field else f"events[{number}]"


def _read_with_care(body: bytes) -> tuple[list[WireEvent], bool]:
    document = read_json(body)
    if not isinstance(document, dict):
        raise Invalid("", f"the body is {_kind(document)}", 'must be an event, or {"events": [...]}')
    if "events" not in document:
        return [_event(document, "")], False
    events = document.pop("events")
    if document:
        raise Invalid(_shown(next(iter(document))), "stands beside events", "must stand in each event")
    if not isinstance(events, list) or not events:
        raise Invalid("events", f"is {_kind(events)}", f"must be a list of 1 to {EVENTS_MAX} events")
    if len(events) > EVENTS_MAX:
        problem = f"has {len(events)} events"
        raise Invalid("events", problem, f"must have at most {EVENTS_MAX}; send the rest in another request")
    return [_event(event, f"events[{number}]") for number, event in enumerate(events)], True


def _event(raw: Any, path: str) -> WireEvent:
    """Check an event field by field; what has no field of its own goes to its details."""
    if not isinstance(raw, dict):
        raise Invalid(path, f"is {_kind(raw)}", "must be an object")
    known: dict[str, Any] = {}
    strange: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in _FIELDS:
            strange[name] = value
        elif value is not None:
            known[name] = _FIELDS[name](value, f"{path}.{name}" if path else name)
    if isinstance(metric := known.get("metric"), dict):
        known["metric"], unread = _metric(metric, f"{path}.metric" if path else "metric")
        strange.update(unread)
    if strange:
        known["details"] = keep(known.get("details", {}), strange)
    return WireEvent(**known)


def _metric(raw: dict[str, Any], path: str) -> tuple[WireMetric, dict[str, Any]]:
    if raw.get("name") is None:
        raise Invalid(f"{path}.name", "is missing", "must say what was measured")
    checks: Mapping[str, _Check] = {"name": _text, "value": _number, "units": _text}
    known = {
        name: checks[name](value, f"{path}.{name}")
        for name, value in raw.items()
        if name in checks and value is not None
    }
    return WireMetric(**known), {f"metric.{name}": raw[name] for name in raw if name not in checks}


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Invalid(path, f"is {_kind(value)}", "must be text")
    return value


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(path, f"is {_kind(value)}", "must be a number")
    try:
        return float(value)
    except OverflowError:
        raise Invalid(path, "is beyond all measure", "must be a number that a double can hold") from None


def _one_of(words: tuple[str, ...]) -> "_Check":
    def check(value: Any, path: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise Invalid(path, f"is {_kind(value)}", f"must be one of {', '.join(words)}")
        return value

    return check


def _labels(value: Any, path: str) -> dict[str, Scalar]:
    if not isinstance(value, dict):
        raise Invalid(path, f"is {_kind(value)}", "must be an object of names and texts")
    return {name: _scalar(text, f"{path}.{_shown(name)}") for name, text in value.items()}


def _scalar(value: Any, path: str) -> Scalar:
    if not isinstance(value, str | int | float | bool | None):
        raise Invalid(path, f"is {_kind(value)}", "must be text, a number, true or false")
    return value


def _list_of(check: "_Check") -> "_Check":
    def check_list(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Invalid(path, f"is {_kind(value)}", "must be a list")
        return tuple(check(member, f"{path}[{place}]") for place, member in enumerate(value))

    return check_list


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(path, f"is {_kind(value)}", "must be an object")
    return value


def _instant(value: Any, path: str) -> datetime:
    try:
        instant: datetime = msgspec.convert(value, Annotated[datetime, Meta(tz=True)])
    except (msgspec.ValidationError, ValueError):
        remedy = "must be an RFC 3339 time with its offset, such as 2026-03-06T09:00:00Z"
        raise Invalid(path, f"is {_kind(value)}", remedy) from None
    return instant


_Check = Callable[[Any, str], Any]
_FIELDS: Mapping[str, _Check] = {
    **dict.fromkeys(WireEvent.__struct_fields__, _text),
    "status": _one_of(STATUSES),
    "severity": _one_of(SEVERITIES),
    "labels": _labels,
    "dimensions": _labels,
    "occurred_at": _instant,
    "links": _list_of(_text),
    "images": _list_of(_text),
    "monitor_labels": _list_of(_scalar),
    "details": _object,
    "metric": _object,
}


def _kind(value: Any) -> str:
    """Say what *value* is: a scalar by itself, in short, anything larger by its kind."""
    if isinstance(value, str):
        return repr(_shown(value))
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list" if value else "empty"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return "a number"


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
