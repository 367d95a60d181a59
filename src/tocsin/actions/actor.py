"""Who is asking, in which workspace, by what right."""

from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.core.errors import Forbidden
from tocsin.core.ids import IntegrationId, KeyId, ServiceId, UserId, WorkspaceId
from tocsin.core.people import Role, User
from tocsin.core.service import Integration


class Permission(StrEnum):
    """What an actor may do, from the least to the most."""

    READ = "read"
    INGEST = "ingest"
    RESPOND = "respond"
    SCHEDULE = "schedule"
    CONFIGURE = "configure"
    ADMIN = "admin"
    OWN = "own"

    @property
    def meaning(self) -> str:
        """What it lets one do, to follow the words "may not"."""
        return _MEANINGS[self]


_MEANINGS = {
    Permission.READ: "read here",
    Permission.INGEST: "send events",
    Permission.RESPOND: "acknowledge, resolve or page",
    Permission.SCHEDULE: "change schedules",
    Permission.CONFIGURE: "change services, policies, silences or destinations",
    Permission.ADMIN: "manage people or keys",
    Permission.OWN: "make or unmake owners",
}

_VIEWER = frozenset({Permission.READ})
_RESPONDER = _VIEWER | {Permission.INGEST, Permission.RESPOND, Permission.SCHEDULE}
_ADMIN = _RESPONDER | {Permission.CONFIGURE, Permission.ADMIN}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.RESPONDER: _RESPONDER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN | {Permission.OWN},
}
EVERY_PERMISSION = frozenset(Permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody, or something, acting in *workspace*.

    *name* is how the timeline and the audit log call them; *how* says by which way they came (``api``,
    ``email link``, ``command line``, ...). *user* is the person behind it, *key* the credential used; an
    actor may have either, both or, as the server itself, none. An *integration* acts for itself. *service* is
    what the events of a key or an integration belong to when they do not say. *networks* are those from which
    alone the key may be used, if there are any.
    """

    workspace: WorkspaceId
    name: str
    how: str = "api"
    permissions: frozenset[Permission]
    user: UserId | None = None
    key: KeyId | None = None
    service: ServiceId | None = None
    integration: IntegrationId | None = None
    networks: tuple[str, ...] = ()

    @classmethod
    def of_integration(cls, integration: Integration) -> "Actor":
        """Act as *integration*, which may send events and nothing else."""
        return cls(
            workspace=integration.workspace,
            name=integration.name,
            how="integration",
            permissions=frozenset({Permission.INGEST}),
            service=integration.service,
            integration=integration.id,
        )

    @classmethod
    def of_user(cls, user: User, *, how: str = "api") -> "Actor":
        """Act as *user*, with all that their role permits."""
        return cls(
            workspace=user.workspace,
            name=user.display_name,
            how=how,
            permissions=PERMISSIONS[user.role],
            user=user.id,
        )

    @classmethod
    def of_server(cls, workspace: WorkspaceId, *, how: str = "engine") -> "Actor":
        """Act as the server itself, or as the operator at its command line: everything is permitted."""
        return cls(workspace=workspace, name="Tocsin", how=how, permissions=EVERY_PERMISSION)

    def with_key(
        self, key: KeyId, *, service: ServiceId | None = None, only: frozenset[Permission] | None = None
    ) -> "Actor":
        """Act with *key*: its *service* takes events that name none, and *only* narrows what is permitted."""
        permissions = self.permissions if only is None else self.permissions & only
        return replace(self, key=key, service=service, permissions=permissions)

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor has *permission*."""
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        """Raise Forbidden unless the actor has *permission*."""
        if permission not in self.permissions:
            raise Forbidden(f"{self.name} may not {permission.meaning}; ask an admin of the workspace")

    def must_for(self, user: UserId) -> None:
        """Raise Forbidden unless the actor is *user*, and may respond, or manages people.

        It guards what is a person's own: contact methods, notification rules.
        """
        if self.user == user:
            self.must(Permission.RESPOND)
        else:
            self.must(Permission.ADMIN)
