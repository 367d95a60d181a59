"""Integrations and routes as JSON has them."""

from typing import Any

import msgspec


class Way(msgspec.Struct, frozen=True):
    """Whether a route tells a place of a messenger, and which."""

    id: str | None = None
    enabled: bool = False


class SlackWay(msgspec.Struct, frozen=True):
    """Whether a route tells a channel of Slack, and which."""

    channel_id: str | None = None
    enabled: bool = False


class DefaultRoute(msgspec.Struct, frozen=True, kw_only=True):
    """Where alerts go that no other route takes."""

    id: str
    escalation_chain_id: str | None
    slack: SlackWay
    telegram: Way
    mobile_app: Way
    mobile_app_critical: Way
    email: Way
    webhook: Way


class Route(DefaultRoute, frozen=True, kw_only=True):
    """Where some alerts of an integration go."""

    integration_id: str
    routing_type: str
    routing_regex: str | None
    position: int
    is_the_last_route: bool


class Heartbeat(msgspec.Struct, frozen=True):
    """Where signs of life go."""

    link: str


class Integration(msgspec.Struct, frozen=True, kw_only=True):
    """A door for alerts."""

    id: str
    name: str
    description_short: str | None
    team_id: str | None
    link: str | None
    inbound_email: str | None
    type: str
    default_route: DefaultRoute
    templates: dict[str, Any]
    heartbeat: Heartbeat | None
    maintenance_mode: str | None
    maintenance_started_at: str | None
    maintenance_end_at: str | None


class IntegrationBody(msgspec.Struct, kw_only=True):
    """What to make, or to change, of an integration."""

    type: str | None = None
    name: str | None = None
    description_short: str | None = None
    team_id: str | None = None
    default_route: dict[str, Any] | None = None
    templates: dict[str, Any] | None = None


class RouteBody(msgspec.Struct, kw_only=True):
    """What to make, or to change, of a route."""

    integration_id: str | None = None
    escalation_chain_id: str | None = None
    routing_type: str | None = None
    routing_regex: str | None = None
    position: int | None = None
    manual_order: bool | None = None
    slack: dict[str, Any] | None = None


class MaintenanceBody(msgspec.Struct, kw_only=True):
    """How, and for how many seconds, an integration is in maintenance."""

    mode: str
    duration: int
