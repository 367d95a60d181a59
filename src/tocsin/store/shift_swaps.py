"""Shift swaps; those that somebody took are part of their schedules."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from tocsin.core.ids import WorkspaceId
from tocsin.core.shift_swap import ShiftSwap
from tocsin.store.columns import instant, micros
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, among, number
from tocsin.store.tables import shift_swaps
from tocsin.store.transaction import Row, Tx

_s = shift_swaps.c
_TAKEN = Statement(
    select(shift_swaps)
    .where(among(_s.schedule_id, "schedules"), _s.benefactor.is_not(None))
    .order_by(_s.schedule_id, _s.id)
)


_TO_COME = Statement(
    select(shift_swaps)
    .where(_s.workspace_id == number("workspace"), _s.ends_at > number("now"))
    .order_by(_s.starts_at, _s.id)
    .limit(number("limit"))
)
_OVER = Statement(
    select(shift_swaps)
    .where(_s.workspace_id == number("workspace"), _s.ends_at <= number("now"))
    .order_by(_s.ends_at.desc(), _s.id.desc())
    .limit(number("limit"))
)


class _ShiftSwaps(Kept[ShiftSwap]):
    noun = "shift swap"
    table = shift_swaps

    def row(self, tx: Tx, value: ShiftSwap) -> Row:  # noqa: ARG002  # others need it
        return (
            value.id,
            value.workspace,
            value.schedule,
            micros(value.starts_at),
            micros(value.ends_at),
            value.beneficiary,
            value.benefactor,
            value.description,
            micros(value.updated_at),
        )

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[ShiftSwap]:  # noqa: ARG002  # others need it
        return [_swap(row) for row in rows]


def taken(tx: Tx, schedules: Collection[int]) -> dict[int, list[ShiftSwap]]:
    """Read the swaps of each of *schedules* that somebody took, the oldest first."""
    found: dict[int, list[ShiftSwap]] = {each: [] for each in schedules}
    for row in tx.rows(_TAKEN, schedules=list(schedules)):
        found[row[2]].append(_swap(row))
    return found


def to_come(tx: Tx, workspace: WorkspaceId, *, now: datetime, limit: int) -> list[ShiftSwap]:
    """Read the swaps of *workspace* that are not over at *now*, those that begin first."""
    return [_swap(row) for row in tx.rows(_TO_COME, workspace=workspace, now=micros(now), limit=limit)]


def over(tx: Tx, workspace: WorkspaceId, *, now: datetime, limit: int) -> list[ShiftSwap]:
    """Read the swaps of *workspace* that are over at *now*, those that ended last."""
    return [_swap(row) for row in tx.rows(_OVER, workspace=workspace, now=micros(now), limit=limit)]


def _swap(row: Row) -> ShiftSwap:
    return ShiftSwap(
        id=row[0],
        workspace=row[1],
        schedule=row[2],
        starts_at=instant(row[3]),
        ends_at=instant(row[4]),
        beneficiary=row[5],
        benefactor=row[6],
        description=row[7],
        updated_at=instant(row[8]),
    )


kept = _ShiftSwaps()
add = kept.add
save = kept.save
delete = kept.delete
find = kept.find
get_many = kept.get_many
all_ = kept.all_
list_ = kept.list_
