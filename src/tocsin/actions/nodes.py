"""The nodes of this installation: each says that it is there, and takes over from those that no longer do.

To be able to say it is to be able to write. A lease is told by the database's clock, whatever a machine's own
may say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.store import nodes, outbox
from tocsin.store.nodes import Node
from tocsin.store.transaction import Tx

ROLES = ("web", "ingest", "engine", "send")
LEASE = timedelta(seconds=3)  # from a node's last word to when others take over what it has begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What the database said when a node told it that it is there.

    *told* is its clock's time, read between *asked* and *answered*, moments of the node's own elapsed time.
    *at* is when this node began, *namesake* when another of its name did that came later: then nothing was
    written, for the later one is the node. *was_known* is whether the last word of this node still stood.
    """

    told: datetime
    asked: float
    answered: float
    at: datetime
    namesake: datetime | None
    was_known: bool


def beat(
    tx: Tx, name: str, *, since: datetime | None, details: Mapping[str, Any], elapsed: Callable[[], float]
) -> Beat:
    """Say that the node *name* is there, which said so first at *since*, and extend its lease."""
    asked = elapsed()
    told = nodes.clock(tx)
    answered = elapsed()
    at = since or told
    before = nodes.get(tx, name)
    leased = before is not None and before.leased_until is not None
    namesake = before.started_at if before is not None and leased and before.started_at > at else None
    if namesake is None:
        nodes.put(tx, _alive(name, at, told, details))
    was_known = before is not None and leased and before.started_at == at
    return Beat(told=told, asked=asked, answered=answered, at=at, namesake=namesake, was_known=was_known)


def take_over(tx: Tx) -> dict[str, int]:
    """Free what nodes had begun whose lease is over; return how many messages that were, by the node.

    Nothing here waits for a row that somebody else has in hand: what cannot be freed now is freed the next
    time.
    """
    freed: dict[str, int] = {}
    for name in nodes.expired(tx, by=nodes.clock(tx)):
        freed[name] = outbox.free(tx, node=name)
        nodes.bury(tx, name)
    return freed


def clock(tx: Tx) -> datetime:
    """Tell what time it is by the database's clock."""
    return nodes.clock(tx)


def at_work(tx: Tx) -> Sequence[Node]:
    """List the nodes whose lease holds."""
    now = nodes.clock(tx)
    return [node for node in nodes.all_(tx) if node.leased_until is not None and node.leased_until > now]


def unstaffed(tx: Tx) -> tuple[str, ...]:
    """Name the roles that no node at work has; none where nodes do not speak of their roles."""
    roles = {role for node in at_work(tx) for role in node.details.get("roles", ())}
    return tuple(role for role in ROLES if role not in roles) if roles else ()


def seen(tx: Tx, name: str, *, started_at: datetime, version: str, now: datetime) -> None:
    """Remember that the node *name*, which runs *version*, is there; its lease stays what it is."""
    nodes.seen(tx, Node(name=name, started_at=started_at, seen_at=now, details={"version": version}))


def leave(tx: Tx, name: str) -> None:
    """Forget the node *name*, which is stopping, and leave to others what it had begun."""
    outbox.free(tx, node=name)
    nodes.leave(tx, name)


def _alive(name: str, at: datetime, told: datetime, details: Mapping[str, Any]) -> Node:
    return Node(name=name, started_at=at, seen_at=told, details=details, leased_until=told + LEASE)
