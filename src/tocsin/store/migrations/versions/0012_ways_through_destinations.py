"""Add to contact methods what programs are told beside a person's pages."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column."""
    op.add_column("contact_methods", sa.Column("context", sa.Text(), nullable=True))
