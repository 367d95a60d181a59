"""A workspace and its people: how they are reached, in what order, and their teams."""

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from tocsin.store.columns import identity, json, text, whole
from tocsin.store.tables.base import index, metadata, refers_to

workspaces = Table(
    "workspaces",
    metadata,
    identity(),
    text("name"),
    whole("version"),
    whole("catch_all_policy_id", optional=True),
    json("settings"),
    whole("created_at"),
    whole("ask_after", optional=True),  # microseconds from an acknowledgement to the question after it
    whole("answer_within", optional=True),
    whole("pace", optional=True),  # microseconds after each notification rule and each step
)

users = Table(
    "users",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("email"),
    text("email_key"),  # the address in lower case, as Python does it: one user of a workspace has it
    text("name"),
    text("role"),
    text("status"),
    text("time_zone"),
    text("password_hash", optional=True),
    UniqueConstraint("workspace_id", "email_key"),
)

contact_methods = Table(
    "contact_methods",
    metadata,
    identity(),
    refers_to("users", whole("user_id"), cascade=True),
    text("channel"),
    text("address"),
    text("label"),
    whole("verified_at", optional=True),
    text("code_hash", optional=True),
    whole("code_expires_at", optional=True),
    whole("code_attempts"),
    json("context", optional=True),
    UniqueConstraint("user_id", "channel", "address"),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    refers_to("contact_methods", whole("contact_method_id"), cascade=True),
    text("subscription"),  # sealed: where the browser's push service takes messages for it, and its keys
    PrimaryKeyConstraint("contact_method_id"),
)

notification_rules = Table(
    "notification_rules",
    metadata,
    identity(),
    refers_to("users", whole("user_id"), cascade=True),
    text("importance"),
    whole("position"),
    text("channel", optional=True),
    refers_to("contact_methods", whole("contact_method_id", optional=True)),
    whole("wait"),
    whole("gather", optional=True),
    UniqueConstraint("user_id", "importance", "position"),
)

teams = Table(
    "teams",
    metadata,
    identity(),
    refers_to("workspaces", whole("workspace_id")),
    text("name"),
    text("handle"),
    text("description"),
    UniqueConstraint("workspace_id", "handle"),
)

team_members = Table(
    "team_members",
    metadata,
    refers_to("teams", whole("team_id"), cascade=True),
    refers_to("users", whole("user_id"), cascade=True),
    text("role"),
    whole("position"),
    PrimaryKeyConstraint("team_id", "user_id"),
    index("user_id"),
    sqlite_with_rowid=False,
)
