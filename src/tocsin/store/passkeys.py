"""People's passkeys, found by the credential that an authenticator names."""

from datetime import datetime

from sqlalchemy import delete, select, update

from tocsin.core.identity import Passkey
from tocsin.core.ids import PasskeyId, UserId
from tocsin.store.bulk import insert_many
from tocsin.store.columns import instant, instant_or_none, micros, micros_or_none
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import passkeys
from tocsin.store.transaction import Row, Tx

_p = passkeys.c
_INSERT = insert_many(passkeys)
_OF_CREDENTIAL = Statement(select(passkeys).where(_p.credential == words("credential")))
_OF_USER = Statement(select(passkeys).where(_p.user_id == number("user")).order_by(_p.id))
_USED = Statement(
    update(passkeys).where(_p.id == number("id")).values(last_used_at=number("at"), count=number("count"))
)
_DELETE = Statement(delete(passkeys).where(_p.id == number("id"), _p.user_id == number("user")))


def add(tx: Tx, passkey: Passkey) -> None:
    """Store a new passkey."""
    who = (passkey.id, passkey.user, passkey.credential, passkey.key, passkey.count, passkey.label)
    tx.run_many(_INSERT, [(*who, micros(passkey.created_at), micros_or_none(passkey.last_used_at))])


def of_credential(tx: Tx, credential: str) -> Passkey | None:
    """Find the passkey that an authenticator calls *credential*."""
    row = tx.one(_OF_CREDENTIAL, credential=credential)
    return None if row is None else _passkey(row)


def of_user(tx: Tx, user: UserId) -> list[Passkey]:
    """List the passkeys of *user*, the oldest first."""
    return [_passkey(row) for row in tx.rows(_OF_USER, user=user)]


def used(tx: Tx, passkey: PasskeyId, at: datetime, *, count: int) -> None:
    """Remember when a passkey was last signed in with, and how often it says it has signed."""
    tx.run(_USED, id=passkey, at=micros(at), count=count)


def delete_(tx: Tx, user: UserId, passkey: PasskeyId) -> bool:
    """Delete a passkey of *user*; tell whether there was one."""
    return tx.run(_DELETE, id=passkey, user=user) > 0


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=row[0],
        user=row[1],
        credential=row[2],
        key=row[3],
        count=row[4],
        label=row[5],
        created_at=instant(row[6]),
        last_used_at=instant_or_none(row[7]),
    )
