"""Alert groups and alerts as this API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tocsin.actions import looking_up
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.event import Event
from tocsin.core.ids import AlertId, IntegrationId, RuleId
from tocsin.core.spelling import native
from tocsin.dialects.grafana_oncall.alert_groups import wire
from tocsin.dialects.grafana_oncall.handling import Ask, seeing
from tocsin.dialects.grafana_oncall.integrations.held import policies_of
from tocsin.dialects.grafana_oncall.integrations.show import instant
from tocsin.dialects.grafana_oncall.spelled import write, write_or_none

FIRING: Final = "firing"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
SILENCED: Final = "silenced"
WRAPPED: Final = "tocsin/payload"
"""Where ``sources.templated`` puts a payload that is no object."""


def show_groups(ask: Ask, alerts: Sequence[Alert]) -> list[wire.AlertGroup]:
    """Write alert groups, each with its newest alert."""
    newest = looking_up.newest_events(ask.tx, seeing(ask.actor), alerts)
    directory = ask.directory
    policies = policies_of(directory)
    root = ask.public_url.rstrip("/")
    return [show_group(alert, newest.get(alert.id), directory, policies, root) for alert in alerts]


def show_group(
    alert: Alert,
    newest: Event | None,
    directory: Directory,
    policies: Mapping[IntegrationId, AlertPolicy],
    root: str,
) -> wire.AlertGroup:
    """Write one alert group, of the server at *root*."""
    service, held, snooze = directory.services.get(alert.service), alert.acknowledgement, alert.snooze
    return wire.AlertGroup(
        id=write("alert_group", alert.id),
        integration_id=write_or_none("integration", alert.integration),
        team_id=write_or_none("team", service.team) if service is not None else None,
        route_id=write_or_none("route", route_of(alert, policies)),
        alerts_count=alert.events,
        state=state_of(alert),
        created_at=instant(alert.opened_at),
        resolved_at=None if alert.resolved_at is None else instant(alert.resolved_at),
        resolved_by=write_or_none("user", alert.resolved_by),
        acknowledged_at=None if held is None else instant(held.at),
        acknowledged_by=write_or_none("user", held.by) if held is not None else None,
        labels=[wire.Label(wire.Named(name, name), wire.Named(of, of)) for name, of in alert.labels.items()],
        title=None if alert.erased else alert.title,
        permalinks=wire.Permalinks(web=f"{root}/alerts/{native('alert', alert.id)}"),
        silenced_at=None if snooze is None else instant(snooze.at),
        last_alert=None if newest is None else show_alert(newest, alert.id),
    )


def show_alert(event: Event, group: AlertId) -> wire.Alert:
    """Write one alert."""
    return wire.Alert(
        id=write("alert", event.id),
        alert_group_id=write("alert_group", group),
        created_at=instant(event.received_at),
        payload=payload_of(event.details),
    )


def payload_of(details: Mapping[str, Any]) -> Any:
    """Give the payload back that an alert came with."""
    return details[WRAPPED] if len(details) == 1 and WRAPPED in details else details


def route_of(alert: Alert, policies: Mapping[IntegrationId, AlertPolicy]) -> RuleId | None:
    """Find the route that an alert group took: the one that its payload fitted, else the default one."""
    if alert.rules:
        return alert.rules[0]
    policy = None if alert.integration is None else policies.get(alert.integration)
    return policy.rules[-1].id if policy is not None and policy.rules else None


def state_of(alert: Alert) -> str:
    """Say how an alert group stands."""
    if alert.status is AlertStatus.RESOLVED:
        return RESOLVED
    if alert.acknowledgement is not None:
        return ACKNOWLEDGED
    return FIRING if alert.snooze is None else SILENCED
