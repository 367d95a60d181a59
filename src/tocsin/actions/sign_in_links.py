"""Links that let somebody in once: invitations, and new passwords for those who have forgotten theirs.

What stands in a link is kept as a hash, or sealed while its mail is on the way; so is nothing else. Whoever
follows one chooses a password or a passkey, which uses up every link that they have.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions import audit, people
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import begin
from tocsin.actions.sessions import HOW
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.identity import LINK_LASTS, LinkPurpose, SignInLink
from tocsin.core.ids import NotificationId, SignInLinkId, UserId
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.people import User, UserStatus
from tocsin.store import outbox, sessions, sign_in_links
from tocsin.store import people as people_store
from tocsin.store.secrets import token_hash
from tocsin.store.transaction import Tx

TOKEN_BYTES: Final = 32
PAUSE: Final = timedelta(minutes=1)  # from one mail about a forgotten password to the next
EMAIL: Final = "email"

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation with its *token*, which nobody can read again; *mailed* where it went by mail too."""

    link: SignInLink
    token: str
    mailed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A link that is good, and *user* whom it lets in."""

    link: SignInLink
    user: User


def invite(
    tx: Tx, actor: Actor, user_id: UserId, *, by_mail: bool, entropy: Entropy, now: datetime
) -> Invited:
    """Invite somebody to choose what they sign in with; the invitation before is good for nothing any more.

    Raise Conflict when they are deactivated, and Forbidden when they may do more than the actor.
    """
    user = _managed(tx, actor, user_id)
    if user.status is UserStatus.DEACTIVATED:
        raise Conflict(f"{user.display_name} is deactivated; let them be there again first")
    made = _make(tx, user, LinkPurpose.INVITATION, entropy, now)
    audit.did(tx, actor, "invited", "user", user, name=user.display_name, now=now)
    if not by_mail:
        return made
    _mail(tx, user, made, f"{actor.name} invites you to Tocsin, where people are on call", now)
    return replace(made, mailed=user.email)


def withdraw(tx: Tx, actor: Actor, user_id: UserId, *, now: datetime) -> None:
    """Let an invitation be good for nothing any more; raise NotFound when there is none."""
    user = _managed(tx, actor, user_id)
    if not sign_in_links.drop(tx, user_id, LinkPurpose.INVITATION):
        raise NotFound("invitation", user.display_name)
    audit.did(tx, actor, "took back the invitation of", "user", user, name=user.display_name, now=now)


def invitation(tx: Tx, actor: Actor, user_id: UserId, *, now: datetime) -> SignInLink | None:
    """Find the invitation of somebody that is still good."""
    actor.must(Permission.ADMIN)
    people.get(tx, actor, user_id)
    found = sign_in_links.of_user(tx, user_id, LinkPurpose.INVITATION)
    return found if found is not None and found.expires_at > now else None


def mail_new_password(tx: Tx, email: str, *, entropy: Entropy, now: datetime) -> int:
    """Mail a link for a new password to every active user of an address; return to how many."""
    told = 0
    for user in people_store.anywhere_with_email(tx, email):
        last = sign_in_links.of_user(tx, user.id, LinkPurpose.NEW_PASSWORD)
        if user.status is not UserStatus.ACTIVE or (last is not None and last.created_at > now - PAUSE):
            continue
        made = _make(tx, user, LinkPurpose.NEW_PASSWORD, entropy, now)
        _mail(
            tx, user, made, "somebody, perhaps you, has said on the sign-in page that you forgot yours", now
        )
        server = Actor.of_server(user.workspace, how=HOW)
        audit.did(tx, server, "mailed a new password to", "user", user, name=user.display_name, now=now)
        told += 1
    return told


def followed(tx: Tx, token: str, *, now: datetime) -> Followed | None:
    """Find whom a link lets in; None when it is none, or good for nothing any more."""
    link = sign_in_links.by_hash(tx, token_hash(token))
    if link is None or link.expires_at <= now:
        return None
    (user,) = people_store.get_many(tx, [link.user])
    return None if user.status is UserStatus.DEACTIVATED else Followed(link=link, user=user)


def use(tx: Tx, token: str, *, password_hash: str | None = None, now: datetime) -> User:
    """Use a link up, choosing a password if one is given, and return who is let in.

    Everything that they were signed in at has ended then. Raise Conflict when the link is good no more.
    """
    found = followed(tx, token, now=now)
    if found is None:
        raise Conflict("this link is good for nothing any more")
    user = replace(found.user, status=UserStatus.ACTIVE)
    actor = Actor.of_user(user, how=HOW)
    begin(tx, actor)
    if user != found.user:
        people_store.save(tx, user, found.user)
    if password_hash is not None:
        people_store.set_password_hash(tx, user.id, password_hash)
    sessions.end_all(tx, user.id)
    sign_in_links.drop_all(tx, user.id)
    words = "accepted the invitation of" if found.link.purpose is LinkPurpose.INVITATION else "let back in"
    audit.did(tx, actor, words, "user", user, name=user.display_name, now=now)
    return user


def _managed(tx: Tx, actor: Actor, user_id: UserId) -> User:
    """Find somebody whom the actor may let in: nobody takes over more than they are."""
    actor.must(Permission.ADMIN)
    user = people.get(tx, actor, user_id)
    people.must_manage(actor, user)
    return user


def _make(tx: Tx, user: User, purpose: LinkPurpose, entropy: Entropy, now: datetime) -> Invited:
    token = base64.urlsafe_b64encode(entropy(TOKEN_BYTES)).decode().rstrip("=")
    link = SignInLink(
        id=SignInLinkId(tx.new_id()),
        user=user.id,
        purpose=purpose,
        created_at=now,
        expires_at=now + LINK_LASTS[purpose],
    )
    sign_in_links.put(tx, link, secret_hash=token_hash(token))
    return Invited(link=link, token=token)


def _mail(tx: Tx, user: User, made: Invited, because: str, now: datetime) -> None:
    """Queue the mail with a link; what stands in it is sealed until it is sent."""
    number = NotificationId(tx.new_id())
    notification = Notification(
        id=number,
        workspace=user.workspace,
        kind=NotificationKind.SIGN_IN,
        user=user.id,
        channel=EMAIL,
        address=user.email,
        because=because,
        body=tx.vault.seal(made.token, _place(number)),
        queued_at=now,
        due=now,
    )
    outbox.queue_many(tx, [notification])


def token_in(tx: Tx, notification: Notification) -> str:
    """Open what stands in the link of a mail."""
    return tx.vault.open(notification.body, _place(notification.id))


def _place(number: NotificationId) -> str:
    return f"notifications.body:{number}"
