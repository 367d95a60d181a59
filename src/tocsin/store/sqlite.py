"""SQLite: one file, one writer, and readers that never wait for it.

Committed means on disk (WAL with synchronous=FULL). Once started, a thread of its own takes everything that
waits the moment its last commit has returned, and commits it together: the busier, the larger the batch.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future as BlockingFuture
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import apsw

from tocsin.core.budget import AllSpent
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Overloaded
from tocsin.core.ids import WorkspaceId
from tocsin.store.checkpoints import CHECKPOINT_PAGES, Checkpoints
from tocsin.store.follow_up import FollowUps, Offer, end
from tocsin.store.secrets import Vault
from tocsin.store.sqlite_tx import SqliteTx
from tocsin.store.statements import Engine
from tocsin.store.transaction import Shelf, TryAgain
from tocsin.store.turn_taking import NOBODY, Source
from tocsin.store.wake import Callback, Wakes
from tocsin.store.writer import (
    Action,
    Batch,
    CannotWriteError,
    Handler,
    Inbox,
    Item,
    Lane,
    Result,
    Ticket,
    answer,
    answer_action,
    fail,
    hand_over,
)

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
_BUSY_PAUSE_S = 0.01
FULL_RETRY_AFTER_S = 5
_FULL = "the database's disk is full"
ATTEMPTS_MAX = 5
READER_THREADS = 2
_STATEMENTS_CACHED = 500
_TAKEN = frozenset(
    {
        apsw.SQLITE_CONSTRAINT_UNIQUE,
        apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
        apsw.SQLITE_CONSTRAINT_ROWID,
    }
)

_ALL_SET = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
)
_WRITER_SETS = (
    "cache_size=-32768",
    f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    "journal_size_limit=67108864",
)
_READERS_SET = ("cache_size=-8192", "query_only=ON", "wal_autocheckpoint=0")


def connect(path: Path, *, read_only: bool = False) -> apsw.Connection:
    """Open the database file for the one writer, or for a reader."""
    connection = apsw.Connection(str(path), statementcachesize=_STATEMENTS_CACHED)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    # Plans do not go by the values of parameters. Otherwise a statement that might use a partial index is
    # planned anew whenever its parameters change, which takes ten times as long as running it.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    write_ahead(connection)
    for pragma in (*_ALL_SET, *(_READERS_SET if read_only else _WRITER_SETS)):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def write_ahead(connection: apsw.Connection) -> None:
    """Let the file have a log beside it, so that readers and the writer do not wait for each other.

    SQLite does not wait for whoever else is about to do the same; this does, as long as for any other lock.
    """
    gives_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
        except apsw.BusyError:
            if time.monotonic() > gives_up_at:
                raise
            time.sleep(_BUSY_PAUSE_S)
        else:
            return


class SqliteDatabase:
    """An open SQLite file. Until it is started, everything runs on the thread that calls."""

    engine: ClassVar[Engine] = "sqlite"

    def __init__(self, path: Path, *, new_id: Callable[[], int], vault: Vault) -> None:
        self.vault = vault
        self.new_id = new_id
        self._shelf = Shelf(new_id=new_id, vault=vault)
        self._path = path
        self._writer = connect(path)
        self._has_written = False
        self._writing = threading.Lock()
        self._writing_thread: int | None = None
        self._readers: list[apsw.Connection] = []
        self._wakes = Wakes()
        self._wakes.add(self._shelf.standing.woken)
        self._follow_ups = FollowUps()
        self._inbox = Inbox()
        self._checkpoints = Checkpoints(self._writer, lambda: connect(path, read_only=True))
        self._thread: threading.Thread | None = None
        self._executor = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="tocsin-read")

    def start(self) -> None:
        """Start the writing thread, which all writes go through from here on."""
        self._checkpoints.start()
        self._thread = threading.Thread(target=self._write_on, name="tocsin-write", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what waits, then close every connection, the writer last, which copies the log back.

        Who has only read leaves the log as it is: that of a server that was killed may be long, and is copied
        beside the next one, not before it.
        """
        self._inbox.close()
        if self._thread is not None:
            self._thread.join()
        self._checkpoints.stop()
        self._executor.shutdown(cancel_futures=True)
        while self._readers:
            self._readers.pop().close()
        if not self._has_written:
            with contextlib.suppress(apsw.ConnectionClosedError):  # it may be told twice
                self._writer.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        self._writer.close()

    def on_wake(self, callback: Callback) -> Callable[[], None]:
        """Call *callback* after each commit that woke something; the result ends that."""
        return self._wakes.add(callback)

    def on_fresh(self, offer: Offer) -> Callable[[], None]:
        """Ask *offer* who claims the messages of each commit within it; the result ends that."""
        return self._follow_ups.ask(offer)

    def on_count(self, callback: Callable[[str, int], None]) -> None:
        """Call *callback* with what the commits of this process have counted."""
        self._shelf.tallies.add(callback)

    def note_spent(self, spent: AllSpent) -> None:
        """Let later transactions of this process know which addresses have got as much as they may."""
        self._shelf.note_spent(spent)

    def standing(self, workspace: WorkspaceId) -> Directory | None:
        """Give the directory of *workspace* if it is known to be the latest."""
        return self._shelf.standing.found.of(workspace)

    @property
    def shared(self) -> bool:
        """That several nodes may work on it: no, a file is for one."""
        return False

    @property
    def waiting(self) -> int:
        """How much waits to be written."""
        return self._inbox.waiting

    # --- reading ---

    def read_now(self, query: Action[T]) -> T:
        """Run *query* on this thread, over one unchanging state of the database."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = connect(self._path, read_only=True)
        try:
            connection.execute("BEGIN")
            try:
                return query(SqliteTx(connection, self._shelf))
            except apsw.ReadOnlyError as error:
                raise RuntimeError("a query must not write") from error
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._readers.append(connection)

    async def read(self, query: Action[T], *, short: bool = False, urgent: bool = False) -> T:
        """Run *query* on a reading thread, or right here if it is *short*, a few rows by key, or *urgent*."""
        if short or urgent:
            return self.read_now(query)
        return await asyncio.get_running_loop().run_in_executor(self._executor, self.read_now, query)

    # --- writing ---

    def transact(self, action: Action[T]) -> T:
        """Run *action* in a transaction and return when it is on disk."""
        result: T = self.submit_now(Ticket(action))
        return result

    async def write(self, action: Action[T], *, urgent: bool = False) -> T:  # noqa: ARG002  # none waits long
        """Run *action* in a transaction, together with what else waits."""
        result: T = await self.submit(Ticket(action))
        return result

    def lane(
        self,
        handler: Handler[Item, Result],
        *,
        limit: int,
        weight: Callable[[Item], int] | None = None,
        source: Callable[[Item], Source] | None = None,
        patience_s: float = 0.0,
    ) -> Lane[Item, Result]:
        """Make a lane whose *handler* gets all items that wait, up to *limit* by *weight*."""
        return Lane(self, handler, limit, weight, source, patience_s=patience_s)

    def submit_now(self, ticket: Ticket) -> Any:
        """Do what *ticket* asks for, and return when it is on disk."""
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("an action must not open another transaction")
        if self._thread is None:
            self._commit(_batch_of(ticket))
            if ticket.error is not None:
                raise ticket.error
            return ticket.result
        ticket.future = BlockingFuture()
        self._inbox.put(ticket)
        return ticket.future.result()

    async def submit(self, ticket: Ticket) -> Any:
        """Do what *ticket* asks for, together with what else waits."""
        if self._thread is None:
            return self.submit_now(ticket)
        loop = asyncio.get_running_loop()
        ticket.loop = loop
        future: asyncio.Future[Any] = loop.create_future()
        ticket.future = future
        self._inbox.put(ticket)
        return await future

    def hand_in(self, ticket: Ticket) -> None:
        """Do the same, and let the ticket say what is to come then; here and now until it is started."""
        if self._thread is None:
            self._commit(_batch_of(ticket))
            ticket.settle()
        else:
            ticket.loop = asyncio.get_running_loop()
            self._inbox.put(ticket)

    def _write_on(self) -> None:
        answered = 0
        while (batch := self._inbox.take(answered)) is not None:
            self._commit(batch)
            tickets = batch.tickets()
            hand_over(tickets)
            answered = sum(ticket.source is not NOBODY for ticket in tickets)
            self._checkpoints.finish()

    def _commit(self, batch: Batch) -> None:
        """Do all of *batch* in one transaction, noting each outcome; what fails alone is undone alone."""
        with self._writing:
            self._writing_thread = threading.get_ident()
            connection = self._writer
            tx = SqliteTx(connection, self._shelf)
            follow_up, committed = None, False
            try:
                connection.execute("BEGIN IMMEDIATE")
                self._has_written = True
                for lane, tickets in batch.lanes:
                    answer(lane, tickets, lambda action: _attempt(tx, action))
                for ticket in batch.actions:
                    answer_action(ticket, lambda action: _attempt(tx, action))
                follow_up = self._follow_ups.begin(tx, lambda action: _attempt(tx, action))
                connection.execute("COMMIT")
                committed = True
            except apsw.BusyError:
                fail(batch.tickets(), Overloaded("another process is writing to the database file"))
            except apsw.FullError:
                fail(batch.tickets(), Overloaded(_FULL, FULL_RETRY_AFTER_S))
            except BaseException as error:
                fail(batch.tickets(), error)
                if not isinstance(error, Exception):
                    raise
            finally:
                self._writing_thread = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                end(follow_up, committed=committed)
        if any(ticket.error is None for ticket in batch.tickets()):
            self._wakes.tell(tx.wakes)
            self._shelf.tallies.tell(tx.counted)


def _attempt(tx: SqliteTx, action: Action[Any]) -> Any:
    """Run *action* in a savepoint, and again when it lost a race."""
    attempt = 1
    while True:
        tx.read.clear()  # what others in the same batch have read is not this action's
        try:
            with tx.savepoint():
                return action(tx)
        except TryAgain as error:
            if attempt == ATTEMPTS_MAX:
                raise Conflict("somebody else kept changing the same thing") from error
        except apsw.ConstraintError as error:
            code = getattr(error, "extendedresult", 0)  # apsw's stub leaves it out
            if code == apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
                raise Conflict("it is in use, or refers to something that is gone") from error
            if code not in _TAKEN:
                raise
            if attempt == ATTEMPTS_MAX:
                raise Conflict("something of that name is there already") from error
        except Exception as error:
            if not tx.connection.in_transaction or isinstance(error, apsw.FullError):
                raise _given_up(error) from error
            raise
        attempt += 1


def _batch_of(ticket: Ticket) -> Batch:
    if ticket.lane is None:
        return Batch(actions=[ticket])
    return Batch(lanes=[(ticket.lane, [ticket])])


def _given_up(error: Exception) -> Exception:
    if isinstance(error, apsw.FullError):
        return Overloaded(_FULL, FULL_RETRY_AFTER_S)
    return CannotWriteError(f"SQLite gave the transaction up: {error}")
