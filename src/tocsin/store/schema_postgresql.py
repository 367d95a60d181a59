"""Looks at the schema on PostgreSQL, and changes it, one node at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from tocsin.store.connections import Address, connect, leads_through_a_pooler, was_refused_by_a_pooler
from tocsin.store.schema_script import CannotOpenError, InUseError, PoolerError, Script

_LOCK = 0x746F6373696E  # "tocsin": two nodes must not migrate at once


class _PostgresqlScript:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def first(self, sql: str) -> str | None:
        row = self._connection.execute(sql).fetchone()
        return row[0] if row is not None else None

    def run(self, script: str) -> None:
        self._connection.execute(script, prepare=False)


@contextmanager
def opened(url: str, *, pooled: bool, lock_within_s: float) -> Iterator[Script]:
    """Open the database at *url* in a transaction, alone; each table must be free within *lock_within_s*.

    Raise CannotOpenError, InUseError, or PoolerError when *url* leads through a pooler and is not said to.
    """
    try:
        with _connection(Address(url, pooled)) as connection, connection.transaction():
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            connection.execute(f"SET LOCAL lock_timeout = '{lock_within_s}s'")
            yield _PostgresqlScript(connection)
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise InUseError(str(error)) from error
    except psycopg.Error as error:
        raise CannotOpenError(str(error)) from error


@contextmanager
def _connection(address: Address) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    try:
        connection = connect(address)
    except psycopg.OperationalError as error:
        if not address.pooled and was_refused_by_a_pooler(error):
            raise PoolerError from error
        raise
    with connection:
        if not address.pooled and leads_through_a_pooler(connection):
            raise PoolerError
        yield connection
