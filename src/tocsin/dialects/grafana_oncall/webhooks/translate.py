"""Webhooks between this API and destinations."""

from collections.abc import Mapping
from typing import Any, Final

from tocsin.core.exchange import KeptExchange
from tocsin.core.ids import IntegrationId
from tocsin.core.service import Destination
from tocsin.core.subscription import AlertChange, Subscription
from tocsin.dialects.grafana_oncall.integrations.show import instant
from tocsin.dialects.grafana_oncall.spelled import write, write_or_none
from tocsin.dialects.grafana_oncall.webhooks import wire

CHANNEL: Final = "grafana_oncall"
MASK: Final = "*" * 16
ESCALATION: Final = "escalation"
STATUS_CHANGE: Final = "status change"
PERSONAL: Final = "personal notification"
TRIGGER: Final = "trigger"
CHANGES: Final[Mapping[str, frozenset[AlertChange]]] = {
    ESCALATION: frozenset(),
    "alert group created": frozenset({AlertChange.OPENED}),
    "acknowledge": frozenset({AlertChange.ACKNOWLEDGED}),
    "resolve": frozenset({AlertChange.RESOLVED}),
    "silence": frozenset({AlertChange.SNOOZED}),
    "unsilence": frozenset({AlertChange.WOKEN}),
    "unresolve": frozenset({AlertChange.REOPENED}),
    "unacknowledge": frozenset({AlertChange.UNACKNOWLEDGED}),
    STATUS_CHANGE: frozenset(AlertChange) - {AlertChange.OPENED},
    PERSONAL: frozenset(),
}
"""Of what a webhook of each trigger type hears; steps and people call the others by name."""


def show_webhook(destination: Destination, kept: Mapping[str, Any]) -> wire.Webhook:
    """Write a webhook; what is as good as a key is masked."""
    options, subscription = destination.options, subscription_of(destination)
    return wire.Webhook(
        id=write("webhook", destination.id),
        name=destination.name,
        is_webhook_enabled=subscription.enabled,
        team=write_or_none("team", subscription.team),
        data=options.get("data"),
        username=options.get("username"),
        password=MASK if options.get("password") else None,
        authorization_header=MASK if options.get("authorization_header") else None,
        trigger_template=options.get("trigger_template"),
        headers=options.get("headers"),
        url=destination.address,
        forward_all=bool(options.get("forward_all", True)),
        http_method=str(options.get("http_method", "POST")),
        trigger_type=trigger_of(subscription, kept),
        integration_filter=_filter(subscription.integrations),
        preset=options.get("preset") or None,
    )


def show_action(destination: Destination, kept: Mapping[str, Any]) -> wire.Action:
    """Write a webhook under its old name."""
    hook = show_webhook(destination, kept)
    return wire.Action(
        id=hook.id,
        name=hook.name,
        is_webhook_enabled=hook.is_webhook_enabled,
        team_id=hook.team,
        user=hook.username,
        data=hook.data,
        password=hook.password,
        authorization_header=hook.authorization_header,
        trigger_template=hook.trigger_template,
        headers=hook.headers,
        url=hook.url,
        forward_whole_payload=hook.forward_all,
        http_method=hook.http_method,
        trigger_type=hook.trigger_type,
        integration_filter=hook.integration_filter,
    )


def show_response(kept: KeptExchange) -> wire.Response:
    """Write what a webhook was sent and answered."""
    exchange = kept.exchange
    headers = "\n".join(f"{name}: {value}" for name, value in exchange.headers)
    return wire.Response(
        timestamp=instant(kept.at),
        url=exchange.url or None,
        request_trigger=exchange.trigger or None,
        request_headers=headers or None,
        request_data=exchange.body or None,
        status_code=None if exchange.status is None else str(exchange.status),
        content=exchange.content or None,
        event_data=exchange.told or None,
    )


def subscription_of(destination: Destination) -> Subscription:
    """Give what a destination hears of; one that says nothing hears of nothing but steps."""
    return destination.subscription or Subscription()


def trigger_of(subscription: Subscription, kept: Mapping[str, Any]) -> str:
    """Name the trigger type: the one that was asked for, as long as it says what the webhook hears of."""
    asked = kept.get(TRIGGER)
    if isinstance(asked, str) and CHANGES.get(asked) == subscription.changes:
        return asked
    return next((name for name, changes in CHANGES.items() if changes == subscription.changes), STATUS_CHANGE)


def _filter(integrations: frozenset[IntegrationId]) -> list[str] | None:
    return [write("integration", each) for each in sorted(integrations)] or None
