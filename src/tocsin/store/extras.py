"""What dialects' objects have beyond the domain: kept beside them, given back as it came, and gone with them.

A *kind* is what the domain calls the object, such as "alert policy".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from tocsin.store.bulk import upsert_many
from tocsin.store.columns import from_json, to_json
from tocsin.store.statements import Statement, among, words
from tocsin.store.tables import extras
from tocsin.store.transaction import Tx

_PUT = upsert_many(extras, keys=("dialect", "kind", "subject_id"))
_e = extras.c
_GET_MANY = Statement(
    select(_e.subject_id, _e.value)
    .where(_e.dialect == words("dialect"), _e.kind == words("kind"))
    .where(among(_e.subject_id, "ids"))
)
_DROP = Statement(delete(extras).where(_e.kind == words("kind"), among(_e.subject_id, "ids")))


def put(tx: Tx, dialect: str, kind: str, subject: int, value: Mapping[str, Any]) -> None:
    """Keep *value* for *dialect* beside the object of that *kind* and id."""
    tx.run_many(_PUT, [(dialect, kind, subject, to_json(value))])


def get(tx: Tx, dialect: str, kind: str, subject: int) -> dict[str, Any]:
    """Give back what is kept for *dialect*; nothing is an empty object."""
    return get_many(tx, dialect, kind, (subject,)).get(subject, {})


def get_many(tx: Tx, dialect: str, kind: str, subjects: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Give back what is kept for *dialect* beside each of these objects, where anything is."""
    rows = tx.rows(_GET_MANY, dialect=dialect, kind=kind, ids=subjects)
    return {subject: from_json(value) for subject, value in rows}


def drop(tx: Tx, kind: str, subjects: Sequence[int]) -> None:
    """Delete what every dialect keeps beside these objects."""
    tx.run(_DROP, kind=kind, ids=subjects)
