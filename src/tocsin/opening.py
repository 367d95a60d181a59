"""What comes before the world: the data folder with its key, the database's tables, and who may serve it.

What keeps a server from starting is said as a setting that is wrong, with the command that mends it.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from tocsin.actions.moves import why_not_served
from tocsin.core.errors import Invalid
from tocsin.settings import Settings
from tocsin.store import schema
from tocsin.store.database import open_database, sqlite_path
from tocsin.store.secrets import new_key
from tocsin.world import maker_of_ids, vault_of

_SAY_SO = "must lead past it, or TOCSIN_DATABASE_POOLER be transaction; see docs/operate/pgbouncer.md"


def prepare(settings: Settings) -> None:
    """Make the data folder, and the secret key in it, unless they are there; for their owner alone."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.secret_key:
        return
    with contextlib.suppress(FileExistsError):
        handle = os.open(settings.secret_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_key("k1") + "\n")
            file.flush()
            os.fsync(file.fileno())


def migrate(settings: Settings) -> tuple[str | None, str | None]:
    """Bring the database's tables up to this version; return its revisions before and after.

    None stands for an empty database. Raises Invalid when it cannot be opened, or belongs to a later version.
    """
    if is_empty(settings):  # one that is filled has its key elsewhere, if not here
        prepare(settings)
    try:
        url, pooled = _past_the_pooler(settings)
        return schema.upgrade(url, pooled=pooled)
    except schema.SchemaTooNewError as error:
        raise Invalid(
            "TOCSIN_DATABASE_URL", str(error), "must be served by that version or a later one"
        ) from None
    except schema.PoolerError:
        raise Invalid("TOCSIN_DATABASE_URL", "leads through a pooler", _SAY_SO) from None
    except schema.CannotOpenError as error:
        raise _cannot_open(error) from None


def is_empty(settings: Settings) -> bool:
    """Tell whether the database has no tables of ours yet; raise Invalid when it cannot be opened."""
    return _revision(settings) is None


def must_be_migrated(settings: Settings) -> None:
    """Raise Invalid unless the database's schema is there and new enough for this version.

    A newer one is no fault: each version runs on the schema of the one after it.
    """
    found = _revision(settings)
    if found is None:
        raise Invalid(
            "TOCSIN_DATABASE_URL", "names a database that is empty", "must be filled by `tocsin init`"
        )
    if found != schema.head() and schema.knows(found):
        problem = f"names a database at revision {found}, and this version needs {schema.head()}"
        raise Invalid("TOCSIN_DATABASE_URL", problem, "must be brought up to date by `tocsin migrate`")


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Have the database for the length of the block; raise Invalid when another process has it.

    PostgreSQL takes any number. A file of SQLite belongs to one server at a time: two would page twice. When
    a process ends, however it does, it has the file no more.
    """
    if settings.database_url.startswith("postgres"):
        yield
        return
    path = sqlite_path(settings.database_url)
    with path.with_name(f"{path.name}.serving").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            remedy = "must be served by one process at a time: stop the other one, or use PostgreSQL"
            raise Invalid(
                "TOCSIN_DATABASE_URL", f"names a file that is being served: {path}", remedy
            ) from None
        yield


def must_be_home(settings: Settings) -> None:
    """Raise Invalid when the database was moved elsewhere, or has not all arrived: see `tocsin move`."""
    url, pooled = _past_the_pooler(settings)
    database = open_database(url, new_id=maker_of_ids(), vault=vault_of(settings), pooled=pooled)
    try:
        problem = database.read_now(why_not_served)
    finally:
        database.close()
    if problem:
        remedy = "must be the one that was moved to; `tocsin move --back` ends the move"
        raise Invalid("TOCSIN_DATABASE_URL", problem, remedy)


def _revision(settings: Settings) -> str | None:
    try:
        url, pooled = _past_the_pooler(settings)
        return schema.revision(url, pooled=pooled)
    except schema.PoolerError:
        raise Invalid("TOCSIN_DATABASE_URL", "leads through a pooler", _SAY_SO) from None
    except schema.CannotOpenError as error:
        raise _cannot_open(error) from None


def _past_the_pooler(settings: Settings) -> tuple[str, bool]:
    """Give the URL at which the tables are looked at and changed, and whether it leads through a pooler."""
    if settings.database_direct_url:
        return settings.database_direct_url, False
    return settings.database_url, settings.database_pooled


def _cannot_open(error: Exception) -> Invalid:
    said = " ".join(str(error).split())
    return Invalid("TOCSIN_DATABASE_URL", f"cannot be opened: {said}", "must work; see docs/operate/index.md")
