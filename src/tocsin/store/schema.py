"""Brings a database's schema up to date: Alembic writes the SQL, our own drivers run it.

Alembic would open SQLite's file with a second copy of SQLite, whose locks and ours do not know of each other.
So it is asked for the script of what is missing, which runs here, whole, in one transaction.
"""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from tocsin.store.database import sqlite_path
from tocsin.store.schema_script import CannotOpenError, InUseError, PoolerError, Script
from tocsin.store.sqlite import BUSY_TIMEOUT_MS, write_ahead
from tocsin.store.statements import Engine

__all__ = [
    "CannotOpenError",
    "PoolerError",
    "SchemaTooNewError",
    "head",
    "knows",
    "revision",
    "sql_of",
    "upgrade",
]

MIGRATIONS = Path(__file__).parent / "migrations"
# A table that is to be changed must be free for a moment. Whoever waits for that keeps everybody behind off
# the table, and may meet others who wait for one of ours: it is better to step back and come again.
LOCK_WITHIN_S = 2
LOCK_TRIES = 60
LOCK_PAUSE_S = 0.5


class SchemaTooNewError(Exception):
    """The database was migrated by a later Tocsin, whose schema this one does not know."""


def upgrade(url: str, *, to: str = "head", pooled: bool = False) -> tuple[str | None, str | None]:
    """Migrate the database at *url*; return the revisions before and after, None for an empty one.

    It is done whole or not at all, and once, whoever else tries at the same time. *pooled* says that *url*
    leads through a pooler; PoolerError, that it does and nobody said so.
    """
    for _ in range(LOCK_TRIES - 1):
        try:
            return _upgrade(url, to, pooled=pooled)
        except InUseError:
            time.sleep(LOCK_PAUSE_S)
    return _upgrade(url, to, pooled=pooled)


def revision(url: str, *, pooled: bool = False) -> str | None:
    """Tell which revision the database at *url* is at, None when it is empty or not there yet."""
    engine: Engine = "postgresql" if url.startswith("postgres") else "sqlite"
    if engine == "sqlite" and not sqlite_path(url).exists():
        return None
    with _opened(url, engine, pooled=pooled, only_look=True) as script:
        return _revision(script, engine)


def head() -> str:
    """Tell which revision this version of Tocsin works with."""
    return _revisions()[-1]


def sql_of(engine: Engine, before: str | None, to: str = "head") -> str:
    """Write the SQL that takes a database of *engine* from revision *before* to *to*."""
    from alembic import command  # noqa: PLC0415  # it is large, and only who migrates needs it

    config = _config()
    config.attributes["engine"] = engine
    config.output_buffer = written = io.StringIO()
    command.upgrade(config, f"{before or 'base'}:{to}", sql=True)
    return written.getvalue()


def knows(revision: str) -> bool:
    """Tell whether this version has *revision*; a later one may have others."""
    return revision in _revisions()


def _upgrade(url: str, to: str, *, pooled: bool) -> tuple[str | None, str | None]:
    engine: Engine = "postgresql" if url.startswith("postgres") else "sqlite"
    with _opened(url, engine, pooled=pooled) as script:
        before = _revision(script, engine)
        _must_know(before)
        if before != _resolved(to):
            script.run(sql_of(engine, before, to))
        return before, _revision(script, engine)


def _must_know(before: str | None) -> None:
    if before is not None and not knows(before):
        raise SchemaTooNewError(f"the database is at revision {before}, which this version does not know")


def _resolved(to: str) -> str:
    return head() if to == "head" else to


def _revisions() -> list[str]:
    """List the revisions in their order: each file of the chain begins with its own."""
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _config() -> Any:
    from alembic.config import Config  # noqa: PLC0415  # as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


_HAS_TABLE = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')::text",
}


def _revision(script: Script, engine: Engine) -> str | None:
    if script.first(_HAS_TABLE[engine]) is None:
        return None
    return script.first("SELECT version_num FROM alembic_version")


@contextmanager
def _opened(url: str, engine: Engine, *, pooled: bool, only_look: bool = False) -> Iterator[Script]:
    if engine == "sqlite":
        opened = _sqlite(sqlite_path(url), only_look=only_look)
    else:
        from tocsin.store import schema_postgresql  # noqa: PLC0415  # its driver is for those who are on it

        opened = schema_postgresql.opened(url, pooled=pooled, lock_within_s=LOCK_WITHIN_S)
    with opened as script:
        yield script


class _SqliteScript:
    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def first(self, sql: str) -> str | None:
        rows = self._connection.execute(sql).fetchall()
        return str(rows[0][0]) if rows else None

    def run(self, script: str) -> None:
        self._connection.execute(script).fetchall()  # to its end: it would rest at the first row otherwise
        broken = self._connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration would leave references to nothing: {broken[:5]}")


@contextmanager
def _sqlite(path: Path, *, only_look: bool) -> Iterator[Script]:
    with suppress(OSError):  # it is there, or cannot be: then SQLite says why
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # its folder may be open to others
    try:
        connection = apsw.Connection(str(path))
    except apsw.Error as error:
        raise CannotOpenError(str(error)) from error
    try:
        with _in_a_transaction(connection):
            yield _SqliteScript(connection)
    except apsw.Error as error:
        raise CannotOpenError(str(error)) from error
    finally:
        if only_look:  # the log of a server that was killed is copied back beside the next one, not before it
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.close()


@contextmanager
def _in_a_transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
