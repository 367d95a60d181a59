"""Prometheus Alertmanager's webhook, version 4 of its format: one event for each alert of the group.

Source: Prometheus documentation, "Alerting, Configuration, <webhook_config>". An alert is known again by its
fingerprint alone: reordered labels, changed annotations or another group still mean the same trouble.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.core.errors import Invalid
from tocsin.core.event import LINK_LENGTH_MAX, MESSAGE_LENGTH_MAX, EventStatus, Severity, clip
from tocsin.sources.base import (
    TRUNCATED_ALERTS_LABEL,
    Draft,
    Source,
    is_web_address,
    read_json,
    text_of,
)
from tocsin.sources.words import instant_of, severity_of, status_of

_SEVERITY_LABELS = ("severity", "priority", "level")
_HOST_LABELS = ("instance", "host", "hostname", "nodename", "node")
_LINK_ANNOTATIONS = ("runbook_url", "runbook", "dashboard_url", "dashboard")
_WITH_PORT = re.compile(r"(?:\[([^]]+)\]|([^:/\[\]]+))(?::\d{1,5})?")
_FNV_OFFSET, _FNV_PRIME, _FNV_MASK = 14_695_981_039_346_656_037, 1_099_511_628_211, 2**64 - 1
_FNV_SEPARATOR = b"\xff"


def parse(payload: bytes, *, received_at: datetime) -> tuple[Draft, ...]:
    """Read one notification of Alertmanager; raises Invalid, and then takes none of its alerts."""
    group = read_json(payload)
    if not isinstance(group, dict):
        raise Invalid("", "the body is not an object", "must be a webhook message of Alertmanager")
    alerts = group.pop("alerts", None)
    if not isinstance(alerts, list) or not alerts:
        raise Invalid("alerts", "is missing or empty", "must be the list of the group's alerts")
    note = _truncation(group)
    return tuple(
        _draft(alert, group, note, f"alerts[{place}]", received_at) for place, alert in enumerate(alerts)
    )


SOURCE = Source(
    name="alertmanager",
    title="Prometheus Alertmanager",
    read=lambda inbound: parse(inbound.body, received_at=inbound.received_at),
)


def fingerprint(labels: Mapping[str, str]) -> str:
    """Compute the fingerprint that Alertmanager gives to *labels*, in whatever order they come.

    Source: prometheus/common, model/signature.go: FNV-1a of 64 bits over the sorted names and values, with
    the byte 255 after each.
    """
    value = _FNV_OFFSET
    for name in sorted(labels):
        for text in (name, labels[name]):
            for byte in text.encode("utf-8", "surrogatepass") + _FNV_SEPARATOR:
                value = ((value ^ byte) * _FNV_PRIME) & _FNV_MASK
    return f"{value:016x}"


def _draft(alert: Any, group: Mapping[str, Any], note: str, path: str, received_at: datetime) -> Draft:
    if not isinstance(alert, dict):
        raise Invalid(path, "is not an object", "must be an alert")
    labels = _texts(alert.pop("labels", None), f"{path}.labels")
    annotations = _texts(alert.get("annotations"), f"{path}.annotations")
    status = _status(alert, group, path)
    given = alert.get("fingerprint")
    known = {**labels, TRUNCATED_ALERTS_LABEL: str(group["truncatedAlerts"])} if note else labels
    message = annotations.get("description") or annotations.get("message") or ""
    return Draft(
        dedup_key=given if isinstance(given, str) and given else fingerprint(labels),
        status=status,
        severity=_severity(labels),
        title=_title(labels, annotations),
        message=clip(message, MESSAGE_LENGTH_MAX - len(note)) + note,
        source="alertmanager",
        labels=known,
        occurred_at=_occurred_at(alert, status, path) or received_at,
        received_at=received_at,
        links=_links(alert, annotations, group),
        details={**alert, "group": group},
        host=_host(labels),
        monitor_name=labels.get("alertname", ""),
    )


def _texts(raw: Any, path: str) -> dict[str, str]:
    """Read labels or annotations; whatever is no text is written as JSON, and null is absent."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise Invalid(path, "is not an object", "must be an object of names and texts")
    return {name: text_of(value) for name, value in raw.items() if value is not None}


def _status(alert: Mapping[str, Any], group: Mapping[str, Any], path: str) -> EventStatus:
    word = alert.get("status") or group.get("status") or EventStatus.FIRING
    status = status_of(word) if isinstance(word, str) else None
    if status is None:
        where = f"{path}.status" if alert.get("status") else "status"
        raise Invalid(where, f"is {text_of(word)[:60]}", "must be firing or resolved")
    return status


def _severity(labels: Mapping[str, str]) -> Severity:
    """Understand the usual words; an alert without one, or with another, is an error."""
    found = (severity_of(labels[name]) for name in _SEVERITY_LABELS if name in labels)
    return next((severity for severity in found if severity is not None), Severity.ERROR)


def _title(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    if said := annotations.get("summary") or annotations.get("title"):
        return said
    name, instance = labels.get("alertname"), labels.get("instance")
    if name:
        return f"{name} on {instance}" if instance else name
    return ", ".join(f"{name}={labels[name]}" for name in sorted(labels)) or "an alert without labels"


def _host(labels: Mapping[str, str]) -> str:
    """Name the machine: the instance without its scheme and port, or another label that says it."""
    instance = next((labels[name] for name in _HOST_LABELS if labels.get(name)), "")
    scheme, sign, rest = instance.rpartition("://")
    if sign and scheme.isalpha():
        rest = rest.partition("/")[0].rpartition("@")[2]
    host = _WITH_PORT.fullmatch(rest)
    if host is not None:
        return host[1] or host[2]
    return rest or instance


def _occurred_at(alert: Mapping[str, Any], status: EventStatus, path: str) -> datetime | None:
    """Say when it began, or ended; Alertmanager writes the year 1 for a moment that it does not know."""
    name = "endsAt" if status is EventStatus.RESOLVED else "startsAt"
    value = alert.get(name)
    if value is None:
        return None
    try:
        return instant_of(value) if isinstance(value, str) else None
    except ValueError:
        raise Invalid(f"{path}.{name}", f"is {value[:60]!r}", "must be an RFC 3339 time") from None


def _links(
    alert: Mapping[str, Any], annotations: Mapping[str, str], group: Mapping[str, Any]
) -> tuple[str, ...]:
    asked = (
        *(annotations.get(name) for name in _LINK_ANNOTATIONS),
        alert.get("generatorURL"),
        group.get("externalURL"),
    )
    return tuple(dict.fromkeys(link for link in asked if isinstance(link, str) and is_web_address(link)))


def _truncation(group: Mapping[str, Any]) -> str:
    """Word what a receiver's ``max_alerts`` has cut off; empty when nothing was."""
    count = group.get("truncatedAlerts") or 0
    if not isinstance(count, int) or count < 0:
        raise Invalid("truncatedAlerts", "is no count", "must be how many alerts were left out")
    if not count:
        return ""
    there = group.get("externalURL")
    shown = isinstance(there, str) and len(there) <= LINK_LENGTH_MAX and is_web_address(there)
    where = f"; all of them are at {there}" if shown else ""
    alerts = "1 more alert" if count == 1 else f"{count} more alerts"
    return f"\n\n{alerts} of this group did not fit into the sender's message (max_alerts){where}."
