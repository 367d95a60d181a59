"""Let a workspace say what passes after each notification rule and each step."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column; nothing passes where it is empty."""
    op.add_column("workspaces", sa.Column("pace", _WHOLE, nullable=True))
