"""What a filter can look at: the fields of an event or an alert, by name."""

import json
import math
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter

from tocsin.core.alert import Alert
from tocsin.core.event import Event
from tocsin.core.ids import ServiceId
from tocsin.core.spelling import native

NUMBER_LENGTH_MAX = 64
READERS_KEPT = 1_000

LABELS = "labels."
DIMENSIONS = "dimensions."
TAGS = "tags."
NAMED = (LABELS, DIMENSIONS, TAGS)
ALL_DIMENSIONS = "dimensions"
METRIC_VALUE = "metric.value"
MONITOR_LABELS = "monitor_labels"
SERVICE = "service"
SEVERITY = "severity"

FIELDS = (
    SEVERITY,
    "title",
    "message",
    "source",
    SERVICE,
    "event_type",
    "host",
    "dedup_key",
    "monitor_id",
    "monitor_name",
    MONITOR_LABELS,
    ALL_DIMENSIONS,
    "metric.name",
    METRIC_VALUE,
)
"""Every field with a fixed name; beside them stand ``labels.<name>``, ``dimensions.<name>``, and
``tags.<name>``, which is the label of that name or, without one, the dimension. ``dimensions`` is all of
them, as JSON text.
"""


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode

Subject = Event | Alert
TextReader = Callable[[Subject], str | None]
NumberReader = Callable[[Subject], float | None]


def known_field(name: str) -> bool:
    """Tell whether *name* is a field: one of FIELDS, or a prefix of NAMED and a name."""
    return name in FIELDS or (name.startswith(NAMED) and name not in NAMED)


def value_of(subject: Subject, field: str) -> str | tuple[str, ...] | None:
    """Read *field* of *subject* as text; ``monitor_labels`` is the one field with many.

    None means that it is missing: the label is not there, or a field of fixed name is empty or unknown. A
    label that is there and empty is not missing. A measured value that is not a number is missing.
    """
    if field == MONITOR_LABELS:
        return subject.monitor_labels or None
    if not known_field(field):
        return None
    return _reader(field)(subject)


def text_reader(field: str) -> TextReader:
    """Make the function that reads *field* as text, or None when it is missing; not for monitor_labels."""
    own = _READERS.get(field)
    if own is not None:
        return own
    prefix = next((each for each in NAMED if field.startswith(each)), None)
    if prefix is not None:
        name = field.removeprefix(prefix)
        return _NAMED_READERS[prefix](name)
    read = attrgetter(field)
    return lambda subject: read(subject) or None


def _label_reader(name: str) -> TextReader:
    return lambda subject: subject.labels.get(name)


def _dimension_reader(name: str) -> TextReader:
    return lambda subject: subject.dimensions.get(name)


def _tag_reader(name: str) -> TextReader:
    def read(subject: Subject) -> str | None:
        value = subject.labels.get(name)
        return subject.dimensions.get(name) if value is None else value

    return read


_reader = lru_cache(maxsize=READERS_KEPT)(text_reader)


def number_reader(field: str) -> NumberReader:
    """Make the function that reads *field* as a number, or None when it is missing or is no number."""
    if field == METRIC_VALUE:
        return _metric_value
    read = text_reader(field)

    def read_number(subject: Subject) -> float | None:
        text = read(subject)
        return None if text is None else number(text)

    return read_number


def number(text: str) -> float | None:
    """Read *text* as a number, or say None; ``+Inf`` and 1e999 are endless, ``nan`` is none."""
    if len(text) > NUMBER_LENGTH_MAX or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def number_text(value: float) -> str:
    """Write *value* the way people do: 90, not 90.0."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _severity(subject: Subject) -> str:
    return str(subject.severity)


def _service(subject: Subject) -> str:
    return _spelled(subject.service)


@lru_cache(maxsize=READERS_KEPT)
def _spelled(service: ServiceId) -> str:
    return native("service", service)


def _metric_value(subject: Subject) -> float | None:
    metric = subject.metric
    if metric is None or metric.value is None or math.isnan(metric.value):
        return None
    return metric.value


def _dimensions_text(subject: Subject) -> str | None:
    dimensions = subject.dimensions
    return _written(dict(dimensions)) if dimensions else None


def _metric_value_text(subject: Subject) -> str | None:
    value = _metric_value(subject)
    return None if value is None else number_text(float(value))


def _metric_name(subject: Subject) -> str | None:
    return None if subject.metric is None else subject.metric.name or None


_READERS: dict[str, TextReader] = {
    SEVERITY: _severity,
    SERVICE: _service,
    METRIC_VALUE: _metric_value_text,
    "metric.name": _metric_name,
    ALL_DIMENSIONS: _dimensions_text,
}
_NAMED_READERS: dict[str, Callable[[str], TextReader]] = {
    LABELS: _label_reader,
    DIMENSIONS: _dimension_reader,
    TAGS: _tag_reader,
}
