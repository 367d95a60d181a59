"""What one transaction changes is drawn to its consequences, and written down whole."""

from datetime import timedelta

import pytest

from builders import MINUTE, NOW, directory, person, plan, schedule, step, target
from desk import OPERATOR, ids
from routing_builders import event, policy, resolved, rule
from tocsin.actions import alerts as people_do
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import AlertStatus
from tocsin.core.because_page import PageBegan, PageRests, PageStartedOver, PageStopped
from tocsin.core.because_paging import PlanEnded, ResolvedByPlan, StepTaken, Told, Unreachable
from tocsin.core.escalation import Assignment, NotifyTargets, PageStatus, ResolveAlerts
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance, Role
from tocsin.store import alerts

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
CEM = person("Cem", "sms")
GONE = person("Gone", unverified=["sms"])
HERE = directory(ANA, BEN, CEM, GONE)
SMS = {each.contact_methods[0].address: each.name for each in (ANA, BEN, CEM)}
LADDER = plan(step(target(ANA)), step(target(BEN), after=5))
TOGETHER = Gathering(by=GatherBy.FIELDS, window=5 * MINUTE)


def told(here, at):
    return sorted(SMS[address] for address in here.deliver(at))


def alert_named(here, key):
    (found,) = [each for each in here.alerts() if each.dedup_key == key]
    return found.id


def test_a_page_of_several_alerts_rests_when_all_of_them_are_acknowledged_and_not_before(desk):
    here = desk(HERE, LADDER, gathering=TOGETHER)
    here.report(event(dedup_key="a"), event(dedup_key="b"))

    here.acknowledge(NOW + SECOND, alert=alert_named(here, "a"))
    assert here.page().status is PageStatus.TRIGGERED
    here.acknowledge(NOW + SECOND, alert=alert_named(here, "b"))

    assert (here.page().status, here.timers()) == (PageStatus.ACKNOWLEDGED, [])


def test_an_alert_that_is_resolved_no_longer_keeps_an_acknowledged_page_asking(desk):
    here = desk(HERE, LADDER, gathering=TOGETHER)
    here.report(event(dedup_key="a"), event(dedup_key="b"))
    here.acknowledge(NOW + SECOND, alert=alert_named(here, "a"))

    here.report(resolved(dedup_key="b"), at=NOW + 2 * SECOND)

    assert here.page().status is PageStatus.ACKNOWLEDGED


def test_a_page_stops_with_the_last_of_its_alerts(desk):
    here = desk(HERE, LADDER, gathering=TOGETHER)
    here.report(event(dedup_key="a"), event(dedup_key="b"))

    here.report(resolved(dedup_key="a"), at=NOW + SECOND)
    assert here.page().status is PageStatus.TRIGGERED
    here.report(resolved(dedup_key="b"), at=NOW + 2 * SECOND)

    assert (here.page().status, here.page().gathers_until, here.timers()) == (PageStatus.RESOLVED, None, [])


def test_one_alert_that_is_released_starts_its_page_over_and_says_whose_it_was(desk):
    here = desk(HERE, LADDER, gathering=TOGETHER)
    here.report(event(dedup_key="a"), event(dedup_key="b"))
    here.acknowledge(NOW + SECOND)

    here.do(lambda tx: people_do.unacknowledge(tx, OPERATOR, [alert_named_in(tx, "b")], now=NOW + MINUTE))

    assert here.page().status is PageStatus.TRIGGERED
    (why,) = [each.why for each in here.story() if isinstance(each, PageStartedOver)]
    assert "Tocsin took back the acknowledgement" in why


def alert_named_in(tx, key):
    (found,) = [each for each in alerts.get_many(tx, ids(tx, "alerts")) if each.dedup_key == key]
    return found.id


def test_a_plan_that_resolves_its_alerts_stops_the_other_pages_of_those_alerts(desk):
    resolving = plan(step(target(ANA)), step(action=ResolveAlerts(), after=3), name="Short")
    here = desk(HERE, LADDER, policies=[policy(rule(resolving))])
    here.report(event())
    here.deliver(NOW)

    here.turn(NOW + 3 * MINUTE)

    assert here.alert().status is AlertStatus.RESOLVED
    assert [each.status for each in here.pages()] == [PageStatus.RESOLVED] * 2
    assert here.timers() == []
    becauses = [each for page in here.pages() for each in here.story(page.id)]
    assert ResolvedByPlan(plan="Short", step=2) in becauses
    assert sum(isinstance(each, PageStopped) for each in becauses) == 2


