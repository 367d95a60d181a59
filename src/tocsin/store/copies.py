"""Copies of an SQLite database: one out of a file that is in use, and one back into a file that is not.

SQLite copies by itself, page by page, under its own locks: a file that is copied by others while a server
writes to it is torn, and a log that lies beside an exchanged file would be played into the wrong one.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import apsw

from tocsin.store.sqlite import BUSY_TIMEOUT_MS

_EXISTING = apsw.SQLITE_OPEN_READWRITE
_NEW = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


class CopyError(Exception):
    """The copy cannot be made, or is not whole; what was there before is untouched."""


def copy_out(database: Path, target: Path) -> None:
    """Copy *database* to *target*, a new file for its owner alone; a server may write to it meanwhile.

    The copy is of one moment, checked, and on disk when this returns.
    """
    part = target.with_name(f".{target.name}.part")
    with _made(part):
        with _opened(database) as source, _opened(part, _NEW) as copy:
            _copy(source, copy)
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # whole in one file, with no log beside it
            _must_be_whole(copy, part)
        _reach_the_disk(part)
        try:
            os.link(part, target)  # unlike a rename it does not write over what somebody else has put there
        except FileExistsError:
            raise CopyError(f"{target} is there already") from None
    _reach_the_disk(target.parent)


def copy_in(backup: Path, database: Path) -> None:
    """Put the copy *backup* in the place of *database*, which no server may have open."""
    with _opened(backup) as source:
        _must_be_whole(source, backup)
        if not source.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchall():
            raise CopyError(f"{backup} is no database of Tocsin's")
        new = not database.exists()
        with _opened(database, _NEW) as place:
            if new:
                database.chmod(0o600)
            _take_alone(place, database)
            _copy(source, place)


@contextmanager
def _made(part: Path) -> Iterator[None]:
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise CopyError(f"{part.parent} cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
        for left in (part, *(part.with_name(part.name + end) for end in ("-journal", "-wal", "-shm"))):
            with suppress(FileNotFoundError):
                left.unlink()


@contextmanager
def _opened(path: Path, flags: int = _EXISTING) -> Iterator[apsw.Connection]:
    try:
        with closing(apsw.Connection(str(path), flags=flags)) as connection:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            yield connection
    except (apsw.CantOpenError, apsw.NotADBError, apsw.CorruptError, apsw.IOError, apsw.FullError) as error:
        raise CopyError(f"{path}: {error}") from None


def _copy(source: apsw.Connection, copy: apsw.Connection) -> None:
    with copy.backup("main", source, "main") as backup:
        backup.step(-1)  # all in one go: one state of the source, whoever writes to it


def _must_be_whole(connection: apsw.Connection, path: Path) -> None:
    said = connection.execute("PRAGMA quick_check(1)").fetchall()
    if said != [("ok",)]:
        raise CopyError(f"{path} is damaged: {said[0][0]}")


def _take_alone(connection: apsw.Connection, path: Path) -> None:
    """Lock the database until *connection* is closed, unless anybody has it open."""
    connection.set_busy_timeout(0)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE").fetchall()
        connection.execute("BEGIN EXCLUSIVE; COMMIT").fetchall()
    except (apsw.BusyError, apsw.LockedError):
        raise CopyError(f"{path} is in use: stop the server first") from None


def _reach_the_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
