"""Find what waits to be sent by workspace and address, so that each can have its turn."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_IN_LANES = sa.text("state = 'queued' AND bundled_into IS NULL AND workspace_id > 0")


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_notifications_lanes",
        "notifications",
        ["workspace_id", "address_mark", "due", "id"],
        sqlite_where=_IN_LANES,
        postgresql_where=_IN_LANES,
    )
