"""Escalation policies: named plans. An edited one gets a new plan; pages keep the one they began with."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import Edit, Sure, anyway, begin, must_be_free, must_have_room, numbered
from tocsin.core import escalation
from tocsin.core.errors import check_text
from tocsin.core.escalation import EscalationPolicy, Step
from tocsin.core.ids import EscalationPolicyId, PlanId, StepId
from tocsin.core.listing import Listed
from tocsin.core.people_check import DESCRIPTION_LENGTH_MAX, NAME_LENGTH_MAX
from tocsin.store import alert_policies, escalation_policies, workspaces
from tocsin.store.transaction import Tx


def create(
    tx: Tx, actor: Actor, draft: EscalationPolicy, *, unfinished: bool = False, now: datetime
) -> EscalationPolicy:
    """Add an escalation policy; only the steps of the draft's plan count. An *unfinished* one asks nobody."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, escalation_policies.list_, "escalation policies")
    policy = EscalationPolicyId(tx.new_id())
    new = replace(draft, id=policy, workspace=actor.workspace)
    made = _checked(tx, actor, new, unfinished=unfinished)
    escalation_policies.add(tx, made)
    audit.created(tx, actor, "escalation_policy", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, policy_id: EscalationPolicyId) -> EscalationPolicy:
    """Read an escalation policy."""
    actor.must(Permission.READ)
    return escalation_policies.find(tx, actor.workspace, policy_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[EscalationPolicy]:
    """List escalation policies, the oldest first."""
    actor.must(Permission.READ)
    return escalation_policies.list_(tx, actor.workspace, after=after, limit=limit)


def change(
    tx: Tx,
    actor: Actor,
    policy_id: EscalationPolicyId,
    edit: Edit[EscalationPolicy],
    *,
    unfinished: bool = False,
    now: datetime,
) -> EscalationPolicy:
    """Change an escalation policy. A step keeps its id, and its round-robin turn, if *edit* leaves it."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = escalation_policies.find(tx, actor.workspace, policy_id)
    new = _checked(tx, actor, edit(was), was, unfinished=unfinished)
    if new != was:
        escalation_policies.save(tx, new, was)
        audit.changed(tx, actor, "escalation_policy", new, was=was, name=new.name, now=now)
    return new


def delete(
    tx: Tx,
    actor: Actor,
    policy_id: EscalationPolicyId,
    *,
    sure: Sure[EscalationPolicy] = anyway,
    now: datetime,
) -> None:
    """Delete an escalation policy; raise Conflict while a rule or the catch-all runs it."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    policy = escalation_policies.find(tx, actor.workspace, policy_id)
    sure(policy)
    must_be_free(f"escalation policy {policy.name}", _uses(tx, policy))
    escalation_policies.delete(tx, policy)
    audit.deleted(tx, actor, "escalation_policy", policy, name=policy.name, now=now)


def used_by(tx: Tx, actor: Actor, policy_id: EscalationPolicyId) -> tuple[str, ...]:
    """Name what runs an escalation policy: the catch-all, and alert policies, each once."""
    return tuple(dict.fromkeys(_uses(tx, get(tx, actor, policy_id))))


def numbered_steps(tx: Tx, steps: Sequence[Step], was: Sequence[Step], path: str) -> tuple[Step, ...]:
    """Give an id to each step that has none; the others must be among those that *was* there."""
    return numbered(
        tx,
        steps,
        of=was,
        give=lambda step, number: replace(step, id=StepId(number)),
        path=path,
        kind="step",
    )


def _checked(
    tx: Tx,
    actor: Actor,
    new: EscalationPolicy,
    was: EscalationPolicy | None = None,
    *,
    unfinished: bool = False,
) -> EscalationPolicy:
    """Return *new* with a plan of its own if steps or name differ; raise Invalid for what it cannot be."""
    check_text(new.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(new.description, "description", longest=DESCRIPTION_LENGTH_MAX)
    old = was.plan.steps if was is not None else ()
    steps = numbered_steps(tx, new.plan.steps, old, "steps")
    escalation.check(steps, unfinished=unfinished)
    usage.must_know_targets(tx, actor, steps, "steps", known=usage.targets_of(old))
    usage.must_know_teams(tx, actor, new.teams, was.teams if was is not None else ())
    if was is not None and (steps, new.name) == (old, was.name):
        return replace(new, plan=was.plan)
    plan = replace(new.plan, id=PlanId(tx.new_id()), name=new.name, steps=steps, policy=new.id)
    return replace(new, plan=plan)


def _uses(tx: Tx, policy: EscalationPolicy) -> Iterator[str]:
    if workspaces.get(tx, policy.workspace).catch_all == policy.id:
        yield "the workspace's catch-all"
    for rules in alert_policies.all_(tx, policy.workspace):
        if any(policy.id in rule.escalation_policies for rule in rules.rules):
            yield f"alert policy {rules.name}"
