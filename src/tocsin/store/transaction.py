"""What an action works with: one transaction, the same to look at on either engine."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from tocsin.core.budget import AllSpent, Spent
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan
from tocsin.core.ids import PlanId, WorkspaceId
from tocsin.core.notification import Address
from tocsin.store.bulk import Bulk
from tocsin.store.secrets import Vault
from tocsin.store.standing import Standing
from tocsin.store.statements import AnyStatement, Engine
from tocsin.store.tallies import Tallies

Value = str | int | float | bytes | None
Row = tuple[Any, ...]  # what a driver gives back; repositories turn it into values of the core at once
Wake = Literal["timers", "outbox", "config", "feeds"]
WAKES: frozenset[Wake] = frozenset({"timers", "outbox", "config", "feeds"})


IDS_AT_ONCE = 32
SPENT_MAX = 10_000


class TryAgain(Exception):  # it is not an error: somebody else was there first
    """Raised inside an action that lost a race: the action is rolled back and run again from its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a process keeps for one database: who makes ids, the vault, what is compiled and stands.

    *spent* are the addresses that have got so much lately that what comes next waits: as far as this process
    has found and committed, and until what it says is over.
    """

    new_id: Callable[[], int]
    vault: Vault

    def new_ids(self, count: int) -> list[int]:
        """Make *count* ids, each larger than the one before: at once where the maker knows how."""
        many = getattr(self.new_id, "many", None)
        return many(count) if many is not None else [self.new_id() for _ in range(count)]

    def note_spent(self, spent: AllSpent) -> None:
        """Let later transactions know which addresses have got as much as they may: a commit has said so."""
        if len(self.spent) > SPENT_MAX:  # what is over is of no use, and soon found anew
            self.spent.clear()
        self.spent.update(spent)

    plans: dict[PlanId, EscalationPlan] = field(default_factory=dict)
    directories: dict[WorkspaceId, Directory] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    tallies: Tallies = field(default_factory=Tallies)
    spent: dict[Address, Spent] = field(default_factory=dict)


class Tx(ABC):
    """An open transaction. It commits when the action that got it returns, and rolls back when it raises.

    Instants go in and come out as microseconds (see ``columns``); a parameter that a statement declares as
    a list (see ``among``) takes a sequence of whole numbers or texts.
    """

    __slots__ = (
        "_wakes",
        "counted",
        "found",
        "fresh",
        "new_id",
        "new_ids",
        "read",
        "shelf",
        "spent",
        "vault",
    )

    engine: ClassVar[Engine]

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.new_id = shelf.new_id
        self.new_ids = shelf.new_ids
        self.vault = shelf.vault
        self.found = shelf.standing.found
        self.spent: AllSpent = shelf.spent
        self._wakes: set[Wake] = set()
        # The messages queued here that are due, as long as nobody has claimed them: see ``follow_up``.
        self.fresh: list[int] = []
        # What is counted here: it counts once this has been committed.
        self.counted: Counter[str] = Counter()
        # What repositories have read here, by id: an update is guarded by it and writes only what differs.
        self.read: dict[int, Any] = {}

    def ids(self) -> Iterator[int]:
        """Make ids without end, some at a time: some may be left over."""
        while True:
            yield from self.new_ids(IDS_AT_ONCE)

    @abstractmethod
    def rows(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> list[Row]:
        """Run *statement* and return all of its rows."""

    @abstractmethod
    def run(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> int:
        """Run *statement* and return how many rows it changed."""

    @abstractmethod
    def run_many(self, bulk: Bulk, rows: Sequence[Row], /) -> int:
        """Run *bulk* over *rows*, none of which is all right, and return how many rows it changed."""

    @abstractmethod
    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what is done inside the block, and only that, when it raises."""

    def one(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> Row | None:
        """Run *statement* and return its first row, if there is any."""
        rows = self.rows(statement, **parameters)
        return rows[0] if rows else None

    def scalar(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> Any:
        """Run *statement* and return the first column of its first row, None when there is no row."""
        rows = self.rows(statement, **parameters)
        return rows[0][0] if rows else None

    def wake(self, *what: Wake) -> None:
        """Tell every node, once this has been committed, that there is something new of *what*."""
        self._wakes.update(what)

    @property
    def wakes(self) -> frozenset[Wake]:
        """What to wake after the commit."""
        return frozenset({*self._wakes, "outbox"} if self.fresh else self._wakes)
