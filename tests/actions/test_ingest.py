import gc
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, destination, directory, person, plan, step, target
from routing_builders import event, policy, resolved, rule, silence
from tocsin.actions.ingest import ingest
from tocsin.actions.ledger import Ledger
from tocsin.actions.paging import LOOK_AGAIN_AFTER
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert import AlertStatus, Routing
from tocsin.core.alert_policy import RepeatSilence
from tocsin.core.because_page import AlertJoined, PageStartedOver, SilenceEnded
from tocsin.core.because_paging import StepTaken, StepWaits, WindowClosed
from tocsin.core.because_routing import HeldByAcknowledgement, NobodyTookIt, SilencedBy
from tocsin.core.errors import NotFound
from tocsin.core.escalation import DestinationTarget, MoreAlertsThan, NotifyTargets, PageStatus
from tocsin.core.event import EventStatus, Severity
from tocsin.core.filters import parse
from tocsin.core.ids import WorkspaceId
from tocsin.core.people import Role
from tocsin.store import alert_policies, silences, timers

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
HERE = directory(ANA, BEN)
(SMS,) = (method.address for method in ANA.contact_methods)
ONE = plan(step(target(ANA)), step(target(BEN), after=10))


def gathers(**fields):
    return Gathering(by=GatherBy.FIELDS, fields=("labels.team",), window=5 * MINUTE, **fields)


def test_an_event_becomes_an_alert_a_page_and_a_message_together(desk):
    here = desk(HERE, ONE)

    here.report(event())

    assert here.alert().routing is Routing.ROUTED
    assert (here.page().status, here.page().next_step) == (PageStatus.TRIGGERED, 1)
    assert [each.address for each in here.messages()] == [SMS]
    assert [(each.kind, each.due) for each in here.timers()] == [("page", NOW + 10 * MINUTE)]


def test_what_cannot_be_taken_in_leaves_nothing_behind(desk):
    here = desk(HERE, ONE)
    foreign = replace(event(), workspace=WorkspaceId(77))

    with pytest.raises(NotFound):
        here.do(lambda tx: ingest(tx, [event(), foreign], NOW))

    assert (here.alerts(), here.pages(), here.messages(), here.timers()) == ([], [], [], [])


def test_what_a_batch_was_worked_out_with_is_gone_when_it_is_over(desk):
    here = desk(HERE, ONE)
    gc.collect()  # what earlier tests have left behind is not ours
    gc.disable()
    try:
        here.report(event(), event(dedup_key="other"))
        kept = [each for each in gc.get_objects() if isinstance(each, Ledger)]
    finally:
        gc.enable()

    assert kept == []  # a ring of values would keep the whole batch until the collector comes round


def test_a_repeat_is_counted_and_pages_nobody_again(desk):
    here = desk(HERE, ONE)

    for second in range(4):
        here.report(event(), at=NOW + second * SECOND)

    assert (here.alert().events, here.alert().last_seen_at) == (4, NOW + 3 * SECOND)
    assert len(here.messages()) == 1


def test_events_of_one_key_in_one_batch_are_one_alert(desk):
    here = desk(HERE, ONE)

    here.report(event(Severity.WARNING), event(), event(Severity.CRITICAL), event(Severity.INFO))

    assert (here.alert().events, here.alert().worst_severity) == (4, Severity.CRITICAL)
    assert len(here.messages()) == 1


def test_trouble_that_comes_back_in_the_batch_that_ended_it_opens_anew_and_pages(desk):
    here = desk(HERE, ONE)
    here.report(event())
    here.deliver(NOW)

    here.report(resolved(), event(), at=NOW + MINUTE)

    assert [each.status for each in here.alerts()] == [AlertStatus.RESOLVED, AlertStatus.FIRING]
    assert [each.status for each in here.pages()] == [PageStatus.RESOLVED, PageStatus.TRIGGERED]
    assert sorted(here.deliver(NOW + MINUTE)) == [SMS, SMS]  # it is over, and there is more


