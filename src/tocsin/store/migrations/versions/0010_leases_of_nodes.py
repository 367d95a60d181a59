"""Let nodes say until when they are to be taken for alive; one that does not say so is let be."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column."""
    op.add_column("nodes", sa.Column("leased_until", _WHOLE, nullable=True))
