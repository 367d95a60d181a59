"""Add to an alert's place in a page when it came there; of what was there before, nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column."""
    op.add_column("page_alerts", sa.Column("joined_at", _WHOLE, nullable=True))
