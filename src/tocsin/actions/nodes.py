"""The nodes of this installation say that they are there; to be able to say it is to be able to write."""

from datetime import datetime

from tocsin.store import nodes
from tocsin.store.nodes import Node
from tocsin.store.transaction import Tx


def seen(tx: Tx, name: str, *, started_at: datetime, version: str, now: datetime) -> None:
    """Remember that the node *name*, which runs *version*, is there."""
    nodes.seen(tx, Node(name=name, started_at=started_at, seen_at=now, details={"version": version}))


def leave(tx: Tx, name: str) -> None:
    """Forget the node *name*, which is stopping."""
    nodes.leave(tx, name)
