"""Let a database say that it was moved to another, or is on its way here."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "moves",
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("direction", name=op.f("pk_moves")),
    )
