"""What raises alerts, and the ways in and out: services, their integrations, destinations."""

from sqlalchemy import Table, UniqueConstraint

from tocsin.store.columns import flag, identity, json, text, whole
from tocsin.store.tables.base import index, metadata, refers_to

services = Table(
    "services",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    text("slug"),
    text("description"),
    whole("team_id", optional=True),
    UniqueConstraint("workspace_id", "slug"),
)

integrations = Table(
    "integrations",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    refers_to("services", whole("service_id"), cascade=True),
    text("kind"),
    text("name"),
    text("token_hash"),
    text("token_hint"),
    json("mapping"),
    whole("revoked_at", optional=True),
    text("description", optional=True),
    whole("heartbeat", optional=True),  # how long may pass between two beats
    text("token_sealed", optional=True),  # of those whose address is shown again
    json("message_templates", optional=True),
    UniqueConstraint("token_hash"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    refers_to("integrations", identity("integration_id"), cascade=True),
    whole("workspace_id"),
    whole("seen_at"),
    flag("missing"),
)

monitors = Table(
    "monitors",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("key"),
    text("name"),
    text("description"),
    UniqueConstraint("workspace_id", "key"),
)

destinations = Table(
    "destinations",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    text("channel"),
    text("address_sealed"),
    text("secret_sealed"),
    text("options_sealed"),
    json("subscription", optional=True),
)

# What was sent to a destination and what it answered, the newest of it.
exchanges = Table(
    "exchanges",
    metadata,
    identity(),
    whole("workspace_id"),
    refers_to("destinations", whole("destination_id"), cascade=True),
    whole("alert_id", optional=True),
    whole("at"),
    text("content_sealed"),
    index("destination_id", "id"),
    index("alert_id", "id", where="alert_id IS NOT NULL"),
)
