"""Links by which people choose what they sign in with, found by the hash of what stands in them."""

from datetime import datetime

from sqlalchemy import delete, select

from tocsin.core.identity import LinkPurpose, SignInLink
from tocsin.core.ids import UserId
from tocsin.store.bulk import insert_many
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import sign_in_links
from tocsin.store.transaction import Row, Tx

_l = sign_in_links.c
_INSERT = insert_many(sign_in_links)
_COLUMNS = (_l.id, _l.user_id, _l.purpose, _l.created_at, _l.expires_at)
_BY_HASH = Statement(select(*_COLUMNS).where(_l.secret_hash == words("hash")))
_OF_USER = Statement(select(*_COLUMNS).where(_l.user_id == number("user"), _l.purpose == words("purpose")))
_DROP = Statement(delete(sign_in_links).where(_l.user_id == number("user"), _l.purpose == words("purpose")))
_DROP_ALL = Statement(delete(sign_in_links).where(_l.user_id == number("user")))
_FORGET = Statement(delete(sign_in_links).where(_l.expires_at <= number("now")))


def put(tx: Tx, link: SignInLink, *, secret_hash: str) -> None:
    """Store a link in place of the one that its user had for that purpose."""
    drop(tx, link.user, link.purpose)
    times = (micros(link.created_at), micros(link.expires_at))
    tx.run_many(_INSERT, [(link.id, link.user, link.purpose.value, secret_hash, *times)])


def by_hash(tx: Tx, secret_hash: str) -> SignInLink | None:
    """Find a link, perhaps an expired one, by the hash of what stands in it."""
    row = tx.one(_BY_HASH, hash=secret_hash)
    return None if row is None else _link(row)


def of_user(tx: Tx, user: UserId, purpose: LinkPurpose) -> SignInLink | None:
    """Find the link of *user* for a purpose, perhaps an expired one."""
    row = tx.one(_OF_USER, user=user, purpose=purpose.value)
    return None if row is None else _link(row)


def drop(tx: Tx, user: UserId, purpose: LinkPurpose) -> bool:
    """Forget the link of *user* for a purpose; tell whether there was one."""
    return tx.run(_DROP, user=user, purpose=purpose.value) > 0


def drop_all(tx: Tx, user: UserId) -> None:
    """Forget every link of *user*."""
    tx.run(_DROP_ALL, user=user)


def forget(tx: Tx, *, now: datetime) -> int:
    """Forget the links that have expired; return how many that were."""
    return tx.run(_FORGET, now=micros(now))


def _link(row: Row) -> SignInLink:
    return SignInLink(
        id=row[0],
        user=row[1],
        purpose=LinkPurpose(row[2]),
        created_at=instant(row[3]),
        expires_at=instant(row[4]),
    )
