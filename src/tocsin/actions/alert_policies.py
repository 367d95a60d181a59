"""Alert policies: which alerts they take, how they gather them, and where their rules send them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import (
    Edit,
    Sure,
    anyway,
    begin,
    must_be_known,
    must_have_room,
    numbered,
)
from tocsin.actions.escalation_policies import numbered_steps
from tocsin.core import alert_policy, alert_policy_check, escalation
from tocsin.core.alert_policy import AlertPolicy, Rule
from tocsin.core.calendar import DateSetWindow
from tocsin.core.errors import check_text
from tocsin.core.escalation import EscalationPlan
from tocsin.core.ids import UNMADE, AlertPolicyId, DateSetId, PlanId, RuleId, TeamId
from tocsin.core.listing import Listed
from tocsin.core.people_check import NAME_LENGTH_MAX
from tocsin.store import alert_policies, date_sets, escalation_policies, integrations, services, teams
from tocsin.store.transaction import Tx

POLICIES_MAX = 1_000  # each alert is judged by every one of them


def create(tx: Tx, actor: Actor, draft: AlertPolicy, *, strict: bool = True, now: datetime) -> AlertPolicy:
    """Add an alert policy; alerts that are open already are not judged anew until their next event.

    Unless it is *strict*, what it names need not be here, and rules may notify nobody: that is for dialects
    in which it may come later. Until then it is skipped, and the policy's health says so.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, alert_policies.list_, "alert policies", POLICIES_MAX)
    policy = AlertPolicyId(tx.new_id())
    made = _checked(tx, actor, replace(draft, id=policy, workspace=actor.workspace), strict=strict)
    alert_policies.add(tx, made)
    audit.created(tx, actor, "alert_policy", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, policy_id: AlertPolicyId) -> AlertPolicy:
    """Read an alert policy."""
    actor.must(Permission.READ)
    return alert_policies.find(tx, actor.workspace, policy_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[AlertPolicy]:
    """List alert policies, the oldest first."""
    actor.must(Permission.READ)
    return alert_policies.list_(tx, actor.workspace, after=after, limit=limit)


def of_team(tx: Tx, actor: Actor, team: TeamId) -> AlertPolicy | None:
    """Find the policy whose rules are those of *team*: the first for its alerts, enabled or not."""
    actor.must(Permission.READ)
    return alert_policy.policy_of(alert_policies.all_(tx, actor.workspace), team)


def change(
    tx: Tx,
    actor: Actor,
    policy_id: AlertPolicyId,
    edit: Edit[AlertPolicy],
    *,
    strict: bool = True,
    now: datetime,
) -> AlertPolicy:
    """Change an alert policy. A rule keeps its id, and its open window, if *edit* leaves it.

    *strict* is as for `create`.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = alert_policies.find(tx, actor.workspace, policy_id)
    new = _checked(tx, actor, edit(was), was, strict=strict)
    if new != was:
        alert_policies.save(tx, new, was)
        audit.changed(tx, actor, "alert_policy", new, was=was, name=new.name, now=now)
    return new


def delete(
    tx: Tx,
    actor: Actor,
    policy_id: AlertPolicyId,
    *,
    sure: Sure[AlertPolicy] = anyway,
    now: datetime,
) -> None:
    """Delete an alert policy; its pages go on by their plans."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    policy = alert_policies.find(tx, actor.workspace, policy_id)
    sure(policy)
    alert_policies.delete(tx, policy)
    audit.deleted(tx, actor, "alert_policy", policy, name=policy.name, now=now)


def _checked(
    tx: Tx, actor: Actor, new: AlertPolicy, was: AlertPolicy | None = None, *, strict: bool
) -> AlertPolicy:
    """Return *new* with ids where there are none; raise Invalid for what it cannot be."""
    rules = numbered(
        tx,
        new.rules,
        of=was.rules if was is not None else (),
        give=lambda rule, number: replace(rule, id=RuleId(number)),
        path="rules",
        kind="rule",
    )
    known = {rule.id: rule for rule in was.rules} if was is not None else {}
    rules = tuple(
        _with_plans(tx, actor, rule, known.get(rule.id), f"rules[{place}]", strict=strict)
        for place, rule in enumerate(rules)
    )
    whole = replace(new, rules=rules)
    alert_policy_check.check(whole, strict=strict)
    if not strict:
        return whole
    _must_know_rest(tx, actor, whole, was)
    old = {policy for rule in known.values() for policy in rule.escalation_policies}
    named = [
        (policy, f"rules[{number}].escalation_policies[{place}]")
        for number, rule in enumerate(rules)
        for place, policy in enumerate(rule.escalation_policies)
        if policy not in old
    ]
    must_be_known(tx, actor, escalation_policies.get_many, named, "escalation_policy")
    return whole


def _with_plans(tx: Tx, actor: Actor, rule: Rule, was: Rule | None, path: str, *, strict: bool) -> Rule:
    """Return *rule* with each of its own plans as it was, or as a new one where it differs."""
    old = {plan.id: plan for plan in was.plans} if was is not None else {}
    plans = numbered(
        tx,
        rule.plans,
        of=old.values(),
        give=lambda plan, number: replace(plan, id=PlanId(number)),
        path=f"{path}.plans",
        kind="plan",
    )
    count = len(rule.inline)
    where = [f"plans[{place}]" for place in range(count)]
    where += [f"lasting[{place}].plan" for place in range(len(rule.lasting))]
    made = [
        _plan(tx, actor, plan, old.get(plan.id), f"{path}.{place}", strict=strict)
        for plan, place in zip(plans, where, strict=True)
    ]
    lasting = [replace(each, plan=plan) for each, plan in zip(rule.lasting, made[count:], strict=True)]
    return replace(rule, inline=tuple(made[:count]), lasting=tuple(lasting))


def _plan(
    tx: Tx, actor: Actor, plan: EscalationPlan, was: EscalationPlan | None, path: str, *, strict: bool
) -> EscalationPlan:
    check_text(plan.name, f"{path}.name", longest=NAME_LENGTH_MAX)
    old = was.steps if was is not None else ()
    steps = numbered_steps(tx, plan.steps, old, f"{path}.steps")
    escalation.check(steps, f"{path}.steps")
    if strict:
        usage.must_know_targets(tx, actor, steps, f"{path}.steps", known=usage.targets_of(old))
    new = replace(plan, steps=steps, policy=None)
    if was is None or new == was:
        return new
    return replace(new, id=PlanId(tx.new_id()))  # a plan is never changed: pages run the old one


def _must_know_rest(tx: Tx, actor: Actor, new: AlertPolicy, was: AlertPolicy | None) -> None:
    old = was.scope if was is not None else None
    wanted = _added(new.scope.services, old.services if old is not None else ())
    must_be_known(tx, actor, services.get_many, [(each, "scope.services") for each in wanted], "service")
    doors = _added(new.scope.integrations, old.integrations if old is not None else ())
    named = [(each, "scope.integrations") for each in doors]
    must_be_known(tx, actor, integrations.get_many, named, "integration")
    known = {old.team if old is not None else None, *(rule.team for rule in (was.rules if was else ()))}
    teamed = [(new.scope.team, "scope.team")]
    teamed += [(rule.team, f"rules[{place}].team") for place, rule in enumerate(new.rules)]
    added = [(team, path) for team, path in teamed if team is not None and team not in known]
    must_be_known(tx, actor, teams.get_many, added, "team")
    old_sets = set(_date_sets(was)) if was is not None else set()
    dated = [(each, path) for each, path in _date_sets(new).items() if each not in old_sets]
    must_be_known(tx, actor, date_sets.get_many, dated, "date_set")


def _date_sets(policy: AlertPolicy) -> dict[DateSetId, str]:
    """Find the sets of dates that windows of *policy* name, each with where it is first."""
    found: dict[DateSetId, str] = {}
    for number, rule in enumerate(policy.rules):
        for name, window in (("window", rule.window), ("hours", rule.hours)):
            for place, each in enumerate(window.sets if isinstance(window, DateSetWindow) else ()):
                found.setdefault(each, f"rules[{number}].{name}.sets[{place}]")
    return found


def _added(new: frozenset[int], was: Sequence[int] | frozenset[int]) -> list[int]:
    return sorted(new.difference(was) - {UNMADE})
