"""Tocsin's own events: what ``POST /api/tocsin/v1/events`` takes, described in docs/sources/events.md."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    Metric,
    Severity,
)
from tocsin.sources.base import (
    DEPTH_MAX,
    Draft,
    Source,
    is_too_deep,
    is_web_address,
    keep,
    text_of,
    without_nul,
)
from tocsin.sources.native_wire import Scalar, WireEvent, WireMetric, path_of, read
from tocsin.sources.words import utc

_OK = "ok"
_SHORT_INTEGER_MAX = 2**64
_SEVERITY: Mapping[str | None, Severity] = {
    None: Severity.ERROR,
    **{severity.value: severity for severity in Severity},
    _OK: Severity.INFO,
}
_STATUS: Mapping[str | None, EventStatus] = {
    None: EventStatus.FIRING,
    **{status.value: status for status in EventStatus},
}
_NOTHING: Mapping[str, Any] = {}


def parse(payload: bytes, *, received_at: datetime) -> tuple[Draft, ...]:
    """Read a body of one event or many; raises Invalid when one of them is wrong, and then takes none."""
    events, in_list = read(without_nul(payload))
    if in_list:
        return tuple([_draft(event, number, received_at) for number, event in enumerate(events)])
    return (_draft(events[0], None, received_at),)


SOURCE = Source(
    name="native",
    title="Tocsin events",
    read=lambda inbound: parse(inbound.body, received_at=inbound.received_at),
)


def _draft(event: WireEvent, number: int | None, received_at: datetime) -> Draft:
    dedup_key, title, message = event.dedup_key or "", event.title or "", event.message or ""
    status, severity = _STATUS[event.status], _SEVERITY[event.severity]
    if event.severity == _OK:
        status = EventStatus.RESOLVED
    if status is not EventStatus.FIRING and not dedup_key:
        problem, remedy = "is empty", f"must name the trouble that is {status.value}"
        raise Invalid(path_of(number, "dedup_key"), problem, remedy)
    title = title or message.strip().partition("\n")[0] or event.monitor_name or dedup_key
    if not title:
        raise Invalid(
            path_of(number), "the event says nothing", "must have a title, a message or a dedup_key"
        )
    links, images, details = event.links or (), event.images or (), event.details or _NOTHING
    if details and is_too_deep(details):
        problem, remedy = f"is nested more than {DEPTH_MAX} deep", "must be flatter"
        raise Invalid(path_of(number, "details"), problem, remedy)
    if links or images:
        links, images, details = _addresses(links, images, details)
    names = _names(event.monitor_labels) if event.monitor_labels else ()
    return Draft(
        service=event.service or event.project_id or "",
        dedup_key=dedup_key,
        status=status,
        severity=severity,
        title=title,
        message=message,
        source=event.source or "",
        labels=_texts(event.labels) if event.labels else _NOTHING,
        occurred_at=(utc(event.occurred_at) if event.occurred_at else None) or received_at,
        received_at=received_at,
        links=links,
        images=images,
        details=details,
        event_type=event.event_type or "",
        metric=None if event.metric is None else _metric(event.metric),
        host=event.host or "",
        monitor_id=event.monitor_id or "",
        monitor_name=event.monitor_name or "",
        monitor_labels=names,
        dimensions=_texts(event.dimensions) if event.dimensions else _NOTHING,
        fits=_fits(event, title, names),
    )


def _texts(labels: dict[str, Scalar]) -> dict[str, str]:
    """Write numbers and truth as text, and leave out what is null."""
    for value in labels.values():
        if type(value) is not str:
            return {name: text_of(value) for name, value in labels.items() if value is not None}
    return labels  # type: ignore[return-value]  # all its values are texts


def _names(values: tuple[Scalar, ...]) -> tuple[str, ...]:
    return tuple([text_of(value) for value in values if value is not None])


def _metric(metric: WireMetric) -> Metric:
    return Metric(name=metric.name, value=metric.value, units=metric.units or "")


def _addresses(
    links: tuple[str, ...], images: tuple[str, ...], details: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...], Mapping[str, Any]]:
    """Keep as links what is safe to follow; the rest goes to the details, where nobody clicks on it."""
    if all(map(is_web_address, links)) and all(map(is_web_address, images)):
        return links, images, details
    kept: dict[str, Any] = {}
    for name, addresses in (("links", links), ("images", images)):
        if unsafe := [address for address in addresses if not is_web_address(address)]:
            kept[name] = unsafe
    return (
        tuple(filter(is_web_address, links)),
        tuple(filter(is_web_address, images)),
        keep(details, kept),
    )


def _fits(event: WireEvent, title: str, names: tuple[str, ...]) -> bool:
    """Tell, quickly, that nothing in *event* needs to be cut; False means only that it must be looked at."""
    return (
        len(title) <= TITLE_LENGTH_MAX
        and len(event.message or "") <= MESSAGE_LENGTH_MAX
        and len(event.dedup_key or "") <= DEDUP_KEY_LENGTH_MAX
        and len(event.source or "") <= NAME_LENGTH_MAX
        and len(event.host or "") <= NAME_LENGTH_MAX
        and len(event.event_type or "") <= NAME_LENGTH_MAX
        and len(event.monitor_id or "") <= NAME_LENGTH_MAX
        and len(event.monitor_name or "") <= NAME_LENGTH_MAX
        and (not event.labels or _labels_fit(event.labels))
        and (not event.dimensions or _labels_fit(event.dimensions))
        and (not event.links or _all_fit(event.links, LINKS_MAX, LINK_LENGTH_MAX))
        and (not event.images or _all_fit(event.images, LINKS_MAX, LINK_LENGTH_MAX))
        and (not event.monitor_labels or _all_fit(names, LABELS_MAX, NAME_LENGTH_MAX))
        and (event.metric is None or _metric_fits(event.metric))
    )


def _labels_fit(labels: dict[str, Scalar]) -> bool:
    if len(labels) > LABELS_MAX or max(map(len, labels)) > LABEL_NAME_LENGTH_MAX:
        return False
    for value in labels.values():
        if type(value) is str:
            if len(value) > LABEL_VALUE_LENGTH_MAX:
                return False
        elif type(value) is int and abs(value) > _SHORT_INTEGER_MAX:
            return False
    return True


def _all_fit(texts: tuple[str, ...], count: int, length: int) -> bool:
    return len(texts) <= count and max(map(len, texts), default=0) <= length


def _metric_fits(metric: WireMetric) -> bool:
    return len(metric.name) <= NAME_LENGTH_MAX and len(metric.units or "") <= NAME_LENGTH_MAX
