"""Make the tables of browsers that take push messages, and of the server's own secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "push_subscriptions",
        sa.Column("contact_method_id", _WHOLE, nullable=False, autoincrement=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact_method_id", name="pk_push_subscriptions"),
        sa.ForeignKeyConstraint(
            ["contact_method_id"],
            ["contact_methods.id"],
            name="fk_push_subscriptions_contact_method_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "server_secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_server_secrets"),
    )
