"""Make the tables of apps and their alerts."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
