"""What the objects of an API have beyond the domain: kept for that API, and given back as it came."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.actions.actor import Actor
from tocsin.actions.changing import begin
from tocsin.store import extras
from tocsin.store.transaction import Tx

Extras = Mapping[str, Any]


def keep(tx: Tx, actor: Actor, subject: int, value: Extras, *, dialect: str, kind: str) -> None:
    """Keep *value* for *dialect* beside the object of that *kind* and id, which the caller just wrote."""
    begin(tx, actor)  # what is kept is part of the configuration, and answers tell of it
    extras.put(tx, dialect, kind, subject, value)


def kept(tx: Tx, actor: Actor, subjects: Sequence[int], *, dialect: str, kind: str) -> Mapping[int, Extras]:
    """Give back what is kept for *dialect* beside each of these objects, which the caller has just read."""
    del actor
    return extras.get_many(tx, dialect, kind, subjects) if subjects else {}
