"""Make the tables of heartbeats, of what destinations answered and of notes, and what goes with them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add to integrations and destinations, and make the tables beside them."""
    op.add_column("integrations", sa.Column("description", sa.Text(), nullable=True))
    op.add_column("integrations", sa.Column("heartbeat", _WHOLE, nullable=True))
    op.add_column("integrations", sa.Column("token_sealed", sa.Text(), nullable=True))
    op.add_column("destinations", sa.Column("subscription", sa.Text(), nullable=True))
    _make_exchanges()
    _make_heartbeats()
    _make_alert_notes()


def _make_exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("destination_id", _WHOLE, nullable=False),
        sa.Column("alert_id", _WHOLE, nullable=True),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exchanges"),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["destinations.id"],
            name="fk_exchanges_destination_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_exchanges_destination_id_id", "exchanges", ["destination_id", "id"])
    of_alert = sa.text("alert_id IS NOT NULL")
    op.create_index(
        "ix_exchanges_alert_id_id",
        "exchanges",
        ["alert_id", "id"],
        sqlite_where=of_alert,
        postgresql_where=of_alert,
    )


def _make_heartbeats() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("integration_id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("seen_at", _WHOLE, nullable=False),
        sa.Column("missing", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", name="pk_heartbeats"),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name="fk_heartbeats_integration_id",
            ondelete="CASCADE",
        ),
    )


def _make_alert_notes() -> None:
    op.create_table(
        "alert_notes",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("alert_id", _WHOLE, nullable=False),
        sa.Column("author_id", _WHOLE, nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_notes"),
    )
    op.create_index("ix_alert_notes_alert_id_id", "alert_notes", ["alert_id", "id"])
    op.create_index("ix_alert_notes_workspace_id_id", "alert_notes", ["workspace_id", "id"])
