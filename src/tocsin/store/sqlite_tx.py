"""A transaction on SQLite, as actions see it."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import apsw
import msgspec

from tocsin.store.bulk import Bulk
from tocsin.store.statements import AnyStatement, Compiled, Engine
from tocsin.store.transaction import Row, Shelf, Tx, Value

_as_json = msgspec.json.Encoder().encode


class SqliteTx(Tx):
    """A transaction on one SQLite connection."""

    __slots__ = ("connection",)

    engine: ClassVar[Engine] = "sqlite"

    def __init__(self, connection: apsw.Connection, shelf: Shelf) -> None:
        super().__init__(shelf)
        self.connection = connection

    def rows(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> list[Row]:
        """Run *statement* and return all of its rows."""
        compiled = statement.sqlite
        if compiled.lists:
            _lists(compiled, parameters)
        return self.connection.execute(compiled.text, parameters).fetchall()

    def run(self, statement: AnyStatement, /, **parameters: Value | Sequence[Value]) -> int:
        """Run *statement* and return how many rows it changed."""
        compiled = statement.sqlite
        if compiled.lists:
            _lists(compiled, parameters)
        self.connection.execute(compiled.text, parameters)
        return self.connection.changes()

    def run_many(self, bulk: Bulk, rows: Sequence[Row], /) -> int:
        """Run *bulk* over *rows* and return how many rows it changed."""
        before = self.connection.total_changes()
        self.connection.executemany(bulk.sqlite, rows)
        return self.connection.total_changes() - before

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside the block, and only that, when it raises."""
        wakes, counted, fresh = set(self._wakes), self.counted.copy(), tuple(self.fresh)
        self.connection.execute("SAVEPOINT inner")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:  # SQLite ends it by itself when the disk fails
                self.connection.execute("ROLLBACK TO inner; RELEASE inner")
            self._wakes, self.counted = wakes, counted
            self.fresh[:] = fresh
            self.read.clear()
            raise
        self.connection.execute("RELEASE inner")


def _lists(compiled: Compiled, parameters: dict[str, Any]) -> None:
    for name, _kind in compiled.lists:
        parameters[name] = _as_json(parameters[name]).decode()
