"""How statements are compiled for PostgreSQL: as for SQLite, by SQLAlchemy's own dialect."""

from typing import Any

from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect


class _Compiler(PGCompiler):
    """Writes values that are known beforehand into the text, and leaves the named ones to be bound."""

    def visit_bindparam(self, bindparam: Any, **kw: Any) -> Any:  # type: ignore[override]  # it has the same keywords
        kw["literal_binds"] = not bindparam.required
        return super().visit_bindparam(bindparam, **kw)  # type: ignore[no-untyped-call]  # nor is SQLAlchemy's


class _Dialect(PGDialect):
    statement_compiler = _Compiler


DIALECT = _Dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]  # nor is SQLAlchemy's
