"""Make what richer alert policies need: dates, monitors, timed rules."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
