"""Make what is written often lighter."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
