"""A queue in which everybody has a turn: whoever hands in much waits behind himself, not before others."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

Source = tuple[Hashable, Hashable]
"""Whose something is: a workspace, and within it a key or an integration."""

NOBODY: Source = (0, 0)


class TurnTaking(Generic[T]):
    """Gives out one thing of each workspace in turn, and within it one of each source, oldest first."""

    __slots__ = ("_weight", "_workspaces")

    def __init__(self, weight: Callable[[T], int]) -> None:
        self._weight = weight
        self._workspaces: OrderedDict[Hashable, OrderedDict[Hashable, deque[T]]] = OrderedDict()

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._workspaces)

    def put(self, thing: T, source: Source) -> None:
        """Let *thing* of *source* wait for its turn."""
        workspace, one = source
        sources = self._workspaces.get(workspace)
        if sources is None:
            sources = self._workspaces[workspace] = OrderedDict()
        waiting = sources.get(one)
        if waiting is None:
            waiting = sources[one] = deque()
        waiting.append(thing)

    def take(self, room: int) -> list[T]:
        """Take what fits into *room* by weight, at least one thing if there is any."""
        taken: list[T] = []
        while self._workspaces:
            workspace, sources = next(iter(self._workspaces.items()))
            one, waiting = next(iter(sources.items()))
            if len(self._workspaces) == len(sources) == 1:
                self._take_alone(waiting, room, taken)
                if not waiting:
                    self._workspaces.clear()
                break
            weight = self._weight(waiting[0])
            if taken and weight > room:
                break
            room -= weight
            taken.append(waiting.popleft())
            self._pass_on(workspace, sources, one, waiting)
        return taken

    def _take_alone(self, waiting: deque[T], room: int, taken: list[T]) -> None:
        """Take what fits of the only ones who wait."""
        while waiting and (not taken or self._weight(waiting[0]) <= room):
            room -= self._weight(waiting[0])
            taken.append(waiting.popleft())

    def _pass_on(
        self, workspace: Hashable, sources: OrderedDict[Hashable, deque[T]], one: Hashable, waiting: deque[T]
    ) -> None:
        """Let the next source have its turn; who has nothing left is forgotten."""
        if waiting:
            sources.move_to_end(one)
        else:
            del sources[one]
        if sources:
            self._workspaces.move_to_end(workspace)
        else:
            del self._workspaces[workspace]
