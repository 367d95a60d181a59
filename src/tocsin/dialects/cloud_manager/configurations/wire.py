"""Alert configurations over the wire."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from tocsin.dialects.cloud_manager.lists import Link

NOTIFICATIONS_MAX = 50
MATCHERS_MAX = 50

FieldName = Literal[
    "TYPE_NAME",
    "HOSTNAME",
    "PORT",
    "HOSTNAME_AND_PORT",
    "REPLICA_SET_NAME",
    "SHARD_NAME",
    "CLUSTER_NAME",
]
MatcherOperator = Literal[
    "EQUALS", "NOT_EQUALS", "CONTAINS", "NOT_CONTAINS", "STARTS_WITH", "ENDS_WITH", "REGEX"
]
Comparison = Literal["GREATER_THAN", "LESS_THAN"]
Text = Annotated[str, Meta(max_length=1_000)]
Minutes = Annotated[int, Meta(ge=0, le=43_200)]

FIELD_NAMES: tuple[str, ...] = FieldName.__args__  # type: ignore[attr-defined]  # a Literal has them


class Matcher(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What an alert's host, replica set or cluster must be."""

    field_name: FieldName
    operator: MatcherOperator
    value: Text


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How many members are too few, or too many."""

    operator: Comparison
    threshold: float
    units: Text = "RAW"


class MetricThreshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Which values of a metric are too small, or too large."""

    metric_name: Text
    operator: Comparison
    threshold: float
    units: Text = "RAW"
    mode: Text = "AVERAGE"


class Notification(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Who is told, how long after the alert, and how often; the other fields depend on the type."""

    type_name: Text
    delay_min: Minutes = 0
    interval_min: Minutes | None = None
    notifier_id: Text | None = None
    email_address: Text | None = None
    mobile_number: Text | None = None
    username: Text | None = None
    email_enabled: bool | None = None
    sms_enabled: bool | None = None
    roles: Annotated[list[Text], Meta(max_length=50)] | None = None
    team_id: Text | None = None
    team_name: Text | None = None
    api_token: Text | None = None
    channel_name: Text | None = None
    webhook_url: Annotated[str, Meta(max_length=2_048)] | None = None
    webhook_secret: Text | None = None
    service_key: Text | None = None
    region: Text | None = None
    microsoft_teams_webhook_url: Annotated[str, Meta(max_length=2_048)] | None = None
    datadog_api_key: Text | None = None
    datadog_region: Text | None = None
    ops_genie_api_key: Text | None = None
    ops_genie_region: Text | None = None
    victor_ops_api_key: Text | None = None
    victor_ops_routing_key: Text | None = None


class ConfigurationBody(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True
):
    """An alert configuration to make, or to put in another's place."""

    event_type_name: Annotated[str, Meta(min_length=1, max_length=255)]
    type_name: Text | None = None
    enabled: bool = False
    notifications: Annotated[list[Notification], Meta(max_length=NOTIFICATIONS_MAX)] | None = None
    matchers: Annotated[list[Matcher], Meta(max_length=MATCHERS_MAX)] | None = None
    metric_threshold: MetricThreshold | None = None
    threshold: Threshold | None = None


class Toggle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a configuration is to be in force."""

    enabled: bool


class ConfigurationDocument(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An alert configuration; what it does not have is left out."""

    id: str
    group_id: str
    event_type_name: str
    type_name: str
    enabled: bool
    created: str
    updated: str
    matchers: list[Any]
    metric_threshold: Any | UnsetType = UNSET
    threshold: Any | UnsetType = UNSET
    notifications: list[Any]
    links: list[Link] = field(default_factory=list)
