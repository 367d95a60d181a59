"""A database that counts what is asked of it: the number of statements must not grow with what there is."""

from dataclasses import dataclass
from typing import Any

from tocsin.core.ids import WorkspaceId
from tocsin.store.database import Database


@dataclass
class Counting:
    """Stands for *database*, and counts statements."""

    database: Database
    statements: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    def transact(self, action: Any) -> Any:
        return self.database.transact(lambda tx: action(_Tx(tx, self)))

    async def write(self, action: Any) -> Any:
        return await self.database.write(lambda tx: action(_Tx(tx, self)))

    async def read(self, query: Any, *, short: bool = False) -> Any:
        return await self.database.read(lambda tx: query(_Tx(tx, self)), short=short)

    def standing(self, workspace: WorkspaceId) -> None:
        """Know nothing beforehand, so that whatever is read is asked for, and counted."""

    def count(self, action: Any) -> int:
        """Tell how many statements *action* takes."""
        before = self.statements
        action()
        return self.statements - before


@dataclass
class _Tx:
    tx: Any
    counter: Counting

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.tx, name)
        if name in {"rows", "run", "run_many", "one", "scalar"}:
            self.counter.statements += 1
        return found
