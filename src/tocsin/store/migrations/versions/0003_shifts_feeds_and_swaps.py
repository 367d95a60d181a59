"""Make the tables of other kinds of layer: recurring shifts, imported calendars, shift swaps."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and let schedules have a zone for their shifts."""
    op.add_column("schedules", sa.Column("shift_zone", sa.Text(), nullable=True))
    _make_shifts()
    _make_feeds()
    op.create_table(
        "shift_swaps",
        _id(),
        _reference("shift_swaps", "workspace_id", "workspaces"),
        _reference("shift_swaps", "schedule_id", "schedules", cascade=True),
        sa.Column("starts_at", _WHOLE, nullable=False),
        sa.Column("ends_at", _WHOLE, nullable=False),
        sa.Column("beneficiary", _WHOLE, nullable=False),
        sa.Column("benefactor", _WHOLE, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("updated_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shift_swaps"),
    )
    op.create_index("ix_shift_swaps_schedule_id", "shift_swaps", ["schedule_id"])


def _make_shifts() -> None:
    op.create_table(
        "recurring_shifts",
        _id(),
        _reference("recurring_shifts", "workspace_id", "workspaces"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team_id", _WHOLE, nullable=True),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recurring_shifts"),
    )
    op.create_table(
        "schedule_shifts",
        _reference("schedule_shifts", "schedule_id", "schedules", cascade=True),
        _reference("schedule_shifts", "shift_id", "recurring_shifts", cascade=True),
        sa.Column("position", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("schedule_id", "shift_id", name="pk_schedule_shifts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_schedule_shifts_shift_id", "schedule_shifts", ["shift_id"])


def _make_feeds() -> None:
    op.create_table(
        "schedule_feeds",
        _id(),
        _reference("schedule_feeds", "schedule_id", "schedules", cascade=True),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("url_sealed", sa.Text(), nullable=False),
        sa.Column("overrides", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_feeds"),
    )
    op.create_index("ix_schedule_feeds_schedule_id", "schedule_feeds", ["schedule_id"])
    op.create_table(
        "feed_copies",
        _reference("feed_copies", "feed_id", "schedule_feeds", cascade=True),
        sa.Column("due_at", _WHOLE, nullable=False),
        sa.Column("checked_at", _WHOLE, nullable=True),
        sa.Column("read_at", _WHOLE, nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("skipped", _WHOLE, nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feed_copies"),
    )
    op.create_index("ix_feed_copies_due_at", "feed_copies", ["due_at"])


def _id() -> "sa.Column[int]":
    return sa.Column("id", _WHOLE, autoincrement=False, nullable=False)


def _reference(table: str, name: str, target: str, *, cascade: bool = False) -> "sa.Column[int]":
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{name}", ondelete="CASCADE" if cascade else None)
    return sa.Column(name, _WHOLE, key, nullable=False)
