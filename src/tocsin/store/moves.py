"""Moving everything from one database into another: rows in the order of their keys, and marks on both sides.

A database that was moved away, or has not arrived yet, says so, and nobody serves it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Literal

import msgspec
from sqlalchemy import Table, delete, select, tuple_

from tocsin.store.bulk import Bulk, insert_many, upsert_many
from tocsin.store.columns import from_json, instant, micros, to_json
from tocsin.store.statements import Statement, kind_of, number, words
from tocsin.store.tables import metadata, moves, nodes
from tocsin.store.transaction import Row, Tx

Direction = Literal["away", "here"]
Key = tuple[int | str, ...]

ROWS_AT_ONCE = 2_000
_STAY = {nodes.name, moves.name}  # they speak of this database and of those at work on it
_TABLES = {str(table.name): table for table in metadata.sorted_tables if table.name not in _STAY}
TABLES = tuple(_TABLES)
"""The tables that are moved, each after those that it refers to."""

_as_json = msgspec.json.Encoder().encode
_PUT = upsert_many(moves, keys=("direction",))
_GET = Statement(select(moves).where(moves.c.direction == words("direction")))
_CLEAR = Statement(delete(moves).where(moves.c.direction == words("direction")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a database says of its own move: begun *at*, and where to or from.

    *done* is whether it is over. *table* is the one whose rows were moved last, and *key* the last row's.
    """

    at: datetime
    where: str
    done: bool = False
    table: str = ""
    key: Key = ()


def put(tx: Tx, direction: Direction, move: Move) -> None:
    """Remember how far *move* has come."""
    details = {"where": move.where, "done": move.done, "table": move.table, "key": move.key}
    tx.run_many(_PUT, [(direction, micros(move.at), to_json(details))])


def find(tx: Tx, direction: Direction) -> Move | None:
    """Tell how far the move in that direction has come, None when there is none."""
    for _direction, at, details in tx.rows(_GET, direction=direction):
        said = from_json(details)
        key = tuple(said["key"])
        return Move(at=instant(at), where=said["where"], done=said["done"], table=said["table"], key=key)
    return None


def forget(tx: Tx, direction: Direction) -> None:
    """Forget the move in that direction."""
    tx.run(_CLEAR, direction=direction)


def is_empty(tx: Tx) -> bool:
    """Tell whether not one row is there that a move would bring."""
    return all(not _rows(tx, name, (), 1) for name in TABLES)


def rows_after(tx: Tx, table: str, key: Key) -> tuple[list[Row], Key]:
    """Read the next rows of *table* after *key*, in the order of their keys, and give the last one's key."""
    rows = _rows(tx, table, key, ROWS_AT_ONCE)
    return rows, _key_of(table, rows[-1]) if rows else key


def take_in(tx: Tx, table: str, rows: Sequence[Row]) -> None:
    """Store *rows* of *table*, which must not be there yet."""
    tx.run_many(_insertion(table), rows)


def count_and_sum(tx: Tx, table: str) -> tuple[int, int]:
    """Count the rows of *table*, and sum up what they say, in whatever order they lie."""
    count, total = 0, 0
    for row in _all(tx, table):
        count += 1
        total += int.from_bytes(blake2b(_as_json(row), digest_size=8).digest(), "big")
    return count, total % 2**64


def _all(tx: Tx, table: str) -> Iterator[Row]:
    key: Key = ()
    while True:
        rows, key = rows_after(tx, table, key)
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return


def _rows(tx: Tx, table: str, key: Key, limit: int) -> list[Row]:
    if not key:
        return tx.rows(_first(table), limit=limit)
    parameters: dict[str, Any] = {f"key_{place}": part for place, part in enumerate(key)}
    return tx.rows(_next(table), limit=limit, **parameters)


def _key_of(table: str, row: Row) -> Key:
    columns = list(_TABLES[table].columns)
    return tuple(row[columns.index(column)] for column in _TABLES[table].primary_key)


@cache
def _first(table: str) -> Statement:
    return Statement(_ordered(_TABLES[table]))


@cache
def _next(table: str) -> Statement:
    columns = list(_TABLES[table].primary_key)
    last = [
        number(f"key_{place}") if kind_of(column) == "whole" else words(f"key_{place}")
        for place, column in enumerate(columns)
    ]
    return Statement(_ordered(_TABLES[table]).where(tuple_(*columns) > tuple_(*last)))


def _ordered(table: Table) -> Any:
    return select(table).order_by(*table.primary_key).limit(number("limit"))


@cache
def _insertion(table: str) -> Bulk:
    return insert_many(_TABLES[table])
