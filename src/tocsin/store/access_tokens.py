"""Access tokens: what a client gets for its secret, for an hour or so, and uses in its stead."""

from datetime import datetime

from sqlalchemy import delete, select

from tocsin.core.ids import KeyId
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import access_tokens
from tocsin.store.transaction import Tx

_INSERT = into(access_tokens)
_a = access_tokens.c
_FIND = Statement(select(_a.key_id, _a.expires_at).where(_a.token_hash == words("hash")))
_REVOKE = Statement(delete(access_tokens).where(_a.token_hash == words("hash"), _a.key_id == number("key")))
_FORGET = Statement(delete(access_tokens).where(_a.expires_at < number("before")))


def add(tx: Tx, token_hash: str, key: KeyId, *, expires_at: datetime) -> None:
    """Store the hash of a new token of *key*."""
    tx.run_many(_INSERT, [(token_hash, key, micros(expires_at))])


def find(tx: Tx, token_hash: str) -> tuple[KeyId, datetime] | None:
    """Find the key that a token stands for, and when that ends; None when there is no such token."""
    row = tx.one(_FIND, hash=token_hash)
    return None if row is None else (KeyId(row[0]), instant(row[1]))


def revoke(tx: Tx, token_hash: str, key: KeyId) -> bool:
    """Forget a token of *key*; tell whether there was one."""
    if not tx.run(_REVOKE, hash=token_hash, key=key):
        return False
    tx.wake("config")
    return True


def forget(tx: Tx, *, before: datetime) -> int:
    """Forget the tokens that ended before *before*; return how many that were."""
    return tx.run(_FORGET, before=micros(before))
