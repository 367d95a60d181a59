"""Signing in and out in the browser.

Who signs in is found by address and password: `candidates` gives the users of that address, whose hashes are
verified outside of any transaction, and `begin` lets the one that fits in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions import audit
from tocsin.actions.actor import Actor
from tocsin.core.credential import Session
from tocsin.core.errors import NotFound
from tocsin.core.ids import SessionId, UserId
from tocsin.core.people import User, UserStatus
from tocsin.core.spelling import native
from tocsin.store import people, sessions
from tocsin.store.secrets import token_hash
from tocsin.store.transaction import Tx

LIFETIME: Final = timedelta(days=30)  # without being used
BROWSER_LENGTH_MAX: Final = 200
HOW: Final = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A user who may be the one that signs in, with the hash of their password, if they have one."""

    user: User
    password_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is behind a cookie: the *user*, as whom the browser acts, by *session*."""

    user: User
    session: Session
    actor: Actor


def candidates(tx: Tx, email: str) -> Sequence[Candidate]:
    """Give the active users of that address, of every workspace."""
    found = (user for user in people.anywhere_with_email(tx, email) if user.status is UserStatus.ACTIVE)
    return [Candidate(user=user, password_hash=people.password_hash(tx, user.id)) for user in found]


def begin(tx: Tx, user: User, *, browser: str, entropy: Callable[[int], bytes], now: datetime) -> str:
    """Begin a session of *user*, and return what their cookie is to hold."""
    token = entropy(32).hex()
    session = Session(
        id=SessionId(tx.new_id()),
        user=user.id,
        browser=browser[:BROWSER_LENGTH_MAX],
        created_at=now,
        last_seen_at=now,
        expires_at=now + LIFETIME,
    )
    sessions.add(tx, session, secret_hash=token_hash(token))
    actor = Actor.of_user(user, how=HOW)
    audit.did(tx, actor, "signed in", "user", user, name=user.display_name, now=now)
    return token


def of_cookie(tx: Tx, hashed: str) -> SignedIn | None:
    """Find who is behind a cookie with that SHA-256; None when nobody is any more."""
    session = sessions.by_hash(tx, hashed)
    if session is None:
        return None
    (user,) = people.get_many(tx, [session.user])
    if user.status is not UserStatus.ACTIVE:
        return None
    return SignedIn(user=user, session=session, actor=Actor.of_user(user, how=HOW))


def mine(tx: Tx, actor: Actor, *, now: datetime) -> list[Session]:
    """List the sessions of whoever asks, the newest first."""
    return sessions.of_user(tx, _user(actor), now=now)


def end(tx: Tx, actor: Actor, session: SessionId) -> None:
    """End one of the sessions of whoever asks; raise NotFound when it is none of theirs."""
    if not sessions.end(tx, _user(actor), session):
        raise NotFound("session", native("session", session))


def end_others(tx: Tx, actor: Actor, but: SessionId) -> int:
    """End all sessions of whoever asks but one; return how many that were."""
    return sessions.end_others(tx, _user(actor), but=but)


def seen(tx: Tx, session: SessionId, now: datetime) -> None:
    """Remember that a session was used; it lasts for LIFETIME from then on."""
    sessions.seen(tx, session, now, expires_at=now + LIFETIME)


def _user(actor: Actor) -> UserId:
    if actor.user is None:
        raise NotFound("user", "me")
    return actor.user
