"""What is in use where: so that nothing is deleted under somebody's feet, and what a plan names is there."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tocsin.actions.actor import Actor
from tocsin.actions.changing import must_be_known
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    Mention,
    NotifyTargets,
    ScheduleTarget,
    Step,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import TeamId, UserId, WorkspaceId
from tocsin.core.people import Team, User
from tocsin.core.recurring_shift import RecurringShift
from tocsin.core.schedule import Schedule
from tocsin.core.spelling import native
from tocsin.store import (
    alert_policies,
    destinations,
    escalation_policies,
    people,
    recurring_shifts,
    schedules,
    services,
    teams,
)
from tocsin.store.transaction import Tx

Means = Callable[[Target], bool]


def by_plans(tx: Tx, workspace: WorkspaceId, means: Means) -> Iterator[str]:
    """Name the policies with a step that asks a target which *means* it."""
    for policy in escalation_policies.all_(tx, workspace):
        if any(map(means, targets_of(policy.plan.steps))):
            yield f"escalation policy {policy.name}"
    for rules in alert_policies.all_(tx, workspace):
        inline = (plan for rule in rules.rules for plan in rule.plans)
        if any(means(target) for plan in inline for target in targets_of(plan.steps)):
            yield f"alert policy {rules.name}"


def of_team(tx: Tx, team: Team) -> Iterator[str]:
    """Name what asks or belongs to *team*."""
    yield from by_plans(
        tx, team.workspace, lambda each: isinstance(each, TeamTarget) and each.team == team.id
    )
    for schedule in schedules.all_(tx, team.workspace):
        if team.id in schedule.teams:
            yield f"schedule {schedule.name}"
    for policy in escalation_policies.all_(tx, team.workspace):
        if team.id in policy.teams:
            yield f"escalation policy {policy.name}"
    for rules in alert_policies.all_(tx, team.workspace):
        if team.id == rules.scope.team or any(rule.team == team.id for rule in rules.rules):
            yield f"alert policy {rules.name}"
    for service in services.all_(tx, team.workspace):
        if service.team == team.id:
            yield f"service {service.name}"
    yield from _shifts(tx, team.workspace, lambda shift: shift.team == team.id)


def of_user(tx: Tx, user: User) -> Iterator[str]:
    """Name every way by which *user* may be asked: steps, schedules, and teams and schedules in steps."""
    mine = {team.id for team in teams.all_(tx, user.workspace) if user.id in team.members}

    def means(target: Target) -> bool:
        match target:
            case UserTarget(user=asked):
                return asked == user.id
            case TeamTarget(team=asked_team):
                return asked_team in mine
            case _:
                return False

    yield from by_plans(tx, user.workspace, means)
    for schedule in schedules.all_(tx, user.workspace):
        if user.id in members_of(schedule):
            yield f"schedule {schedule.name}"
    yield from _shifts(tx, user.workspace, lambda shift: user.id in shift.people)


def members_of(schedule: Schedule) -> set[UserId]:
    """Give everybody who has a turn or stands in on *schedule*."""
    turns = {member for layer in schedule.layers for member in layer.members if member is not None}
    stand_ins = {override.user for override in schedule.overrides}
    return turns | stand_ins | {user for shift in schedule.shifts for user in shift.people}


def targets_of(steps: Iterable[Step]) -> Iterator[Target]:
    """Give every target of *steps*."""
    for step in steps:
        if isinstance(step.action, NotifyTargets):
            yield from step.action.targets


def must_know_targets(
    tx: Tx, actor: Actor, steps: Sequence[Step], path: str, *, known: Iterable[Target] = ()
) -> None:
    """Raise Invalid, below *path*, when a step asks somebody or something that is not there.

    Targets that are *known* were there before; one of them may have gone since, and is not looked at.
    """
    old = {
        _named(each)
        for target in known
        if not isinstance(target, AddressTarget)
        for each in (target, *_mentions_of(target))
    }
    asked: dict[str, list[tuple[int, str]]] = {}
    for number, step in enumerate(steps):
        targets = step.action.targets if isinstance(step.action, NotifyTargets) else ()
        for place, target in enumerate(targets):
            if isinstance(target, AddressTarget):  # nobody's here
                continue
            kind, identifier = _named(target)
            if (kind, identifier) not in old:
                where = f"{path}[{number}].targets[{place}].id"
                asked.setdefault(kind, []).append((identifier, where))
            for at, mention in enumerate(_mentions_of(target)):
                kind, identifier = _named(mention)
                if (kind, identifier) not in old:
                    where = f"{path}[{number}].targets[{place}].mentions[{at}].id"
                    asked.setdefault(kind, []).append((identifier, where))
    for kind, repository in (
        ("user", people.get_many),
        ("team", teams.get_many),
        ("schedule", schedules.get_many),
        ("destination", destinations.get_many),
    ):
        must_be_known(tx, actor, repository, asked.get(kind, ()), kind)


def must_know_teams(
    tx: Tx, actor: Actor, new: Sequence[TeamId], was: Sequence[TeamId] = (), path: str = "teams"
) -> None:
    """Raise Invalid for a team that is not there, unless it was named before."""
    named = [(team, f"{path}[{place}]") for place, team in enumerate(new) if team not in was]
    must_be_known(tx, actor, teams.get_many, named, "team")


def must_know_users(
    tx: Tx, actor: Actor, named: Iterable[tuple[UserId, str]], was: Iterable[UserId] = ()
) -> None:
    """Raise Invalid for a user who is not there, unless they were named before."""
    old = set(was)
    must_be_known(tx, actor, people.get_many, [each for each in named if each[0] not in old], "user")


def _shifts(tx: Tx, workspace: WorkspaceId, concerned: Callable[[RecurringShift], bool]) -> Iterator[str]:
    for shift in recurring_shifts.all_(tx, workspace):
        if concerned(shift):
            yield f"recurring shift {shift.name or native('recurring_shift', shift.id)}"


def _mentions_of(target: Target) -> tuple[Mention, ...]:
    return target.mentions if isinstance(target, DestinationTarget) else ()


def _named(target: UserTarget | TeamTarget | ScheduleTarget | DestinationTarget) -> tuple[str, int]:
    match target:
        case UserTarget(user=user):
            return "user", user
        case TeamTarget(team=team):
            return "team", team
        case ScheduleTarget(schedule=schedule):
            return "schedule", schedule
        case DestinationTarget(destination=destination):
            return "destination", destination
