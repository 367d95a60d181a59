"""Escalation policies over the wire."""

import re
from dataclasses import replace
from datetime import datetime

from msgspec import UNSET, UnsetType, field

from tocsin.core.escalation import EscalationPlan, EscalationPolicy
from tocsin.core.ids import UNMADE, EscalationPolicyId, PlanId, WorkspaceId, made_at
from tocsin.core.spelling import native
from tocsin.dialects.native.wire import steps as wire_steps
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.schedules import TeamIds, team_ids
from tocsin.dialects.native.wire.shapes import Body, Description, Name, View
from tocsin.dialects.native.wire.spelled import all_spelled
from tocsin.dialects.native.wire.steps import PlanStep, Steps, show_steps

WORDS: Words = ((re.compile(r"^teams\b"), "team_ids"), *wire_steps.WORDS)


class NewEscalationPolicy(Body, kw_only=True):
    """A new escalation policy."""

    name: Name
    description: Description = ""
    team_ids: TeamIds = field(default_factory=list)
    steps: Steps


class EscalationPolicyChanges(Body):
    """What to change about an escalation policy; *steps* replaces all of them."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    team_ids: TeamIds | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET


class EscalationPolicyView(View):
    """A named list of steps from an alert to a human."""

    id: str
    name: str
    description: str
    team_ids: list[str]
    steps: list[PlanStep]
    created_at: datetime


class EscalationPolicyList(View):
    """Some of the escalation policies."""

    escalation_policies: list[EscalationPolicyView]
    next: str | None
    total: int


def drafted(body: NewEscalationPolicy) -> EscalationPolicy:
    """Read a new escalation policy."""
    return EscalationPolicy(
        id=EscalationPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name,
        description=body.description,
        plan=EscalationPlan(id=PlanId(UNMADE), name=body.name, steps=wire_steps.steps(body.steps)),
        teams=team_ids(body.team_ids),
    )


def edited(was: EscalationPolicy, body: EscalationPolicyChanges) -> EscalationPolicy:
    """Apply changes to an escalation policy."""
    steps = was.plan.steps if body.steps is UNSET else wire_steps.steps(body.steps)
    return replace(
        was,
        name=was.name if body.name is UNSET else body.name,
        description=was.description if body.description is UNSET else body.description,
        plan=replace(was.plan, steps=steps),
        teams=was.teams if body.team_ids is UNSET else team_ids(body.team_ids),
    )


def show_escalation_policy(policy: EscalationPolicy) -> EscalationPolicyView:
    """Write an escalation policy."""
    return EscalationPolicyView(
        id=native("escalation_policy", policy.id),
        name=policy.name,
        description=policy.description,
        team_ids=all_spelled("team", policy.teams),
        steps=show_steps(policy.plan.steps),
        created_at=made_at(policy.id),
    )
