"""What can go wrong in our own house, and how it is made to: seeded, between any two statements of SQL."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TypeVar

import apsw

from tocsin.store.transaction import TryAgain

T = TypeVar("T")


class Crash(BaseException):
    """The process is gone, at this instruction; *committed* is whether what it was at is on disk."""

    def __init__(self, *, committed: bool) -> None:
        super().__init__()
        self.committed = committed


class DiskError(apsw.FullError):
    """The disk refused one write; the process goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How likely each fault is, at each piece of work (one transaction, or one send) of a node.

    *crash* before, inside or after a commit, or around a send; *disk* fails a statement; *race* has somebody
    else be first, so that the transaction begins anew; *slow* lets time pass inside a transaction; *freeze*
    lets a process stand still, perhaps for longer than its leases.
    """

    crash: float = 0.0
    disk: float = 0.0
    race: float = 0.0
    slow: float = 0.0
    freeze: float = 0.0


NONE = Faults()
WORK = ("SELECT", "INSERT", "UPDATE", "DELETE")  # what an action does, and not what surrounds it
STATEMENTS_BEFORE_MAX = 40  # a trap springs at one of the first so many statements of a transaction


class Trap:
    """Springs at a chosen statement on one connection, and only once."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._left = 0
        self._kinds = ("",)
        self._spring: Callable[[], None] = lambda: None

    def set(self, statements: int, spring: Callable[[], None], *, kinds: tuple[str, ...] = ("",)) -> None:
        """Call *spring*, which may raise, before the statement after *statements* of these *kinds*."""
        self._left, self._spring, self._kinds = statements, spring, kinds
        self._connection.exec_trace = self._count

    def disarm(self) -> None:
        """Let everything pass."""
        self._connection.exec_trace = None

    def _count(self, _cursor: object, sql: str, _bindings: object) -> bool:
        self._left -= sql.startswith(self._kinds)
        if self._left == -1:
            self._left -= 1
            self._spring()
        return True


def crash_inside() -> None:
    """Be gone in the middle of a transaction."""
    raise Crash(committed=False)


def fail_inside() -> None:
    """Have one statement fail."""
    raise DiskError("the disk is full, says the simulation")


def lose_a_race() -> None:
    """Have somebody else be first."""
    raise TryAgain("somebody else was first, says the simulation")


def run(
    work: Callable[[], T], trap: Trap, faults: Faults, chance: Random, pass_time: Callable[[timedelta], None]
) -> T:
    """Do *work*, one transaction, as *faults* and *chance* have it."""
    drawn = chance.random()
    where = chance.randrange(STATEMENTS_BEFORE_MAX)
    if drawn < faults.crash:
        how = chance.randrange(4)
        if how == 0:
            raise Crash(committed=False)
        if how == 1:
            work()
            raise Crash(committed=True)
        trap.set(where, crash_inside)
    elif (drawn := drawn - faults.crash) < faults.disk:
        trap.set(where, fail_inside)
    elif (drawn := drawn - faults.disk) < faults.race:
        trap.set(where, lose_a_race, kinds=WORK)
    elif drawn - faults.race < faults.slow:
        trap.set(where, lambda: pass_time(timedelta(seconds=chance.choice((0.2, 3, 20, 100)))))
    try:
        return work()
    finally:
        trap.disarm()
