from dataclasses import replace
from datetime import time

import pytest

import builders
from builders import MINUTE, NOW, plan
from configured import entropy
from tocsin.actions import alert_policies, date_sets, escalation_policies, integrations
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, RepeatSilence, Rule, Scope
from tocsin.core.calendar import CronWindow, DateSetWindow
from tocsin.core.date_set import DateSet
from tocsin.core.errors import Forbidden, Invalid, NotFound
from tocsin.core.escalation import EscalationPolicy, UserTarget
from tocsin.core.event import Severity
from tocsin.core.filters import EVERYTHING, parse
from tocsin.core.ids import UNMADE, AlertPolicyId, IntegrationId, ServiceId
from tocsin.core.service import Integration
from tocsin.store import directories


def step(*targets, **more):
    return replace(builders.step(*targets, **more), id=UNMADE)


def inline(office, name="own"):
    return replace(plan(step(UserTarget(user=office.owner.id)), name=name), id=UNMADE)


@pytest.fixture
def backend(office):
    policy = EscalationPolicy(id=UNMADE, workspace=UNMADE, name="Backend", plan=inline(office))
    return office.do(escalation_policies.create, policy)


@pytest.fixture
def draft(office, backend):
    nights = CronWindow(expression="0 22 * * *", duration=8 * 60 * MINUTE, time_zone="Europe/Madrid")
    return AlertPolicy(
        id=UNMADE,
        workspace=UNMADE,
        name="Shop",
        scope=Scope(services=frozenset({office.service.id}), filter=parse("labels.env = prod")),
        gathering=Gathering(by=GatherBy.FIELDS, fields=("labels.cluster",), window=MINUTE),
        repeat=RepeatSilence(after=60 * MINUTE, by_severity={Severity.CRITICAL: None}),
        rules=(
            Rule(id=UNMADE, filter=EVERYTHING, window=nights, escalation_policies=(backend.id,)),
            Rule(id=UNMADE, filter=parse("severity = critical"), inline=(inline(office),)),
        ),
    )


@pytest.fixture
def shop(office, draft):
    return office.do(alert_policies.create, draft)


def test_a_new_policy_has_ids_all_through_and_reads_back(office, shop):
    own = shop.rules[1].inline[0]

    assert UNMADE not in {shop.id, own.id, own.steps[0].id, *(rule.id for rule in shop.rules)}
    assert office.run(alert_policies.get, shop.id) == shop
    directory = office.database.transact(lambda tx: directories.current(tx, office.workspace))
    assert directory.alert_policies == (shop,)


def test_a_rule_keeps_its_id_and_its_plans_unless_they_change(office, shop):
    first, second = shop.rules
    slower = replace(second.inline[0], steps=(replace(second.inline[0].steps[0], after=MINUTE),))

    renamed = office.do(
        alert_policies.change, shop.id, lambda was: replace(was, rules=(second, replace(first, name="n")))
    )
    changed = office.do(
        alert_policies.change,
        shop.id,
        lambda was: replace(was, rules=(replace(second, inline=(slower,)),)),
    )

    assert renamed.rules == (second, replace(first, name="n"))
    assert changed.rules[0].id == second.id
    assert changed.rules[0].inline[0].id != second.inline[0].id
    assert changed.rules[0].inline[0].steps[0].id == second.inline[0].steps[0].id


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda was: replace(was, name=""), "name"),
        (lambda was: replace(was, time_zone="Mars/Olympus"), "time_zone"),
        (
            lambda was: replace(was, scope=replace(was.scope, services=frozenset({ServiceId(7)}))),
            "scope.services",
        ),
        (
            lambda was: replace(was, scope=replace(was.scope, integrations=frozenset({IntegrationId(7)}))),
            "scope.integrations",
        ),
        (lambda was: ruled(was, escalation_policies=(7,)), "rules[0].escalation_policies[0]"),
        (lambda was: ruled(was, escalation_policies=()), "rules[0]"),
        (lambda was: ruled(was, fallback=True), "rules[0].fallback"),
        (lambda was: ruled(was, id=7), "rules[0].id"),
        (lambda was: ruled(was, inline=(plan(name="empty"),)), "rules[0].plans[0].id"),
        (lambda was: ruled(was, inline=(replace(plan(), id=UNMADE),)), "rules[0].plans[0].steps"),
        (
            lambda was: ruled(was, inline=(replace(plan(step(UserTarget(user=7))), id=UNMADE),)),
            "rules[0].plans[0].steps[0].targets[0].id",
        ),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_stays_as_it_was(office, shop, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(alert_policies.change, shop.id, change)

    assert refused.value.path == path
    assert office.run(alert_policies.get, shop.id) == shop


def ruled(was, **changes):
    return replace(was, rules=(replace(was.rules[0], **changes), *was.rules[1:]))


def test_a_scope_names_integrations_that_are_there(office, shop):
    door = Integration(id=UNMADE, workspace=UNMADE, service=office.service.id, kind="generic", name="Uptime")
    opened = office.do(integrations.create, door, entropy=entropy)
    only = replace(shop.scope, integrations=frozenset({opened.integration.id}))

    changed = office.do(alert_policies.change, shop.id, lambda was: replace(was, scope=only))

    assert changed.scope == only


def test_a_policy_that_is_switched_off_or_deleted_routes_nothing(office, shop):
    office.do(alert_policies.change, shop.id, lambda was: replace(was, enabled=False))

    directory = office.database.transact(lambda tx: directories.current(tx, office.workspace))
    assert directory.alert_policies == ()
    office.do(alert_policies.delete, shop.id)
    with pytest.raises(NotFound):
        office.run(alert_policies.get, shop.id)
    assert [entry.action for entry in office.log(subject=shop.id)] == ["deleted", "changed", "created"]


def test_policies_are_for_those_who_configure(office, shop, draft):
    rita = office.hire("Rita")

    for action, arguments in (
        (alert_policies.create, (draft,)),
        (alert_policies.change, (shop.id, lambda was: was)),
        (alert_policies.delete, (shop.id,)),
    ):
        with pytest.raises(Forbidden):
            office.do(action, *arguments, by=rita)
    assert office.run(alert_policies.list_, limit=9, by=rita).total == 1
    with pytest.raises(NotFound):
        office.run(alert_policies.get, AlertPolicyId(7))


def test_each_set_of_dates_tells_which_policies_go_by_it(office, draft):
    names = ("Holidays", "Sales", "Free")
    sets = [
        office.do(date_sets.create, DateSet(id=UNMADE, workspace=UNMADE, name=name, dates=(NOW.date(),)))
        for name in names
    ]
    on_sales = DateSetWindow(sets=(sets[1].id,), start=time(8), duration=MINUTE, time_zone="UTC")
    rule = replace(draft.rules[0], window=on_sales, hours=replace(on_sales, sets=(sets[0].id, sets[1].id)))
    one = office.do(alert_policies.create, replace(draft, rules=(rule,)))
    two = office.do(alert_policies.create, replace(draft, name="Depot", rules=(replace(rule, hours=None),)))

    found = office.run(date_sets.using)

    assert {number: [each.id for each in policies] for number, policies in found.items()} == {
        sets[0].id: [one.id],
        sets[1].id: [one.id, two.id],
    }
