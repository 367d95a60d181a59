from cProfile import Profile
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, SERVICE, directory, person, plan, step, target
from desk import OPERATOR, ids
from routing_builders import event, resolved, silence
from tocsin.actions import hand_paging, paging
from tocsin.core.alert import Routing
from tocsin.core.because_alert import AcknowledgementEnded
from tocsin.core.because_page import PageStartedOver
from tocsin.core.because_paging import StepTaken, Told
from tocsin.core.calendar import CronWindow
from tocsin.core.escalation import PageStatus
from tocsin.core.people import Role
from tocsin.store import pages, silences, timers
from tocsin.store.statements import two_forms
from tocsin.store.timers import Timer
from tocsin.store.transaction import TryAgain

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
CEM = person("Cem", "sms")
HERE = directory(ANA, BEN, CEM)
SMS_ANA, SMS_BEN, SMS_CEM = (each.contact_methods[0].address for each in (ANA, BEN, CEM))
THREE = plan(step(target(ANA)), step(target(BEN), after=5), step(target(CEM), after=7))


def test_each_step_is_taken_when_its_time_has_come_and_not_a_moment_before(desk):
    here = desk(HERE, THREE)
    here.report(event())
    assert here.deliver(NOW) == [SMS_ANA]

    assert here.turn(NOW + 5 * MINUTE - SECOND).acted == 0
    here.turn(NOW + 5 * MINUTE)
    assert here.deliver(NOW + 5 * MINUTE) == [SMS_BEN]
    assert here.turn(NOW + 12 * MINUTE - SECOND).acted == 0
    here.turn(NOW + 12 * MINUTE)

    assert here.deliver(NOW + 12 * MINUTE) == [SMS_CEM]
    assert here.timers() == []


def test_a_turn_again_does_nothing_again(desk):
    here = desk(HERE, THREE)
    here.report(event())

    for _ in range(3):
        here.turn(NOW + 5 * MINUTE)

    assert len(here.messages()) == 2
    assert here.turn(NOW + 5 * MINUTE).next_due == NOW + 12 * MINUTE


def test_after_a_standstill_one_step_is_taken_says_how_late_it_is_and_leaves_time_to_answer(desk):
    here = desk(HERE, THREE)
    here.report(event())

    here.turn(NOW + 46 * MINUTE)

    assert here.page().due == NOW + 53 * MINUTE
    taken = [each for each in here.story() if isinstance(each, StepTaken)]
    assert [(each.step, each.late) for each in taken] == [(1, timedelta(0)), (2, 41 * MINUTE)]
    told = [each.late for each in here.story() if isinstance(each, Told)]
    assert told == [timedelta(0), 41 * MINUTE]


def test_two_people_on_one_step_are_one_step_and_two_messages(desk):
    here = desk(HERE, plan(step(target(ANA), target(BEN))))

    here.report(event())

    assert [each.asked for each in here.story() if isinstance(each, StepTaken)] == [("Ana", "Ben")]
    assert sorted(here.deliver(NOW)) == sorted([SMS_ANA, SMS_BEN])


def test_an_acknowledgement_stops_every_page_of_the_alert_and_all_that_waits_for_them(desk):
    here = desk(HERE, THREE, plan(step(target(BEN))))
    here.report(event())

    here.acknowledge(NOW + SECOND)

    assert [each.status for each in here.pages()] == [PageStatus.ACKNOWLEDGED] * 2
    assert here.run(NOW + SECOND, 30) == []


