"""The event as Guance's HTTP requests carry it: one JSON object with its ``df_`` fields.

Guance, "Notification objects", custom webhooks. What the vendor does not publish, how events that were
gathered look, is ours: the fields of the worst, and all of them in ``df_events``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from tocsin.channels import wording
from tocsin.channels.answers import receipt_of
from tocsin.channels.base import (
    AlertLine,
    Attempt,
    Content,
    HttpRequest,
    Message,
    Options,
    Wire,
    below,
    refuse_extras,
)
from tocsin.core.alert import AlertStatus
from tocsin.core.destination import check_url
from tocsin.core.notification import NotificationKind
from tocsin.core.receipt import Receipt
from tocsin.core.spelling import from_native, to_hex_32

OK = "ok"
_DIMENSIONS = msgspec.json.Encoder(order="sorted")

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class GuanceHttpChannel:
    """Posts the event, or the events that were gathered, to a URL."""

    name: str = "guance_http"
    providers: int = 1
    for_machines: bool = True

    def check(self, address: str, options: Options, path: str = "", *, secret: str = "") -> str:
        """Return *address* if it is a URL that may be called."""
        refuse_extras("these requests", path, options=options, secret=secret)
        return check_url(address, below(path, "address"))

    def render(self, message: Message, options: Options) -> Content:
        """Say *message* as an event."""
        del options  # there are none
        body = msgspec.json.encode(body_of(message))
        return Content(key=message.key, text=wording.headline(message), body=body)

    async def send(self, content: Content, attempt: Attempt, wire: Wire) -> Receipt:
        """Post *content*."""
        headers = (("Content-Type", "application/json"),)
        request = HttpRequest(method="POST", url=attempt.address, headers=headers, body=content.body)
        host = urlsplit(attempt.address).hostname or "the receiver"
        return receipt_of(await wire.http(request), whose=host, now=attempt.now)


def body_of(message: Message) -> Fields:
    """Make the object: an event's, or that of the worst of several with the others in it."""
    if not message.alerts:
        return _bare(message)
    events = [_event(alert, message) for alert in message.alerts]
    count = max(message.total, len(events))
    if count == 1:
        return events[0]
    title = wording.one_line(f"[{count} events] {message.alerts[0].title}", 1_000)
    return events[0] | {"df_title": title, "df_event_count": count, "df_events": events}


def _event(alert: AlertLine, message: Message) -> Fields:
    over = alert.status is AlertStatus.RESOLVED
    began, seen = _seconds(alert.opened_at), _seconds(alert.last_seen_at or alert.opened_at)
    ended = _seconds(alert.resolved_at) if over and alert.resolved_at else seen
    text_value = "" if alert.value is None else f"{alert.value:g}"
    dimensions = _cleaned(alert.dimensions)
    return {
        **_cleaned(alert.labels),
        **dimensions,
        "timestamp": ended,
        "df_status": OK if over else alert.severity.value,
        "df_event_id": _spelled("event-", alert.last_event or alert.id),
        "df_event_link": wording.clean(alert.url),
        "df_title": wording.clean(alert.title),
        "df_message": wording.clean(alert.message),
        "df_dimension_tags": _DIMENSIONS.encode(dimensions).decode(),
        "df_label": [wording.clean(label) for label in alert.monitor_labels],
        "df_source": "monitor",
        "source": wording.clean(alert.source),
        "df_monitor_checker_id": wording.clean(alert.monitor_id),
        "df_monitor_checker_name": wording.clean(alert.monitor_name),
        "df_monitor_checker_event_ref": wording.clean(alert.dedup_key),
        "df_monitor_checker_value": text_value,
        "Result": alert.value,
        "df_fault_id": _spelled("event-", alert.first_event or alert.id),
        "df_fault_status": OK if over else "fault",
        "df_fault_start_time": began,
        "df_fault_duration": max(0, ended - began),
        **_about(message),
        "date": ended,
    }


def _bare(message: Message) -> Fields:
    """Say what is about no event: a test, a code."""
    text = "\n".join(part for part in (message.body, message.code) if part)
    at = _seconds(message.queued_at)
    kind = OK if message.kind is NotificationKind.RESOLVED else "info"
    fields: Fields = {"timestamp": at, "df_status": kind, "df_title": wording.headline(message)}
    return fields | {"df_message": wording.clean(text), **_about(message), "date": at}


def _about(message: Message) -> Mapping[str, object]:
    """Give the fields that all events of a message share."""
    workspace, policy = _spelled("wksp_", message.workspace_id), _spelled("altpl_", message.policy_id)
    name = wording.clean(message.policy)
    fields: Fields = {
        "df_workspace_uuid": workspace,
        "df_workspace_name": wording.clean(message.workspace),
        "workspace_uuid": workspace,
        "workspace_name": wording.clean(message.workspace),
        "df_monitor_id": policy,
        "df_monitor_name": name,
        "df_alert_policy_ids": [policy] if policy else [],
        "df_alert_policy_names": [name] if policy else [],
        "df_is_silent": "false",
    }
    if message.escalated:
        fields["df_alert_upgrade"] = True
    if message.mentions:
        fields["df_alert_members"] = [
            {"name": wording.clean(each.name), "email": each.email, "mobile": each.phone}
            for each in message.mentions
        ]
    return fields


def _cleaned(labels: Mapping[str, str]) -> dict[str, str]:
    return {wording.clean(name): wording.clean(value) for name, value in labels.items()}


def _spelled(prefix: str, native: str) -> str:
    identifier = from_native(native)
    return "" if identifier is None else to_hex_32(prefix, identifier)


def _seconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())
