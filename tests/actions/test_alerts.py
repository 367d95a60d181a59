from datetime import timedelta
from functools import partial

import pytest

from builders import MINUTE, NOW, SERVICE, directory, person, plan, step, target
from desk import OPERATOR
from routing_builders import event, resolved, silence
from tocsin.actions import alerts as people_do
from tocsin.actions import hand_paging
from tocsin.actions.actor import Actor
from tocsin.actions.alerts import AT_ONCE_MAX
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import AlertStatus, Routing
from tocsin.core.because_page import Escalated, PagedByHand
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.escalation import EscalationPolicy, PageStatus
from tocsin.core.ids import AlertId, EscalationPolicyId, PageId, WorkspaceId
from tocsin.core.people import Importance, Role
from tocsin.core.workspace import Workspace
from tocsin.store import escalation_policies, silences, timers, workspaces

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms", role=Role.VIEWER)
HERE = directory(ANA, BEN)
LADDER = plan(step(target(ANA)), step(target(BEN), after=5))
SMS_ANA, SMS_BEN = (each.contact_methods[0].address for each in (ANA, BEN))
STRANGER = Actor.of_server(WorkspaceId(77))


@pytest.fixture
def here(desk):
    opened = desk(HERE, LADDER)
    elsewhere = Workspace(id=STRANGER.workspace, name="Elsewhere", created_at=NOW)
    opened.do(lambda tx: workspaces.add(tx, elsewhere))
    opened.report(event())
    return opened


def act(here, action, *args, by=OPERATOR, now=NOW + SECOND, **fields):
    return here.do(lambda tx: action(tx, by, *args, now=now, **fields))


def test_whoever_acknowledges_is_named_with_what_they_said(here):
    by = Actor.of_user(ANA, how="email link")

    (alert,) = act(here, people_do.acknowledge, [here.alert().id], by=by, comment="on it")

    held = alert.acknowledgement
    assert (held.by, held.by_name, held.how, held.comment, held.at) == (
        ANA.id,
        "Ana",
        "email link",
        "on it",
        NOW + SECOND,
    )
    assert here.alert() == alert


def test_acknowledging_a_page_acknowledges_what_fires_in_it(here):
    page = act(here, people_do.acknowledge_page, here.page().id, until=NOW + MINUTE)

    assert page.status is PageStatus.ACKNOWLEDGED
    assert here.alert().acknowledgement.until == NOW + MINUTE


def test_an_acknowledgement_that_is_taken_back_asks_people_again(here):
    here.deliver(NOW)
    act(here, people_do.acknowledge, [here.alert().id])

    act(here, people_do.unacknowledge, [here.alert().id], now=NOW + MINUTE)

    assert here.alert().acknowledgement is None
    assert here.deliver(NOW + MINUTE) == [SMS_ANA]


def test_taking_back_what_nobody_has_changes_nothing(here):
    before = here.page()

    act(here, people_do.unacknowledge, [here.alert().id])

    assert here.page() == before


def test_resolving_a_page_resolves_its_alerts_and_stops_it(here):
    page = act(here, people_do.resolve_page, here.page().id)

    assert (page.status, here.alert().status, here.timers()) == (
        PageStatus.RESOLVED,
        AlertStatus.RESOLVED,
        [],
    )


def test_resolving_again_changes_nothing_and_acknowledging_then_is_a_conflict(here):
    (alert,) = act(here, people_do.resolve, [here.alert().id])

    assert act(here, people_do.resolve, [alert.id], now=NOW + MINUTE) == (alert,)
    with pytest.raises(Conflict):
        act(here, people_do.acknowledge, [alert.id])
    assert act(here, people_do.acknowledge_page, here.page().id).status is PageStatus.RESOLVED


def test_many_are_changed_together_or_not_at_all(here):
    here.report(event(dedup_key="b"))
    first, second = (each.id for each in here.alerts())
    act(here, people_do.resolve, [second])

    with pytest.raises(Conflict):
        act(here, people_do.acknowledge, [first, second])

    assert here.alerts()[0].acknowledgement is None


def test_the_answer_is_in_the_order_of_the_question(here):
    here.report(event(dedup_key="b"))
    ids = [each.id for each in here.alerts()][::-1]

    assert [each.id for each in act(here, people_do.acknowledge, ids)] == ids


@pytest.mark.parametrize(
    "ask",
    [
        lambda here: partial(people_do.acknowledge, alert_ids=[here.alert().id]),
        lambda here: partial(people_do.unacknowledge, alert_ids=[here.alert().id]),
        lambda here: partial(people_do.resolve, alert_ids=[here.alert().id]),
        lambda here: partial(people_do.acknowledge_page, page_id=here.page().id),
        lambda here: partial(people_do.resolve_page, page_id=here.page().id),
        lambda here: partial(people_do.escalate, page_id=here.page().id),
    ],
)
def test_a_viewer_may_not_answer_and_a_stranger_finds_nothing(here, ask):
    action = ask(here)

    for who, refusal in ((Actor.of_user(BEN), Forbidden), (STRANGER, NotFound)):
        with pytest.raises(refusal):
            here.do(lambda tx, who=who: action(tx, who, now=NOW))
    assert here.page().status is PageStatus.TRIGGERED


