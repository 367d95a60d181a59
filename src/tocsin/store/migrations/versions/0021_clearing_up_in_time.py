"""Let PostgreSQL clear up after retention by the hundredth part of a table, and not only by the fifth.

A fifth of 100 million events is what a week of retention deletes; until then every look at the oldest goes
through all of it.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

_GROWING = ("events", "alerts", "pages", "page_alerts", "notifications", "timeline")
_BUSY = "timers"  # few at any time, and as many that have gone


def upgrade() -> None:
    """Say so for the tables that grow; SQLite uses what is free by itself."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in _GROWING:
        op.execute(
            f"ALTER TABLE {name} SET (autovacuum_vacuum_scale_factor = 0.01,"
            " autovacuum_vacuum_threshold = 10000)"
        )
    op.execute(
        f"ALTER TABLE {_BUSY} SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)"
    )
