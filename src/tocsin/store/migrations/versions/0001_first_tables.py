"""Make the tables of what is set up: people, services, schedules, policies."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table with its indexes, those that others refer to first."""
    _make_people()
    _make_rules_and_teams()
    _make_services()
    _make_ways()
    _make_schedules()
    _make_policies()


def _make_people() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", _WHOLE, nullable=False),
        sa.Column("catch_all_policy_id", _WHOLE, nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
    )
    op.create_table(
        "users",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_users_workspace_id"),
        sa.UniqueConstraint("workspace_id", "email_key", name="uq_users_workspace_id_email_key"),
    )
    op.create_table(
        "contact_methods",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("user_id", _WHOLE, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("verified_at", _WHOLE, nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_expires_at", _WHOLE, nullable=True),
        sa.Column("code_attempts", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_methods"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_contact_methods_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "user_id", "channel", "address", name="uq_contact_methods_user_id_channel_address"
        ),
    )


def _make_rules_and_teams() -> None:
    op.create_table(
        "notification_rules",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("user_id", _WHOLE, nullable=False),
        sa.Column("importance", sa.Text(), nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("contact_method_id", _WHOLE, nullable=True),
        sa.Column("wait", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_rules"),
        sa.ForeignKeyConstraint(
            ["contact_method_id"], ["contact_methods.id"], name="fk_notification_rules_contact_method_id"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_notification_rules_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "user_id", "importance", "position", name="uq_notification_rules_user_id_importance_position"
        ),
    )
    op.create_table(
        "teams",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_teams_workspace_id"),
        sa.UniqueConstraint("workspace_id", "handle", name="uq_teams_workspace_id_handle"),
    )
    op.create_table(
        "team_members",
        sa.Column("team_id", _WHOLE, nullable=False),
        sa.Column("user_id", _WHOLE, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "user_id", name="pk_team_members"),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name="fk_team_members_team_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_team_members_user_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_team_members_user_id", "team_members", ["user_id"])


def _make_services() -> None:
    op.create_table(
        "services",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("team_id", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_services"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_services_workspace_id"),
        sa.UniqueConstraint("workspace_id", "slug", name="uq_services_workspace_id_slug"),
    )
    op.create_table(
        "integrations",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("service_id", _WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("token_hint", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("revoked_at", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_integrations"),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_integrations_service_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_integrations_workspace_id"),
        sa.UniqueConstraint("token_hash", name="uq_integrations_token_hash"),
    )


def _make_ways() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("options_sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_destinations_workspace_id"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", _WHOLE, nullable=True),
        sa.Column("service_id", _WHOLE, nullable=True),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("extra_sealed", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.Column("last_used_at", _WHOLE, nullable=True),
        sa.Column("revoked_at", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_api_keys_service_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_keys_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_api_keys_workspace_id"),
        sa.UniqueConstraint("secret_hash", name="uq_api_keys_secret_hash"),
    )


def _make_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_schedules_workspace_id"),
    )
    op.create_table(
        "schedule_layers",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("schedule_id", _WHOLE, nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("effective_date", _WHOLE, nullable=False),
        sa.Column("end_date", _WHOLE, nullable=True),
        sa.Column("rotation_start", _WHOLE, nullable=False),
        sa.Column("days", _WHOLE, nullable=False),
        sa.Column("seconds", _WHOLE, nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("restrictions", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_layers"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name="fk_schedule_layers_schedule_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_schedule_layers_schedule_id", "schedule_layers", ["schedule_id"])
    op.create_table(
        "schedule_overrides",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("schedule_id", _WHOLE, nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("user_id", _WHOLE, nullable=False),
        sa.Column("starts_at", _WHOLE, nullable=False),
        sa.Column("ends_at", _WHOLE, nullable=False),
        sa.Column("instead_of", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_overrides"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name="fk_schedule_overrides_schedule_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_schedule_overrides_schedule_id", "schedule_overrides", ["schedule_id"])


def _make_policies() -> None:
    op.create_table(
        "escalation_policies",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("plan_id", _WHOLE, nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_policies"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_escalation_policies_workspace_id"
        ),
    )
    op.create_table(
        "escalation_plans",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("policy_id", _WHOLE, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_plans"),
    )
    op.create_table(
        "alert_policies",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.SmallInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_policies"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_alert_policies_workspace_id"),
    )
    op.create_table(
        "silences",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("starts_at", _WHOLE, nullable=False),
        sa.Column("ends_at", _WHOLE, nullable=True),
        sa.Column("recurring", sa.Text(), nullable=True),
        sa.Column("created_by", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_silences_workspace_id"),
    )