def test_what_is_not_there_is_not_found(here):
    with pytest.raises(NotFound):
        act(here, people_do.acknowledge, [AlertId(4711)])
    with pytest.raises(NotFound):
        act(here, people_do.escalate, PageId(4711))


def test_more_than_can_be_changed_at_once_is_refused(here):
    with pytest.raises(Invalid):
        act(here, people_do.resolve, [AlertId(each) for each in range(AT_ONCE_MAX + 1)])


def test_a_page_of_however_many_alerts_can_be_answered(desk):
    here = desk(HERE, LADDER, gathering=Gathering(by=GatherBy.FIELDS, window=MINUTE))
    here.report(*(event(dedup_key=f"db-{number}") for number in range(AT_ONCE_MAX + 1)))

    assert act(here, people_do.acknowledge_page, here.page().id).status is PageStatus.ACKNOWLEDGED
    assert act(here, people_do.resolve_page, here.page().id).status is PageStatus.RESOLVED


def test_the_next_step_can_be_asked_for_before_its_time(here):
    here.deliver(NOW)

    page = act(here, people_do.escalate, here.page().id)

    assert page.next_step == 2
    assert Escalated(by_name="Tocsin") in here.story()
    assert here.deliver(NOW + SECOND) == [SMS_BEN]


def test_asking_for_the_next_step_of_an_acknowledged_page_releases_it(here):
    here.deliver(NOW)
    act(here, people_do.acknowledge, [here.alert().id])

    act(here, people_do.escalate, here.page().id)

    assert (here.alert().acknowledgement, here.page().status) == (None, PageStatus.TRIGGERED)
    assert here.deliver(NOW + SECOND) == [SMS_BEN]


def test_asking_for_more_at_the_plans_end_starts_it_over(here):
    here.run(NOW, 6)

    act(here, people_do.escalate, here.page().id, now=NOW + 7 * MINUTE)

    assert here.deliver(NOW + 7 * MINUTE) == [SMS_ANA]


def test_nobody_escalates_what_a_silence_covers_and_what_is_over_stays_so(here):
    quiet = silence(starts_at=NOW, hours=1)
    here.do(lambda tx: (silences.add(tx, quiet), timers.put(tx, "silence", quiet.id, 1, NOW)))
    here.turn(NOW)
    with pytest.raises(Conflict):
        act(here, people_do.escalate, here.page().id)

    here.report(resolved(), at=NOW + MINUTE)

    assert act(here, people_do.escalate, here.page().id, now=NOW + MINUTE).status is PageStatus.RESOLVED


def by_hand(here, *, by=OPERATOR, **fields):
    return act(here, hand_paging.page_by_hand, title="come and look", service=SERVICE, by=by, **fields)


def test_somebody_can_be_paged_by_hand_and_the_page_has_an_alert_of_its_own(here):
    page = by_hand(here, targets=(target(BEN),), message="the lift is stuck")

    (alert,) = [each for each in here.alerts() if each.title == "come and look"]
    assert (alert.routing, alert.message, alert.source) == (Routing.ROUTED, "the lift is stuck", "Tocsin")
    assert page.importance is Importance.IMPORTANT
    assert PagedByHand(by_name="Tocsin", asked=("Ben",)) in here.story(page.id)
    assert SMS_BEN in here.deliver(NOW + SECOND)


def test_a_policy_can_be_run_by_hand(here):
    policy = EscalationPolicy(
        id=EscalationPolicyId(901), workspace=HERE.workspace, name="Backend", plan=plan(step(target(BEN)))
    )
    here.do(lambda tx: escalation_policies.add(tx, policy))

    page = by_hand(here, policy=policy.id)

    assert page.plan == policy.plan


def test_paging_by_hand_needs_either_people_or_a_policy(here):
    for fields in ({}, {"targets": (target(ANA),), "policy": EscalationPolicyId(1)}):
        with pytest.raises(Invalid):
            by_hand(here, **fields)
    with pytest.raises(NotFound):
        by_hand(here, policy=EscalationPolicyId(4711))
    with pytest.raises(Forbidden):
        by_hand(here, targets=(target(ANA),), by=Actor.of_user(BEN))


def test_an_acknowledgement_stops_a_page_by_hand_like_any_other(here):
    here.run(NOW, 10)
    page = by_hand(here, targets=(target(BEN),), now=NOW + 11 * MINUTE)

    act(here, people_do.acknowledge_page, page.id, now=NOW + 11 * MINUTE)

    assert here.run(NOW + 11 * MINUTE, 30) == []
