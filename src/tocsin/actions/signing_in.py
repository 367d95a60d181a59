"""What people sign in with beside a password: who they are at a provider of OpenID Connect, and passkeys.

Whoever comes from a provider is the user whom that provider's name for them has been linked to; the first
time it is the active user of the e-mail address that the provider has verified. Nobody becomes a user by
signing in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.sessions import HOW
from tocsin.core.errors import Conflict, NotFound, check_text
from tocsin.core.identity import Identity, Passkey
from tocsin.core.ids import IdentityId, PasskeyId, UserId
from tocsin.core.people import User, UserStatus
from tocsin.core.spelling import native
from tocsin.store import identities, passkeys, people
from tocsin.store.transaction import Tx

PASSKEYS_MAX: Final = 20
LABEL_LENGTH_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Who somebody is at a provider, by its own word: *email* is theirs only if it says so."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """All that somebody can sign in with."""

    password: bool
    identities: Sequence[Identity]
    passkeys: Sequence[Passkey]

    @property
    def total(self) -> int:
        """How many there are."""
        return self.password + len(self.identities) + len(self.passkeys)


def from_elsewhere(tx: Tx, who: Elsewhere, *, now: datetime) -> User | str:
    """Find the user who comes from a provider, linking them the first time; or say why there is none."""
    known = identities.of_subject(tx, who.issuer, who.subject)
    if known is not None:
        (user,) = people.get_many(tx, [known.user])
        if user.status is not UserStatus.ACTIVE:
            return "Your account here is not active any more."
        identities.used(tx, known.id, now)
        return user
    if not who.email or not who.email_verified:
        return "The provider does not say that your e-mail address has been verified, so nobody here is you."
    found = [each for each in people.anywhere_with_email(tx, who.email) if each.status is UserStatus.ACTIVE]
    if not found:
        return f"Nobody here has the address {who.email[:200]}. Ask whoever manages people to add you."
    user = found[0]
    if any(each.issuer == who.issuer for each in identities.of_user(tx, user.id)):
        return "Somebody else of this provider is linked to this account; its owner must unlink them first."
    identity = Identity(
        id=IdentityId(tx.new_id()),
        user=user.id,
        issuer=who.issuer,
        subject=who.subject,
        created_at=now,
        last_used_at=now,
    )
    identities.add(tx, identity)
    actor = Actor.of_user(user, how=HOW)
    audit.did(tx, actor, "linked a provider to", "user", user, name=user.display_name, now=now)
    return user


def ways(tx: Tx, actor: Actor) -> Ways:
    """Say what the actor can sign in with."""
    user = _user(actor)
    return Ways(
        password=people.password_hash(tx, user) is not None,
        identities=identities.of_user(tx, user),
        passkeys=passkeys.of_user(tx, user),
    )


def can_sign_in(tx: Tx, actor: Actor, user: UserId) -> bool:
    """Tell whether somebody has anything to sign in with; what it is, is theirs to know."""
    actor.must(Permission.ADMIN)
    known = people.find(tx, actor.workspace, user).id
    return ways(tx, replace(actor, user=known)).total > 0


def password_hash(tx: Tx, actor: Actor) -> str | None:
    """Read the hash of the actor's password, None when they have none."""
    return people.password_hash(tx, _user(actor))


def unlink(tx: Tx, actor: Actor, identity: IdentityId, *, now: datetime) -> None:
    """Forget who the actor is at a provider."""
    _must_have_another(tx, actor)
    if not identities.delete_(tx, _user(actor), identity):
        raise NotFound("identity", native("identity", identity))
    _audit(tx, actor, "unlinked a provider from", now)


def add_passkey(
    tx: Tx, actor: Actor, *, credential: str, key: str, count: int, label: str, now: datetime
) -> Passkey:
    """Let the actor sign in with a passkey whose making has been verified."""
    check_text(label, "label", longest=LABEL_LENGTH_MAX)
    user = _user(actor)
    if len(passkeys.of_user(tx, user)) >= PASSKEYS_MAX:
        raise Conflict(f"you have {PASSKEYS_MAX} passkeys already; take one away first")
    if passkeys.of_credential(tx, credential) is not None:
        raise Conflict("this passkey is known already")
    made = Passkey(
        id=PasskeyId(tx.new_id()),
        user=user,
        credential=credential,
        key=key,
        count=count,
        label=label,
        created_at=now,
    )
    passkeys.add(tx, made)
    _audit(tx, actor, "added a passkey to", now)
    return made


def remove_passkey(tx: Tx, actor: Actor, passkey: PasskeyId, *, now: datetime) -> None:
    """Let the actor sign in with a passkey no more."""
    _must_have_another(tx, actor)
    if not passkeys.delete_(tx, _user(actor), passkey):
        raise NotFound("passkey", native("passkey", passkey))
    _audit(tx, actor, "took a passkey from", now)


def passkey_of(tx: Tx, credential: str) -> tuple[Passkey, User] | None:
    """Find the passkey of a credential, with its owner if they are active."""
    found = passkeys.of_credential(tx, credential)
    if found is None:
        return None
    (user,) = people.get_many(tx, [found.user])
    return (found, user) if user.status is UserStatus.ACTIVE else None


def passkey_used(tx: Tx, passkey: Passkey, *, count: int, now: datetime) -> None:
    """Remember that a passkey was signed in with."""
    passkeys.used(tx, passkey.id, now, count=count)


def _must_have_another(tx: Tx, actor: Actor) -> None:
    if ways(tx, actor).total < 2:
        raise Conflict("it is the only way in which you can sign in; add another first")


def _audit(tx: Tx, actor: Actor, action: str, now: datetime) -> None:
    (user,) = people.get_many(tx, [_user(actor)])
    audit.did(tx, actor, action, "user", user, name=user.display_name, now=now)


def _user(actor: Actor) -> UserId:
    if actor.user is None:
        raise NotFound("user", "me")
    return actor.user
