"""Users: who there is, what they may do, and when they leave."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, usage
from tocsin.actions.actor import PERMISSIONS, Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_have_room
from tocsin.core.destination import check_email
from tocsin.core.errors import Conflict, Forbidden, NotFound
from tocsin.core.ids import ContactMethodId, UserId
from tocsin.core.listing import Listed
from tocsin.core.people import ContactMethod, Role, User, UserStatus
from tocsin.core.people_check import check_user
from tocsin.store import people, sessions, sign_in_links
from tocsin.store.transaction import Tx

EMAIL = "email"
_OWN_FIELDS = frozenset({"name", "time_zone"})


def create(tx: Tx, actor: Actor, draft: User, *, password_hash: str | None = None, now: datetime) -> User:
    """Add a user, with their e-mail address as a contact method that counts as verified.

    Whoever manages people vouches for the address: an on-call address must work at once. Of *draft*, what
    has an id of its own is left out.
    """
    actor.must(Permission.ADMIN)
    begin(tx, actor)
    _must_be_allowed(actor, None, draft, password=True)
    must_have_room(tx, actor, people.list_, "users")
    user = UserId(tx.new_id())
    address = check_email(draft.email, EMAIL)
    method = ContactMethod(
        id=ContactMethodId(tx.new_id()), user=user, channel=EMAIL, address=address, verified_at=now
    )
    made = replace(
        draft, id=user, workspace=actor.workspace, email=address, contact_methods=(method,), rules=()
    )
    check_user(made)
    people.add(tx, made)
    if password_hash is not None:
        people.set_password_hash(tx, user, password_hash)
    audit.created(tx, actor, "user", made, name=made.display_name, now=now)
    return made


def get(tx: Tx, actor: Actor, user_id: UserId) -> User:
    """Read a user."""
    actor.must(Permission.READ)
    return people.find(tx, actor.workspace, user_id)


def asked_by(tx: Tx, actor: Actor, user_id: UserId) -> tuple[str, ...]:
    """Name what may ask a user: policies, schedules and shifts, each once."""
    return tuple(dict.fromkeys(usage.of_user(tx, get(tx, actor, user_id))))


def myself(tx: Tx, actor: Actor) -> User:
    """Read the user who asks; raise NotFound when it is nobody in particular."""
    if actor.user is None:
        raise NotFound("user", "me")
    return get(tx, actor, actor.user)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[User]:
    """List users, the oldest first."""
    actor.must(Permission.READ)
    return people.list_(tx, actor.workspace, after=after, limit=limit)


def change(
    tx: Tx,
    actor: Actor,
    user_id: UserId,
    edit: Edit[User],
    *,
    password_hash: str | None = None,
    now: datetime,
) -> User:
    """Change a user, and their password if *password_hash* is given.

    People change their own name, time zone and password; what else there is, and other people, admins do;
    and owners, nobody but an owner. A new password signs its owner out everywhere.
    """
    begin(tx, actor)
    was = get(tx, actor, user_id)
    new = edit(was)
    new = replace(new, email=check_email(new.email, EMAIL))
    _must_be_allowed(actor, was, new, password=password_hash is not None)
    check_user(new)
    _must_leave_an_owner(tx, was, new)
    if new != was:
        people.save(tx, new, was)
        audit.changed(tx, actor, "user", new, was=was, name=new.display_name, now=now)
    if password_hash is not None or new.email != was.email:
        sign_in_links.drop_all(tx, user_id)  # they lead to whoever reads that mailbox
    if password_hash is not None:
        people.set_password_hash(tx, user_id, password_hash)
        sessions.end_all(tx, user_id)
        audit.did(tx, actor, "changed password of", "user", new, name=new.display_name, now=now)
    return new


def deactivate(tx: Tx, actor: Actor, user_id: UserId, *, sure: Sure[User] = anyway, now: datetime) -> User:
    """Let a user go: they keep their turns, are passed over from now on, and their keys open nothing."""

    def edit(was: User) -> User:
        sure(was)
        return replace(was, status=UserStatus.DEACTIVATED)

    actor.must(Permission.ADMIN)
    return change(tx, actor, user_id, edit, now=now)


def must_manage(actor: Actor, user: User) -> None:
    """Raise Forbidden unless the actor may let *user* in: nobody takes over more than they are."""
    _must_be_allowed(actor, user, user, password=True)


def _must_be_allowed(actor: Actor, was: User | None, new: User, *, password: bool) -> None:
    """Raise Forbidden unless the actor may do this; nobody makes or takes over more than they are."""
    own = was is not None and was.id == actor.user
    if was is not None and own and set(_differing(was, new)) <= _OWN_FIELDS:
        actor.must(Permission.RESPOND)
        if not password:
            return
    else:
        actor.must(Permission.ADMIN)
    for role in (new.role, was.role if was is not None else new.role):
        if not PERMISSIONS[role] <= actor.permissions:
            raise Forbidden(f"{actor.name} may not do this to an {role}; ask an owner of the workspace")


def _differing(was: User, new: User) -> Iterator[str]:
    for name in ("email", "name", "role", "status", "time_zone"):
        if getattr(was, name) != getattr(new, name):
            yield name


def _must_leave_an_owner(tx: Tx, was: User, new: User) -> None:
    """Raise Conflict when *new* is no active owner any more and was the last one."""
    if not _owns(was) or _owns(new):
        return
    if not any(_owns(user) for user in people.all_(tx, was.workspace) if user.id != was.id):
        raise Conflict(f"{was.display_name} is the last owner of the workspace; make another owner first")


def _owns(user: User) -> bool:
    return user.role is Role.OWNER and user.status is UserStatus.ACTIVE
