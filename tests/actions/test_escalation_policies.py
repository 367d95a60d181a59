from dataclasses import replace

import pytest

import builders
from builders import MINUTE
from tocsin.actions import alert_policies, escalation_policies, workspace
from tocsin.core.alert_policy import AlertPolicy, Rule, Scope
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.escalation import (
    DestinationTarget,
    EscalationPlan,
    EscalationPolicy,
    RepeatSteps,
    ScheduleTarget,
    TeamTarget,
    UserTarget,
)
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, EscalationPolicyId
from tocsin.store import plans


def step(*targets, **more):
    return replace(builders.step(*targets, **more), id=UNMADE)


def draft(*steps, name="Backend", **more):
    plan = EscalationPlan(id=UNMADE, name="", steps=steps)
    return EscalationPolicy(id=UNMADE, workspace=UNMADE, name=name, plan=plan, **more)


@pytest.fixture
def backend(office):
    ask = step(UserTarget(user=office.owner.id))
    return office.do(escalation_policies.create, draft(ask, step(action=RepeatSteps(times=2), after=5)))


def test_a_new_policy_has_ids_all_through_and_reads_back(office, backend):
    assert UNMADE not in {backend.id, backend.plan.id, *(each.id for each in backend.plan.steps)}
    assert (backend.plan.name, backend.plan.policy) == ("Backend", backend.id)
    assert office.run(escalation_policies.get, backend.id) == backend


def test_a_policy_that_is_edited_gets_a_new_plan_and_the_old_one_stays(office, backend):
    first, second = backend.plan.steps
    slower = replace(first, after=9 * MINUTE)

    changed = office.do(
        escalation_policies.change,
        backend.id,
        lambda was: replace(
            was, plan=replace(was.plan, steps=(slower, second, step(first.action.targets[0])))
        ),
    )

    assert changed.plan.id != backend.plan.id
    assert [each.id for each in changed.plan.steps[:2]] == [first.id, second.id]
    assert changed.plan.steps[2].id != UNMADE
    kept = office.database.transact(lambda tx: plans.get_many(tx, [backend.plan.id]))
    assert kept[backend.plan.id] == backend.plan


def test_a_policy_keeps_its_plan_when_neither_steps_nor_name_change(office, backend):
    changed = office.do(
        escalation_policies.change, backend.id, lambda was: replace(was, description="for nights")
    )

    assert changed.plan == backend.plan
    renamed = office.do(escalation_policies.change, backend.id, lambda was: replace(was, name="Web"))
    assert (renamed.plan.name, renamed.plan.steps) == ("Web", backend.plan.steps)


def test_a_step_of_another_policy_is_not_taken_over(office, backend):
    other = office.do(escalation_policies.create, draft(step(UserTarget(user=office.owner.id))))

    with pytest.raises(Invalid) as refused:
        office.do(
            escalation_policies.change,
            backend.id,
            lambda was: replace(was, plan=replace(was.plan, steps=other.plan.steps)),
        )

    assert refused.value.path == "steps[0].id"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (UserTarget(user=7), "steps[1].targets[1].id"),
        (TeamTarget(team=7), "steps[1].targets[1].id"),
        (ScheduleTarget(schedule=7), "steps[1].targets[1].id"),
        (DestinationTarget(destination=7), "steps[1].targets[1].id"),
    ],
)
def test_steps_ask_only_who_and_what_is_there(office, target, path):
    known = UserTarget(user=office.owner.id)

    with pytest.raises(Invalid) as refused:
        office.do(escalation_policies.create, draft(step(known), step(known, target)))

    assert refused.value.path == path
    assert "is here" in refused.value.remedy


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"),
        ({"description": "x" * 1_001}, "description"),
        ({"teams": (7,)}, "teams[0]"),
        ({"plan": EscalationPlan(id=UNMADE, name="", steps=())}, "steps"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(office, backend, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(escalation_policies.change, backend.id, lambda was: replace(was, **change))

    assert refused.value.path == path
    assert office.run(escalation_policies.get, backend.id) == backend


def test_a_policy_that_a_rule_or_the_catch_all_runs_stays(office, backend):
    office.do(workspace.change, lambda was: replace(was, catch_all=backend.id))
    rule = Rule(id=UNMADE, filter=EVERYTHING, escalation_policies=(backend.id,))
    rules = AlertPolicy(
        id=UNMADE, workspace=UNMADE, name="Shop", scope=Scope(filter=EVERYTHING), rules=(rule,)
    )
    rules = office.do(alert_policies.create, rules)

    with pytest.raises(Conflict, match="in use by the workspace's catch-all and alert policy Shop"):
        office.do(escalation_policies.delete, backend.id)

    office.do(workspace.change, lambda was: replace(was, catch_all=None))
    office.do(alert_policies.delete, rules.id)
    office.do(escalation_policies.delete, backend.id)
    with pytest.raises(NotFound):
        office.run(escalation_policies.get, backend.id)


def test_policies_are_for_those_who_configure(office, backend):
    rita = office.hire("Rita")

    for action, arguments in (
        (escalation_policies.create, (draft(),)),
        (escalation_policies.change, (backend.id, lambda was: was)),
        (escalation_policies.delete, (backend.id,)),
    ):
        with pytest.raises(Forbidden):
            office.do(action, *arguments, by=rita)
    assert office.run(escalation_policies.list_, limit=9, by=rita).items == (backend,)
    with pytest.raises(NotFound):
        office.run(escalation_policies.get, EscalationPolicyId(7))
