"""Schedules: layers of rotations, and people who stand in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import (
    Edit,
    Sure,
    anyway,
    begin,
    must_be_free,
    must_be_known,
    must_have_room,
    numbered,
)
from tocsin.core import schedule_check as rules
from tocsin.core.errors import Conflict, Invalid, NotFound, check_text
from tocsin.core.escalation import ScheduleTarget
from tocsin.core.ids import FeedId, LayerId, OverrideId, RecurringShiftId, ScheduleId, UserId
from tocsin.core.listing import Listed
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import OVERRIDES_MAX, Override, Schedule
from tocsin.core.spelling import native
from tocsin.store import recurring_shifts, schedules
from tocsin.store.transaction import Tx

TAGS_MAX = 50
TAG_LENGTH_MAX = 255


def create(
    tx: Tx,
    actor: Actor,
    draft: Schedule,
    *,
    shifts: Sequence[RecurringShiftId] | None = None,
    now: datetime,
) -> Schedule:
    """Add a schedule with all that it is made of; *shifts*, if given, are its recurring shifts."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    must_have_room(tx, actor, schedules.list_, "schedules")
    made = replace(draft, id=ScheduleId(tx.new_id()), workspace=actor.workspace)
    if shifts is not None:
        made = replace(made, shifts=shifts_named(tx, actor, shifts))
    made = _checked(tx, actor, made)
    schedules.add(tx, made)
    audit.created(tx, actor, "schedule", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, schedule_id: ScheduleId) -> Schedule:
    """Read a schedule."""
    actor.must(Permission.READ)
    return schedules.find(tx, actor.workspace, schedule_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Schedule]:
    """List schedules, the oldest first."""
    actor.must(Permission.READ)
    return schedules.list_(tx, actor.workspace, after=after, limit=limit)


def all_(tx: Tx, actor: Actor) -> list[Schedule]:
    """Read every schedule, the oldest first."""
    actor.must(Permission.READ)
    return schedules.all_(tx, actor.workspace)


def shifts_named(
    tx: Tx, actor: Actor, shift_ids: Sequence[RecurringShiftId], path: str = "shifts"
) -> tuple[RecurringShift, ...]:
    """Find the recurring shifts that a schedule is to be made of; raise Invalid for an unknown one."""
    named = [(shift, f"{path}[{place}]") for place, shift in enumerate(shift_ids)]
    must_be_known(tx, actor, recurring_shifts.get_many, named, "recurring_shift")
    found = {each.id: each for each in recurring_shifts.get_many(tx, list(shift_ids))}
    return tuple(found[each] for each in dict.fromkeys(shift_ids))


def change(
    tx: Tx,
    actor: Actor,
    schedule_id: ScheduleId,
    edit: Edit[Schedule],
    *,
    shifts: Sequence[RecurringShiftId] | None = None,
    now: datetime,
) -> Schedule:
    """Change a schedule. A layer keeps its id if *edit* leaves it; one with the id UNMADE gets a new one.

    *shifts*, if given, are what recurring shifts it has from now on.
    """
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    was = schedules.find(tx, actor.workspace, schedule_id)
    new = edit(was)
    if shifts is not None:
        new = replace(new, shifts=shifts_named(tx, actor, shifts))
    new = _checked(tx, actor, new, was)
    if new != was:
        schedules.save(tx, new, was)
        audit.changed(tx, actor, "schedule", new, was=was, name=new.name, now=now)
    return new


def delete(
    tx: Tx, actor: Actor, schedule_id: ScheduleId, *, sure: Sure[Schedule] = anyway, now: datetime
) -> None:
    """Delete a schedule; raise Conflict while a policy asks whoever is on call for it."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    schedule = schedules.find(tx, actor.workspace, schedule_id)
    sure(schedule)
    uses = usage.by_plans(
        tx,
        actor.workspace,
        lambda target: isinstance(target, ScheduleTarget) and target.schedule == schedule_id,
    )
    must_be_free(f"schedule {schedule.name}", uses)
    schedules.delete(tx, schedule)
    audit.deleted(tx, actor, "schedule", schedule, name=schedule.name, now=now)


def add_override(
    tx: Tx, actor: Actor, schedule_id: ScheduleId, draft: Override, *, now: datetime
) -> Override:
    """Let somebody stand in; over the overrides that are there already. Those long over make room."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    was = schedules.find(tx, actor.workspace, schedule_id)
    overrides = was.overrides
    if len(overrides) >= OVERRIDES_MAX:
        over = next((each for each in overrides if each.ends_at <= now), None)
        if over is None:
            raise Conflict(f"schedule {was.name} has {OVERRIDES_MAX} overrides to come; delete some first")
        overrides = tuple(each for each in overrides if each is not over)
    made = replace(draft, id=OverrideId(tx.new_id()))
    _check_override(tx, actor, made)
    schedules.save(tx, replace(was, overrides=(*overrides, made)), was)
    audit.created(tx, actor, "override", made, name=was.name, now=now)
    return made


