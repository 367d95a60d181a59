"""Alert groups, alerts and resolution notes as JSON has them."""

from typing import Any

import msgspec


class Named(msgspec.Struct, frozen=True):
    """The name or the value of a label."""

    id: str
    name: str


class Label(msgspec.Struct, frozen=True):
    """A label of an alert group."""

    key: Named
    value: Named


class Permalinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert group is to be seen."""

    slack: str | None = None
    slack_app: str | None = None
    telegram: str | None = None
    web: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What a source said, once."""

    id: str
    alert_group_id: str
    created_at: str
    payload: Any


class AlertGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The trouble behind some alerts."""

    id: str
    integration_id: str | None
    team_id: str | None
    route_id: str | None
    alerts_count: int
    state: str
    created_at: str
    resolved_at: str | None
    resolved_by: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    labels: list[Label]
    title: str | None
    permalinks: Permalinks
    silenced_at: str | None
    last_alert: Alert | None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody noted down about an alert group."""

    id: str
    alert_group_id: str
    author: str | None
    source: str
    created_at: str
    text: str


class SilenceBody(msgspec.Struct, kw_only=True):
    """For how many seconds to silence; 0 and -1 are without end."""

    delay: int


class DeleteBody(msgspec.Struct, kw_only=True):
    """Whether to wipe, which leaves a shell, or to delete."""

    mode: str = "wipe"


class NoteBody(msgspec.Struct, kw_only=True):
    """What to note down, and about which alert group."""

    alert_group_id: str | None = None
    text: str
