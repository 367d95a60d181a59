"""Which plan a page runs that somebody starts over by hand."""

from dataclasses import replace

import pytest

from builders import MINUTE, NOW, alert, directory, person, plan, step, target
from routing_builders import policy, rule
from tocsin.core import escalation, renewal
from tocsin.core.because_alert import (
    AcknowledgementEnded,
    AlertReopened,
    AlertUnacknowledged,
    AlertWoken,
)
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.event import Severity
from tocsin.core.ids import EscalationPolicyId, PageId, PlanId

ANA, BEN = person("ana", "sms"), person("ben", "sms")
OLD, NEW, OTHER = (
    replace(plan(step(target(who))), id=PlanId(number), name=name, policy=EscalationPolicyId(of))
    for number, name, who, of in ((71, "Backend", ANA, 7), (72, "Backend", BEN, 7), (81, "Shop", BEN, 8))
)
INLINE, REWRITTEN = (replace(plan(step(target(who))), name="inline") for who in (ANA, BEN))
BACKEND, SHOP = (
    EscalationPolicy(id=EscalationPolicyId(number), workspace=ANA.workspace, name=each.name, plan=each)
    for number, each in ((7, NEW), (8, OTHER))
)
RELEASED = AlertUnacknowledged(by_name="Ana", acknowledged_by="Ben")


def here(*rules, policies=(BACKEND, SHOP)):
    known = {each.id: each for each in policies}
    return replace(directory(ANA, BEN), escalation_policies=known, alert_policies=(policy(*rules),))


def leads_to(*policies, inline=()):
    return rule(escalation_policies=tuple(each.id for each in policies), inline=tuple(inline))


def page_of(ran, found, **more):
    """Begin a page of *ran*, by the first rule of the directory *found*."""
    by = found.alert_policies[0]
    return escalation.begin(
        page_id=PageId(5), plan=ran, alert=alert(), policy=by.id, rule=by.rules[0].id, now=NOW, **more
    )


@pytest.mark.parametrize(
    ("ran", "leads", "runs", "because"),
    [
        (OLD, leads_to(BACKEND), NEW, "its policy has other steps"),
        (NEW, leads_to(BACKEND), NEW, "nothing has changed"),
        (OLD, leads_to(SHOP), OTHER, "its rule leads elsewhere"),
        (OLD, leads_to(SHOP, BACKEND), NEW, "its rule leads to another as well"),
        (OLD, leads_to(inline=(INLINE,)), INLINE, "its rule has a plan of its own"),
        (OLD, leads_to(), NEW, "its rule leads nowhere: nobody is lost"),
        (INLINE, leads_to(inline=(REWRITTEN,)), REWRITTEN, "its rule has other steps"),
        (INLINE, leads_to(inline=(REWRITTEN, INLINE)), INLINE, "the very plan is there"),
        (INLINE, leads_to(SHOP, BACKEND), INLINE, "nobody could say which of them"),
        (INLINE, leads_to(), INLINE, "its rule leads nowhere: nobody is lost"),
    ],
)
def test_what_is_started_over_by_hand_runs_what_it_would_run_if_it_began_now(ran, leads, runs, because):
    found = here(leads)

    assert renewal.plan_now(page_of(ran, found), found, NOW) == runs, because


def test_a_page_whose_rule_and_policy_are_gone_keeps_its_steps():
    page = page_of(OLD, here(leads_to(BACKEND)))

    assert renewal.plan_now(page, here(policies=()), NOW) == OLD


def test_a_page_without_a_rule_runs_its_policy_as_that_stands():
    page = replace(page_of(OLD, here(leads_to(SHOP))), policy=None, rule=None)

    assert renewal.plan_now(page, here(leads_to(SHOP)), NOW) == NEW


def test_a_page_that_gathers_or_follows_a_severity_keeps_its_steps():
    found = here(leads_to(BACKEND))
    page = page_of(OLD, found)

    assert renewal.plan_now(replace(page, gathers_until=NOW + MINUTE), found, NOW) == OLD
    assert renewal.plan_now(replace(page, gathers_until=NOW), found, NOW) == NEW, "its window is over"
    assert renewal.plan_now(replace(page, level=Severity.ERROR), found, NOW) == OLD


@pytest.mark.parametrize(
    ("because", "wanted"),
    [
        (RELEASED, True),
        (AlertReopened(by_name="Ana"), True),
        (AlertWoken(by_name="Ana", silenced_by="Ben"), True),
        (AlertWoken(by_name="", silenced_by="Ben"), False),
        (AcknowledgementEnded(by_name="Ben", until=NOW), False),
    ],
)
def test_only_what_somebody_wants_takes_the_steps_of_now(because, wanted):
    found = here(leads_to(BACKEND))
    page = replace(escalation.rest(page_of(OLD, found)), next_step=1)

    again, (told,) = renewal.start_over(page, found, because, NOW)

    assert (again.plan, again.next_step, again.due) == (NEW if wanted else OLD, 0, NOW)
    assert ("of Backend as that stands now" in told.because.sentence()) is wanted
