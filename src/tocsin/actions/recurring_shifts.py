"""Recurring shifts: duty that comes back, to be made part of schedules."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, schedules, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_have_room
from tocsin.core.ids import RecurringShiftId, ScheduleId
from tocsin.core.listing import Listed
from tocsin.core.recurring_shift import RecurringShift, check
from tocsin.core.schedule import Schedule
from tocsin.store import recurring_shifts
from tocsin.store.transaction import Tx


def create(tx: Tx, actor: Actor, draft: RecurringShift, *, now: datetime) -> RecurringShift:
    """Add a recurring shift, which counts once a schedule names it."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    must_have_room(tx, actor, recurring_shifts.list_, "recurring shifts")
    made = replace(draft, id=RecurringShiftId(tx.new_id()), workspace=actor.workspace)
    _check(tx, actor, made)
    recurring_shifts.add(tx, made)
    audit.created(tx, actor, "recurring_shift", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, shift_id: RecurringShiftId) -> RecurringShift:
    """Read a recurring shift."""
    actor.must(Permission.READ)
    return recurring_shifts.find(tx, actor.workspace, shift_id)


def all_(tx: Tx, actor: Actor) -> list[RecurringShift]:
    """Read every recurring shift, the oldest first."""
    actor.must(Permission.READ)
    return recurring_shifts.all_(tx, actor.workspace)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[RecurringShift]:
    """List recurring shifts, the oldest first."""
    actor.must(Permission.READ)
    return recurring_shifts.list_(tx, actor.workspace, after=after, limit=limit)


def schedules_of(
    tx: Tx, actor: Actor, shifts: Collection[RecurringShiftId]
) -> Mapping[RecurringShiftId, list[ScheduleId]]:
    """Tell which schedules each of *shifts*, which the caller has just read, is part of."""
    del actor
    return recurring_shifts.schedules_of(tx, shifts) if shifts else {}


def change(
    tx: Tx, actor: Actor, shift_id: RecurringShiftId, edit: Edit[RecurringShift], *, now: datetime
) -> RecurringShift:
    """Change a recurring shift, in every schedule that it is part of."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    was = recurring_shifts.find(tx, actor.workspace, shift_id)
    new = edit(was)
    _check(tx, actor, new, was)
    if new != was:
        recurring_shifts.save(tx, new, was)
        audit.changed(tx, actor, "recurring_shift", new, was=was, name=new.name, now=now)
    return new


def place(
    tx: Tx, actor: Actor, shift_id: RecurringShiftId, wanted: Collection[ScheduleId], *, now: datetime
) -> None:
    """Make a recurring shift part of the *wanted* schedules, and of no other."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    shift = recurring_shifts.find(tx, actor.workspace, shift_id)
    present = recurring_shifts.schedules_of(tx, [shift_id]).get(shift_id, [])
    for schedule in sorted(set(present) ^ set(wanted)):
        added = (shift,) if schedule in wanted else ()

        def edit(was: Schedule, added: tuple[RecurringShift, ...] = added) -> Schedule:
            kept = (each for each in was.shifts if each.id != shift_id)
            return replace(was, shifts=(*kept, *added))

        schedules.change(tx, actor, schedule, edit, now=now)


def delete(
    tx: Tx,
    actor: Actor,
    shift_id: RecurringShiftId,
    *,
    sure: Sure[RecurringShift] = anyway,
    now: datetime,
) -> None:
    """Delete a recurring shift: schedules are as if it had never been."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    shift = recurring_shifts.find(tx, actor.workspace, shift_id)
    sure(shift)
    recurring_shifts.delete(tx, shift)
    audit.deleted(tx, actor, "recurring_shift", shift, name=shift.name, now=now)


def _check(tx: Tx, actor: Actor, new: RecurringShift, was: RecurringShift | None = None) -> None:
    check(new)
    team = () if new.team is None else (new.team,)
    usage.must_know_teams(tx, actor, team, () if was is None or was.team is None else (was.team,), "team")
    named = [
        (user, f"groups[{number}][{place}]")
        for number, group in enumerate(new.groups)
        for place, user in enumerate(group)
    ]
    usage.must_know_users(tx, actor, named, () if was is None else was.people)
