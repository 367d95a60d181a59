"""What a filter can look at: the fields of an event or an alert, by name."""

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
    "metric.name",
    METRIC_VALUE,
)
"""Every field with a fixed name; beside them stand ``labels.<name>`` and ``dimensions.<name>``."""


Subject = Event | Alert
TextReader = Callable[[Subject], str | None]
NumberReader = Callable[[Subject], float | None]


def known_field(name: str) -> bool:
    """Tell whether *name* is a field: one of FIELDS, ``labels.<name>`` or ``dimensions.<name>``."""
    return name in FIELDS or (name.startswith((LABELS, DIMENSIONS)) and name not in {LABELS, DIMENSIONS})


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
    if field == SEVERITY:
        return _severity
    if field == SERVICE:
        return _service
    if field == METRIC_VALUE:
        return _metric_value_text
    if field == "metric.name":
        return lambda subject: None if subject.metric is None else subject.metric.name or None
    if field.startswith(LABELS):
        name = field.removeprefix(LABELS)
        return lambda subject: subject.labels.get(name)
    if field.startswith(DIMENSIONS):
        name = field.removeprefix(DIMENSIONS)
        return lambda subject: subject.dimensions.get(name)
    read = attrgetter(field)
    return lambda subject: read(subject) or None


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


def _metric_value_text(subject: Subject) -> str | None:
    value = _metric_value(subject)
    return None if value is None else number_text(float(value))
