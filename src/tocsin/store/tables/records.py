"""What is kept beside the path: what happened, who changed what, what people and vendors wrote down."""

from sqlalchemy import PrimaryKeyConstraint, Table

from tocsin.store.columns import identity, json, text, whole
from tocsin.store.tables.base import index, metadata

timeline = Table(
    "timeline",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("alert_id", optional=True),
    whole("page_id", optional=True),
    whole("at"),
    json("entries"),
    index("alert_id", "id", where="alert_id IS NOT NULL"),
    index("page_id", "id", where="page_id IS NOT NULL"),
)

audit_log = Table(
    "audit_log",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("at"),
    whole("user_id", optional=True),
    whole("key_id", optional=True),
    text("by_name"),
    text("how"),
    text("action"),
    text("kind"),
    whole("subject_id", optional=True),
    text("name"),
    json("changes"),
    index("workspace_id", "id"),
)

# What people write down about an alert.
alert_notes = Table(
    "alert_notes",
    metadata,
    identity(),
    whole("workspace_id"),
    whole("alert_id"),
    whole("author_id", optional=True),
    text("author_name"),
    text("text"),
    whole("created_at"),
    index("alert_id", "id"),
    index("workspace_id", "id"),
)

extras = Table(
    "extras",
    metadata,
    text("dialect"),
    text("kind"),
    whole("subject_id"),
    json("value"),
    PrimaryKeyConstraint("dialect", "kind", "subject_id"),
    index("kind", "subject_id"),
    sqlite_with_rowid=False,
)
