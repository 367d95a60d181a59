"""What every piece of configuration has in common: it is added, saved over what it was, and deleted.

Each change first counts the workspace's version up, which locks the workspace: so the comparison with what
the caller had read holds until the commit, and nobody's change is overwritten unseen.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import Table, delete, func, select

from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import WorkspaceId
from tocsin.core.listing import Listed
from tocsin.core.spelling import native
from tocsin.store import extras, workspaces
from tocsin.store.bulk import Bulk, update_many
from tocsin.store.bulk import insert_many as into
from tocsin.store.statements import Statement, among, number, words
from tocsin.store.transaction import Row, Tx


class Configured(Protocol):
    """A value with an id, in a workspace."""

    @property
    def id(self) -> int:
        """Its id."""
        ...

    @property
    def workspace(self) -> WorkspaceId:
        """The workspace that it is part of."""
        ...


V = TypeVar("V", bound=Configured)


class Kept(ABC, Generic[V]):
    """How values of one kind are kept in *table*, with parts in further tables if they have any.

    *noun* names one in errors. *unique* is the column that no two in a workspace may share, and *called* the
    word for it.
    """

    noun: ClassVar[str]
    table: ClassVar[Table]
    unique: ClassVar[str] = ""
    called: ClassVar[str] = "name"
    beside: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # columns that no value holds, and their start

    def __init__(self) -> None:
        columns = self.table.columns
        self._names = tuple(column.name for column in columns if column.name not in self.beside)
        self._insert: Bulk = into(self.table)
        self._update = update_many(self.table, columns=self._names[1:], keys=("id",))
        mine = columns.workspace_id == number("workspace")
        self._get_many = Statement(select(*columns).where(among(columns.id, "ids")).order_by(columns.id))
        self._all = Statement(select(*columns).where(mine).order_by(columns.id))
        self._list = Statement(
            select(*columns)
            .where(mine, columns.id > number("after"))
            .order_by(columns.id)
            .limit(number("limit"))
        )
        self._count = Statement(select(func.count()).select_from(self.table).where(mine))
        self._delete = Statement(delete(self.table).where(columns.id == number("id")))
        if self.unique:
            same = columns[self.unique] == words("wanted")
            self._taken = Statement(select(columns.id).where(mine, same))

    @abstractmethod
    def row(self, tx: Tx, value: V) -> Row:
        """Turn *value* into its row, without the columns beside it."""

    @abstractmethod
    def values(self, tx: Tx, rows: Sequence[Row]) -> list[V]:
        """Turn rows of all columns into values."""

    def put_parts(self, tx: Tx, new: V, was: V | None) -> None:
        """Store what of *new* lies in further tables, where it differs from *was*."""

    def add(self, tx: Tx, value: V, **beside: Any) -> None:
        """Store a new one; raise Conflict when its name is taken."""
        workspaces.changed(tx, value.workspace)
        row = self.row(tx, value)
        self._must_be_free(tx, value, row)
        known = dict(zip(self._names, row, strict=True)) | dict(self.beside) | beside
        tx.run_many(self._insert, [tuple(known[name] for name in self._insert.columns)])
        self.put_parts(tx, value, None)

    def save(self, tx: Tx, new: V, was: V) -> None:
        """Store *new* over *was*; raise Conflict when somebody changed it meanwhile, or its name is taken."""
        workspaces.changed(tx, new.workspace)
        if self.find(tx, new.workspace, new.id) != was:
            raise Conflict(f"the {self.noun} was changed by somebody else meanwhile; read it again")
        row = self.row(tx, new)
        self._must_be_free(tx, new, row)
        tx.run_many(self._update, [(*row[1:], new.id)])
        self.put_parts(tx, new, was)

    def delete(self, tx: Tx, value: V) -> None:
        """Delete one with all its parts and what dialects keep of it; Conflict when something needs it."""
        workspaces.changed(tx, value.workspace)
        if not tx.run(self._delete, id=value.id):
            raise self._missing(value.id)
        extras.drop(tx, self.noun, (value.id,))

    def find(self, tx: Tx, workspace: WorkspaceId, identifier: int) -> V:
        """Read one of *workspace*; raise NotFound when it has none of that id."""
        found = self.get_many(tx, (identifier,))
        if not found or found[0].workspace != workspace:
            raise self._missing(identifier)
        return found[0]

    def get_many(self, tx: Tx, ids: Sequence[int]) -> list[V]:
        """Read those with these ids, in the order of their ids; those that are not there are left out."""
        return self.values(tx, tx.rows(self._get_many, ids=ids))

    def all_(self, tx: Tx, workspace: WorkspaceId) -> list[V]:
        """Read all of *workspace*, the oldest first."""
        return self.values(tx, self.all_rows(tx, workspace))

    def all_rows(self, tx: Tx, workspace: WorkspaceId) -> list[Row]:
        """Read the rows of all of *workspace*, the oldest first."""
        return tx.rows(self._all, workspace=workspace)

    def list_(self, tx: Tx, workspace: WorkspaceId, *, after: int | None = None, limit: int) -> Listed[V]:
        """List those of *workspace*, the oldest first."""
        rows = tx.rows(self._list, workspace=workspace, after=after or 0, limit=limit + 1)
        items = tuple(self.values(tx, rows[:limit]))
        following = items[-1].id if len(rows) > limit else None
        return Listed(items=items, next=following, total=tx.scalar(self._count, workspace=workspace))

    def _missing(self, identifier: int) -> NotFound:
        return NotFound(self.noun, native(self.noun.replace(" ", "_"), identifier))

    def _must_be_free(self, tx: Tx, value: V, row: Row) -> None:
        if self.unique:
            wanted = row[self._names.index(self.unique)]
            if tx.scalar(self._taken, workspace=value.workspace, wanted=wanted) not in (None, value.id):
                raise Conflict(f"there is already a {self.noun} with the {self.called} {wanted!r}")
