"""What is done about an alert: escalation, alert policies, silences."""

from sqlalchemy import Table

from tocsin.store.columns import flag, identity, json, text, whole
from tocsin.store.tables.base import index, metadata, refers_to

escalation_policies = Table(
    "escalation_policies",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    text("description"),
    whole("plan_id"),
    json("teams"),
)

# Never changed and never deleted: pages run the plan that they began with, until somebody starts them over.
escalation_plans = Table(
    "escalation_plans",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("policy_id", optional=True),
    text("name"),
    json("steps"),
)

round_robins = Table("round_robins", metadata, identity("step_id"), whole("turn"))

alert_policies = Table(
    "alert_policies",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    flag("enabled"),
    json("definition"),
)

silences = Table(
    "silences",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    text("comment"),
    text("filter"),
    json("services"),
    whole("starts_at"),
    whole("ends_at", optional=True),
    json("recurring", optional=True),
    whole("created_by", optional=True),
)

date_sets = Table(
    "date_sets",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    json("dates"),
    index("workspace_id"),
)
