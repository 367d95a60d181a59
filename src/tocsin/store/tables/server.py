"""What the server keeps for itself: its nodes, its secrets, its moves, and answers already given."""

from sqlalchemy import PrimaryKeyConstraint, Table

from tocsin.store.columns import json, text, whole
from tocsin.store.tables.base import index, metadata

nodes = Table(
    "nodes",
    metadata,
    text("name"),
    whole("started_at"),
    whole("seen_at"),
    json("details"),
    whole("leased_until", optional=True),
    PrimaryKeyConstraint("name"),
)

server_secrets = Table(
    "server_secrets",
    metadata,
    text("name"),
    text("secret"),  # sealed
    whole("created_at"),
    PrimaryKeyConstraint("name"),
)

moves = Table(
    "moves",
    metadata,
    text("direction"),  # away, or here
    whole("at"),
    json("details"),
    PrimaryKeyConstraint("direction"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    whole("workspace_id"),
    text("key"),
    text("request_hash"),
    whole("status"),
    json("headers"),
    text("body"),
    whole("created_at"),
    PrimaryKeyConstraint("workspace_id", "key"),
    index("created_at"),
)