def test_what_begins_and_ends_in_one_batch_pages_nobody(desk):
    here = desk(HERE, ONE)

    here.report(event(), resolved())

    assert (here.page().status, here.timers()) == (PageStatus.RESOLVED, [])
    assert here.deliver(NOW) == []


def test_events_without_a_dedup_key_are_strangers_and_a_resolve_closes_none_of_them(desk):
    here = desk(HERE, ONE)

    here.report(event(dedup_key=""), event(dedup_key=""), resolved(dedup_key=""))

    assert [each.status for each in here.alerts()] == [AlertStatus.FIRING] * 2


def test_a_rise_breaks_through_and_asks_everybody_anew(desk):
    here = desk(HERE, ONE)
    here.report(event(Severity.WARNING))
    here.deliver(NOW)
    here.turn(NOW + 10 * MINUTE)

    here.report(event(Severity.CRITICAL), at=NOW + 11 * MINUTE)

    assert (here.page().next_step, here.page().due) == (1, NOW + 21 * MINUTE)
    assert any(isinstance(each, PageStartedOver) for each in here.story())


def test_an_acknowledged_alert_stays_quiet_when_it_gets_worse(desk):
    here = desk(HERE, ONE)
    here.report(event(Severity.WARNING))
    here.acknowledge(NOW + SECOND)

    here.report(event(Severity.CRITICAL), at=NOW + MINUTE)

    assert (here.page().status, here.timers()) == (PageStatus.ACKNOWLEDGED, [])
    assert isinstance(here.alert_story(here.alert().id)[-1], HeldByAcknowledgement)


def test_an_acknowledgement_whose_time_has_come_is_over_for_an_event_that_is_faster_than_the_timer(desk):
    here = desk(HERE, ONE)
    here.report(event(Severity.WARNING))
    here.acknowledge(NOW + SECOND, until=NOW + MINUTE)

    here.report(event(Severity.CRITICAL), at=NOW + MINUTE)

    assert (here.alert().acknowledgement, here.page().status) == (None, PageStatus.TRIGGERED)
    assert here.deliver(NOW + MINUTE) == [SMS]
    assert here.turn(NOW + MINUTE).acted == 0


def test_a_source_may_acknowledge_what_it_has_raised(desk):
    here = desk(HERE, ONE)
    here.report(event())

    here.report(event(status=EventStatus.ACKNOWLEDGED), at=NOW + SECOND)

    assert (here.page().status, here.deliver(NOW + SECOND)) == (PageStatus.ACKNOWLEDGED, [])


def test_a_silenced_alert_opens_and_pages_nobody(desk):
    here = desk(HERE, ONE, silences=[silence()])

    here.report(event())

    assert (here.alert().routing, here.pages()) == (Routing.SILENCED, [])
    assert isinstance(here.alert_story(here.alert().id)[-1], SilencedBy)


def test_a_silence_that_is_over_is_over_for_an_event_that_is_faster_than_the_timer(desk):
    quiet = silence(hours=1, starts_at=NOW + MINUTE)
    here = desk(HERE, ONE, silences=[quiet])
    here.report(event())
    here.deliver(NOW)
    here.do(lambda tx: timers.put(tx, "silence", quiet.id, quiet.workspace, NOW + MINUTE))
    here.turn(NOW + MINUTE)
    assert here.page().status is PageStatus.ACKNOWLEDGED

    here.report(event(), at=quiet.ends_at)

    assert (here.alert().routing, here.page().status) == (Routing.ROUTED, PageStatus.TRIGGERED)
    assert SilenceEnded() in here.alert_story(here.alert().id)
    assert here.deliver(quiet.ends_at) == [SMS]


def test_the_clock_is_set_back_over_the_end_of_a_silence_and_still_nobody_is_forgotten(desk):
    quiet = silence(hours=1)
    here = desk(HERE, ONE, silences=[quiet])
    here.do(lambda tx: timers.put(tx, "silence", quiet.id, quiet.workspace, quiet.ends_at))
    here.turn(quiet.ends_at)

    here.report(event(), at=quiet.ends_at - SECOND)
    here.turn(quiet.ends_at + LOOK_AGAIN_AFTER)

    assert here.deliver(quiet.ends_at + LOOK_AGAIN_AFTER) == [SMS]


