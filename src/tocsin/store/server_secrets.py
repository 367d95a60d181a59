"""Secrets of the server itself, sealed, by name."""

from datetime import datetime

from sqlalchemy import delete, select

from tocsin.store.bulk import insert_many, upsert_many
from tocsin.store.columns import micros
from tocsin.store.statements import Statement, words
from tocsin.store.tables import server_secrets
from tocsin.store.transaction import Tx

_s = server_secrets.c
_FIND = Statement(select(_s.secret).where(_s.name == words("name")))
_KEEP = insert_many(server_secrets, unless=("name",))
_PUT = upsert_many(server_secrets, keys=("name",))
_DROP = Statement(delete(server_secrets).where(_s.name == words("name")))


def find(tx: Tx, name: str) -> str | None:
    """Read a secret, None when it has not been made."""
    sealed: str | None = tx.scalar(_FIND, name=name)
    return None if sealed is None else tx.vault.open(sealed, _place(name))


def keep(tx: Tx, name: str, plain: str, *, now: datetime) -> None:
    """Keep a secret, unless another node has kept one of this name already."""
    tx.run_many(_KEEP, [(name, tx.vault.seal(plain, _place(name)), micros(now))])


def put(tx: Tx, name: str, plain: str, *, now: datetime) -> None:
    """Keep a secret in place of the one before."""
    tx.run_many(_PUT, [(name, tx.vault.seal(plain, _place(name)), micros(now))])


def drop(tx: Tx, name: str) -> bool:
    """Forget a secret; tell whether there was one."""
    return tx.run(_DROP, name=name) > 0


def _place(name: str) -> str:
    return f"server_secrets.secret.{name}"
