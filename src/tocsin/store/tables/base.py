"""What the tables are made with: the metadata that holds them all, references and indexes."""

from sqlalchemy import Column, ForeignKey, Index, MetaData
from sqlalchemy import text as sql

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def refers_to(target: str, column: Column[int], *, cascade: bool = False) -> Column[int]:
    """Let *column* refer to the id of *target*; with *cascade* its rows go with what they belong to."""
    column.append_foreign_key(ForeignKey(f"{target}.id", ondelete="CASCADE" if cascade else None))
    return column


def index(*columns: str, name: str | None = None, unique: bool = False, where: str | None = None) -> Index:
    """Index *columns*, of all rows or of those *where* the condition holds; named after them unless told."""
    condition = None if where is None else sql(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
