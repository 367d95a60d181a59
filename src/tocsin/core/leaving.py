"""What breaks when somebody leaves: turns that nobody takes, and steps that reach nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan, NotifyTargets
from tocsin.core.people import User, UserStatus
from tocsin.core.schedule import Position, shifts_at


def breaks(directory: Directory, user: User, now: datetime) -> tuple[str, ...]:
    """Say what would reach nobody if *user* left at *now*, and reaches somebody today."""
    gone = replace(user, status=UserStatus.DEACTIVATED)
    without = replace(directory, users={**directory.users, user.id: gone})
    return (*_turns(directory, user, now), *_steps(directory, without, now))


def _turns(directory: Directory, user: User, now: datetime) -> Iterator[str]:
    for schedule in sorted(directory.schedules.values(), key=lambda each: each.id):
        for position, which in ((Position.CURRENT, "now"), (Position.NEXT, "next")):
            people = {shift.user for shift in shifts_at(schedule, now, position)}
            if people == {user.id}:
                yield f"{user.display_name} is alone on call for {schedule.name} {which}"


def _steps(before: Directory, after: Directory, now: datetime) -> Iterator[str]:
    for name, plan in _plans(before):
        for number, step in enumerate(plan.steps, 1):
            asks = step.action
            if isinstance(asks, NotifyTargets) and before.asked(asks, now) and not after.asked(asks, now):
                yield f"step {number} of {name} would reach nobody"


def _plans(directory: Directory) -> Iterator[tuple[str, EscalationPlan]]:
    for policy in sorted(directory.escalation_policies.values(), key=lambda each: each.id):
        yield f"escalation policy {policy.name}", policy.plan
    for rules in directory.alert_policies:
        for place, rule in enumerate(rules.rules, 1):
            for plan in rule.plans:
                yield f"rule {rule.name or place} of alert policy {rules.name}", plan
