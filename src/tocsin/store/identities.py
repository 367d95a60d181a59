"""Who people are at providers of OpenID Connect."""

from datetime import datetime

from sqlalchemy import delete, select, update

from tocsin.core.identity import Identity
from tocsin.core.ids import IdentityId, UserId
from tocsin.store.bulk import insert_many
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import identities
from tocsin.store.transaction import Row, Tx

_i = identities.c
_INSERT = insert_many(identities)
_OF_SUBJECT = Statement(
    select(identities).where(_i.issuer == words("issuer"), _i.subject == words("subject"))
)
_OF_USER = Statement(select(identities).where(_i.user_id == number("user")).order_by(_i.id))
_USED = Statement(update(identities).where(_i.id == number("id")).values(last_used_at=number("at")))
_DELETE = Statement(delete(identities).where(_i.id == number("id"), _i.user_id == number("user")))


def add(tx: Tx, identity: Identity) -> None:
    """Store a new identity."""
    times = (micros(identity.created_at), micros(identity.last_used_at))
    tx.run_many(_INSERT, [(identity.id, identity.user, identity.issuer, identity.subject, *times)])


def of_subject(tx: Tx, issuer: str, subject: str) -> Identity | None:
    """Find the identity of *subject* at *issuer*."""
    row = tx.one(_OF_SUBJECT, issuer=issuer, subject=subject)
    return None if row is None else _identity(row)


def of_user(tx: Tx, user: UserId) -> list[Identity]:
    """List the identities of *user*, the oldest first."""
    return [_identity(row) for row in tx.rows(_OF_USER, user=user)]


def used(tx: Tx, identity: IdentityId, at: datetime) -> None:
    """Remember when an identity was last signed in with."""
    tx.run(_USED, id=identity, at=micros(at))


def delete_(tx: Tx, user: UserId, identity: IdentityId) -> bool:
    """Delete an identity of *user*; tell whether there was one."""
    return tx.run(_DELETE, id=identity, user=user) > 0


def _identity(row: Row) -> Identity:
    return Identity(
        id=row[0],
        user=row[1],
        issuer=row[2],
        subject=row[3],
        created_at=instant(row[4]),
        last_used_at=instant(row[5]),
    )
