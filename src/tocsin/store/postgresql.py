"""PostgreSQL: a pool of connections, two writers for what comes in batches, and a listener for wake-ups.

READ COMMITTED with row locks. An action that lost a race or its connection is run again from its start; when
the connection went during the commit, the server is asked what became of the transaction before that.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, TypeVar

import psycopg
from psycopg import errors

from tocsin.core.budget import AllSpent
from tocsin.core.directory import Directory
from tocsin.core.errors import Conflict, Overloaded
from tocsin.core.ids import WorkspaceId
from tocsin.store.connections import Address, Link, Pool
from tocsin.store.follow_up import FollowUp, FollowUps, Offer, end
from tocsin.store.listener import Listener, notify_command
from tocsin.store.outage import RETRY_AFTER_S, Outage
from tocsin.store.postgresql_tx import PostgresqlTx
from tocsin.store.secrets import Vault
from tocsin.store.statements import Engine
from tocsin.store.transaction import WAKES, Shelf, TryAgain
from tocsin.store.turn_taking import Source
from tocsin.store.wake import Callback, Wakes
from tocsin.store.writer import (
    Action,
    Handler,
    Inbox,
    Item,
    Lane,
    Result,
    Ticket,
    answer,
    fail,
    hand_over,
)

T = TypeVar("T")

INGEST_THREADS = 2  # more than two batches in flight gain nothing and wait for each other's rows
POOL_SIZE = 8
URGENT_THREADS = 2  # for timers and sending, which must not wait behind requests
BESIDE = 2  # connections for what must get through when all others are busy: the watch, and our lease
RACES_MAX = 8
IN_DOUBT_MAX_S = 10.0  # how long a commit may be under way after its connection was lost
ACTIONS_WAITING_MAX = 2_000
# A query that thinks for long is no trouble to others; an action is, for what it has locked.
_PATIENTLY = "SET LOCAL idle_in_transaction_session_timeout = '60s'"
_PAUSE_S = 0.01
_PAUSE_MAX_S = 0.5
_AWAY = "the database cannot be reached"

_LOST_RACE = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation, TryAgain)
_GONE = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.ReadOnlySqlTransaction,  # a primary that has become a standby
    errors.TooManyConnections,
    errors.IdleInTransactionSessionTimeout,
)


class PostgresqlDatabase:
    """A PostgreSQL database, perhaps shared with other nodes.

    *direct* leads to the same past a pooler, for what needs a connection of its own. Without it no node hears
    of another's commits, and each finds by itself what they have brought.
    """

    engine: ClassVar[Engine] = "postgresql"

    def __init__(
        self, address: Address, *, direct: Address | None, new_id: Callable[[], int], vault: Vault
    ) -> None:
        self.vault = vault
        self.new_id = new_id
        self._shelf = Shelf(new_id=new_id, vault=vault)
        self._who = f"{new_id():x}"
        self._pool = Pool(address, POOL_SIZE + INGEST_THREADS + URGENT_THREADS + BESIDE)
        self._follow_ups = FollowUps()
        self._wakes = Wakes()
        self._wakes.add(self._shelf.standing.woken)
        self._outage = Outage()
        own = address if not address.pooled else direct
        self._listener = Listener(own, self._who, self._wakes, self._outage.over) if own else None
        self._inbox = Inbox()
        self._threads: list[threading.Thread] = []
        self._executor = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="tocsin-database")
        self._urgent = ThreadPoolExecutor(URGENT_THREADS, thread_name_prefix="tocsin-urgent")
        self._actions_waiting = 0
        self._inside = threading.local()

    def start(self) -> None:
        """Start the threads that write what comes in batches, and the one that listens."""
        if self._listener is not None:
            self._listener.start()
        for number in range(INGEST_THREADS):
            thread = threading.Thread(target=self._write_on, name=f"tocsin-write-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        self._inbox.close()
        for thread in self._threads:
            thread.join()
        self._urgent.shutdown()
        self._executor.shutdown()  # writes wait there as well as reads
        if self._threads and self._listener is not None:
            self._listener.stop(self._command)
        self._pool.close()

    def on_wake(self, callback: Callback) -> Callable[[], None]:
        """Call *callback* after each commit of any node that woke something; the result ends that."""
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
        """That several nodes may work on it."""
        return True

    @property
    def waiting(self) -> int:
        """How much waits to be written."""
        return self._inbox.waiting + self._actions_waiting

    # --- reading ---

    def read_now(self, query: Action[T]) -> T:
        """Run *query* on this thread, over one unchanging state of the database."""
        return self._insist(lambda: self._read_once(query))

    async def read(
        self,
        query: Action[T],
        *,
        short: bool = False,  # noqa: ARG002  # that is SQLite's
        urgent: bool = False,
    ) -> T:
        """Run *query* on a thread that may wait for the network."""
        return await self._elsewhere(self.read_now, query, urgent=urgent)

    def _read_once(self, query: Action[T]) -> T:
        with self._pool.link() as link:
            link.begin(" ISOLATION LEVEL REPEATABLE READ READ ONLY", then=_PATIENTLY)
            try:
                return query(PostgresqlTx(link, self._shelf))
            except errors.ReadOnlySqlTransaction as error:
                raise RuntimeError("a query must not write") from error
            finally:
                link.roll_back()

    # --- writing ---

    def transact(self, action: Action[T]) -> T:
        """Run *action* in a transaction and return when it is on disk."""
        if getattr(self._inside, "action", False):
            raise RuntimeError("an action must not open another transaction")
        self._inside.action = True
        try:
            return self._insist(lambda: self._once(action))
        finally:
            self._inside.action = False

    async def write(self, action: Action[T], *, urgent: bool = False) -> T:
        """Run *action* in a transaction on another thread."""
        return await self._elsewhere(self.transact, action, urgent=urgent)

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
        if ticket.lane is None:
            return self.transact(ticket.work)
        answer(ticket.lane, [ticket], self.transact)
        if ticket.error is not None:
            raise ticket.error
        return ticket.result

    async def submit(self, ticket: Ticket) -> Any:
        """Do what *ticket* asks for, together with what else waits."""
        if not self._threads or ticket.lane is None:
            return await self._elsewhere(self.submit_now, ticket)
        loop = asyncio.get_running_loop()
        ticket.loop = loop
        future: asyncio.Future[Any] = loop.create_future()
        ticket.future = future
        self._inbox.put(ticket)
        return await future

    def hand_in(self, ticket: Ticket) -> None:
        """Do the same, and let the ticket say what is to come then; here and now until it is started."""
        if not self._threads and ticket.lane is not None:
            answer(ticket.lane, [ticket], self.transact)
            ticket.settle()
        else:
            ticket.loop = asyncio.get_running_loop()
            self._inbox.put(ticket)

    async def _elsewhere(self, function: Callable[[Item], T], argument: Item, *, urgent: bool = False) -> T:
        if urgent:
            return await asyncio.get_running_loop().run_in_executor(self._urgent, function, argument)
        if self._actions_waiting >= ACTIONS_WAITING_MAX:
            raise Overloaded("more is asked of the database than it can answer")
        self._actions_waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, function, argument)
        finally:
            self._actions_waiting -= 1

    def _write_on(self) -> None:
        while (batch := self._inbox.take()) is not None:
            for lane, tickets in batch.lanes:
                try:
                    answer(lane, tickets, self.transact)
                except Exception as error:  # noqa: BLE001  # it belongs to those who wait
                    fail(tickets, error)
                hand_over(tickets)

    def _once(self, action: Action[T]) -> T:
        lost: psycopg.Error | None = None
        follow_up: FollowUp | None = None
        committed = False
        try:
            with self._pool.link() as link:
                # The number is what tells us later whether a commit that broke off has happened.
                xid = link.begin(then="SELECT pg_current_xact_id()::text").get_value(0, 0)
                tx = PostgresqlTx(link, self._shelf)
                try:
                    result = action(tx)
                    follow_up = self._follow_ups.begin(tx, partial(_attempt, tx))
                except BaseException:
                    link.roll_back()
                    raise
                lost = self._commit(link, tx)
            if lost is not None and not self._was_committed((xid or b"").decode(), tx.witness):
                raise lost
            committed = True
        finally:
            end(follow_up, committed=committed)
        self._wakes.tell(tx.wakes)
        self._shelf.tallies.tell(tx.counted)
        return result

    def _commit(self, link: Link, tx: PostgresqlTx) -> psycopg.Error | None:
        """Commit, and wake whoever is to be woken; return what leaves in doubt whether that has happened."""
        command = f"{notify_command(self._who, tx.wakes)}; COMMIT" if tx.wakes else "COMMIT"
        try:
            outcome = link.command(command).command_status
        except psycopg.Error as error:
            link.roll_back()
            if not is_away(error):
                raise
            return error
        if outcome != b"COMMIT":
            raise RuntimeError("the action went on after a statement had failed; nothing was saved")
        return None

    def _was_committed(self, xid: str, witness: tuple[str, int] | None) -> bool:
        """Find out what became of transaction *xid*, whose connection was lost during the commit.

        A server that has crashed, or been promoted, may give the number of a commit that was lost with it to
        somebody else. So where the transaction has inserted a row, that row must be there.
        """

        def ask() -> str:
            with self._pool.link() as link:
                row = link.cursor.execute("SELECT pg_xact_status(%s::text::xid8)", (xid,)).fetchone()
                status = str(row[0]) if row else ""
                if status == "committed" and witness is not None:
                    query, its_id = witness
                    return status if link.cursor.execute(query.encode(), (its_id,)).fetchone() else ""
            return status

        give_up_at = time.monotonic() + IN_DOUBT_MAX_S
        try:
            while (status := self._insist(ask)) == "in progress":  # it waits for its standby, perhaps
                if time.monotonic() > give_up_at:
                    raise Overloaded("the database does not tell whether it was saved", RETRY_AFTER_S)
                time.sleep(_PAUSE_MAX_S / 10)
        except errors.InvalidParameterValue:  # the new primary never heard of it
            return False
        return status == "committed"

    def _insist(self, once: Callable[[], T]) -> T:
        """Run *once* until it is through: again after a lost race, again while the database is away."""
        outage, races, pause = self._outage, 0, _PAUSE_S
        while True:
            if outage.hopeless:
                raise Overloaded(_AWAY, RETRY_AFTER_S)
            try:
                result = once()
            except _LOST_RACE as error:
                races += 1
                if races == RACES_MAX:
                    raise _lost(error) from error
                time.sleep(_PAUSE_S * (races - 1))
            except psycopg.Error as error:
                self._endure(error)
                time.sleep(pause)
                pause = min(pause * 2, _PAUSE_MAX_S)
            else:
                if outage.is_on and outage.over():
                    self._wakes.tell(WAKES)  # what was due meanwhile is late
                return result

    def _endure(self, error: psycopg.Error) -> None:
        """Raise what the caller is to be told of *error*, unless the server is away, and not for long."""
        if isinstance(error, errors.ForeignKeyViolation):
            raise Conflict("it is in use, or refers to something that is gone") from error
        if isinstance(error, errors.QueryCanceled):
            raise Overloaded("the database took too long to answer") from error
        if isinstance(error, errors.DiskFull):
            raise Overloaded("the database's disk is full", RETRY_AFTER_S) from error
        if not is_away(error):
            raise error
        self._pool.forget()
        if self._outage.missed():
            raise Overloaded(_AWAY, RETRY_AFTER_S) from error

    def _command(self, sql: str) -> None:
        with self._pool.link() as link:
            link.command(sql)


def _attempt(tx: PostgresqlTx, action: Action[T]) -> T:
    """Run *action* so that it is done whole or not at all, whatever becomes of the rest."""
    with tx.savepoint():
        return action(tx)


def is_away(error: psycopg.Error) -> bool:
    """Tell whether *error* means that there is no usable server at the other end just now."""
    if isinstance(error, _GONE):
        return True
    state = error.sqlstate
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and (
        state is None or state.startswith("08")
    )


def _lost(error: Exception) -> Exception:
    if isinstance(error, errors.UniqueViolation):
        return Conflict("something of that name is there already")
    return Conflict("somebody else kept changing the same thing")
