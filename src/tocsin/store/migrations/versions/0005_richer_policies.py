"""Make what richer alert policies need: sets of dates, monitors, and what a page follows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the column by which a page follows a severity or is a digest."""
    _make_date_sets()
    _make_monitors()
    op.add_column("pages", sa.Column("follows", sa.Text(), nullable=True))


def _make_date_sets() -> None:
    op.create_table(
        "date_sets",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dates", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_date_sets"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_date_sets_workspace_id"),
    )
    op.create_index("ix_date_sets_workspace_id", "date_sets", ["workspace_id"])


def _make_monitors() -> None:
    op.create_table(
        "monitors",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("workspace_id", _WHOLE, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_monitors"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_monitors_workspace_id"),
        sa.UniqueConstraint("workspace_id", "key", name="uq_monitors_workspace_id_key"),
    )
