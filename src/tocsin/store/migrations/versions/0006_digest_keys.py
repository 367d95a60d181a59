"""Make the tables of used nonces and access tokens; let keys know where they may be used; count alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables, and add the networks of keys, and indexes of the few alerts that are special."""
    keyless = sa.text("status = 'firing' AND dedup_key = ''")
    withdrawn = sa.text("status = 'firing' AND routing = 'withdrawn'")
    op.create_index(
        "ix_alerts_keyless", "alerts", ["service_id"], sqlite_where=keyless, postgresql_where=keyless
    )
    op.create_index(
        "ix_alerts_withdrawn",
        "alerts",
        ["workspace_id", "service_id"],
        sqlite_where=withdrawn,
        postgresql_where=withdrawn,
    )
    op.add_column("api_keys", sa.Column("networks", sa.Text(), nullable=True))
    op.create_table(
        "used_nonces",
        sa.Column("nonce", _WHOLE, nullable=False),
        sa.Column("count", _WHOLE, nullable=False),
        sa.Column("expires_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("nonce", "count", name="pk_used_nonces"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_used_nonces_expires_at", "used_nonces", ["expires_at"])
    op.create_table(
        "access_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("key_id", _WHOLE, nullable=False),
        sa.Column("expires_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_access_tokens"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
