"""A transaction on PostgreSQL, as actions see it."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

from psycopg import errors

from tocsin.store.bulk import Bulk
from tocsin.store.connections import Link, as_list, as_lists
from tocsin.store.statements import AnyStatement, Engine
from tocsin.store.transaction import Row, Shelf, TryAgain, Tx, Value


class PostgresqlTx(Tx):
    """A transaction on one PostgreSQL connection.

    *witness* asks, with the id beside it, for a row that nobody else can have inserted.
    """

    __slots__ = ("_cursor", "_link", "witness")

    engine: ClassVar[Engine] = "postgresql"

    def __init__(self, link: Link, shelf: Shelf) -> None:
        super().__init__(shelf)
        self._link = link
        self._cursor = link.cursor
        self.witness: tuple[str, int] | None = None

    def rows(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> list[Row]:
        """Run *statement* and return all of its rows."""
        compiled = statement.postgresql
        if compiled.lists:
            as_lists(compiled.lists, parameters)
        return self._cursor.execute(compiled.text, parameters, prepare=True).fetchall()

    def run(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> int:
        """Run *statement* and return how many rows it changed."""
        compiled = statement.postgresql
        if compiled.lists:
            as_lists(compiled.lists, parameters)
        return self._cursor.execute(compiled.text, parameters, prepare=True).rowcount

    def run_many(self, bulk: Bulk, rows: Sequence[Row], /) -> int:
        """Run *bulk* over *rows* and return how many rows it changed."""
        if not rows:
            return 0
        if self.witness is None and bulk.witness:
            self.witness = bulk.witness, rows[0][0]
        arrays = [
            as_list(kind, column) for kind, column in zip(bulk.kinds, zip(*rows, strict=True), strict=True)
        ]
        return self._cursor.execute(bulk.postgresql, arrays, prepare=True).rowcount

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside the block, and only that, when it raises."""
        wakes, witness, counted = set(self._wakes), self.witness, self.counted.copy()
        fresh = tuple(self.fresh)
        self._link.command("SAVEPOINT inner_one")
        try:
            yield
        except BaseException as error:
            if self._link.alive:
                self._link.command("ROLLBACK TO inner_one; RELEASE inner_one")
            self._wakes, self.witness, self.counted = wakes, witness, counted
            self.fresh[:] = fresh
            self.read.clear()
            if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected):
                raise TryAgain from error  # it is nobody's fault, and the whole action is worth another try
            raise
        self._link.command("RELEASE inner_one")
