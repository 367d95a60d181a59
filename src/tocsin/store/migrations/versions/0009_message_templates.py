"""Add the templates of messages to integrations, and move there what was kept of them in mappings."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_CHANNELS = {
    "sqlite": "json_extract(mapping, '$.channels')",
    "postgresql": "(CAST(mapping AS jsonb) -> 'channels')::text",
}
_RENAMED = (("phone_call", "voice"), ("mobile_app", "push"))  # as the API that wrote them calls them


def upgrade() -> None:
    """Add the column, and fill it; the old place stays as it is, and is not looked at any more."""
    op.add_column("integrations", sa.Column("message_templates", sa.Text(), nullable=True))
    kept = _CHANNELS[op.get_context().dialect.name]
    for theirs, ours in _RENAMED:
        kept = f"replace({kept}, '\"{theirs}\"', '\"{ours}\"')"
    op.execute(
        f"UPDATE integrations SET message_templates = {kept}"  # noqa: S608 - texts of ours
        " WHERE kind = 'templated' AND mapping LIKE '%\"channels\"%'"
    )
