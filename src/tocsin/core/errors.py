"""The few ways in which a request can be wrong, named for whoever reads the answer.

Each front door turns these into its own form in one table; nothing else in Tocsin is raised at a caller.
They are values, but not frozen ones: ``contextlib`` writes ``__traceback__`` on whatever passes through it.
"""

import re
from dataclasses import dataclass


class TocsinError(Exception):
    """Something that the caller can understand and mend."""


@dataclass(slots=True, unsafe_hash=True)
class Invalid(TocsinError):
    """A value that cannot be taken: *path* names it as the caller wrote it, *remedy* what would be right.

    ``Invalid("interval.days", "is 500", "must be 0 to 400")``
    """

    path: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.path} {self.problem}" if self.path else self.problem
        return f"{text}; it {self.remedy}" if self.remedy else text


@dataclass(slots=True, unsafe_hash=True)
class NotFound(TocsinError):
    """No *kind* of that *name* in the caller's workspace, or none that the caller may know of."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"there is no {self.kind} {self.name!r}"


@dataclass(slots=True, unsafe_hash=True)
class Conflict(TocsinError):
    """The world is not as the caller supposed: a name is taken, a thing is in use or was changed."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class InUse(Conflict):
    """Something else needs the thing that is to go."""


@dataclass(slots=True, unsafe_hash=True)
class Forbidden(TocsinError):
    """The caller is known and may not do this."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class Unauthorized(TocsinError):
    """The caller is not known: no credential, or one that is wrong, revoked or expired."""

    problem: str = "the credential is missing, wrong or revoked"

    def __str__(self) -> str:
        return self.problem


@dataclass(slots=True, unsafe_hash=True)
class Overloaded(TocsinError):
    """Too much is asked at once; *retry_after_s* whole seconds from now it may go through."""

    problem: str
    retry_after_s: int = 1

    def __str__(self) -> str:
        return self.problem


def check_text(text: str, path: str, *, longest: int, shortest: int = 0) -> None:
    """Raise Invalid for *path* unless *text* can be stored and is *shortest* to *longest* characters long.

    Blanks alone do not make a text: a required one needs something that can be seen.
    """
    if len(text) > longest:
        raise Invalid(path, f"is {len(text)} characters long", f"must be at most {longest}")
    if len(text) < shortest or (shortest and not text.strip()):
        problem = "is too short" if text.strip() else "is empty"
        raise Invalid(path, problem, f"must be {shortest} to {longest} characters long")
    if _UNSTORABLE.search(text) is not None:
        raise Invalid(path, "holds NUL or half a character", "must be text that can be stored")


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
