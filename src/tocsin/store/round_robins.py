"""Whose turn it is at each round-robin step of an escalation plan."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from tocsin.core.ids import StepId
from tocsin.store.bulk import insert_many as into
from tocsin.store.bulk import upsert_many
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import round_robins
from tocsin.store.transaction import Tx

_ADD = into(round_robins, unless=("step_id",))
_PUT = upsert_many(round_robins, keys=("step_id",))
_TURN = Statement(
    select(round_robins.c.turn).where(round_robins.c.step_id == number("step")).with_for_update()
)

_PEEK = Statement(
    select(round_robins.c.step_id, round_robins.c.turn).where(among(round_robins.c.step_id, "steps"))
)


def turn(tx: Tx, step: StepId) -> int:
    """Read the turn that the next page takes at *step*, 0 for the first; locked for the transaction."""
    found: int | None = tx.scalar(_TURN, step=step)
    if found is not None:
        return found
    tx.run_many(_ADD, [(step, 0)])  # so that there is something to lock: no two pages take the same turn
    begun: int = tx.scalar(_TURN, step=step)
    return begun


def peek(tx: Tx, steps: Sequence[StepId]) -> dict[StepId, int]:
    """Read the turns that the next pages take at these steps, where there were any; nothing is locked."""
    return {StepId(step): turn for step, turn in tx.rows(_PEEK, steps=steps)}


def put(tx: Tx, turns: Mapping[StepId, int]) -> None:
    """Remember the turns that the next pages take."""
    tx.run_many(_PUT, sorted(turns.items()))
