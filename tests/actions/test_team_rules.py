"""Rules of a team: its alerts, limits of acknowledgements, loudness, and paging a team by hand."""

from dataclasses import replace

import pytest

from builders import MINUTE, NOW, directory, person, plan, rules, step, target, team
from desk import OPERATOR
from routing_builders import event, policy, rule
from tocsin.actions import alert_policies, hand_paging
from tocsin.core.alert_policy import Mode, Scope
from tocsin.core.because_page import PagedByHand
from tocsin.core.errors import Conflict, NotFound
from tocsin.core.escalation import PageStatus
from tocsin.core.event import EventStatus, Severity
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import TeamId
from tocsin.core.people import Importance, Role

ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
OPS, WEB = team("Ops", ANA), team("Web", BEN)
HERE = directory(ANA, BEN, OPS, WEB)
ONE = plan(step(target(ANA)), step(target(BEN), after=10))
TO_BEN = plan(step(target(BEN)), name="Web")


def of_team(whose, *its_rules, **fields):
    scope = Scope(team=whose.id, filter=EVERYTHING)
    return policy(*its_rules, scope=scope, mode=Mode.FIRST, name=whose.name, **fields)


def addresses(user):
    return [method.address for method in user.contact_methods]


def page_team(here, whose, **more):
    values = {"title": "Look", "team": whose.id, "service": here.directory.default_service, "now": NOW}
    return here.do(lambda tx: hand_paging.page_team(tx, OPERATOR, **(values | more)))


def test_an_acknowledgement_ends_when_the_rule_that_paged_says_so_and_everybody_is_asked_again(desk):
    here = desk(HERE, policies=[policy(rule(ONE, held_for=30 * MINUTE))])
    here.report(event())

    here.acknowledge(NOW + MINUTE)
    held = here.alert().acknowledgement
    here.turn(NOW + 31 * MINUTE)

    assert held.until == NOW + 31 * MINUTE
    assert here.page().status is PageStatus.TRIGGERED
    assert here.deliver(NOW + 31 * MINUTE) == addresses(ANA)


def test_an_acknowledgement_that_ends_earlier_by_itself_stays_as_it_was_meant(desk):
    here = desk(HERE, policies=[policy(rule(ONE, held_for=30 * MINUTE))])
    here.report(event())

    here.acknowledge(NOW, until=NOW + 5 * MINUTE)

    assert here.alert().acknowledgement.until == NOW + 5 * MINUTE


def test_of_several_limits_the_shortest_holds_also_for_what_a_source_acknowledges(desk):
    here = desk(
        HERE, policies=[policy(rule(ONE, held_for=60 * MINUTE)), policy(rule(TO_BEN, held_for=40 * MINUTE))]
    )
    here.report(event())

    here.report(event(status=EventStatus.ACKNOWLEDGED), at=NOW + MINUTE)

    assert here.alert().acknowledgement.until == NOW + 41 * MINUTE


def test_without_a_limit_an_acknowledgement_lasts(desk):
    here = desk(HERE, policies=[policy(rule(ONE))])
    here.report(event())

    here.acknowledge(NOW)

    assert here.alert().acknowledgement.until is None


def test_trouble_that_gets_worse_is_asked_about_more_loudly(desk):
    here = desk(HERE, policies=[policy(rule(ONE, importance=None))])
    here.report(event(Severity.WARNING))
    quiet = here.page().importance

    here.report(event(Severity.CRITICAL), at=NOW + MINUTE)

    assert (quiet, here.page().importance) == (Importance.DEFAULT, Importance.IMPORTANT)


def test_a_team_is_paged_by_its_own_rules_and_by_nobody_else_s(desk):
    everything = policy(rule(plan(step(target(BEN)), name="Everything")))
    here = desk(HERE, policies=[everything, of_team(OPS, rule(ONE, importance=None))])

    page = page_team(here, OPS, importance=Importance.DEFAULT, labels={"env": "prod"})

    assert [each.plan.name for each in here.pages()] == ["Backend"]
    assert (page.importance, page.rule) == (Importance.DEFAULT, here.directory.alert_policies[1].rules[0].id)
    assert here.alert().labels == {"team": "ops", "env": "prod"}
    assert here.story(page.id)[0] == PagedByHand(by_name=OPERATOR.name, asked=("team Ops",))
    assert here.deliver(NOW) == addresses(ANA)


def test_a_page_by_hand_is_routed_by_the_labels_that_it_brings(desk):
    ops = of_team(OPS, rule(ONE, when="labels.env = prod"), rule(TO_BEN))
    here = desk(HERE, policies=[ops])

    first = page_team(here, OPS, labels={"env": "prod"})
    second = page_team(here, OPS, labels={"env": "test"})

    assert (first.plan.name, second.plan.name) == ("Backend", "Web")


@pytest.mark.parametrize("its_rules", [(), (rule(ONE, when="labels.env = prod"),)])
def test_a_team_whose_rules_lead_nowhere_cannot_be_paged_and_nothing_is_left_behind(desk, its_rules):
    here = desk(HERE, policies=[of_team(OPS, *its_rules)])

    with pytest.raises(Conflict, match="give it some"):
        page_team(here, OPS)
    with pytest.raises(Conflict, match="give it some"):
        page_team(here, WEB)
    with pytest.raises(NotFound):
        page_team(here, replace(OPS, id=TeamId(99)))

    assert (here.alerts(), here.pages(), here.messages()) == ([], [], [])


def test_a_person_s_rules_of_either_importance_begin_with_what_the_page_asks_for(desk):
    loud = replace(ANA, rules=rules(ANA.id, 5, "sms", importance=Importance.IMPORTANT))
    here = desk(directory(loud, BEN, OPS, WEB), policies=[of_team(OPS, rule(ONE, importance=None))])

    page_team(here, OPS, importance=Importance.IMPORTANT)

    assert here.run(NOW, 6) == [(5, addresses(ANA)[0])]


def test_a_team_s_policy_is_found_also_when_it_is_switched_off(desk):
    ops = of_team(OPS, rule(ONE), enabled=False)
    here = desk(HERE, policies=[ops])

    found = here.do(lambda tx: alert_policies.of_team(tx, OPERATOR, OPS.id))

    assert found.name == "Ops"
    assert here.do(lambda tx: alert_policies.of_team(tx, OPERATOR, WEB.id)) is None
