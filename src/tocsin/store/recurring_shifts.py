"""Recurring shifts, and which schedules they are part of. When they come back is kept as the core has it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from tocsin.core.ids import RecurringShiftId, ScheduleId
from tocsin.core.recurring_shift import RecurringShift
from tocsin.store.codec import dump, load
from tocsin.store.columns import from_json, to_json
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, among
from tocsin.store.tables import recurring_shifts, schedule_shifts
from tocsin.store.transaction import Row, Tx

_s = schedule_shifts.c
_OF_SCHEDULES = Statement(
    select(_s.schedule_id, *recurring_shifts.c)
    .join(recurring_shifts, recurring_shifts.c.id == _s.shift_id)
    .where(among(_s.schedule_id, "schedules"))
    .order_by(_s.schedule_id, _s.position)
)
_SCHEDULES_OF = Statement(
    select(_s.shift_id, _s.schedule_id)
    .where(among(_s.shift_id, "shifts"))
    .order_by(_s.shift_id, _s.schedule_id)
)


class _RecurringShifts(Kept[RecurringShift]):
    noun = "recurring shift"
    table = recurring_shifts

    def row(self, tx: Tx, value: RecurringShift) -> Row:  # noqa: ARG002  # others need it
        duty = dump(RecurringShift, value)
        return (value.id, value.workspace, value.name, value.team, to_json(duty))

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[RecurringShift]:  # noqa: ARG002  # others need it
        return [_shift(row) for row in rows]


def of_schedules(tx: Tx, schedules: Collection[int]) -> dict[int, list[RecurringShift]]:
    """Read the shifts that each of *schedules* is made of, in order."""
    found: dict[int, list[RecurringShift]] = {each: [] for each in schedules}
    for row in tx.rows(_OF_SCHEDULES, schedules=list(schedules)):
        found[row[0]].append(_shift(row[1:]))
    return found


def schedules_of(tx: Tx, shifts: Collection[RecurringShiftId]) -> dict[RecurringShiftId, list[ScheduleId]]:
    """Tell which schedules each of *shifts* is part of, the oldest first."""
    found: dict[RecurringShiftId, list[ScheduleId]] = {each: [] for each in shifts}
    for shift, schedule in tx.rows(_SCHEDULES_OF, shifts=list(shifts)):
        found[shift].append(schedule)
    return found


def _shift(row: Row) -> RecurringShift:
    stored: Any = from_json(row[4])
    return load(RecurringShift, {**stored, "id": row[0], "workspace": row[1], "name": row[2], "team": row[3]})


kept = _RecurringShifts()
add = kept.add
save = kept.save
delete = kept.delete
find = kept.find
get_many = kept.get_many
all_ = kept.all_
list_ = kept.list_
