"""Alerts over the wire."""

import msgspec
from msgspec import UNSET, UnsetType, field

from tocsin.dialects.cloud_manager.lists import Link, Paged


class Acknowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What to make of an alert: have it until a moment, or no more when that is absent or has passed."""

    acknowledged_until: str | None = None
    acknowledgement_comment: str | None = None


class AlertsQuery(Paged, frozen=True, kw_only=True):
    """Which alerts of a project are asked for."""

    status: str | None = None


class GlobalAlertsQuery(AlertsQuery, frozen=True, kw_only=True):
    """Which alerts of all projects are asked for."""

    created_from: str | None = field(default=None, name="createdOnOrAfter")
    created_to: str | None = field(default=None, name="createdOnOrBefore")


class CurrentValue(msgspec.Struct, frozen=True):
    """What was measured last."""

    number: float
    units: str


class AlertDocument(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An alert; what it does not have is left out."""

    id: str
    group_id: str
    alert_config_id: str
    event_type_name: str
    type_name: str
    status: str
    created: str
    updated: str
    resolved: str | UnsetType = UNSET
    last_notified: str | UnsetType = UNSET
    acknowledged_until: str | UnsetType = UNSET
    acknowledgement_comment: str | UnsetType = UNSET
    acknowledging_username: str | UnsetType = UNSET
    metric_name: str | UnsetType = UNSET
    current_value: CurrentValue | UnsetType = UNSET
    host_id: str | UnsetType = UNSET
    hostname_and_port: str | UnsetType = UNSET
    replica_set_name: str | UnsetType = UNSET
    cluster_id: str | UnsetType = UNSET
    cluster_name: str | UnsetType = UNSET
    source_type_name: str | UnsetType = UNSET
    tags: list[str]
    links: list[Link]
