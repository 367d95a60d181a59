"""Shift swaps: asked for, taken over, changed, taken back."""

from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, contact_methods, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_known, must_have_room
from tocsin.core import shift_swap, swap_news
from tocsin.core.directory import Directory
from tocsin.core.errors import Forbidden, Invalid
from tocsin.core.ids import ShiftSwapId, UserId
from tocsin.core.listing import Listed
from tocsin.core.notification import NotificationKind
from tocsin.core.schedule import Schedule, timeline_up_to
from tocsin.core.shift_swap import ShiftSwap, SwapStatus
from tocsin.store import directories, schedules, shift_swaps
from tocsin.store.transaction import Tx

SHIFTS_READ_MAX = 10_000
LOOKED_FOR_MAX = 200


def create(tx: Tx, actor: Actor, draft: ShiftSwap, *, now: datetime) -> ShiftSwap:
    """Ask that somebody take over duty on a schedule."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    must_have_room(tx, actor, shift_swaps.list_, "shift swaps")
    made = replace(draft, id=ShiftSwapId(tx.new_id()), workspace=actor.workspace, updated_at=now)
    shift_swap.check(made, now)
    must_be_known(tx, actor, schedules.get_many, [(made.schedule, "schedule")], "schedule")
    usage.must_know_users(tx, actor, [(made.beneficiary, "beneficiary")])
    shift_swaps.add(tx, made)
    audit.created(tx, actor, "shift_swap", made, name=made.description[:100], now=now)
    _tell(tx, actor, None, made, now)
    return made


def ask(tx: Tx, actor: Actor, draft: ShiftSwap, *, now: datetime) -> ShiftSwap:
    """Ask that somebody take over one's own duty; raise Invalid when one has none on that schedule then."""
    if actor.user is None:
        raise Forbidden(f"{actor.name} is nobody who could be on call")
    shift_swap.check(draft, now)
    schedule = directories.current(tx, actor.workspace).schedules.get(draft.schedule)
    if schedule is not None:
        shifts = timeline_up_to(schedule, draft.starts_at, draft.ends_at, SHIFTS_READ_MAX)
        if shifts is not None and actor.user not in {shift.user for shift in shifts}:
            problem, remedy = "begins a time in which you are not on call", "must touch one of your shifts"
            raise Invalid("starts_at", problem, remedy)
    return create(tx, actor, replace(draft, beneficiary=actor.user), now=now)


def to_come(tx: Tx, actor: Actor, *, now: datetime, limit: int) -> list[ShiftSwap]:
    """Read the swaps that are not over, those that begin first."""
    actor.must(Permission.READ)
    return shift_swaps.to_come(tx, actor.workspace, now=now, limit=limit)


def looked_for(tx: Tx, actor: Actor, *, now: datetime) -> int:
    """Count the swaps in which somebody is looked for, but for one's own; no more than LOOKED_FOR_MAX."""
    open_ones = to_come(tx, actor, now=now, limit=LOOKED_FOR_MAX)
    return sum(each.status(now) is SwapStatus.OPEN and each.beneficiary != actor.user for each in open_ones)


def over(tx: Tx, actor: Actor, *, now: datetime, limit: int) -> list[ShiftSwap]:
    """Read the swaps that are over, those that ended last."""
    actor.must(Permission.READ)
    return shift_swaps.over(tx, actor.workspace, now=now, limit=limit)


def get(tx: Tx, actor: Actor, swap_id: ShiftSwapId) -> ShiftSwap:
    """Read a shift swap."""
    actor.must(Permission.READ)
    return shift_swaps.find(tx, actor.workspace, swap_id)


def all_(tx: Tx, actor: Actor) -> list[ShiftSwap]:
    """Read every shift swap, the oldest first."""
    actor.must(Permission.READ)
    return shift_swaps.all_(tx, actor.workspace)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[ShiftSwap]:
    """List shift swaps, the oldest first."""
    actor.must(Permission.READ)
    return shift_swaps.list_(tx, actor.workspace, after=after, limit=limit)


def change(tx: Tx, actor: Actor, swap_id: ShiftSwapId, edit: Edit[ShiftSwap], *, now: datetime) -> ShiftSwap:
    """Change a shift swap."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    was = shift_swaps.find(tx, actor.workspace, swap_id)
    new = replace(edit(was), updated_at=now)
    shift_swap.check(new, now, was)
    named = [(new.beneficiary, "beneficiary")]
    if new.benefactor is not None:
        named.append((new.benefactor, "benefactor"))
    known = [was.beneficiary] if was.benefactor is None else [was.beneficiary, was.benefactor]
    usage.must_know_users(tx, actor, named, known)
    shift_swaps.save(tx, new, was)
    audit.changed(tx, actor, "shift_swap", new, was=was, name=new.description[:100], now=now)
    _tell(tx, actor, was, new, now)
    return new


def take(tx: Tx, actor: Actor, swap_id: ShiftSwapId, benefactor: UserId, *, now: datetime) -> ShiftSwap:
    """Let *benefactor* take over: from now on they are on call wherever the other would be in that span."""
    return change(tx, actor, swap_id, lambda was: shift_swap.take(was, benefactor, now), now=now)


def withdraw(tx: Tx, actor: Actor, swap_id: ShiftSwapId, *, now: datetime) -> None:
    """Take back a swap that one asked for or took over; those who manage people, anybody's."""
    swap = shift_swaps.find(tx, actor.workspace, swap_id)
    if actor.user not in {swap.beneficiary, swap.benefactor}:
        actor.must(Permission.ADMIN)
    delete(tx, actor, swap_id, now=now)


def delete(
    tx: Tx, actor: Actor, swap_id: ShiftSwapId, *, sure: Sure[ShiftSwap] = anyway, now: datetime
) -> None:
    """Take a shift swap back, taken or not: duty is as if it had never been."""
    actor.must(Permission.SCHEDULE)
    begin(tx, actor)
    swap = shift_swaps.find(tx, actor.workspace, swap_id)
    sure(swap)
    shift_swaps.delete(tx, swap)
    audit.deleted(tx, actor, "shift_swap", swap, name=swap.description[:100], now=now)
    _tell(tx, actor, swap, None, now)


def _tell(tx: Tx, actor: Actor, was: ShiftSwap | None, swap: ShiftSwap | None, now: datetime) -> None:
    """Tell those whom it concerns what became of a swap."""
    directory = directories.current(tx, actor.workspace)
    one = swap if swap is not None else was
    schedule = directory.schedules.get(one.schedule) if one is not None else None
    if schedule is None:
        return
    words = swap_news.news(
        was,
        swap,
        by=actor.user,
        schedule=schedule.name,
        concerned=_concerned(schedule, directory),
        users=directory.users,
        now=now,
    )
    for word in words:
        contact_methods.notify(
            tx,
            word.method,
            NotificationKind.NEWS,
            user=word.user,
            because=word.because,
            body=word.text,
            now=now,
        )


def _concerned(schedule: Schedule, directory: Directory) -> set[UserId]:
    """Say who might take over: the people of a schedule, and of its teams."""
    teams = (directory.teams[team] for team in schedule.teams if team in directory.teams)
    return usage.members_of(schedule).union(*(team.members for team in teams))
