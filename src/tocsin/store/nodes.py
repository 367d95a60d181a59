"""The nodes that work on this database: what each says of itself, and until when it is taken for alive.

All moments here are the database's own: the clocks of the machines play no part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, select

from tocsin.store.bulk import upsert_many
from tocsin.store.columns import from_json, instant, instant_or_none, micros, micros_or_none, to_json
from tocsin.store.statements import Statement, number, two_forms, words
from tocsin.store.tables import nodes, notifications
from tocsin.store.transaction import Row, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One process; *details* is what it says of itself: its version, its roles, how its clock differs.

    *leased_until* is the moment from which on others may take over what it has begun; None for one that
    never said so.
    """

    name: str
    started_at: datetime
    seen_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    leased_until: datetime | None = None


_n = nodes.c
_PUT = upsert_many(nodes, keys=("name",))
_ALL = Statement(select(nodes).order_by(_n.name))
_GET = Statement(select(nodes).where(_n.name == words("name")))
_SEEN = upsert_many(nodes, keys=("name",), change=("seen_at",))
_LEAVE = Statement(delete(nodes).where(_n.name == words("name")))
_FORGET = Statement(delete(nodes).where(_n.seen_at < number("before")))
_EXPIRED = Statement(
    select(_n.name).where(_n.leased_until < number("now")).order_by(_n.name).with_for_update(skip_locked=True)
)
# A message on which the dead still has its hand is freed the next time: the node is known until then.
_BURY = Statement(
    delete(nodes).where(
        _n.name == words("name"),
        ~exists().where(and_(notifications.c.state == "sending", notifications.c.node == words("name"))),
    )
)
_CLOCK = two_forms(
    sqlite="SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    postgresql="SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
)


def clock(tx: Tx) -> datetime:
    """Tell what time it is now by the database's clock."""
    return instant(tx.scalar(_CLOCK))


def put(tx: Tx, node: Node) -> None:
    """Remember *node* as it is."""
    tx.run_many(_PUT, [_row(node)])


def seen(tx: Tx, node: Node) -> None:
    """Remember that *node* is there; of one that is known nothing changes but when it was seen."""
    tx.run_many(_SEEN, [_row(node)])


def get(tx: Tx, name: str) -> Node | None:
    """Find the node *name*."""
    return next((_node(row) for row in tx.rows(_GET, name=name)), None)


def all_(tx: Tx) -> list[Node]:
    """List the nodes by name."""
    return [_node(row) for row in tx.rows(_ALL)]


def expired(tx: Tx, *, by: datetime) -> list[str]:
    """Name the nodes whose lease is over, locked for this transaction; not those in others' hands."""
    return [row[0] for row in tx.rows(_EXPIRED, now=micros(by))]


def bury(tx: Tx, name: str) -> bool:
    """Forget a node that is dead, unless messages are still its own; tell whether it is forgotten."""
    return bool(tx.run(_BURY, name=name))


def leave(tx: Tx, name: str) -> None:
    """Forget a node that has stopped."""
    tx.run(_LEAVE, name=name)


def forget(tx: Tx, *, before: datetime) -> int:
    """Forget nodes that were last seen before *before*; return how many that were."""
    return tx.run(_FORGET, before=micros(before))


def _row(node: Node) -> Row:
    details, leased_until = to_json(node.details), micros_or_none(node.leased_until)
    return (node.name, micros(node.started_at), micros(node.seen_at), details, leased_until)


def _node(row: Row) -> Node:
    name, started_at, seen_at, details, leased_until = row
    return Node(
        name=name,
        started_at=instant(started_at),
        seen_at=instant(seen_at),
        details=from_json(details),
        leased_until=instant_or_none(leased_until),
    )
