"""Statements, compiled once for each engine and run as text on the driver.

SQLAlchemy describes and compiles; it never executes. Constants are written into the text (a partial index is
used only where its condition can be read there), values come as named parameters.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Executable, Text, bindparam
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

Engine = Literal["sqlite", "postgresql"]
ListOf = Literal["whole", "text"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement's *text* for one engine, and which of its parameters are lists, of what."""

    text: str
    lists: tuple[tuple[str, ListOf], ...] = ()


class Statement:
    """One statement for both engines, compiled when it is first run on either."""

    def __init__(self, sql: Executable) -> None:
        self._sql = sql

    @cached_property
    def sqlite(self) -> Compiled:
        """The statement as SQLite takes it, with parameters written ``:name``."""
        return _compile(self._sql, _SQLITE)

    @cached_property
    def postgresql(self) -> Compiled:
        """The statement as psycopg takes it, with parameters written ``%(name)s``."""
        from tocsin.store.statements_postgresql import DIALECT  # noqa: PLC0415  # for those who are on it

        return _compile(self._sql, DIALECT)


@dataclass(frozen=True, slots=True)
class TwoForms:
    """A statement that is written out, because the engines have no form of it in common."""

    sqlite: Compiled
    postgresql: Compiled


AnyStatement = Statement | TwoForms


def two_forms(*, sqlite: str, postgresql: str, lists: dict[str, ListOf] | None = None) -> TwoForms:
    """Put the two forms of a statement side by side; *lists* names the parameters that are lists."""
    kinds = tuple((lists or {}).items())
    return TwoForms(Compiled(sqlite, kinds), Compiled(postgresql, kinds))


class Among(ColumnElement[bool]):
    """Whether *column* is one of the values in the list parameter *name*."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name


def among(column: ColumnElement[Any], name: str) -> Among:
    """Say that *column* is one of the list parameter *name*, which may be of any length, even empty."""
    return Among(column, name)


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    _note_list(compiler, element)
    values = f"(SELECT value FROM json_each(:{element.name}))"  # noqa: S608  # a name of ours
    return f"{compiler.process(element.column, **kw)} IN {values}"


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    _note_list(compiler, element)
    return f"{compiler.process(element.column, **kw)} = ANY(%({element.name})s)"


class HasLabels(ColumnElement[bool]):
    """Whether the JSON object in *column* has every pair of the JSON object in the parameter *name*."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[str], name: str) -> None:
        self.column = column
        self.name = name


def has_labels(column: ColumnElement[str], name: str) -> HasLabels:
    """Say that the object in *column* has every pair of parameter *name*, both JSON objects of texts."""
    return HasLabels(column, name)


@compiles(HasLabels, "sqlite")
def _has_labels_sqlite(element: HasLabels, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    had = "SELECT 1 FROM json_each(%s) AS had WHERE had.key = wanted.key AND had.value = wanted.value"
    wanted = "SELECT 1 FROM json_each(:%s) AS wanted WHERE NOT EXISTS (%s)"
    return f"NOT EXISTS ({wanted % (element.name, had % column)})"


@compiles(HasLabels, "postgresql")
def _has_labels_postgresql(element: HasLabels, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)}::jsonb @> %({element.name})s::jsonb"


def kind_of(column: ColumnElement[Any]) -> ListOf:
    """Tell which kind of list holds values of *column*."""
    return "text" if isinstance(column.type, Text) else "whole"


class _SqliteCompiler(SQLiteCompiler):
    """Writes values that are known beforehand into the text, and leaves the named ones to be bound."""

    def visit_bindparam(self, bindparam: Any, **kw: Any) -> Any:  # type: ignore[override]  # it has the same keywords
        kw["literal_binds"] = not bindparam.required
        return super().visit_bindparam(bindparam, **kw)  # type: ignore[no-untyped-call]  # nor is SQLAlchemy's


class _SqliteDialect(SQLiteDialect):
    statement_compiler = _SqliteCompiler


_SQLITE = _SqliteDialect(paramstyle="named")


def _note_list(compiler: SQLCompiler, element: Among) -> None:
    lists: dict[str, ListOf] = compiler.__dict__.setdefault("tocsin_lists", {})
    lists[element.name] = kind_of(element.column)


def _compile(sql: Executable, dialect: Any) -> Compiled:
    compiled: Any = sql.compile(dialect=dialect)  # type: ignore[attr-defined]  # every executable has it
    lists = compiled.__dict__.get("tocsin_lists", {})
    return Compiled(compiled.string, tuple(lists.items()))


def number(name: str) -> ColumnElement[int]:
    """Name a parameter that is a whole number, an id or an instant."""
    return bindparam(name, type_=BigInteger())


def words(name: str) -> ColumnElement[str]:
    """Name a parameter that is text."""
    return bindparam(name, type_=Text())


def containing(text: str) -> str:
    r"""Write the pattern for LIKE ... ESCAPE '\' that finds *text* anywhere."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
