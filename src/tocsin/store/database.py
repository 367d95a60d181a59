"""Opens SQLite or PostgreSQL, and says what the rest of the house may ask of either."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from tocsin.core.budget import AllSpent
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.ids import WorkspaceId
from tocsin.store.follow_up import Offer
from tocsin.store.secrets import Vault
from tocsin.store.sqlite import SqliteDatabase
from tocsin.store.statements import Engine
from tocsin.store.transaction import TryAgain, Tx, Wake
from tocsin.store.turn_taking import Source
from tocsin.store.wake import Callback
from tocsin.store.writer import Action, Handler, Item, Lane, Result

T = TypeVar("T")

__all__ = ["Action", "Database", "Handler", "Lane", "TryAgain", "Tx", "Wake", "open_database", "sqlite_path"]

_POSTGRESQL_SCHEMES = ("postgresql", "postgres")


class Database(Protocol):
    """An open database. Actions and queries are plain functions of a transaction."""

    vault: Vault
    new_id: Callable[[], int]

    @property
    def engine(self) -> Engine:
        """Which engine it is; for messages and metrics, never for a decision."""
        ...

    @property
    def shared(self) -> bool:
        """Whether several nodes may work on it."""
        ...

    @property
    def waiting(self) -> int:
        """How much waits to be written."""
        ...

    def start(self) -> None:
        """Start the threads of a server; without them everything runs on the thread that calls."""
        ...

    def close(self) -> None:
        """Finish what waits, stop the threads and close every connection."""
        ...

    def transact(self, action: Action[T]) -> T:
        """Run *action* in a transaction and return when it is on disk.

        It may be run several times before it succeeds, always from its start. Raises what *action* raises,
        Conflict when it keeps losing races, and Overloaded when the database cannot take it now.
        """
        ...

    async def write(self, action: Action[T], *, urgent: bool = False) -> T:
        """Do the same without blocking the event loop.

        What is *urgent*, for it is due, does not stand in line with requests.
        """
        ...

    def read_now(self, query: Action[T]) -> T:
        """Run *query* on this thread, over one unchanging state of the database; it must not write."""
        ...

    async def read(self, query: Action[T], *, short: bool = False, urgent: bool = False) -> T:
        """Do the same without blocking the event loop.

        *short* says that it is a few rows by key, which SQLite reads faster than a thread can be woken. What
        is *urgent* does not stand in line with requests.
        """
        ...

    def standing(self, workspace: WorkspaceId) -> Directory | None:
        """Give the directory of *workspace* if it is known, without asking, to be the latest.

        What a caller of this process has changed is in it as soon as they are told so. What others have
        changed is in it when the word gets through, or after STANDS_FOR_S (see ``store.standing``).
        """
        ...

    def note_spent(self, spent: AllSpent) -> None:
        """Let later transactions of this process know which addresses have got as much as they may.

        Say only what a committed transaction has found.
        """
        ...

    def lane(
        self,
        handler: Handler[Item, Result],
        *,
        limit: int,
        weight: Callable[[Item], int] | None = None,
        source: Callable[[Item], Source] | None = None,
        patience_s: float = 0.0,
    ) -> Lane[Item, Result]:
        """Make a lane: what is submitted to it goes to *handler* in batches of up to *limit*, by *weight*.

        *source* tells whose an item is: each has its turn, and none may fill the queue. For *patience_s*
        seconds at most an item waits for something to share a commit with.
        """
        ...

    def on_fresh(self, offer: Offer) -> Callable[[], None]:
        """Ask *offer*, after each transaction that has queued messages, who claims them within it.

        There is one sender in a process: a later one takes an earlier one's place. The result ends that.
        """
        ...

    def on_count(self, callback: Callable[[str, int], None]) -> None:
        """Call *callback* with what commits of this process have counted, and how often.

        It is called on the database's threads and must return at once.
        """

    def on_wake(self, callback: Callback) -> Callable[[], None]:
        """Call *callback* when a commit woke something, on any node; call the result to end that.

        It is called on the database's threads and must return at once. Wake-ups can be lost: look by
        yourself now and then.
        """
        ...


def open_database(
    url: str, *, new_id: Callable[[], int], vault: Vault, pooled: bool = False, direct_url: str = ""
) -> Database:
    """Open the database at *url*: ``sqlite:///path`` or ``postgresql://user@host/name``.

    *pooled* says that *url* leads through a pooler that lends connections by the transaction; *direct_url*
    leads past it.
    """
    if urlsplit(url).scheme in _POSTGRESQL_SCHEMES:
        from tocsin.store.connections import Address  # noqa: PLC0415  # the driver is for those who are on it
        from tocsin.store.postgresql import PostgresqlDatabase  # noqa: PLC0415  # as above

        direct = Address(direct_url) if direct_url else None
        return PostgresqlDatabase(Address(url, pooled), direct=direct, new_id=new_id, vault=vault)
    return SqliteDatabase(sqlite_path(url), new_id=new_id, vault=vault)


def sqlite_path(url: str) -> Path:
    """Give the file that a ``sqlite:///`` URL names; raise Invalid for any other URL.

    As in SQLAlchemy, three slashes begin a relative path and four an absolute one.
    """
    prefix = "sqlite:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        problem = f"begins with {urlsplit(url).scheme or 'no scheme'!r}"
        raise Invalid("TOCSIN_DATABASE_URL", problem, "must be sqlite:///path or postgresql://user@host/name")
    return Path(unquote(url.removeprefix(prefix)))
