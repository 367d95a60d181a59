"""What a key can be narrowed to: permissions by our own names for them, or by those of the key's own API."""

from collections.abc import Iterable, Mapping
from typing import Final

from tocsin.actions.actor import Permission
from tocsin.actions.key_kinds import KeyKind

_OURS: Final = {permission.value: frozenset({permission}) for permission in Permission}
_READ: Final = frozenset({Permission.READ})
_CONFIGURE: Final = frozenset({Permission.SCHEDULE, Permission.CONFIGURE})
_RESPOND: Final = frozenset({Permission.RESPOND})
_ADMIN: Final = frozenset({Permission.ADMIN})

_THEIRS: Final[Mapping[str, Mapping[str, frozenset[Permission]]]] = {
    KeyKind.DATADOG: {
        "on_call_read": _READ,
        "on_call_write": _CONFIGURE,
        "on_call_respond": _RESPOND,
        "on_call_admin": _ADMIN | _RESPOND,
        "teams_read": _READ,
        "teams_manage": _ADMIN,
        "user_access_read": _READ,
        "user_access_manage": _ADMIN,
        "user_access_invite": _ADMIN,
    },
    KeyKind.DIGITALOCEAN: {
        "app:read": _READ,
        "app:create": _CONFIGURE,
        "app:update": _CONFIGURE,
        "app:delete": _CONFIGURE,
    },
}


def scopes_of(kind: str) -> Mapping[str, frozenset[Permission]]:
    """Name the scopes of keys of *kind*, and what each of them lets a key do."""
    return {**_OURS, **_THEIRS.get(kind, {})}


def permissions_of(kind: str, scopes: Iterable[str]) -> frozenset[Permission]:
    """Tell what *scopes* let a key of *kind* do; one that its API does not know lets it do nothing."""
    known = scopes_of(kind)
    return frozenset(permission for scope in scopes for permission in known.get(scope, ()))
