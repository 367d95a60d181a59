"""Which directories are known to stand, so that whoever only reads need not ask the database each time.

A directory stands once a transaction has found its version to be the latest, until a commit on any node says
that some configuration has changed, and for STANDS_FOR_S at most: a wake-up can be lost, and a command that
writes to the database file by itself wakes nobody.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from tocsin.core.directory import Directory
from tocsin.core.ids import WorkspaceId

STANDS_FOR_S: Final = 1.0


class Found:
    """What was found to be the latest, by transactions that began after the last change became known."""

    __slots__ = ("_clock", "_until")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[WorkspaceId, tuple[Directory, float]] = {}

    def stands(self, directory: Directory) -> None:
        """Note that the database has just said that *directory* is the latest."""
        self._until[directory.workspace] = (directory, self._clock() + STANDS_FOR_S)

    def of(self, workspace: WorkspaceId) -> Directory | None:
        """Give the directory that is known to stand."""
        found = self._until.get(workspace)
        return found[0] if found is not None and self._clock() < found[1] else None


class Standing:
    """What stands, for one process and database. Every transaction takes what is *found* along as it begins.

    So what it finds from before a change goes with what was found before that change.
    """

    __slots__ = ("_clock", "found")

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.found = Found(clock)

    def woken(self, what: frozenset[str]) -> None:
        """Hear that a commit has changed something."""
        if "config" in what:
            self.found = Found(self._clock)
