"""The audit log: who made, changed or deleted what, and what it was before."""

from datetime import datetime
from typing import Any, Protocol

from tocsin.actions.actor import Actor, Permission
from tocsin.core.differences import differences
from tocsin.core.ids import AuditId, UserId
from tocsin.core.listing import Listed
from tocsin.core.story import AuditEntry
from tocsin.store import audit
from tocsin.store.columns import to_json
from tocsin.store.transaction import Tx

CHANGES_LENGTH_MAX = 65_536
HIDDEN: dict[str, frozenset[str]] = {
    "destination": frozenset({"address", "secret", "options"}),
    "contact_method": frozenset({"address"}),
    "schedule": frozenset({"feeds", "names"}),
    "key": frozenset({"extra"}),
}
"""The fields of each kind that are nobody's to read."""


class Thing(Protocol):
    """What has an id."""

    @property
    def id(self) -> int:
        """Its id."""


def created(tx: Tx, actor: Actor, kind: str, new: Thing, *, name: str, now: datetime) -> None:
    """Write down that the actor made *new*."""
    _append(tx, actor, "created", kind, new, name=name, changes=_differences(kind, None, new), now=now)


def changed(tx: Tx, actor: Actor, kind: str, new: Thing, *, was: Thing, name: str, now: datetime) -> None:
    """Write down what the actor made of *was*; nothing if there is no difference."""
    changes = _differences(kind, was, new)
    if changes:
        _append(tx, actor, "changed", kind, new, name=name, changes=changes, now=now)


def deleted(tx: Tx, actor: Actor, kind: str, was: Thing, *, name: str, now: datetime) -> None:
    """Write down that the actor deleted *was*."""
    _append(tx, actor, "deleted", kind, was, name=name, changes=_differences(kind, was, None), now=now)


def did(tx: Tx, actor: Actor, action: str, kind: str, thing: Thing, *, name: str, now: datetime) -> None:
    """Write down that the actor did *action* to *thing*, where what differs is nobody's to read."""
    _append(tx, actor, action, kind, thing, name=name, changes={}, now=now)


def list_(
    tx: Tx,
    actor: Actor,
    *,
    by: UserId | None = None,
    subject: int | None = None,
    text: str = "",
    before: int | None = None,
    limit: int,
) -> Listed[AuditEntry]:
    """List what was changed, the newest first: by one person, or of one thing, where that is given.

    *text* is a part of the name of who or what it is about, or of what was done.
    """
    actor.must(Permission.ADMIN)
    return audit.list_(tx, actor.workspace, by=by, subject=subject, text=text, before=before, limit=limit)


def last(tx: Tx, actor: Actor, subject: int) -> tuple[str, datetime] | None:
    """Tell who changed a thing last, and when, to whoever may read it; not what it was before."""
    actor.must(Permission.READ)
    found = audit.list_(tx, actor.workspace, subject=subject, limit=1).items
    return (found[0].by_name, found[0].at) if found else None


def _differences(kind: str, was: Thing | None, new: Thing | None) -> dict[str, Any]:
    found = differences(was, new, hidden=HIDDEN.get(kind, frozenset()))
    if len(to_json(found)) <= CHANGES_LENGTH_MAX:
        return found
    return {name: {"before": "too long to be kept", "after": "too long to be kept"} for name in found}


def _append(
    tx: Tx,
    actor: Actor,
    action: str,
    kind: str,
    thing: Thing,
    *,
    name: str,
    changes: dict[str, Any],
    now: datetime,
) -> None:
    entry = AuditEntry(
        id=AuditId(tx.new_id()),
        workspace=actor.workspace,
        at=now,
        by=actor.user,
        key=actor.key,
        by_name=actor.name,
        how=actor.how,
        action=action,
        kind=kind,
        subject=thing.id,
        name=name,
        changes=changes,
    )
    audit.append(tx, entry)