def test_what_nobody_takes_is_shown_as_unrouted_and_is_asked_about_again_with_the_next_event(desk):
    here = desk(HERE, policies=[policy(rule(ONE), scope=parse("labels.team = db"))])
    here.report(event())
    assert (here.alert().routing, here.pages()) == (Routing.UNROUTED, [])
    assert here.alert_story(here.alert().id)[-1] == NobodyTookIt()

    here.report(event(labels={"team": "db"}), at=NOW + SECOND)

    assert here.alert().routing is Routing.ROUTED
    assert here.deliver(NOW + SECOND) == [SMS]


def test_alerts_of_one_group_join_the_page_of_the_first_while_its_window_is_open(desk):
    here = desk(HERE, ONE, gathering=gathers())
    here.report(event(dedup_key="a"))
    here.deliver(NOW)

    here.report(event(dedup_key="b"), event(dedup_key="c"), at=NOW + MINUTE)
    here.turn(NOW + 5 * MINUTE)

    page = here.page()
    assert (page.alerts, page.gathers_until) == (3, None)
    assert [each.title for each in here.story() if isinstance(each, AlertJoined)] == ["disk full"] * 2
    assert WindowClosed(joined=2) in here.story()
    assert here.deliver(NOW + 5 * MINUTE) == [SMS]  # two more have joined


def test_alerts_of_another_group_have_a_page_of_their_own(desk):
    here = desk(HERE, ONE, gathering=gathers())

    here.report(event(dedup_key="a", labels={"team": "db"}), event(dedup_key="b", labels={"team": "web"}))

    assert [each.group_key for each in here.pages()] == ['["db"]', '["web"]']


def test_all_at_the_end_asks_nobody_before_the_window_is_over_and_then_once(desk):
    here = desk(HERE, ONE, gathering=gathers(first_at_once=False))
    here.report(event(dedup_key="a"))
    here.report(event(dedup_key="b"), at=NOW + MINUTE)

    assert here.run(NOW + MINUTE, 3) == []
    assert here.run(NOW + 5 * MINUTE, 0) == [(0, SMS)]
    assert here.page().alerts == 2


def test_what_comes_when_the_window_is_over_begins_the_next_one_even_before_the_timer(desk):
    here = desk(HERE, ONE, gathering=gathers())
    here.report(event(dedup_key="a"))

    here.report(event(dedup_key="b"), at=NOW + 5 * MINUTE)

    first, second = here.pages()
    assert (first.alerts, first.gathers_until) == (1, None)
    assert (second.alerts, second.gathers_until) == (1, NOW + 10 * MINUTE)


@pytest.mark.parametrize("how", ["acknowledged", "silenced"])
def test_the_window_of_a_page_that_rests_does_not_stand_in_the_way_of_the_next_one(desk, how):
    here = desk(HERE, ONE, gathering=gathers())
    here.report(event(dedup_key="a"))
    if how == "acknowledged":
        here.acknowledge(NOW + SECOND)
    else:
        quiet = silence('dedup_key = "a"', starts_at=NOW + SECOND)
        here.do(lambda tx: (silences.add(tx, quiet), timers.put(tx, "silence", quiet.id, 1, NOW + SECOND)))
        here.turn(NOW + SECOND)
    assert here.page().status is PageStatus.ACKNOWLEDGED

    here.report(event(dedup_key="b"), at=NOW + 6 * MINUTE)

    first, second = here.pages()
    assert (first.alerts, first.gathers_until, second.alerts) == (1, None, 1)
    assert here.deliver(NOW + 6 * MINUTE) == [SMS]


