"""Whom a message to a destination names: the people that the steps of its page's plan mention there."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tocsin.core.directory import Directory
from tocsin.core.escalation import (
    DestinationTarget,
    EscalationPlan,
    Mention,
    NotifyTargets,
    ScheduleTarget,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import DestinationId, UserId
from tocsin.core.people import User, UserStatus
from tocsin.core.schedule import Position, on_call, shifts_at


def mentioned(
    plans: Iterable[EscalationPlan], destination: DestinationId, directory: Directory, at: datetime
) -> tuple[User, ...]:
    """Name, each once, the people whom *plans* mention at *destination*; those on call are so at *at*.

    Whoever cannot be reached is named all the same; whoever has left is not.
    """
    found = dict.fromkeys(
        user
        for plan in plans
        for step in plan.steps
        if isinstance(step.action, NotifyTargets)
        for target in step.action.targets
        if isinstance(target, DestinationTarget) and target.destination == destination
        for mention in target.mentions
        for user in _meant(mention, directory, at)
    )
    people = (directory.users.get(user) for user in found)
    return tuple(each for each in people if each is not None and each.status is not UserStatus.DEACTIVATED)


def _meant(mention: Mention, directory: Directory, at: datetime) -> Iterator[UserId]:
    match mention:
        case UserTarget(user=user):
            yield user
        case TeamTarget(team=team_id):
            team = directory.teams.get(team_id)
            yield from team.members if team is not None else ()
        case ScheduleTarget(schedule=schedule_id, position=position):
            schedule = directory.schedules.get(schedule_id)
            if schedule is None:
                return
            current = position is Position.CURRENT
            shifts = on_call(schedule, at) if current else shifts_at(schedule, at, position)
            yield from (shift.user for shift in shifts)
