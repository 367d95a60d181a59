"""A person, a schedule, a ladder, a page: in one line each."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.directory import Directory
from tocsin.core.escalation import (
    Action,
    Condition,
    EscalationPlan,
    NotifyTargets,
    ScheduleTarget,
    Step,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.event import Severity
from tocsin.core.ids import (
    AlertId,
    ContactMethodId,
    DestinationId,
    LayerId,
    NotificationRuleId,
    PlanId,
    ScheduleId,
    ServiceId,
    StepId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import (
    ContactMethod,
    Importance,
    NotificationRule,
    Role,
    Team,
    User,
    UserStatus,
)
from tocsin.core.schedule import Layer, Position, Schedule
from tocsin.core.service import Destination

WORKSPACE = WorkspaceId(1)
SERVICE = ServiceId(2)
MINUTE = timedelta(minutes=1)

_numbers = count(100)


def at(text: str) -> datetime:
    """Read "2026-03-06 09:00" as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-03-06 09:00")


def person(
    name: str,
    *channels: str,
    unverified: Iterable[str] = (),
    ladder: Iterable[str | int] = (),
    important: Iterable[str | int] = (),
    status: UserStatus = UserStatus.ACTIVE,
    role: Role = Role.RESPONDER,
) -> User:
    """Make a user with one verified contact method on each of *channels*.

    *ladder* and *important* are their rules: a channel to notify by, or a number of minutes to wait.
    """
    user = UserId(next(_numbers))
    methods = [method(user, channel) for channel in channels]
    methods += [method(user, channel, verified=False) for channel in unverified]
    return User(
        id=user,
        workspace=WORKSPACE,
        email=f"{name.lower()}@example.com",
        name=name,
        role=role,
        status=status,
        contact_methods=tuple(methods),
        rules=(*rules(user, *ladder), *rules(user, *important, importance=Importance.IMPORTANT)),
    )


def method(user: UserId, channel: str, *, verified: bool = True) -> ContactMethod:
    """Make a contact method of *user*."""
    number = ContactMethodId(next(_numbers))
    address = f"{channel}:{number}{'@example.org' if channel == 'email' else ''}"
    verified_at = NOW if verified else None
    return ContactMethod(id=number, user=user, channel=channel, address=address, verified_at=verified_at)


def rules(
    user: UserId, *rungs: str | int, importance: Importance = Importance.DEFAULT
) -> tuple[NotificationRule, ...]:
    """Make a ladder: a channel to notify by, or a number of minutes to wait. Positions have gaps."""
    return tuple(
        NotificationRule(
            id=NotificationRuleId(next(_numbers)),
            user=user,
            importance=importance,
            position=10 * place,
            channel=rung if isinstance(rung, str) else None,
            wait=rung * MINUTE if isinstance(rung, int) else timedelta(0),
        )
        for place, rung in enumerate(rungs)
    )


def team(name: str, *members: User) -> Team:
    """Make a team of *members*."""
    ids = tuple(member.id for member in members)
    handle = name.lower()
    number = TeamId(next(_numbers))
    return Team(id=number, workspace=WORKSPACE, name=name, handle=handle, members=ids, roles={})


def schedule(name: str, *members: User | None, days: int = 1) -> Schedule:
    """Make a schedule whose members take turns of *days* from NOW on, at its time of day."""
    number = next(_numbers)
    layer = Layer(
        id=LayerId(number),
        name="base",
        effective_date=NOW,
        rotation_start=NOW,
        days=days,
        members=tuple(member and member.id for member in members),
    )
    return Schedule(id=ScheduleId(number), workspace=WORKSPACE, name=name, time_zone="UTC", layers=(layer,))


def destination(name: str, channel: str = "webhook") -> Destination:
    """Make a place that is not a person."""
    number = DestinationId(next(_numbers))
    address = f"https://example.com/{number}"
    return Destination(id=number, workspace=WORKSPACE, name=name, channel=channel, address=address)


def target(
    of: User | Team | Schedule, *via: str, position: Position = Position.CURRENT
) -> UserTarget | TeamTarget | ScheduleTarget:
    """Make a target of a user, a team or a schedule."""
    if isinstance(of, User):
        return UserTarget(user=of.id, via=via)
    if isinstance(of, Team):
        return TeamTarget(team=of.id, via=via)
    return ScheduleTarget(schedule=of.id, position=position, via=via)


def step(
    *targets: Target,
    after: int = 0,
    action: Action | None = None,
    condition: Condition | None = None,
) -> Step:
    """Make a step that asks *targets*, or does *action*, so many minutes *after* the one before."""
    return Step(
        id=StepId(next(_numbers)),
        after=after * MINUTE,
        action=action or NotifyTargets(targets=targets),
        condition=condition,
    )


def plan(*steps: Step, name: str = "Backend") -> EscalationPlan:
    """Make an escalation plan of *steps*."""
    return EscalationPlan(id=PlanId(next(_numbers)), name=name, steps=steps)


def alert(title: str = "disk full", severity: Severity = Severity.ERROR) -> Alert:
    """Make a firing alert that opened at NOW."""
    return Alert(
        id=AlertId(next(_numbers)),
        workspace=WORKSPACE,
        service=SERVICE,
        integration=None,
        dedup_key=title,
        status=AlertStatus.FIRING,
        severity=severity,
        worst_severity=severity,
        severity_since=NOW,
        title=title,
        opened_at=NOW,
        last_seen_at=NOW,
    )


def directory(*things: User | Team | Schedule | Destination) -> Directory:
    """Make the directory of a workspace that has these *things*."""
    return Directory(
        workspace=WORKSPACE,
        name="Example",
        version=1,
        users=_by_id(User, things),
        teams=_by_id(Team, things),
        schedules=_by_id(Schedule, things),
        destinations=_by_id(Destination, things),
    )


def _by_id(kind: type, things: Iterable[object]) -> Mapping:
    return {thing.id: thing for thing in things if isinstance(thing, kind)}
