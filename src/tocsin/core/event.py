"""What a source said, once: never changed, and kept as it came, within limits.

Nothing that is too long is refused, because that may lose a page: it is cut, with a mark that shows.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from tocsin.core.evolve import quickly_made
from tocsin.core.ids import EventId, IntegrationId, RuleId, ServiceId, WorkspaceId

TITLE_LENGTH_MAX: Final = 1_000
MESSAGE_LENGTH_MAX: Final = 65_536
NAME_LENGTH_MAX: Final = 255  # source, host, event type, monitor's id and name, units
DEDUP_KEY_LENGTH_MAX: Final = 512
LABELS_MAX: Final = 200  # also dimensions, and labels of a monitor
LABEL_NAME_LENGTH_MAX: Final = 255
LABEL_VALUE_LENGTH_MAX: Final = 4_096
LINKS_MAX: Final = 50  # also images
LINK_LENGTH_MAX: Final = 2_048

CUT_MARK: Final = "… [cut]"
LEFT_OUT_LABEL: Final = "tocsin/left-out"
"""The label that says how many labels are not shown, when there were more than LABELS_MAX."""


class EventStatus(StrEnum):
    """What an event says of the trouble that it names."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How bad it is, worst first; compare by *rank*."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    NODATA = "nodata"
    INFO = "info"

    @property
    def rank(self) -> int:
        """5 for critical down to 1 for info: the higher, the worse."""
        return _RANK[self]


_RANK = {severity: 5 - place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What was measured: *value* may be 0.0, which is a value like any other."""

    name: str
    value: float | None = None
    units: str = ""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a source said.

    *dedup_key* is the text that makes two events the same trouble; empty means "never the same as another".
    *occurred_at* is the source's word for when, *received_at* is ours. *details* is kept and never read.

    *opens* is set by sources whose every message belongs to an alert: what says resolved or acknowledged
    opens one if there is none, and the alert keeps the title of its first. *part* names the part of the
    trouble that the event speaks of, when there are several: it is over when all of them are. *rules* are
    those rules of alert policies that its payload has been found to fit, in their order.
    """

    id: EventId
    workspace: WorkspaceId
    service: ServiceId
    integration: IntegrationId | None = None
    dedup_key: str = ""
    status: EventStatus = EventStatus.FIRING
    severity: Severity = Severity.ERROR
    title: str = ""
    message: str = ""
    source: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    occurred_at: datetime
    received_at: datetime
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    event_type: str = ""
    metric: Metric | None = None
    host: str = ""
    monitor_id: str = ""
    monitor_name: str = ""
    monitor_labels: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    drill: bool = False
    opens: bool = False
    part: str = ""
    rules: tuple[RuleId, ...] = ()


def clip(text: str, limit: int) -> str:
    """Return *text* as it can be stored: at most *limit* characters, with CUT_MARK for those left out.

    NUL and lone surrogates, which no database takes, become U+FFFD.
    """
    if len(text) > limit:
        text = text[: limit - len(CUT_MARK)] + CUT_MARK
    if (text.isascii() and "\0" not in text) or _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def within_limits(event: Event) -> Event:
    """Return *event* with everything that is too long or too much cut visibly; most come back as they are.

    A dedup key that had to be changed ends in a hash of the whole, so that strangers stay strangers.
    """
    changes: dict[str, Any] = {}
    for name, limit in _TEXTS:
        text: str = getattr(event, name)
        if text and (kept := clip(text, limit)) is not text:
            changes[name] = kept
    if (key := _clip_key(event.dedup_key)) is not event.dedup_key:
        changes["dedup_key"] = key
    for name in ("labels", "dimensions"):
        labels: Mapping[str, str] = getattr(event, name)
        if labels and (cut := _clip_labels(labels)) is not labels:
            changes[name] = cut
    for name, count, limit in _LISTS:
        texts: tuple[str, ...] = getattr(event, name)
        if texts and (fewer := tuple(clip(text, limit) for text in texts[:count])) != texts:
            changes[name] = fewer
    if (metric := _clip_metric(event.metric)) is not event.metric:
        changes["metric"] = metric
    return replace(event, **changes) if changes else event


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_TEXTS = (
    ("title", TITLE_LENGTH_MAX),
    ("message", MESSAGE_LENGTH_MAX),
    ("source", NAME_LENGTH_MAX),
    ("host", NAME_LENGTH_MAX),
    ("event_type", NAME_LENGTH_MAX),
    ("monitor_id", NAME_LENGTH_MAX),
    ("monitor_name", NAME_LENGTH_MAX),
)
_LISTS = (
    ("links", LINKS_MAX, LINK_LENGTH_MAX),
    ("images", LINKS_MAX, LINK_LENGTH_MAX),
    ("monitor_labels", LABELS_MAX, NAME_LENGTH_MAX),
)


def _clip_key(key: str) -> str:
    kept = clip(key, DEDUP_KEY_LENGTH_MAX)
    if kept is key:
        return key
    mark = f"#{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return clip(key, DEDUP_KEY_LENGTH_MAX - len(mark)) + mark


def _clip_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    kept: dict[str, str] = {}
    changed = len(labels) > LABELS_MAX
    for name, value in labels.items():
        if len(kept) == LABELS_MAX:
            kept[LEFT_OUT_LABEL] = str(len(labels) - LABELS_MAX)
            break
        kept_name, kept_value = clip(name, LABEL_NAME_LENGTH_MAX), clip(value, LABEL_VALUE_LENGTH_MAX)
        changed = changed or kept_name is not name or kept_value is not value
        kept[kept_name] = kept_value
    return kept if changed else labels


def _clip_metric(metric: Metric | None) -> Metric | None:
    if metric is None:
        return None
    name, units = clip(metric.name, NAME_LENGTH_MAX), clip(metric.units, NAME_LENGTH_MAX)
    value = _storable(metric.value)
    if name is metric.name and units is metric.units and value == metric.value:
        return metric
    return Metric(name=name, value=value, units=units)


def _storable(value: float | None) -> float | None:
    """Give a number that JSON can write: NaN is none, and what no float can hold becomes the largest."""
    if value is None or not value <= math.inf:
        return None
    return max(-_LARGEST, min(value, _LARGEST))


_LARGEST = 1.7976931348623157e308
