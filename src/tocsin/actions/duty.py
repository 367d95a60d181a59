"""Who is on call: at an instant, and over time; read from the directory, where schedules are worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.actions.actor import Actor, Permission
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.escalation import NotifyTargets
from tocsin.core.handoff import Handoff, next_handoff
from tocsin.core.ids import EscalationPolicyId, ScheduleId, StepId, UserId
from tocsin.core.instants import Window, complement
from tocsin.core.people import User
from tocsin.core.schedule import Position, Schedule, Shift, gaps, shifts_at, timeline, timeline_up_to
from tocsin.core.schedule_parts import Part, parts
from tocsin.core.spelling import native
from tocsin.store import directories, round_robins
from tocsin.store.transaction import Tx

SPAN_MAX: Final = timedelta(days=366)
DRAWN_MAX: Final = 20_000
DRAWN_OF_PART_MIN: Final = 200
SHIFTS_READ_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Whose shift it is on *schedule* at the instant *at*, and whose it was before and is next."""

    schedule: Schedule
    at: datetime
    current: tuple[Shift, ...]
    next: tuple[Shift, ...]
    previous: tuple[Shift, ...]
    users: Mapping[UserId, User]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The shifts of *schedule* in a span of time, and the gaps between them."""

    schedule: Schedule
    shifts: tuple[Shift, ...]
    gaps: tuple[Window, ...]
    users: Mapping[UserId, User]


def on_call(tx: Tx, actor: Actor, schedule_id: ScheduleId, *, at: datetime) -> OnCall:
    """Tell who is on call for a schedule at an instant, who was before and who is next."""
    directory, schedule = _schedule(tx, actor, schedule_id)
    return OnCall(
        schedule=schedule,
        at=at,
        current=shifts_at(schedule, at, Position.CURRENT),
        next=shifts_at(schedule, at, Position.NEXT),
        previous=shifts_at(schedule, at, Position.PREVIOUS),
        users=directory.users,
    )


def over_time(
    tx: Tx, actor: Actor, schedule_id: ScheduleId, *, starts_at: datetime, ends_at: datetime
) -> Timeline:
    """List the shifts of a schedule in [starts_at, ends_at), at most SPAN_MAX, and the gaps between them."""
    if ends_at <= starts_at:
        raise Invalid("ends_at", f"is {ends_at.isoformat()}", "must be later than starts_at")
    if ends_at - starts_at > SPAN_MAX:
        raise Invalid("ends_at", f"is {ends_at.isoformat()}", f"must be at most {SPAN_MAX.days} days later")
    directory, schedule = _schedule(tx, actor, schedule_id)
    return Timeline(
        schedule=schedule,
        shifts=timeline(schedule, starts_at, ends_at),
        gaps=gaps(schedule, starts_at, ends_at),
        users=directory.users,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A schedule part by part: the *shifts* that it comes to, and those of each part by itself.

    They are None where there are too many. *gaps* are those of the whole.
    """

    schedule: Schedule
    shifts: tuple[Shift, ...] | None
    gaps: tuple[Window, ...]
    parts: tuple[tuple[Part, tuple[Shift, ...] | None], ...]
    directory: Directory


def everywhere(tx: Tx, actor: Actor, *, at: datetime) -> tuple[Directory, list[tuple[Schedule, Handoff]]]:
    """Tell who is on call for every schedule at an instant, until when, and who then."""
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    return directory, [(each, next_handoff(each, at)) for each in directory.schedules.values()]


def part_by_part(tx: Tx, actor: Actor, schedule_id: ScheduleId, within: Window) -> Drawn:
    """List the shifts of a schedule and of each of its parts *within* a window.

    Of all parts together there are at most DRAWN_MAX shifts, and of each a fair share.
    """
    directory, schedule = _schedule(tx, actor, schedule_id)
    made_of = parts(schedule)
    share = max(DRAWN_MAX // (len(made_of) + 1), DRAWN_OF_PART_MIN)
    shifts = timeline_up_to(schedule, within.starts_at, within.ends_at, DRAWN_MAX)
    return Drawn(
        schedule=schedule,
        shifts=shifts,
        gaps=complement(_covered(shifts, within), within) if shifts is not None else (),
        parts=tuple(
            (part, timeline_up_to(part.alone, within.starts_at, within.ends_at, share)) for part in made_of
        ),
        directory=directory,
    )


def of_user(
    tx: Tx, actor: Actor, user: UserId, *, starts_at: datetime, ends_at: datetime
) -> list[tuple[Schedule, Shift]]:
    """List the shifts of *user* on every schedule in [starts_at, ends_at), by their beginning.

    Of a schedule that has more than SHIFTS_READ_MAX shifts in that span, none.
    """
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    found = [
        (schedule, shift)
        for schedule in directory.schedules.values()
        if _may_have(schedule, user)
        for shift in timeline_up_to(schedule, starts_at, ends_at, SHIFTS_READ_MAX) or ()
        if shift.user == user
    ]
    return sorted(found, key=lambda each: (each[1].starts_at or starts_at, each[0].id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a *step* would ask: the *users*, each once, in the order of its targets."""

    step: StepId
    users: tuple[UserId, ...]


def asked_by(tx: Tx, actor: Actor, policy_id: EscalationPolicyId, *, at: datetime) -> tuple[Asked, ...]:
    """Tell whom the steps of an escalation policy that notify would ask if a page began *at* an instant.

    A step in turn asks whomever the next page would. A policy that is not there has no steps.
    """
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    plan = directory.plans.get(policy_id)
    steps = () if plan is None else plan.steps
    turns = round_robins.peek(tx, [step.id for step in steps])
    asked = []
    for step in steps:
        if isinstance(step.action, NotifyTargets):
            found = directory.asked(step.action, at, turn=turns.get(step.id, 0))
            users = dict.fromkeys(each.who.id for each in found if isinstance(each.who, User))
            asked.append(Asked(step=step.id, users=tuple(users)))
    return tuple(asked)


def _schedule(tx: Tx, actor: Actor, schedule_id: ScheduleId) -> tuple[Directory, Schedule]:
    actor.must(Permission.READ)
    directory = directories.current(tx, actor.workspace)
    schedule = directory.schedules.get(schedule_id)
    if schedule is None:
        raise NotFound("schedule", native("schedule", schedule_id))
    return directory, schedule


def _covered(shifts: Sequence[Shift], window: Window) -> list[Window]:
    return [
        Window(starts_at=each.starts_at or window.starts_at, ends_at=each.ends_at or window.ends_at)
        for each in shifts
    ]


def _may_have(schedule: Schedule, user: UserId) -> bool:
    """Tell whether *user* is named anywhere in *schedule*; events of feeds may name anybody."""
    return (
        bool(schedule.feeds)
        or any(user in layer.members for layer in schedule.layers)
        or any(user in shift.people for shift in schedule.shifts)
        or any(each.user == user for each in schedule.overrides)
        or any(each.benefactor == user for each in schedule.swaps)
    )
