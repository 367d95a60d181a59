"""Make the tables of links by which people sign in once, and of forms that are kept meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sign_in_links",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("user_id", _WHOLE, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.Column("expires_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_links"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sign_in_links_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("secret_hash", name="uq_sign_in_links_secret_hash"),
        sa.UniqueConstraint("user_id", "purpose", name="uq_sign_in_links_user_id_purpose"),
    )
    op.create_table(
        "kept_forms",
        sa.Column("id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("expires_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kept_forms"),
    )
