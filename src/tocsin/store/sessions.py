"""People's sessions in the browser, found by the hash of what their cookie holds."""

from datetime import datetime

from sqlalchemy import delete, select, update

from tocsin.core.credential import Session
from tocsin.core.ids import SessionId, UserId
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import sessions
from tocsin.store.transaction import Row, Tx

_INSERT = into(sessions)
_s = sessions.c
_COLUMNS = (_s.id, _s.user_id, _s.browser, _s.created_at, _s.last_seen_at, _s.expires_at)
_BY_HASH = Statement(select(*_COLUMNS).where(_s.secret_hash == words("hash")))
_OF_USER = Statement(
    select(*_COLUMNS)
    .where(_s.user_id == number("user"), _s.expires_at > number("now"))
    .order_by(_s.id.desc())
)
_SEEN = Statement(
    update(sessions)
    .where(_s.id == number("session"))
    .values(last_seen_at=number("at"), expires_at=number("expires"))
)
_END = Statement(delete(sessions).where(_s.id == number("session"), _s.user_id == number("user")))
_END_OTHERS = Statement(delete(sessions).where(_s.user_id == number("user"), _s.id != number("but")))
_END_ALL = Statement(delete(sessions).where(_s.user_id == number("user")))
_FORGET = Statement(delete(sessions).where(_s.expires_at <= number("now")))


def add(tx: Tx, session: Session, *, secret_hash: str) -> None:
    """Store a new session with the hash by which it is found."""
    row = (session.id, session.user, secret_hash, session.browser)
    times = (session.created_at, session.last_seen_at, session.expires_at)
    tx.run_many(_INSERT, [(*row, *map(micros, times))])


def by_hash(tx: Tx, secret_hash: str) -> Session | None:
    """Find a session, perhaps an expired one, by the hash of what its cookie holds."""
    row = tx.one(_BY_HASH, hash=secret_hash)
    return None if row is None else _session(row)


def of_user(tx: Tx, user: UserId, *, now: datetime) -> list[Session]:
    """List the sessions of a user that have not expired, the newest first."""
    return [_session(row) for row in tx.rows(_OF_USER, user=user, now=micros(now))]


def seen(tx: Tx, session: SessionId, at: datetime, *, expires_at: datetime) -> None:
    """Remember when a session was last used, and until when it lasts now."""
    tx.run(_SEEN, session=session, at=micros(at), expires=micros(expires_at))


def end(tx: Tx, user: UserId, session: SessionId) -> bool:
    """End one session of *user*; tell whether there was one."""
    ended = tx.run(_END, session=session, user=user) > 0
    tx.wake("config")  # what is remembered of it is forgotten
    return ended


def end_others(tx: Tx, user: UserId, *, but: SessionId) -> int:
    """End every session of *user* but one; return how many that were."""
    ended = tx.run(_END_OTHERS, user=user, but=but)
    tx.wake("config")
    return ended


def end_all(tx: Tx, user: UserId) -> None:
    """End every session of *user*."""
    tx.run(_END_ALL, user=user)
    tx.wake("config")


def forget(tx: Tx, *, now: datetime) -> int:
    """Forget the sessions that have expired; return how many that were."""
    return tx.run(_FORGET, now=micros(now))


def _session(row: Row) -> Session:
    return Session(
        id=row[0],
        user=row[1],
        browser=row[2],
        created_at=instant(row[3]),
        last_seen_at=instant(row[4]),
        expires_at=instant(row[5]),
    )
