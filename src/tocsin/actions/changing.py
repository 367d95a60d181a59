"""How every piece of configuration is changed: one change of a workspace after the other.

`begin` locks the workspace until the commit. So what an action looks up after it (is the name free, is the
thing in use, is the other thing there) is still true when the change is on disk.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from tocsin.actions.actor import Actor
from tocsin.core.because import listing
from tocsin.core.errors import Conflict, InUse, Invalid
from tocsin.core.ids import UNMADE
from tocsin.core.listing import Listed
from tocsin.core.spelling import native
from tocsin.store import workspaces
from tocsin.store.transaction import Tx

T = TypeVar("T")

Edit = Callable[[T], T]
"""Makes the new value out of the old one. It may be run again, and refuses by raising."""

Sure = Callable[[T], None]
"""Raises when a value is not the one that the caller means to change."""

USES_SHOWN_MAX = 5
KEPT_MAX = 10_000  # of each kind, in a workspace


class Part(Protocol):
    """A part of a larger thing: a layer, a step, a rule."""

    @property
    def id(self) -> int:
        """Its id; UNMADE when it is still to be given one."""


P = TypeVar("P", bound=Part)


def begin(tx: Tx, actor: Actor) -> None:
    """Begin to change the configuration of the actor's workspace; other changes wait for the commit."""
    workspaces.changed(tx, actor.workspace)


def anyway(value: object) -> None:
    """Be sure of any value."""
    del value


def must_have_room(
    tx: Tx, actor: Actor, list_: Callable[..., Listed[Any]], noun: str, most: int = KEPT_MAX
) -> None:
    """Raise Conflict when the workspace has as many of these as it can have."""
    if list_(tx, actor.workspace, limit=1).total >= most:
        raise Conflict(f"there are {most} {noun} already, and no more can be kept; delete some first")


def must_be_free(name: str, uses: Iterable[str]) -> None:
    """Raise InUse, naming where, when the thing called *name* is in use."""
    found = list(dict.fromkeys(uses))
    if found:
        shown = found[:USES_SHOWN_MAX]
        if len(found) > USES_SHOWN_MAX:
            shown = [*shown, f"{len(found) - USES_SHOWN_MAX} more"]
        raise InUse(f"{name} is in use by {listing(shown)}; take it out there first")


def must_be_known(
    tx: Tx,
    actor: Actor,
    get_many: Callable[[Tx, list[int]], list[Any]],
    named: Iterable[tuple[int, str]],
    kind: str,
) -> None:
    """Raise Invalid for the first of *named*, ids with their paths, that the actor's workspace has not."""
    paths = dict(reversed(list(named)))
    if not paths:
        return
    found = {each.id for each in get_many(tx, sorted(paths)) if each.workspace == actor.workspace}
    for identifier, path in reversed(paths.items()):
        if identifier not in found:
            noun = kind.replace("_", " ")
            raise Invalid(
                path,
                f"names {native(kind, identifier)}, which is no {noun} here",
                f"must name a {noun} that is here",
            )


def numbered(
    tx: Tx, parts: Sequence[P], *, of: Iterable[Part], give: Callable[[P, int], P], path: str, kind: str
) -> tuple[P, ...]:
    """Give an id to each of *parts* that has none; the others must be parts *of* the thing as it was.

    Raise Invalid, below *path*, for an id that is not, or that is there twice.
    """
    free = {part.id for part in of}
    whole: list[P] = []
    for place, part in enumerate(parts):
        if part.id == UNMADE:
            whole.append(give(part, tx.new_id()))
        elif part.id in free:
            free.remove(part.id)
            whole.append(part)
        else:
            problem = f"is {native(kind, part.id)}, which is no {kind} here, or is there twice"
            raise Invalid(f"{path}[{place}].id", problem, "must be left out for a new one")
    return tuple(whole)
