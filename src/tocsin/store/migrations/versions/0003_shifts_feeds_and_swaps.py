"""Make the tables of other kinds of layer: recurring shifts, imported calendars, shift swaps."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
