"""Whose turn it is at round-robin steps, as one transaction sees it."""

from collections.abc import Iterator, Mapping

from tocsin.core.ids import StepId
from tocsin.store import round_robins
from tocsin.store.transaction import Tx


class Turns(Mapping[StepId, int]):
    """Whose turn it is at each round-robin step, read when first asked for."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._known: dict[StepId, int] = {}
        self.taken: dict[StepId, int] = {}

    def __getitem__(self, step: StepId) -> int:
        if step not in self._known:
            self._known[step] = round_robins.turn(self._tx, step)
        return self._known[step]

    def __iter__(self) -> Iterator[StepId]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def take(self, step: StepId, turn: int) -> None:
        """Let the next page at *step* begin with *turn*."""
        self._known[step] = self.taken[step] = turn
