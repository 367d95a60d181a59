"""Let a notification rule say how long its messages wait for others, to go as one."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column."""
    op.add_column("notification_rules", sa.Column("gather", _WHOLE, nullable=True))