def get_override(tx: Tx, actor: Actor, schedule_id: ScheduleId, override_id: OverrideId) -> Override:
    """Read an override of a schedule."""
    actor.must(Permission.READ)
    return _override(schedules.find(tx, actor.workspace, schedule_id), override_id)


def delete_override(
    tx: Tx,
    actor: Actor,
    schedule_id: ScheduleId,
    override_id: OverrideId,
    *,
    sure: Sure[Override] = anyway,
    now: datetime,
) -> None:
    """Take an override away: from now on the schedule is as if it had never been."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    was = schedules.find(tx, actor.workspace, schedule_id)
    override = _override(was, override_id)
    sure(override)
    left = tuple(each for each in was.overrides if each.id != override_id)
    schedules.save(tx, replace(was, overrides=left), was)
    audit.deleted(tx, actor, "override", override, name=was.name, now=now)


def _override(schedule: Schedule, override_id: OverrideId) -> Override:
    for override in schedule.overrides:
        if override.id == override_id:
            return override
    raise NotFound("override", native("override", override_id))


def _check_override(tx: Tx, actor: Actor, override: Override) -> None:
    if override.ends_at <= override.starts_at:
        raise Invalid("ends_at", f"is {override.ends_at.isoformat()}", "must be later than starts_at")
    named = [(override.user, "user")]
    if override.instead_of is not None:
        named.append((override.instead_of, "instead_of"))
    usage.must_know_users(tx, actor, named)


def _checked(tx: Tx, actor: Actor, new: Schedule, was: Schedule | None = None) -> Schedule:
    """Return *new* with ids where there are none; raise Invalid for what it cannot be."""
    new = _numbered(tx, new, was)
    rules.check(new)
    if len(new.tags) > TAGS_MAX:
        raise Invalid("tags", f"has {len(new.tags)} entries", f"must have at most {TAGS_MAX}")
    for place, tag in enumerate(new.tags):
        check_text(tag, f"tags[{place}]", shortest=1, longest=TAG_LENGTH_MAX)
    usage.must_know_teams(tx, actor, new.teams, was.teams if was is not None else ())
    old = set() if was is None else {each.id for each in was.shifts}
    shifts_named(tx, actor, [each.id for each in new.shifts if each.id not in old])
    named = [
        (member, f"layers[{number}].members[{place}]")
        for number, layer in enumerate(new.layers)
        for place, member in enumerate(layer.members)
        if member is not None
    ]
    for place, override in enumerate(new.overrides):
        named.append((override.user, f"overrides[{place}].user"))
        if override.instead_of is not None:
            named.append((override.instead_of, f"overrides[{place}].instead_of"))
    usage.must_know_users(tx, actor, named, _known_people(was))
    return new


def _known_people(was: Schedule | None) -> set[UserId]:
    if was is None:
        return set()
    stood_for = {each.instead_of for each in was.overrides if each.instead_of is not None}
    return usage.members_of(was) | stood_for


def _numbered(tx: Tx, new: Schedule, was: Schedule | None) -> Schedule:
    layers = numbered(
        tx,
        new.layers,
        of=was.layers if was is not None else (),
        give=lambda layer, number: replace(layer, id=LayerId(number)),
        path="layers",
        kind="layer",
    )
    overrides = numbered(
        tx,
        new.overrides,
        of=was.overrides if was is not None else (),
        give=lambda override, number: replace(override, id=OverrideId(number)),
        path="overrides",
        kind="override",
    )
    feeds = numbered(
        tx,
        new.feeds,
        of=was.feeds if was is not None else (),
        give=lambda feed, number: replace(feed, id=FeedId(number)),
        path="feeds",
        kind="feed",
    )
    return replace(new, layers=layers, overrides=overrides, feeds=feeds)
