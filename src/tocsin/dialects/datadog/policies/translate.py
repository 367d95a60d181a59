"""Escalation policies to and fro."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import UNSET, structs

from tocsin.core.escalation import (
    Assignment,
    EscalationPlan,
    EscalationPolicy,
    ScheduleTarget,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import UNMADE, EscalationPolicyId, PlanId, ScheduleId, TeamId, UserId, WorkspaceId
from tocsin.core.schedule import Position
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.jsonapi import Include, Included, Reference, ToMany, to_many, to_one
from tocsin.dialects.datadog.objects import Known, TeamExtras, show_schedule, show_teams, show_user
from tocsin.dialects.datadog.policies.steps import (
    ShownPlan,
    ShownStep,
    ShownTarget,
    shown,
    steps_of,
    target_id,
)
from tocsin.dialects.datadog.policies.wire import (
    ChangedPolicy,
    NewPolicy,
    PolicyAttributes,
    PolicyDocument,
    PolicyIncluded,
    PolicyLinks,
    PolicyObject,
    ScheduleTargetAttributes,
    ScheduleTargetLinks,
    ScheduleTargetObject,
    StepAttributes,
    StepLinks,
    StepObject,
)
from tocsin.dialects.datadog.spelled import team_ids

KIND = "escalation policy"  # what a policy has beyond the domain is kept under this kind: its tags
WORDS = ((re.compile(r"^teams\[(\d+)\]$"), r"teams.data[\1].id"),)

PolicyExtras = Mapping[str, Any]


@dataclass(slots=True)
class Names:
    """The ids of what is to be included with policies."""

    users: set[UserId] = field(default_factory=set)
    teams: set[TeamId] = field(default_factory=set)
    schedules: set[ScheduleId] = field(default_factory=set)


def drafted(body: NewPolicy) -> EscalationPolicy:
    """Read a new policy; ids of its steps count for nothing."""
    given = body.attributes
    nameless = structs.replace(given, steps=[structs.replace(each, id=None) for each in given.steps])
    return EscalationPolicy(
        id=EscalationPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=given.name,
        description=given.description or "",
        plan=EscalationPlan(id=PlanId(UNMADE), name=given.name, steps=steps_of(nameless)),
        teams=team_ids(body.relationships),
    )


def replaced(was: EscalationPolicy, body: ChangedPolicy) -> EscalationPolicy:
    """Read what a policy is to be from now on; a description that is not given stays as it is."""
    given = body.attributes
    return replace(
        was,
        name=given.name,
        description=was.description if given.description is None else given.description,
        plan=replace(was.plan, steps=steps_of(given, was.plan.steps)),
        teams=team_ids(body.relationships),
    )


def names_in(policy: EscalationPolicy, include: Include, into: Names | None = None) -> Names:
    """Give the ids of what *include* brings with a policy, added to those in *into*."""
    names = into or Names()
    if "teams" in include:
        names.teams.update(policy.teams)
    if "steps.targets" in include:
        for step in shown(policy.plan.steps).steps:
            for target in step.targets:
                match target:
                    case UserTarget(user=user):
                        names.users.add(user)
                    case TeamTarget(team=team):
                        names.teams.add(team)
                    case ScheduleTarget(schedule=schedule):
                        names.schedules.add(schedule)
    return names


def show(
    policy: EscalationPolicy, extras: PolicyExtras, include: Include, known: Known, avatars: TeamExtras
) -> PolicyDocument:
    """Write a policy with what *include* brings."""
    included: Included[PolicyIncluded] = Included()
    add_included(included, policy, include, known, avatars)
    return PolicyDocument(show_policy(policy, extras), included.shown(include))


def show_policy(policy: EscalationPolicy, extras: PolicyExtras) -> PolicyObject:
    """Write a policy by itself."""
    plan: ShownPlan = shown(policy.plan.steps)
    return PolicyObject(
        to_uuid(policy.id),
        PolicyAttributes(
            name=policy.name,
            description=policy.description or UNSET,
            resolve_page_on_policy_end=plan.resolves,
            retries=plan.retries,
            tags=list(extras.get("tags", ())),
        ),
        PolicyLinks(
            steps=to_many("steps", (step.id for step in plan.steps)),
            teams=to_many("teams", policy.teams),
        ),
    )


def add_included(
    included: Included[PolicyIncluded],
    policy: EscalationPolicy,
    include: Include,
    known: Known,
    avatars: TeamExtras,
) -> None:
    """Add what *include* brings with a policy."""
    if "teams" in include:
        included.add(*show_teams(policy.teams, known, avatars))
    if "steps" in include:
        for step in shown(policy.plan.steps).steps:
            included.add(_show_step(step))
            if "steps.targets" in include:
                for target in step.targets:
                    included.add(*_show_target(target, known, avatars))


def _show_step(step: ShownStep) -> StepObject:
    return StepObject(
        to_uuid(step.id),
        StepAttributes(
            "round-robin" if step.assignment is Assignment.ROUND_ROBIN else "default", step.escalate_after_s
        ),
        StepLinks(ToMany([_refer(target) for target in step.targets])),
    )


def _refer(target: ShownTarget) -> Reference:
    kind, identifier = target_id(target)
    uuid = to_uuid(identifier)
    if isinstance(target, ScheduleTarget) and target.position is not Position.CURRENT:
        return Reference(_position_id(uuid, target.position), "schedule_target")
    return Reference(uuid, kind)


def _show_target(target: ShownTarget, known: Known, avatars: TeamExtras) -> Iterator[PolicyIncluded]:
    """Write whom a target names, as far as they are there; a position comes with its schedule."""
    match target:
        case UserTarget(user=user) if user in known.users:
            yield show_user(known.users[user])
        case TeamTarget(team=team):
            yield from show_teams((team,), known, avatars)
        case ScheduleTarget(schedule=schedule, position=position) if schedule in known.schedules:
            if position is not Position.CURRENT:
                uuid = to_uuid(schedule)
                yield ScheduleTargetObject(
                    _position_id(uuid, position),
                    ScheduleTargetAttributes(position),
                    ScheduleTargetLinks(to_one("schedules", schedule)),
                )
            yield show_schedule(known.schedules[schedule])
        case _:
            return


def _position_id(schedule: str, position: Position) -> str:
    return f"{schedule}_{position.value}"
