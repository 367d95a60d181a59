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
    """Index *columns*, of all rows or of those *where* the condition holds; named after them unless told.

    The condition is noted beside the index, for whoever writes the schema from here: told as an option of an
    engine, it would have SQLAlchemy load all that it knows of that engine, whichever it is that we run on.
    """
    return Index(name, *columns, unique=unique, info={"where": None if where is None else sql(where)})
