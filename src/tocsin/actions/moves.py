"""Moving a whole installation from one database to another, in pieces, each a transaction on one side.

What is moved must not change meanwhile. The old database is marked at once, so that nobody serves it any
more, and the new one is served only when all has arrived and was compared.
"""

from dataclasses import replace
from datetime import datetime

from tocsin.actions import nodes
from tocsin.core.errors import Conflict
from tocsin.store import moves
from tocsin.store.moves import TABLES, Key, Move
from tocsin.store.transaction import Row, Tx

__all__ = ["TABLES", "Key", "Move"]


def leave(tx: Tx, *, where: str, now: datetime) -> None:
    """Mark the database as moved to *where*; raise Conflict when it is served, or was moved elsewhere."""
    if others := [node.name for node in nodes.at_work(tx)]:
        raise Conflict(f"it is being served by {', '.join(others)}, which must be stopped first")
    before = moves.find(tx, "away")
    if before is not None and before.where != where:
        raise Conflict(f"it is being moved to {before.where}; `tocsin move --back` ends that")
    if before is None:
        moves.put(tx, "away", Move(at=now, where=where))


def arrive(tx: Tx, *, whence: str, now: datetime) -> Move:
    """Begin to take in what comes from *whence*, or go on with it; return how far that is.

    Raise Conflict when something else is there already.
    """
    before = moves.find(tx, "here")
    if before is not None and before.where == whence and not before.done:
        return before
    if before is not None or not moves.is_empty(tx):
        raise Conflict("the new database must be empty, and it is not")
    move = Move(at=now, where=whence)
    moves.put(tx, "here", move)
    return move


def read_on(tx: Tx, table: str, key: Key) -> tuple[list[Row], Key]:
    """Read the next rows of *table* after *key*, none at its end, and give the key of the last."""
    return moves.rows_after(tx, table, key)


def take_in(tx: Tx, move: Move, table: str, rows: list[Row], key: Key) -> Move:
    """Store *rows* of *table*, up to *key*, and remember that with them."""
    moves.take_in(tx, table, rows)
    move = replace(move, table=table, key=key)
    moves.put(tx, "here", move)
    return move


def count_and_sum(tx: Tx, table: str) -> tuple[int, int]:
    """Count the rows of *table* and sum up what they say: equal where the contents are."""
    return moves.count_and_sum(tx, table)


def settle_in(tx: Tx) -> None:
    """Let the new database be served: all has arrived."""
    moves.forget(tx, "here")


def close(tx: Tx) -> None:
    """Remember in the old database that all has left it."""
    move = moves.find(tx, "away")
    if move is not None:
        moves.put(tx, "away", replace(move, done=True))


def come_back(tx: Tx) -> Move | None:
    """Let the old database be served again; return what it was marked with, None when it was not."""
    move = moves.find(tx, "away")
    moves.forget(tx, "away")
    return move


def why_not_served(tx: Tx) -> str:
    """Say why this database must not be served; nothing when it may."""
    away, here = moves.find(tx, "away"), moves.find(tx, "here")
    if here is not None:
        return f"names a database into which {here.where} is being moved, and not all has arrived"
    if away is not None:
        verb = "was" if away.done else "is being"
        return f"names a database that {verb} moved to {away.where}"
    return ""
