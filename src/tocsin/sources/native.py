"""Tocsin's own events: what ``POST /api/tocsin/v1/events`` takes, described in docs/sources/events.md."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.core.errors import Invalid
from tocsin.core.event import TITLE_LENGTH_MAX, EventStatus, Metric, Severity
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
    events, in_list, fits = read(without_nul(payload))
    if in_list:
        return tuple([_draft(event, number, received_at, fits=fits) for number, event in enumerate(events)])
    return (_draft(events[0], None, received_at, fits=fits),)


SOURCE = Source(
    name="native",
    title="Tocsin events",
    read=lambda inbound: parse(inbound.body, received_at=inbound.received_at),
)


def _draft(event: WireEvent, number: int | None, received_at: datetime, *, fits: bool) -> Draft:
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
        fits=fits and len(title) <= TITLE_LENGTH_MAX,
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
