"""API keys: made once, told once, revoked for good."""

from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.actions import audit
from tocsin.actions.actor import PERMISSIONS, Actor, Permission
from tocsin.actions.changing import Sure, anyway, begin, must_be_known, must_have_room
from tocsin.actions.key_kinds import Entropy, KeyKind, Secrets, new_secrets
from tocsin.actions.scopes import permissions_of, scopes_of
from tocsin.core.credential import Key, check_network
from tocsin.core.errors import Conflict, Forbidden, Invalid, check_text
from tocsin.core.ids import KeyId, ServiceId, UserId
from tocsin.core.listing import Listed
from tocsin.core.people import Role, UserStatus
from tocsin.store import credentials, people, services
from tocsin.store.transaction import Tx

NAME_LENGTH_MAX = 255
OF_NOBODY = frozenset({KeyKind.GRAFANA_ONCALL})  # whose APIs know service accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key, with the secrets that nobody can read again."""

    key: Key
    secrets: Secrets


def create(
    tx: Tx,
    actor: Actor,
    *,
    kind: KeyKind,
    name: str,
    user: UserId | None = None,
    nobody: bool = False,
    service: ServiceId | None = None,
    scopes: tuple[str, ...] = (),
    networks: tuple[str, ...] = (),
    entropy: Entropy,
    now: datetime,
) -> NewKey:
    """Make a key that acts for *user*, or for whoever asks; *service* takes events that name none.

    One that acts for *nobody* is a service account: it goes on when its maker goes, and may do what an admin
    may.

    *scopes* are names of permissions, ours or those of the key's API, and narrow what the key may do. Nobody
    makes a key that may do more than they may themselves. With *networks* it may be used from there alone.
    """
    whose = _whose(actor, user, kind, nobody=nobody)
    begin(tx, actor)
    must_have_room(tx, actor, credentials.list_, "keys")
    check_text(name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    _check_scopes(kind, scopes)
    _must_not_exceed(tx, actor, whose, kind, scopes)
    service = service or actor.service
    if service is not None:
        must_be_known(tx, actor, services.get_many, [(service, "service")], "service")
    return make(
        tx,
        actor,
        Key(
            id=KeyId(tx.new_id()),
            workspace=actor.workspace,
            kind=kind,
            name=name,
            user=whose,
            service=service,
            scopes=scopes,
            networks=tuple(check_network(each, f"networks[{place}]") for place, each in enumerate(networks)),
            created_at=now,
        ),
        entropy=entropy,
        now=now,
    )


def make(tx: Tx, actor: Actor, draft: Key, *, entropy: Entropy, now: datetime) -> NewKey:
    """Store *draft*, which has an id, with new secrets, whoever may ask for that."""
    secrets = new_secrets(KeyKind(draft.kind), draft.id, entropy)
    key = replace(draft, hint=secrets.hint, extra={**draft.extra, **secrets.extra})
    credentials.add(tx, key, secret_hash=secrets.found_by)
    audit.created(tx, actor, "key", key, name=key.name, now=now)
    return NewKey(key=key, secrets=secrets)


def get(tx: Tx, actor: Actor, key_id: KeyId) -> Key:
    """Read a key of one's own, or as an admin anybody's."""
    key = credentials.find(tx, actor.workspace, key_id)
    actor.must(Permission.ADMIN if key.user is None else Permission.READ)
    if key.user is not None:
        actor.must_for(key.user)
    return key


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Key]:
    """List the keys of the workspace, revoked ones too, or one's own for those who do not manage people."""
    actor.must(Permission.RESPOND)
    user = None if actor.may(Permission.ADMIN) else actor.user or UserId(0)
    return credentials.list_(tx, actor.workspace, user=user, after=after, limit=limit)


def revoke(tx: Tx, actor: Actor, key_id: KeyId, *, sure: Sure[Key] = anyway, now: datetime) -> Key:
    """Let a key open nothing any more; one that is revoked already stays as it is."""
    begin(tx, actor)
    key = get(tx, actor, key_id)
    sure(key)
    if key.revoked_at is None:
        credentials.revoke(tx, key_id, now)
        audit.did(tx, actor, "revoked", "key", key, name=key.name, now=now)
    return credentials.find(tx, actor.workspace, key_id)


def _whose(actor: Actor, user: UserId | None, kind: KeyKind, *, nobody: bool) -> UserId | None:
    """Tell for whom a new key acts, which *actor* may decide; None for a service account."""
    if not nobody:
        whose = user or actor.user
        if whose is None:
            raise Invalid("user", "is missing", "must name the user for whom the key acts")
        actor.must_for(whose)
        return whose
    actor.must(Permission.ADMIN)
    if user is not None:
        raise Invalid("user", "is given for a service account", "must be left out for one")
    if kind not in OF_NOBODY:
        raise Invalid("service_account", f"is no kind of key for {kind.value}", "must be left out")
    return None


def _check_scopes(kind: KeyKind, scopes: tuple[str, ...]) -> None:
    known = scopes_of(kind)
    for place, scope in enumerate(scopes):
        if scope not in known:
            remedy = f"must be one of {', '.join(known)}"
            raise Invalid(f"scopes[{place}]", f"is {scope[:50]!r}, which is no permission", remedy)


def _must_not_exceed(
    tx: Tx, actor: Actor, whose: UserId | None, kind: KeyKind, scopes: tuple[str, ...]
) -> None:
    role, name = (Role.ADMIN, "a service account") if whose is None else _role_of(tx, actor, whose)
    allowed = PERMISSIONS[role]
    if scopes:
        allowed &= permissions_of(kind, scopes)
    if not allowed <= actor.permissions:
        raise Forbidden(
            f"a key for {name} could do more than {actor.name} may; narrow its scopes,"
            " or ask an owner of the workspace"
        )


def _role_of(tx: Tx, actor: Actor, whose: UserId) -> tuple[Role, str]:
    """Give the role and the name of a user for whom a key can act."""
    found = [user for user in people.get_many(tx, [whose]) if user.workspace == actor.workspace]
    if not found:
        must_be_known(tx, actor, people.get_many, [(whose, "user")], "user")
    user = found[0]
    if user.status is UserStatus.DEACTIVATED:
        raise Conflict(f"{user.display_name} is deactivated, and no key can act for them")
    return user.role, user.display_name
