"""Let a workspace say when people are asked whether they still have what they acknowledged."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("workspaces", sa.Column("ask_after", _WHOLE, nullable=True))
    op.add_column("workspaces", sa.Column("answer_within", _WHOLE, nullable=True))