def test_the_story_of_a_page_tells_all_that_became_of_it(desk):
    here = desk(HERE, LADDER)
    here.report(event())
    here.deliver(NOW)
    here.turn(NOW + 5 * MINUTE)
    here.acknowledge(NOW + 6 * MINUTE)
    here.report(resolved(), at=NOW + 7 * MINUTE)

    kinds = [type(each) for each in here.story()]

    assert kinds == [PageBegan, StepTaken, Told, StepTaken, PlanEnded, Told, PageRests, PageStopped]
    assert PageRests(dropped=1) in here.story()


def test_what_a_message_says_is_the_reason_that_the_story_tells(desk):
    here = desk(HERE, LADDER)

    here.report(event())

    reasons = [each.text for each in here.story()]
    assert [each.because in reasons for each in here.messages()] == [True]


def test_a_round_robin_goes_on_from_page_to_page(desk):
    turns = NotifyTargets(targets=(target(ANA), target(BEN), target(CEM)), assignment=Assignment.ROUND_ROBIN)
    here = desk(HERE, plan(step(action=turns)))

    for number in range(4):
        here.report(event(dedup_key=f"db-{number}"), at=NOW + number * MINUTE)

    assert [SMS[each.address] for each in here.messages()] == ["Ana", "Ben", "Cem", "Ana"]


def test_pages_of_one_batch_take_turns_too(desk):
    turns = NotifyTargets(targets=(target(ANA), target(BEN)), assignment=Assignment.ROUND_ROBIN)
    here = desk(HERE, plan(step(action=turns)))

    here.report(*(event(dedup_key=f"db-{number}") for number in range(4)))

    assert sorted(SMS[each.address] for each in here.messages()) == ["Ana", "Ana", "Ben", "Ben"]


def test_whoever_is_on_call_when_the_step_is_taken_is_asked(desk):
    rota = schedule("Primary", ANA, BEN)
    here = desk(directory(ANA, BEN, rota), plan(step(target(rota)), step(target(rota), after=24 * 60)))
    here.report(event())
    assert told(here, NOW) == ["Ana"]

    here.turn(NOW + 24 * 60 * MINUTE)

    assert told(here, NOW + 24 * 60 * MINUTE) == ["Ben"]


def test_the_owner_hears_of_somebody_who_cannot_be_reached(desk):
    here = desk(HERE, plan(step(target(GONE), target(BEN))))

    here.report(event())

    kinds = {SMS[each.address]: each.kind for each in here.messages()}
    assert kinds == {"Ana": NotificationKind.OPERATOR, "Ben": NotificationKind.PAGE}
    assert Unreachable(name="Gone") in here.story()


def test_a_plan_that_reaches_nobody_says_so_and_tells_the_owner(desk):
    here = desk(HERE, plan(step(target(GONE))))

    here.report(event())

    assert PlanEnded(plan="Backend", reached=False) in here.story()
    assert {SMS[each.address] for each in here.messages()} == {"Ana"}
    assert (here.page().status, here.timers()) == (PageStatus.TRIGGERED, [])


@pytest.mark.parametrize("importance", list(Importance))
def test_an_important_page_goes_by_the_rules_for_important_ones(desk, importance):
    dee = person("Dee", "sms", "voice", ladder=["sms"], important=["voice"])
    important = rule(plan(step(target(dee))), importance=importance)
    here = desk(directory(dee), policies=[policy(important)])

    here.report(event())

    channels = {Importance.DEFAULT: "sms", Importance.IMPORTANT: "voice"}
    assert [each.channel for each in here.messages()] == [channels[importance]]


def test_every_page_has_the_one_timer_that_it_wakes_by(desk):
    here = desk(HERE, LADDER, gathering=TOGETHER)
    here.report(event(dedup_key="a", labels={"team": "a"}))
    here.report(event(dedup_key="b"), at=NOW + MINUTE)
    here.acknowledge(NOW + MINUTE, alert=alert_named(here, "a"), until=NOW + 20 * MINUTE)
    here.turn(NOW + 5 * MINUTE)

    timed = {each.subject: each.due for each in here.timers() if each.kind == "page"}
    assert timed == {each.id: each.wake_at for each in here.pages() if each.wake_at is not None}
