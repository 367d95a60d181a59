"""Make the tables of what happens: events, alerts, pages, notifications, timers and their story."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table with its indexes, those that others refer to first."""
    _make_events()
    _make_alerts()
    _make_pages()
    _make_notifications()
    _make_timers()
    _make_story()
    _make_memory()


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("service_id", _WHOLE, nullable=False),
        sa.Column("integration_id", _WHOLE, nullable=True),
        sa.Column("alert_id", _WHOLE, nullable=True),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("received_at", _WHOLE, nullable=False),
        sa.Column("occurred_at", _WHOLE, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_alert_id_id", "events", ["alert_id", "id"])


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("service_id", _WHOLE, nullable=False),
        sa.Column("integration_id", _WHOLE, nullable=True),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("worst_severity", sa.Text(), nullable=False),
        sa.Column("severity_since", _WHOLE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("opened_at", _WHOLE, nullable=False),
        sa.Column("last_seen_at", _WHOLE, nullable=False),
        sa.Column("events", _WHOLE, nullable=False),
        sa.Column("ack_by", _WHOLE, nullable=True),
        sa.Column("ack_by_name", sa.Text(), nullable=True),
        sa.Column("ack_at", _WHOLE, nullable=True),
        sa.Column("ack_until", _WHOLE, nullable=True),
        sa.Column("ack_comment", sa.Text(), nullable=True),
        sa.Column("ack_how", sa.Text(), nullable=True),
        sa.Column("resolved_at", _WHOLE, nullable=True),
        sa.Column("resolved_by", _WHOLE, nullable=True),
        sa.Column("routing", sa.Text(), nullable=True),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("drill", sa.SmallInteger(), nullable=False),
        sa.Column("version", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_workspace_id_service_id_id", "alerts", ["workspace_id", "service_id", "id"])
    op.create_index("ix_alerts_workspace_id_status_id", "alerts", ["workspace_id", "status", "id"])
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["service_id", "dedup_key"],
        unique=True,
        sqlite_where=sa.text("status = 'firing' AND dedup_key <> ''"),
        postgresql_where=sa.text("status = 'firing' AND dedup_key <> ''"),
    )


def _make_pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("service_id", _WHOLE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("plan_id", _WHOLE, nullable=False),
        sa.Column("importance", sa.Text(), nullable=False),
        sa.Column("policy_id", _WHOLE, nullable=True),
        sa.Column("rule_id", _WHOLE, nullable=True),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("gathers_until", _WHOLE, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("began_at", _WHOLE, nullable=False),
        sa.Column("next_step", _WHOLE, nullable=False),
        sa.Column("due", _WHOLE, nullable=True),
        sa.Column("rounds", _WHOLE, nullable=False),
        sa.Column("alerts", _WHOLE, nullable=False),
        sa.Column("joined", _WHOLE, nullable=False),
        sa.Column("responders", sa.Text(), nullable=False),
        sa.Column("destinations", sa.Text(), nullable=False),
        sa.Column("wake_at", _WHOLE, nullable=True),
        sa.Column("drill", sa.SmallInteger(), nullable=False),
        sa.Column("version", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
    )
    op.create_index("ix_pages_workspace_id_status_id", "pages", ["workspace_id", "status", "id"])
    op.create_index(
        "uq_pages_gathering",
        "pages",
        ["policy_id", "rule_id", "plan_id", "group_key"],
        unique=True,
        sqlite_where=sa.text("gathers_until IS NOT NULL"),
        postgresql_where=sa.text("gathers_until IS NOT NULL"),
    )
    op.create_table(
        "page_alerts",
        sa.Column("page_id", _WHOLE, nullable=False),
        sa.Column("alert_id", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("page_id", "alert_id", name="pk_page_alerts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_page_alerts_alert_id", "page_alerts", ["alert_id"])


def _make_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("page_id", _WHOLE, nullable=True),
        sa.Column("service_id", _WHOLE, nullable=True),
        sa.Column("user_id", _WHOLE, nullable=True),
        sa.Column("contact_method_id", _WHOLE, nullable=True),
        sa.Column("destination_id", _WHOLE, nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_mark", _WHOLE, nullable=False),
        sa.Column("importance", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("queued_at", _WHOLE, nullable=False),
        sa.Column("due", _WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", _WHOLE, nullable=False),
        sa.Column("provider", _WHOLE, nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", _WHOLE, nullable=True),
        sa.Column("bundled_into", _WHOLE, nullable=True),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("leased_until", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
    )
    op.create_index(
        "ix_notifications_bundled",
        "notifications",
        ["bundled_into"],
        sqlite_where=sa.text("bundled_into IS NOT NULL"),
        postgresql_where=sa.text("bundled_into IS NOT NULL"),
    )
    op.create_index("ix_notifications_page_id", "notifications", ["page_id"])
    op.create_index(
        "ix_notifications_user_id_id",
        "notifications",
        ["user_id", "id"],
        sqlite_where=sa.text("user_id IS NOT NULL"),
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_queued",
        "notifications",
        ["due", "id"],
        sqlite_where=sa.text("state = 'queued' AND bundled_into IS NULL"),
        postgresql_where=sa.text("state = 'queued' AND bundled_into IS NULL"),
    )
    op.create_index(
        "ix_notifications_sending",
        "notifications",
        ["leased_until"],
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_notifications_sent",
        "notifications",
        ["address_mark", "sent_at"],
        sqlite_where=sa.text("sent_at IS NOT NULL"),
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )


def _make_timers() -> None:
    op.create_table(
        "timers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", _WHOLE, nullable=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("due_at", _WHOLE, nullable=False),
        sa.Column("attempts", _WHOLE, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "kind", name="pk_timers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])


def _make_story() -> None:
    op.create_table(
        "timeline",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("alert_id", _WHOLE, nullable=True),
        sa.Column("page_id", _WHOLE, nullable=True),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timeline"),
    )
    op.create_index(
        "ix_timeline_alert_id_id",
        "timeline",
        ["alert_id", "id"],
        sqlite_where=sa.text("alert_id IS NOT NULL"),
        postgresql_where=sa.text("alert_id IS NOT NULL"),
    )
    op.create_index(
        "ix_timeline_page_id_id",
        "timeline",
        ["page_id", "id"],
        sqlite_where=sa.text("page_id IS NOT NULL"),
        postgresql_where=sa.text("page_id IS NOT NULL"),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("user_id", _WHOLE, nullable=True),
        sa.Column("key_id", _WHOLE, nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", _WHOLE, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_workspace_id_id", "audit_log", ["workspace_id", "id"])


def _make_memory() -> None:
    op.create_table(
        "round_robins",
        sa.Column("step_id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("turn", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("step_id", name="pk_round_robins"),
    )
    op.create_table(
        "extras",
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", _WHOLE, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dialect", "kind", "subject_id", name="pk_extras"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_extras_kind_subject_id", "extras", ["kind", "subject_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", _WHOLE, nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_table(
        "nodes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", _WHOLE, nullable=False),
        sa.Column("seen_at", _WHOLE, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_nodes"),
    )
