"""A workspace, its people, and actions in it: in one line each."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from builders import NOW
from tocsin.actions import audit, people, services
from tocsin.actions.actor import Actor
from tocsin.core.ids import UNMADE, ServiceId, UserId, WorkspaceId
from tocsin.core.notification import Notification
from tocsin.core.people import Role, User
from tocsin.core.service import Service
from tocsin.core.story import AuditEntry
from tocsin.core.workspace import Workspace
from tocsin.store import outbox, workspaces
from tocsin.store.database import Database

_numbers = count(1)


def entropy(size: int) -> bytes:
    """Give bytes that differ each time and are the same in every run."""
    return (
        (next(_numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC834).to_bytes(40, "big")[-size:].rjust(size, b"\x07")
    )


@dataclass(frozen=True, kw_only=True)
class Office:
    """A workspace in *database* with its *owner*, who acts as *boss*, and a *service*."""

    database: Database
    owner: User
    boss: Actor
    service: Service

    @property
    def workspace(self) -> WorkspaceId:
        return self.owner.workspace

    def run(self, action: Any, *args: Any, by: Actor | None = None, **kwargs: Any) -> Any:
        """Run an action as the boss, or as somebody else."""
        return self.database.transact(lambda tx: action(tx, by or self.boss, *args, **kwargs))

    def do(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        """Run an action that takes the time of day, at NOW."""
        return self.run(action, *args, **{"now": NOW} | kwargs)

    def hire(self, name: str, role: Role = Role.RESPONDER) -> Actor:
        """Add somebody, and give the actor who they are."""
        return Actor.of_user(self.do(people.create, somebody(name, role)))

    def user(self, actor: Actor) -> User:
        """Read the user who an actor is."""
        return self.run(people.get, actor.user)

    def log(self, **filters: Any) -> list[AuditEntry]:
        """Read the audit log, the newest first."""
        return list(self.run(audit.list_, **{"limit": 200} | filters).items)

    def waiting(self) -> list[Notification]:
        """Read what waits in the outbox."""
        return self.database.transact(lambda tx: outbox.due(tx, now=NOW, limit=100))


def somebody(name: str, role: Role = Role.RESPONDER) -> User:
    """Make the draft of a user."""
    return User(
        id=UserId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        email=f"{name.lower()}@example.com",
        name=name,
        role=role,
    )


def open_office(database: Database) -> Office:
    """Make a workspace in an empty database."""

    def make(tx) -> Office:
        workspace = Workspace(id=WorkspaceId(tx.new_id()), name="Example", created_at=NOW)
        workspaces.add(tx, workspace)
        server = Actor.of_server(workspace.id)
        owner = people.create(tx, server, somebody("Olga", Role.OWNER), now=NOW)
        draft = Service(id=ServiceId(UNMADE), workspace=workspace.id, name="Shop", slug="")
        service = services.create(tx, server, draft, now=NOW)
        return Office(database=database, owner=owner, boss=Actor.of_user(owner), service=service)

    return database.transact(make)
