"""Statements over many rows at once: how a batch costs little more than its first row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Table

from tocsin.store.statements import ListOf, kind_of


@dataclass(frozen=True, slots=True)
class Bulk:
    """One statement over many rows of plain values, each in the order of *columns*.

    SQLite prepares it once and runs it for each row; PostgreSQL gets one array for each column, so that any
    number of rows is one statement and one round trip. *witness* asks PostgreSQL for a row by its first
    column: a row that it finds can only have come from the transaction that inserted it.
    """

    columns: tuple[str, ...]
    kinds: tuple[ListOf, ...]
    sqlite: str
    postgresql: str
    witness: str = ""


def insert_many(table: Table, *, unless: Sequence[str] = ()) -> Bulk:
    """Insert rows of all of *table*'s columns; rows that meet one with the same *unless* are left out."""
    if unless:
        return _insertion(table, f" ON CONFLICT ({', '.join(unless)}) DO NOTHING")
    by_id = [column.name for column in table.primary_key] == [table.columns[0].name] == ["id"]
    return replace(
        _insertion(table, ""),
        witness=f"SELECT 1 FROM {table.name} WHERE id = %s" if by_id else "",  # noqa: S608  # a name of ours
    )


def upsert_many(table: Table, *, keys: Sequence[str], change: Sequence[str] = ()) -> Bulk:
    """Insert rows of all of *table*'s columns, or change the one with the same *keys*; no two alike at once.

    *change* names the columns that an existing row takes over; by default all but the keys.
    """
    changed = change or [column.name for column in table.columns if column.name not in keys]
    sets = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return _insertion(table, f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}")


def update_many(table: Table, *, columns: Sequence[str], keys: Sequence[str], where: str = "") -> Bulk:
    """Set *columns* of the rows with these *keys*; rows carry the columns first, then the keys.

    *where* narrows it by a condition on the stored row, written with the table's name.
    """
    names = (*columns, *keys)
    more = f" AND ({where})" if where else ""
    positional = " AND ".join(f"{table.name}.{key} = ?" for key in keys)
    joined = " AND ".join(f"{table.name}.{key} = new.k_{key}" for key in keys)
    aliases = ", ".join([*columns, *(f"k_{key}" for key in keys)])
    kinds = _kinds(table, names)
    change = f"UPDATE {table.name} SET"
    one = f"{', '.join(f'{name} = ?' for name in columns)} WHERE {positional}{more}"
    every = f"{', '.join(f'{name} = new.{name}' for name in columns)} FROM unnest({_arrays(kinds)})"
    return Bulk(names, kinds, f"{change} {one}", f"{change} {every} AS new({aliases}) WHERE {joined}{more}")


def _insertion(table: Table, conflict: str) -> Bulk:
    names = tuple(column.name for column in table.columns)
    kinds = _kinds(table, names)
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    one = f"{into} VALUES ({', '.join('?' * len(names))}){conflict}"
    every = f"{into} SELECT * FROM unnest({_arrays(kinds)}){conflict}"  # noqa: S608  # names from store.tables
    return Bulk(names, kinds, one, every)


def _arrays(kinds: Sequence[ListOf]) -> str:
    return ", ".join(f"%s::{'bigint' if kind == 'whole' else 'text'}[]" for kind in kinds)


def _kinds(table: Table, names: Sequence[str]) -> tuple[ListOf, ...]:
    return tuple(kind_of(table.columns[name]) for name in names)
