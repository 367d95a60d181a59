"""What the outgoing webhooks and the messages of Grafana OnCall can say: the values that templates see.

Source: Grafana OnCall documentation, "Outgoing webhooks", "Available data", and "Jinja2 templating".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tocsin.channels.base import Message
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.event import Event
from tocsin.core.ids import UserId
from tocsin.core.people import User
from tocsin.core.service import Integration
from tocsin.core.spelling import from_any, to_lettered
from tocsin.core.subscription import AlertChange
from tocsin.core.told import AlertTold

EVENTS: Final = {
    AlertChange.OPENED: "alert group created",
    AlertChange.ACKNOWLEDGED: "acknowledge",
    AlertChange.UNACKNOWLEDGED: "unacknowledge",
    AlertChange.RESOLVED: "resolve",
    AlertChange.REOPENED: "unresolve",
    AlertChange.SNOOZED: "silence",
    AlertChange.WOKEN: "unsilence",
}
ESCALATION: Final = "escalation"
PERSONAL: Final = "personal notification"
WRAPPED: Final = "tocsin/payload"
"""Where ``sources.templated`` puts a payload that is no object."""


def values_of(message: Message) -> dict[str, Any]:
    """Make the values for *message*; what nothing is known of is null."""
    told = message.told
    if told is None:
        return {
            "event": {"type": message.kind.value, "time": _instant(message.queued_at)},
            "user": None,
            "alert_group": {"title": message.title},
            "alert_group_id": None,
            "alert_payload": {"message": message.body, "code": message.code},
        }
    event: dict[str, Any] = {"type": _type(told), "time": _instant(told.at)}
    if told.until is not None:
        event["until"] = _instant(told.until)
    if told.asked is not None:
        event["user"] = dict(told.context)
    return {
        "event": event,
        "user": _user(told.asked or told.by),
        "alert_group": _group(told),
        "alert_group_id": to_lettered("I", told.alert.id),
        "alert_group_acknowledged_by": _user(told.acknowledged_by),
        "alert_group_resolved_by": _user(told.resolved_by),
        "alert_payload": {} if told.first is None else payload_of(told.first),
        "integration": None if told.integration is None else _integration(told.integration, told),
        "notified_users": [_user(user) for user in told.notified],
        "users_to_be_notified": [_user(user) for user in told.waiting],
        "responses": {to_lettered("WH", place): answer for place, answer in told.answers.items()},
    }


def appearance(alert: str, link: str, workspace: str) -> dict[str, str]:
    """Make the values that only templates of messages see there.

    *alert* is the id of one in the native spelling, *link* leads to it.
    """
    number = from_any(alert)
    return {
        "grafana_oncall_incident_id": "" if number is None else to_lettered("I", number),
        "grafana_oncall_link": link,
        "grafana_oncall_organization": workspace,
    }


def payload_of(event: Event) -> Any:
    """Give the payload back that an event came with."""
    details = event.details
    return details[WRAPPED] if len(details) == 1 and WRAPPED in details else details


def _type(told: AlertTold) -> str:
    if told.change is not None:
        return EVENTS[told.change]
    return ESCALATION if told.asked is None else PERSONAL


def _group(told: AlertTold) -> dict[str, Any]:
    alert, held = told.alert, told.alert.acknowledgement
    return {
        "id": to_lettered("I", alert.id),
        "integration_id": None if alert.integration is None else to_lettered("C", alert.integration),
        "route_id": None if told.rule is None else to_lettered("R", told.rule),
        "team_id": None if told.team is None else to_lettered("T", told.team.id),
        "alerts_count": alert.events,
        "state": _state(alert),
        "created_at": _instant(alert.opened_at),
        "resolved_at": None if alert.resolved_at is None else _instant(alert.resolved_at),
        "resolved_by": _person(alert.resolved_by),
        "acknowledged_at": None if held is None else _instant(held.at),
        "acknowledged_by": None if held is None else _person(held.by),
        "title": None if alert.erased else alert.title,
        "labels": dict(alert.labels),
        "permalinks": {"slack": None, "slack_app": None, "telegram": None, "web": told.url},
        "silenced_at": None if alert.snooze is None else _instant(alert.snooze.at),
        "last_alert": None if told.last is None else _last(told.last, alert),
    }


def _last(event: Event, alert: Alert) -> dict[str, Any]:
    return {
        "id": to_lettered("A", event.id),
        "alert_group_id": to_lettered("I", alert.id),
        "created_at": _instant(event.received_at),
        "payload": payload_of(event),
    }


def _integration(integration: Integration, told: AlertTold) -> dict[str, Any]:
    mapping: Mapping[str, Any] = integration.mapping
    return {
        "id": to_lettered("C", integration.id),
        "type": mapping.get("type", "webhook") if integration.kind == "templated" else integration.kind,
        "name": integration.name,
        "team": None if told.team is None else told.team.name,
        "labels": {},
    }


def _user(user: User | None) -> dict[str, str] | None:
    if user is None:
        return None
    return {"id": to_lettered("U", user.id), "username": user.display_name, "email": user.email}


def _person(user: UserId | None) -> str | None:
    return None if user is None else to_lettered("U", user)


def _state(alert: Alert) -> str:
    if alert.status is AlertStatus.RESOLVED:
        return "resolved"
    if alert.acknowledgement is not None:
        return "acknowledged"
    return "firing" if alert.snooze is None else "silenced"


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
