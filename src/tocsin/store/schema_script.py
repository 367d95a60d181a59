"""What a schema is looked at and changed through, whatever the engine, and what may keep one from it."""

from typing import Protocol


class CannotOpenError(Exception):
    """The database cannot be opened, or will not do what it is asked to; the text is what its driver said."""


class InUseError(CannotOpenError):
    """What is to be changed is in use: step back, and come again."""


class PoolerError(Exception):
    """The database is reached through a pooler, and nobody said so."""


class Script(Protocol):
    """A connection inside a transaction, able to run a whole script."""

    def first(self, sql: str) -> str | None:
        """Run a query and return the first column of its first row."""
        ...

    def run(self, script: str) -> None:
        """Run all statements of *script*."""
        ...
