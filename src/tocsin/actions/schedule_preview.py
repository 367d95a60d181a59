"""What a change of a schedule would come to, before it is made: nothing is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions.actor import Actor, Permission
from tocsin.core import duty_change
from tocsin.core.directory import Directory
from tocsin.core.duty_change import DutyChange
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.feed import Names
from tocsin.core.ids import ScheduleId
from tocsin.core.instants import Window, complement
from tocsin.core.schedule import Schedule, Shift, for_people, timeline_up_to
from tocsin.core.spelling import native
from tocsin.store import directories
from tocsin.store.transaction import Tx

NEAR: Final = timedelta(days=28)
FAR: Final = timedelta(days=365)
SHIFTS_COMPARED_MAX: Final = 50_000

Change = Callable[[Schedule], Schedule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Who is on call *before* and *after* a change within a *window*, and what is different.

    *gaps* are when nobody would be on call after it.
    """

    window: Window
    before: tuple[Shift, ...]
    after: tuple[Shift, ...]
    changes: tuple[DutyChange, ...]
    gaps: tuple[Window, ...]
    directory: Directory


def of_change(tx: Tx, actor: Actor, schedule_id: ScheduleId, change: Change, *, now: datetime) -> Preview:
    """Tell what *change* of a schedule would come to from *now* on.

    It looks NEAR ahead, or FAR where nothing is different sooner.
    """
    directory, was = _was(tx, actor, schedule_id)
    return _ahead(directory, was, change(was), now)


def of_new(tx: Tx, actor: Actor, draft: Schedule, *, now: datetime) -> Preview:
    """Tell who would be on call for a new schedule from *now* on."""
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    nothing = Schedule(id=draft.id, workspace=draft.workspace, name="", time_zone=draft.time_zone)
    return _ahead(directory, nothing, draft, now)


def within(tx: Tx, actor: Actor, schedule_id: ScheduleId, change: Change, window: Window) -> Preview:
    """Tell what *change* of a schedule would come to within *window*."""
    directory, was = _was(tx, actor, schedule_id)
    return _compared(directory, was, change(was), window)


def _was(tx: Tx, actor: Actor, schedule_id: ScheduleId) -> tuple[Directory, Schedule]:
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    was = directory.schedules.get(schedule_id)
    if was is None:
        raise NotFound("schedule", native("schedule", schedule_id))
    return directory, was


def _ahead(directory: Directory, was: Schedule, new: Schedule, now: datetime) -> Preview:
    near = _compared(directory, was, new, Window(starts_at=now, ends_at=now + NEAR))
    if near.changes:
        return near
    try:
        far = _compared(directory, was, new, Window(starts_at=now, ends_at=now + FAR))
    except Invalid:  # too many shifts to compare so far ahead
        return near
    return far if far.changes else near


def _compared(directory: Directory, was: Schedule, new: Schedule, window: Window) -> Preview:
    new = for_people(new, directory.users, Names(directory.users.values()))
    before, after = _shifts(was, window), _shifts(new, window)
    covered = [
        Window(starts_at=each.starts_at or window.starts_at, ends_at=each.ends_at or window.ends_at)
        for each in after
    ]
    return Preview(
        window=window,
        before=before,
        after=after,
        changes=duty_change.changes(before, after, window),
        gaps=complement(covered, window),
        directory=directory,
    )


def _shifts(schedule: Schedule, window: Window) -> tuple[Shift, ...]:
    found = timeline_up_to(schedule, window.starts_at, window.ends_at, SHIFTS_COMPARED_MAX)
    if found is None:
        problem = f"come to more than {SHIFTS_COMPARED_MAX} shifts in {window.length.days} days"
        raise Invalid("layers", problem, "must hand off less often")
    return found
