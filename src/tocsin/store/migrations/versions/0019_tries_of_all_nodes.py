"""Make the table in which all nodes count how often somebody tries to sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tries",
        sa.Column("about", _WHOLE, nullable=False),
        sa.Column("count", _WHOLE, nullable=False),
        sa.Column("ends_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("about", name="pk_tries"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tries_ends_at", "tries", ["ends_at"])
