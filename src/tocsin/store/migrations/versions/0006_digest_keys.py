"""Make the tables of digest keys, nonces that were used, and access tokens."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
