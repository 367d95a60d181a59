"""What reports are made of, read for those who may look."""

from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.core.reporting import PastAlert, PastMessage
from tocsin.store import reporting
from tocsin.store.reporting import ROWS_MAX
from tocsin.store.transaction import Tx

__all__ = ["ROWS_MAX", "past"]


def past(tx: Tx, actor: Actor, *, since: datetime) -> tuple[list[PastAlert], list[PastMessage]]:
    """Read the alerts that were opened since then, and the messages that asked people."""
    actor.must(Permission.READ)
    return (
        reporting.past_alerts(tx, actor.workspace, since=since),
        reporting.past_messages(tx, actor.workspace, since=since),
    )