def test_an_alert_that_joins_an_acknowledged_page_is_somebodys_again(desk):
    here = desk(HERE, ONE, gathering=gathers())
    here.report(event(dedup_key="a"))
    here.acknowledge(NOW + SECOND)

    here.report(event(dedup_key="b"), at=NOW + MINUTE)

    assert (here.page().status, here.page().alerts) == (PageStatus.TRIGGERED, 2)
    assert here.run(NOW + 5 * MINUTE, 0) == [(0, SMS)]


def test_a_repeat_after_its_silence_starts_the_page_over(desk):
    here = desk(HERE, ONE, repeat=RepeatSilence(after=30 * MINUTE))
    here.report(event())
    here.run(NOW, 10)

    here.report(event(), at=NOW + 29 * MINUTE)
    assert here.deliver(NOW + 29 * MINUTE) == []
    here.report(event(), at=NOW + 30 * MINUTE)

    assert here.deliver(NOW + 30 * MINUTE) == [SMS]
    assert len(here.pages()) == 1


def test_each_policy_pages_by_itself(desk):
    to_ben = policy(rule(plan(step(target(BEN)))))
    here = desk(HERE, ONE, policies=[to_ben])

    here.report(event())

    assert len(here.pages()) == 2
    assert len(here.deliver(NOW)) == 2


@pytest.mark.parametrize(("more", "taken"), [(3, False), (4, True)])
def test_a_step_for_more_alerts_than_three_is_taken_with_the_fourth(desk, more, taken):
    waits = MoreAlertsThan(count=3, within=10 * MINUTE)
    hook = destination("#ops")
    last = step(condition=waits, action=NotifyTargets(targets=(DestinationTarget(destination=hook.id),)))
    here = desk(directory(ANA, hook), plan(step(target(ANA)), last))

    for number in range(more):
        here.report(event(), at=NOW + number * MINUTE)

    story = here.story()
    assert any(isinstance(each, StepTaken) and each.step == 2 for each in story) == taken
    assert sum(isinstance(each, StepWaits) for each in story) == 1  # and says so once


def test_events_that_are_too_old_do_not_count(desk):
    waits = MoreAlertsThan(count=1, within=10 * MINUTE)
    last = step(target(BEN), condition=waits)
    here = desk(HERE, plan(step(target(ANA)), last))
    here.report(event())

    here.report(event(), at=NOW + 10 * MINUTE)
    assert here.page().next_step == 1
    here.report(event(), at=NOW + 11 * MINUTE)

    assert here.page().next_step == 2


def test_a_drill_is_told_from_real_trouble_and_real_trouble_pages_anew(desk):
    here = desk(HERE, ONE)
    here.report(event(drill=True))
    here.deliver(NOW)

    here.report(event(), at=NOW + MINUTE)

    assert not here.alert().drill
    assert here.deliver(NOW + MINUTE) == [SMS]


def test_a_page_that_waits_for_events_is_not_forgotten_when_its_plan_is_edited_away(desk):
    waits = MoreAlertsThan(count=1, within=10 * MINUTE)
    old = plan(step(target(ANA)), step(target(BEN), condition=waits))
    here = desk(HERE, old)
    here.report(event())
    (mine,) = here.directory.alert_policies
    without = replace(mine, rules=(rule(ONE),))
    here.do(lambda tx: alert_policies.save(tx, without, mine))

    here.report(event(), at=NOW + MINUTE)

    assert (here.page().plan.id, here.page().next_step) == (old.id, 2)


def test_the_end_of_trouble_is_not_counted_as_more_of_it(desk):
    waits = MoreAlertsThan(count=2, within=10 * MINUTE)
    here = desk(HERE, plan(step(target(ANA)), step(target(BEN), condition=waits)), gathering=gathers())
    here.report(event(dedup_key="a"), event(dedup_key="b"))

    here.report(resolved(dedup_key="b"), at=NOW + MINUTE)
    assert here.page().next_step == 1
    here.report(event(dedup_key="a"), at=NOW + 2 * MINUTE)

    assert here.page().next_step == 2
