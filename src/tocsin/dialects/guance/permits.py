"""Who may change an object that has permissions of its own.

Without them the roles decide. With them, the owner, whoever made it, and those whom it lists: a role, a
member, a team. Whoever is listed may, also if their role may only read; whoever is not may not.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET, UnsetType

from tocsin.actions import history
from tocsin.actions.actor import PERMISSIONS, Actor, Permission
from tocsin.core.errors import Forbidden, Invalid
from tocsin.core.people import Role
from tocsin.dialects.guance.handling import who
from tocsin.dialects.guance.reading import shown
from tocsin.dialects.guance.spelled import MEMBER, ROLE, TEAM, spelled
from tocsin.world import Tx

ROLES: Final = {
    Role.OWNER: "owner",
    Role.ADMIN: "wsAdmin",
    Role.RESPONDER: "general",
    Role.VIEWER: "readOnly",
}
_LISTED: Final = frozenset(ROLES.values()) - {"owner"}
_PREFIXES: Final = (ROLE, TEAM, MEMBER)


def check_set(entries: Collection[str] | UnsetType, path: str = "permissionSet") -> None:
    """Raise Invalid for an entry of a permission set that cannot be; the owner is never configurable."""
    for place, entry in enumerate(() if isinstance(entries, UnsetType) else entries):
        named = any(entry.startswith(prefix) and entry != prefix for prefix in _PREFIXES)
        if entry not in _LISTED and not named:
            remedy = "must be one of wsAdmin, general, readOnly, role_…, group_…, acnt_…"
            raise Invalid(f"{path}[{place}]", shown(entry), remedy)


def kept_permissions(
    was: Mapping[str, Any], *, opened: bool | UnsetType, entries: Collection[str] | UnsetType
) -> dict[str, Any]:
    """Say what to keep of the permissions that a request gives."""
    kept = {name: was[name] for name in ("openPermissionSet", "permissionSet") if name in was}
    if opened is not UNSET:
        kept["openPermissionSet"] = opened
    if not isinstance(entries, UnsetType):
        kept["permissionSet"] = list(entries)
    return kept


def shown_permissions(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Write an object's permissions."""
    written = {"openPermissionSet": bool(kept.get("openPermissionSet", False))}
    return written | ({"permissionSet": kept["permissionSet"]} if "permissionSet" in kept else {})


def may_change(tx: Tx, actor: Actor, kept: Mapping[str, Any]) -> bool:
    """Tell whether *actor* may change the object of which *kept* is kept."""
    if not kept.get("openPermissionSet", False):
        return actor.may(Permission.CONFIGURE)
    if _is_narrowed(tx, actor):
        return False
    return actor.user is None or kept.get("creator") == who(actor) or _is_listed(tx, actor, kept)


def permitted(tx: Tx, actor: Actor, kept: Mapping[str, Any]) -> Actor:
    """Return *actor* as they may change the object; raise Forbidden when they may not."""
    if not may_change(tx, actor, kept):
        raise Forbidden(f"{actor.name} may not change this; its permissions do not list them")
    return replace(actor, permissions=actor.permissions | {Permission.READ, Permission.CONFIGURE})


def _is_narrowed(tx: Tx, actor: Actor) -> bool:
    """Tell whether the key may do less than its member: what it was not given, no list gives it."""
    user = history.directory(tx, actor).users.get(actor.user) if actor.user is not None else None
    allowed = PERMISSIONS[user.role if user is not None else Role.ADMIN]
    return not allowed <= actor.permissions


def _is_listed(tx: Tx, actor: Actor, kept: Mapping[str, Any]) -> bool:
    directory = history.directory(tx, actor)
    user = directory.users.get(actor.user) if actor.user is not None else None
    if user is None:
        return False
    mine = {ROLES[user.role], spelled("user", user.id)}
    mine |= {spelled("team", team.id) for team in directory.teams.values() if user.id in team.members}
    return user.role is Role.OWNER or bool(mine.intersection(kept.get("permissionSet", ())))