def test_when_an_acknowledgement_ends_and_the_alert_fires_its_page_starts_again(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.run(NOW, 6)
    here.acknowledge(NOW + 7 * MINUTE, until=NOW + 30 * MINUTE)
    assert here.run(NOW + 7 * MINUTE, 22) == []

    assert here.run(NOW + 30 * MINUTE, 12) == [(0, SMS_ANA), (5, SMS_BEN), (12, SMS_CEM)]
    assert any(isinstance(each, AcknowledgementEnded) for each in here.alert_story(here.alert().id))
    assert any(isinstance(each, PageStartedOver) for each in here.story())


def test_a_later_acknowledgement_takes_the_place_of_the_one_before(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.acknowledge(NOW + SECOND, until=NOW + 10 * MINUTE)
    here.acknowledge(NOW + MINUTE, until=NOW + 20 * MINUTE)

    here.turn(NOW + 10 * MINUTE)
    assert here.page().status is PageStatus.ACKNOWLEDGED
    here.turn(NOW + 20 * MINUTE)

    assert here.page().status is PageStatus.TRIGGERED


def test_an_acknowledgement_that_was_prolonged_while_its_timer_was_taken_still_ends(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.acknowledge(NOW + SECOND, until=NOW + 20 * MINUTE)
    early = Timer(
        kind="ack_end", subject=here.alert().id, workspace=here.directory.workspace, due=NOW + MINUTE
    )

    here.do(lambda tx: paging.fire(tx, [early], NOW + MINUTE))

    assert [(each.kind, each.due) for each in here.timers()] == [("ack_end", NOW + 20 * MINUTE)]


def test_an_alert_that_is_resolved_has_no_acknowledgement_to_end(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.acknowledge(NOW + SECOND, until=NOW + MINUTE)

    here.report(resolved(), at=NOW + 2 * SECOND)

    assert here.timers() == []


def begun(here, quiet, at):
    here.do(lambda tx: (silences.add(tx, quiet), timers.put(tx, "silence", quiet.id, quiet.workspace, at)))
    here.turn(at)


def test_what_comes_under_a_silence_rests_and_what_still_fires_at_its_end_asks_everybody_anew(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.run(NOW, 1)
    quiet = silence(starts_at=NOW + 2 * MINUTE, hours=1)

    begun(here, quiet, NOW + 2 * MINUTE)

    assert (here.alert().routing, here.page().status) == (Routing.SILENCED, PageStatus.ACKNOWLEDGED)
    assert here.run(NOW + 2 * MINUTE, 57) == []
    assert here.run(quiet.ends_at, 12) == [(0, SMS_ANA), (5, SMS_BEN), (12, SMS_CEM)]
    assert len(here.pages()) == 1


@pytest.mark.parametrize("alerts", [1, 40])
def test_when_a_silence_changes_each_window_is_looked_at_as_often_however_many_alerts_fire(desk, alerts):
    nightly = CronWindow(expression="0 2 * * *", duration=timedelta(hours=1), time_zone="UTC")
    here = desk(HERE, THREE, silences=[silence(recurring=nightly, hours=None) for _ in range(2)])
    here.report(*(event(dedup_key=str(number)) for number in range(alerts)))
    here.turn(NOW)

    with Profile(builtins=False) as watched:
        begun(here, silence("severity = info", starts_at=NOW + MINUTE, hours=1), NOW + MINUTE)

    asked = sum(each.callcount for each in watched.getstats() if getattr(each.code, "co_name", "") == "holds")
    assert 3 <= asked <= 12


def test_what_was_silenced_from_its_start_pages_when_the_silence_is_over(desk):
    quiet = silence()
    here = desk(HERE, THREE, silences=[quiet])
    here.do(lambda tx: timers.put(tx, "silence", quiet.id, quiet.workspace, quiet.ends_at))
    here.report(event())

    assert here.run(quiet.ends_at, 0) == [(0, SMS_ANA)]
    assert "page" in [each.kind for each in here.timers()]


def test_what_is_acknowledged_when_its_silence_ends_pages_when_the_acknowledgement_ends(desk):
    quiet = silence()
    here = desk(HERE, THREE, silences=[quiet])
    here.do(lambda tx: timers.put(tx, "silence", quiet.id, quiet.workspace, quiet.ends_at))
    here.report(event())
    here.acknowledge(NOW + MINUTE, until=quiet.ends_at + 10 * MINUTE)

    assert here.run(quiet.ends_at, 9) == []
    assert here.alert().routing is None
    assert here.run(quiet.ends_at + 10 * MINUTE, 0) == [(0, SMS_ANA)]


def test_an_alert_that_rested_for_both_reasons_asks_again_when_both_are_gone(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.deliver(NOW)
    here.acknowledge(NOW + SECOND, until=NOW + 30 * MINUTE)
    begun(here, silence(starts_at=NOW + MINUTE, ends_at=NOW + 20 * MINUTE), NOW + MINUTE)

    assert here.run(NOW + MINUTE, 28) == []
    assert here.run(NOW + 30 * MINUTE, 0) == [(0, SMS_ANA)]
    assert len(here.pages()) == 1


def test_a_poisoned_timer_is_set_aside_with_its_reason_and_stops_no_other(desk):
    here = desk(HERE, THREE)
    here.report(event(dedup_key="a"), event(dedup_key="b"), event(dedup_key="c"))
    here.deliver(NOW)
    poisoned = here.pages()[1]
    spoil(here, poisoned.id, '[{"no": "responder"}]')

    turn = here.turn(NOW + 5 * MINUTE)

    ((timer, error),) = turn.set_aside
    assert (timer.subject, turn.acted) == (poisoned.id, 3)
    assert len(here.deliver(NOW + 5 * MINUTE)) == 2
    failing = here.do(lambda tx: timers.failing(tx, limit=10))
    assert [(each.subject, each.attempts, each.due) for each in failing] == [
        (poisoned.id, 1, NOW + 5 * MINUTE + SECOND)
    ]
    assert type(error).__name__ in failing[0].last_error


def test_a_timer_that_fails_is_tried_again_and_again_ever_more_seldom_and_at_last_goes_through(desk):
    here = desk(HERE, THREE)
    here.report(event())
    page = here.page()
    kept = here.do(lambda tx: tx.one(RESPONDERS, id=page.id))[0]
    spoil(here, page.id, "[{}]")

    at, pauses = NOW + 5 * MINUTE, []
    for _ in range(6):
        assert len(here.turn(at).set_aside) == 1
        (timer,) = here.timers()
        pauses.append((timer.due - at).total_seconds())
        at = timer.due
    spoil(here, page.id, kept)
    here.turn(at)

    assert pauses == [1, 5, 30, 120, 600, 600]
    assert here.page().next_step == 2
    assert here.timers()[0].attempts == 0


RESPONDERS = two_forms(
    sqlite="SELECT responders FROM pages WHERE id = :id",
    postgresql="SELECT responders FROM pages WHERE id = %(id)s",
)
SPOIL = two_forms(
    sqlite="UPDATE pages SET responders = :text WHERE id = :id",
    postgresql="UPDATE pages SET responders = %(text)s WHERE id = %(id)s",
)


def spoil(here, page, text):
    here.do(lambda tx: tx.run(SPOIL, id=page, text=text))


def test_a_timer_of_a_kind_that_nobody_knows_is_set_aside(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.do(lambda tx: timers.put(tx, "unheard of", 1, here.directory.workspace, NOW))

    turn = here.turn(NOW + 5 * MINUTE)

    assert [timer.kind for timer, _error in turn.set_aside] == ["unheard of"]
    assert here.page().next_step == 2


def test_the_timer_of_a_page_that_is_gone_goes_too(desk):
    here = desk(HERE, THREE)
    here.do(lambda tx: timers.put(tx, "page", 4711, here.directory.workspace, NOW))

    assert here.turn(NOW).set_aside == ()
    assert here.timers() == []


def test_a_lost_race_runs_the_whole_turn_again(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.deliver(NOW)
    tries = []

    def turn(tx):
        done = paging.turn(tx, now=NOW + 5 * MINUTE)
        tries.append(done)
        if len(tries) == 1:
            raise TryAgain
        return done

    here.do(turn)

    assert len(tries) == 2
    assert here.deliver(NOW + 5 * MINUTE) == [SMS_BEN]


def test_a_race_that_is_lost_inside_a_turn_is_no_poison(desk):
    here = desk(HERE, THREE)
    here.report(event())
    here.deliver(NOW)
    tries = []

    def turn(tx):
        (page,) = here_pages(tx)
        tries.append(page)
        if len(tries) == 1:  # somebody else changes the page when this turn has read it
            tx.read[page.id] = page
            tx.run(BUMP, id=page.id)
            paging.fire(tx, timers.claim_due(tx, now=NOW + 5 * MINUTE, limit=1), NOW + 5 * MINUTE)
            raise TryAgain
        return paging.turn(tx, now=NOW + 5 * MINUTE)

    here.do(turn)

    assert here.deliver(NOW + 5 * MINUTE) == [SMS_BEN]


BUMP = two_forms(
    sqlite="UPDATE pages SET version = version + 1 WHERE id = :id",
    postgresql="UPDATE pages SET version = version + 1 WHERE id = %(id)s",
)


def here_pages(tx):
    return pages.get_many(tx, ids(tx, "pages"))


@pytest.mark.parametrize(("many", "first"), [(1, [0]), (7, [0, 1, 2, 3, 6, 7, 8]), (9, list(range(9)))])
def test_only_so_many_timers_are_taken_at_once_the_longest_and_the_latest_due_first(desk, many, first):
    here = desk(HERE, THREE)
    for number in range(9):
        here.report(event(dedup_key=f"key-{number}"), at=NOW + number * SECOND)

    turn = here.do(lambda tx: paging.turn(tx, now=NOW + 6 * MINUTE, limit=many))

    assert (turn.acted, turn.lateness) == (many, MINUTE)
    taken = [page.began_at for page in here.pages() if page.next_step == 2]
    assert taken == [NOW + number * SECOND for number in first]


def test_no_silence_stops_what_somebody_has_paged_by_hand(desk):
    here = desk(HERE, THREE)
    here.do(
        lambda tx: hand_paging.page_by_hand(
            tx, OPERATOR, title="come and look", targets=(target(ANA),), service=SERVICE, now=NOW
        )
    )

    begun(here, silence(starts_at=NOW + SECOND), NOW + SECOND)

    assert (here.alert().routing, here.page().status) == (Routing.ROUTED, PageStatus.TRIGGERED)
    assert here.deliver(NOW + SECOND) == [SMS_ANA]
