"""A workspace that has just begun, and actions in it: in one line each."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from builders import NOW
from tocsin.actions import people, workspace
from tocsin.actions.actor import Actor
from tocsin.actions.workspace import Beginning
from tocsin.core.ids import UNMADE, UserId, WorkspaceId
from tocsin.core.people import Role, User
from tocsin.store.database import Database

_numbers = count(1)


def entropy(size: int) -> bytes:
    """Give bytes that differ each time and are the same in every run."""
    return (
        (next(_numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC834).to_bytes(40, "big")[-size:].rjust(size, b"\x07")
    )


@dataclass(frozen=True, kw_only=True)
class Office:
    """A workspace in *database*, and its owner."""

    database: Database
    beginning: Beginning
    owner: Actor

    @property
    def workspace(self) -> WorkspaceId:
        return self.beginning.workspace.id

    def run(self, action: Any, *args: Any, by: Actor | None = None, **kwargs: Any) -> Any:
        """Run an action as the owner, or as somebody else."""
        return self.database.transact(lambda tx: action(tx, by or self.owner, *args, **kwargs))

    def do(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        """Run an action that takes the time of day, at NOW."""
        return self.run(action, *args, **{"now": NOW} | kwargs)

    def hire(self, name: str, role: Role = Role.RESPONDER) -> Actor:
        """Add somebody, and give the actor who they are."""
        draft = User(
            id=UserId(UNMADE),
            workspace=WorkspaceId(UNMADE),
            email=f"{name.lower()}@example.com",
            name=name,
            role=role,
        )
        return Actor.of_user(self.do(people.create, draft))


def begin(database: Database, email: str = "olga@example.com") -> Office:
    """Begin the first workspace of an empty database."""
    beginning = database.transact(
        lambda tx: workspace.init(tx, email=email, name="Olga", entropy=entropy, now=NOW)
    )
    return Office(database=database, beginning=beginning, owner=Actor.of_user(beginning.owner))
