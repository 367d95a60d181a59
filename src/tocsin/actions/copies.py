"""Backups of an SQLite database: taken while a server works, and put back while none does."""

from datetime import datetime
from pathlib import Path

from tocsin.core.errors import Conflict, Invalid
from tocsin.store.copies import CopyError, copy_in, copy_out
from tocsin.store.database import sqlite_path


def back_up(url: str, to: Path, now: datetime) -> tuple[Path, Path]:
    """Copy the database at *url* to the file *to*, or to a new one in the folder *to*; return both files."""
    database = file_of(url)
    target = to / f"tocsin-{now:%Y%m%dT%H%M%SZ}.db" if to.is_dir() else to
    try:
        copy_out(database, target)
    except CopyError as error:
        raise Conflict(str(error)) from None
    return database, target


def restore(url: str, backup: Path) -> None:
    """Put *backup* in the place of the database at *url*; raise Conflict when anybody has that open."""
    try:
        copy_in(backup, file_of(url))
    except CopyError as error:
        raise Conflict(str(error)) from None


def file_of(url: str) -> Path:
    """Name the file of the database at *url*; raise Invalid when it is no SQLite."""
    if not url.startswith("sqlite:"):
        remedy = "must be SQLite for this command; PostgreSQL has pg_dump: see docs/operate/backup.md"
        raise Invalid("TOCSIN_DATABASE_URL", "names a PostgreSQL database", remedy)
    return sqlite_path(url)
