"""The nodes that work on this database, each seen when it last said that it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from tocsin.store.bulk import upsert_many
from tocsin.store.columns import from_json, instant, micros, to_json
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import nodes
from tocsin.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One process; *details* is what it says of itself: its version, its address."""

    name: str
    started_at: datetime
    seen_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


_PUT = upsert_many(nodes, keys=("name",))
_ALL = Statement(select(nodes).order_by(nodes.c.name))
_LEAVE = Statement(delete(nodes).where(nodes.c.name == words("name")))
_FORGET = Statement(delete(nodes).where(nodes.c.seen_at < number("before")))


def seen(tx: Tx, node: Node) -> None:
    """Remember that *node* is there."""
    row = (node.name, micros(node.started_at), micros(node.seen_at), to_json(node.details))
    tx.run_many(_PUT, [row])


def all_(tx: Tx) -> list[Node]:
    """List the nodes by name."""
    return [
        Node(
            name=name,
            started_at=instant(started_at),
            seen_at=instant(seen_at),
            details=from_json(details),
        )
        for name, started_at, seen_at, details in tx.rows(_ALL)
    ]


def leave(tx: Tx, name: str) -> None:
    """Forget a node that has stopped."""
    tx.run(_LEAVE, name=name)


def forget(tx: Tx, *, before: datetime) -> int:
    """Forget nodes that were last seen before *before*; return how many that were."""
    return tx.run(_FORGET, before=micros(before))
