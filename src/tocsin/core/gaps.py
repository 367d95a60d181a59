"""What in a configuration keeps a page from somebody: holes, people without an address, dead ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from tocsin.core import policy_health
from tocsin.core import schedule as schedules
from tocsin.core.because import moment, span
from tocsin.core.directory import Directory, can_be_asked
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    EscalationPlan,
    NotifyTargets,
    ScheduleTarget,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import UserId
from tocsin.core.people import UserStatus

HORIZON = timedelta(days=14)


def find(directory: Directory, now: datetime, *, horizon: timedelta = HORIZON) -> tuple[str, ...]:
    """Say, a sentence each, what is missing in *directory*, looking *horizon* ahead from *now*."""
    return tuple(
        dict.fromkeys(
            (
                *_without_a_way(directory),
                *_holes(directory, now, horizon),
                *_dead_ends(directory, now),
                *_of_policies(directory, now),
            )
        )
    )


def _of_policies(directory: Directory, now: datetime) -> Iterator[str]:
    """Name what can never act in alert policies, or that they notify nobody."""
    for policy in directory.alert_policies:
        for warning in policy_health.warnings(policy, directory, now):
            yield f"alert policy {policy.name}: {warning.text}"


def _plans(directory: Directory) -> Iterator[EscalationPlan]:
    yield from directory.plans.values()
    for policy in directory.alert_policies:
        for rule in policy.rules:
            yield from rule.plans


def _targets(directory: Directory) -> Iterator[tuple[EscalationPlan, Target]]:
    for plan in _plans(directory):
        for step in plan.steps:
            if isinstance(step.action, NotifyTargets):
                for target in step.action.targets:
                    yield plan, target


def _without_a_way(directory: Directory) -> Iterator[str]:
    """Name the people whom a plan may ask and who cannot be reached."""
    for user_id in dict.fromkeys(_people(directory)):
        user = directory.users.get(user_id)
        if user is None:
            continue
        if user.status is UserStatus.DEACTIVATED:
            yield f"{user.display_name} is deactivated and still named where people are asked"
        elif not can_be_asked(user):
            yield f"{user.display_name} cannot be reached: none of their contact methods is verified"


def _people(directory: Directory) -> Iterator[UserId]:
    """Name everybody whom a step may mean, now or in a later turn."""
    for _plan, target in _targets(directory):
        match target:
            case UserTarget(user=user):
                yield user
            case TeamTarget(team=team):
                yield from directory.teams[team].members if team in directory.teams else ()
            case ScheduleTarget(schedule=schedule):
                known = directory.schedules.get(schedule)
                for layer in known.layers if known else ():
                    yield from (member for member in layer.members if member is not None)
                for shift in known.shifts if known else ():
                    yield from sorted(shift.people)
            case DestinationTarget() | AddressTarget():
                pass
            case _:
                assert_never(target)


def _holes(directory: Directory, now: datetime, horizon: timedelta) -> Iterator[str]:
    """Name the times ahead in which nobody is on call for a schedule that a step asks."""
    asked = {target.schedule for _, target in _targets(directory) if isinstance(target, ScheduleTarget)}
    for schedule_id in sorted(asked):
        schedule = directory.schedules.get(schedule_id)
        if schedule is None:
            continue
        holes = schedules.gaps(schedule, now, now + horizon)
        if holes:
            first, total = holes[0], sum((hole.ends_at - hole.starts_at for hole in holes), timedelta())
            yield (
                f"nobody is on call for {schedule.name} for {span(total)} of the next {span(horizon)}, "
                f"first from {moment(first.starts_at)} to {moment(first.ends_at)}"
            )


def _dead_ends(directory: Directory, now: datetime) -> Iterator[str]:
    """Name steps that ask somebody who is gone, and alerts that nobody would take."""
    for plan, target in _targets(directory):
        if not directory.find(target, now).recipients and not isinstance(target, ScheduleTarget):
            yield f"{plan.name} asks {directory.describe(target)}, which reaches nobody"
    if directory.catch_all_plan is None:
        yield "there is no catch-all: an alert that no alert policy takes reaches nobody"
