from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, WORKSPACE, destination, directory, person, plan, rules, step, target
from routing_builders import event, resolved
from stored import OTHER_SERVICE
from tocsin.actions import delivery
from tocsin.core.because_paging import Bundled, DeliveryFailed, Gathered, GaveUp, HeldBack, TriedAgain
from tocsin.core.budget import Spent
from tocsin.core.event import Severity
from tocsin.core.notification import BUDGET, NotificationKind, NotificationState
from tocsin.core.people import Importance, NotificationRule, Role
from tocsin.core.plan import DestinationTarget
from tocsin.core.receipt import Outcome
from tocsin.core.spelling import native
from tocsin.httpkit import outbound, smtp
from tocsin.store import pages, people
from tocsin.store.statements import two_forms

SECOND = timedelta(seconds=1)
ANA = person("Ana", "sms", "voice", role=Role.OWNER, ladder=["sms", 5, "voice"])
BEN = person("Ben", "sms")
SMS, VOICE = (method.address for method in ANA.contact_methods)
HERE = directory(ANA, BEN)
ONE = plan(step(target(ANA)))


def states(desk):
    return [each.state.value for each in desk.messages()]


def test_a_message_is_claimed_by_one_node_and_says_what_it_is_about(desk):
    here = desk(HERE, ONE)
    here.report(event())

    (dispatch,) = here.claim(NOW)

    assert here.claim(NOW, node="n2") == ()
    assert (dispatch.notification.address, dispatch.user.name, dispatch.service.name) == (SMS, "Ana", "Shop")
    assert [alert.title for alert in dispatch.alerts] == ["disk full"]
    assert (dispatch.total, dispatch.page.id, dispatch.workspace_name) == (1, here.page().id, "Example")


def test_a_message_that_names_events_has_the_first_and_the_last_of_each_alert(desk):
    robot = destination("Robot", "guance_http")
    asks_it = plan(step(DestinationTarget(destination=robot.id)))
    here = desk(replace(HERE, destinations={robot.id: robot}), asks_it)
    here.report(event())
    here.report(event(), at=NOW + SECOND)
    here.report(event(dedup_key="another"), at=NOW + SECOND)

    said = [dispatch.ends[alert.id] for dispatch in here.claim(NOW + SECOND) for alert in dispatch.alerts]

    (first, last), (only, same) = sorted(said)
    assert first < last < only == same


def test_what_a_dead_node_had_claimed_is_sent_by_another_when_its_lease_is_over(desk):
    here = desk(HERE, ONE)
    here.report(event())
    here.claim(NOW, node="n1")

    assert here.claim(NOW + delivery.LEASE - SECOND, node="n2") == ()
    (again,) = here.claim(NOW + delivery.LEASE, node="n2")

    assert again.notification.address == SMS
    here.record([again], NOW + delivery.LEASE, node="n2")
    assert states(here) == ["delivered"]


def test_no_attempt_outlasts_the_lease_under_which_it_was_begun(desk):
    here = desk(HERE, ONE)
    here.report(event())

    (dispatch,) = here.claim(NOW)

    assert dispatch.begin_by + delivery.ATTEMPT_MAX <= NOW + delivery.LEASE
    for limit_s in (smtp.MAIL_TIMEOUT_S, outbound.REQUEST_TIMEOUT_S):
        assert timedelta(seconds=limit_s) <= delivery.ATTEMPT_MAX


def test_what_comes_too_late_to_be_begun_gives_back_its_own_lease_and_no_later_one(desk):
    here = desk(HERE, ONE)
    here.report(event())
    (late,) = here.claim(NOW)
    anew = NOW + delivery.LEASE
    (dispatch,) = here.claim(anew)

    here.do(lambda tx: delivery.give_back(tx, [late.notification], node="n1"))
    assert here.claim(anew + SECOND) == ()

    here.do(lambda tx: delivery.give_back(tx, [dispatch.notification], node="n1"))
    (again,) = here.claim(anew + SECOND)
    assert again.notification.attempts == dispatch.notification.attempts


def test_a_result_that_comes_after_another_node_took_over_changes_nothing(desk):
    here = desk(HERE, ONE)
    here.report(event())
    late = here.claim(NOW, node="n1")
    here.record(here.claim(NOW + delivery.LEASE, node="n2"), NOW + delivery.LEASE, node="n2")

    here.record(late, NOW + 2 * delivery.LEASE, Outcome.TRY_AGAIN, node="n1")

    assert states(here) == ["delivered"]


def test_a_result_of_an_earlier_lease_is_not_taken_for_that_of_the_present_one(desk):
    here = desk(HERE, ONE)
    here.report(event())
    stale = here.claim(NOW, node="n1")
    here.claim(NOW + delivery.LEASE, node="n1")

    here.record(stale, NOW + delivery.LEASE + SECOND, Outcome.TRY_AGAIN, node="n1")

    assert states(here) == ["sending"]


def test_nobody_is_paged_after_an_acknowledgement_not_even_by_a_second_try(desk):
    here = desk(HERE, ONE)
    here.report(event())
    on_its_way = here.claim(NOW)
    here.acknowledge(NOW + SECOND)
    here.record(on_its_way, NOW + 2 * SECOND, Outcome.TRY_AGAIN)

    assert here.claim(NOW + 10 * MINUTE) == ()
    assert states(here) == ["dropped"]


def test_nobody_is_paged_after_an_acknowledgement_when_a_node_died_over_the_message(desk):
    here = desk(HERE, ONE)
    here.report(event())
    here.claim(NOW)
    here.acknowledge(NOW + SECOND)

    assert here.claim(NOW + delivery.LEASE) == ()
    assert states(here) == ["dropped"]


def test_a_second_try_goes_out_when_the_acknowledgement_has_been_taken_back(desk):
    here = desk(HERE, ONE)
    here.report(event())
    on_its_way = here.claim(NOW)
    here.acknowledge(NOW + SECOND, until=NOW + MINUTE)
    here.record(on_its_way, NOW + 2 * SECOND, Outcome.TRY_AGAIN)

    here.turn(NOW + MINUTE)

    assert [each.notification.address for each in here.claim(NOW + MINUTE)] == [SMS, SMS]


@pytest.mark.parametrize(
    ("failure", "due", "provider"),
    [
        ({"outcome": Outcome.TRY_AGAIN}, 5 * SECOND, 0),
        ({"outcome": Outcome.TRY_AGAIN, "retry_after": 45 * SECOND}, 45 * SECOND, 0),
        ({"outcome": Outcome.TRY_AGAIN, "retry_after": 200 * SECOND, "providers": 2}, timedelta(0), 1),
        ({"outcome": Outcome.NEXT_PROVIDER, "providers": 2}, timedelta(0), 1),
    ],
)
def test_a_failed_try_is_followed_by_another_and_the_story_says_so(desk, failure, due, provider):
    here = desk(HERE, ONE)
    here.report(event())

    here.record(here.claim(NOW), NOW, **failure)

    (message,) = here.messages()
    assert (message.state, message.due, message.provider) == (NotificationState.QUEUED, NOW + due, provider)
    assert any(isinstance(each, TriedAgain) for each in here.story())
    assert here.claim(NOW + due - SECOND) == ()
    assert len(here.claim(NOW + due)) == 1


def test_a_message_that_is_given_up_is_a_line_in_the_log_without_its_address(desk, caplog):
    here = desk(HERE, ONE)
    here.report(event())
    (dispatch,) = here.claim(NOW)

    here.record((dispatch,), NOW + SECOND, Outcome.NEVER)

    (line,) = [each.getMessage() for each in caplog.records if "given up" in each.getMessage()]
    assert native("notification", dispatch.notification.id) in line
    assert dispatch.notification.address not in line


def test_whoever_cannot_be_told_in_one_way_is_told_in_the_next_at_once(desk):
    here = desk(HERE, ONE)
    here.report(event())

    here.record(here.claim(NOW), NOW + SECOND, Outcome.NEVER)

    assert here.deliver(NOW + SECOND) == [VOICE]
    story = here.story()
    assert [each.then for each in story if isinstance(each, DeliveryFailed)] == [
        "their next notification rule begins at once"
    ]
    assert any(isinstance(each, GaveUp) for each in story)


def test_the_failure_of_one_message_stops_no_other(desk):
    here = desk(HERE, plan(step(target(ANA), target(BEN))))
    here.report(event())
    to_ana, to_ben = here.claim(NOW)

    here.record([to_ana], NOW, Outcome.NEVER)
    here.record([to_ben], NOW, Outcome.SENT)

    assert states(here) == ["failed", "sent", "queued"]


def many(count, **fields):
    return [event(dedup_key=f"disk-{number}", **fields) for number in range(count)]


def test_what_is_more_than_an_address_can_bear_goes_as_one_message(desk):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(BUDGET + 7))

    claimed = here.claim(NOW)

    assert len(claimed) == BUDGET
    assert [len(each.bundled) for each in claimed] == [0] * (BUDGET - 1) + [7]
    here.record(claimed, NOW)
    assert set(states(here)) == {"delivered"}


def test_what_comes_to_an_address_that_has_got_enough_waits_from_the_first_and_says_so(desk):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(BUDGET))
    here.deliver(NOW)

    here.report(event(dedup_key="next"), at=NOW + SECOND)

    (waiting,) = [each for each in here.messages() if each.state is NotificationState.QUEUED]
    assert waiting.due == NOW + MINUTE
    (held,) = [because for because in here.story(waiting.page) if isinstance(because, HeldBack)]
    assert (held.sent, held.until) == (BUDGET, waiting.due)
    assert here.claim(NOW + SECOND) == ()
    (late,) = here.claim(NOW + MINUTE)
    assert late.notification.id == waiting.id


@pytest.mark.parametrize("how", ["it failed", "its node died"])
def test_what_went_together_is_tried_again_together(desk, how):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(BUDGET + 7))
    *single, bundle = here.claim(NOW)
    here.record(single, NOW)
    if how == "it failed":
        here.record([bundle], NOW, Outcome.TRY_AGAIN)

    (again,) = here.claim(NOW + delivery.LEASE)

    assert again.notification.id == bundle.notification.id
    assert len(again.bundled) == 7
    here.record([again], NOW + delivery.LEASE)
    assert set(states(here)) == {"delivered"}


def test_what_was_acknowledged_is_left_out_of_a_bundle_that_is_tried_again(desk):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(BUDGET + 3))
    *single, bundle = here.claim(NOW)
    here.record(single, NOW)
    part = bundle.bundled[0][0]
    alert = next(each for each in here.alerts() if each.title and part.page in pages_of(here, each.id))
    here.acknowledge(NOW, alert=alert.id)
    here.record([bundle], NOW, Outcome.TRY_AGAIN)

    (again,) = here.claim(NOW + MINUTE)

    assert part.id not in {each.id for each, _page in again.bundled}
    assert len(again.bundled) == len(bundle.bundled) - 1


def test_when_the_first_of_a_bundle_is_acknowledged_the_others_still_go_out(desk):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(BUDGET + 3))
    *single, bundle = here.claim(NOW)
    here.record(single, NOW)
    first = bundle.notification
    alert = next(each for each in here.alerts() if first.page in pages_of(here, each.id))
    here.acknowledge(NOW, alert=alert.id)
    here.record([bundle], NOW, Outcome.TRY_AGAIN)

    here.claim(NOW + MINUTE)
    others = here.claim(NOW + MINUTE)

    parts = {each.id for each, _page in bundle.bundled}
    went = {each.notification.id for each in others} | {p.id for each in others for p, _ in each.bundled}
    assert went == parts


def pages_of(desk, alert):
    return {page.id for _alert, page in desk.do(lambda tx: pages.of_alerts(tx, [alert], resolved=True))}


def test_a_bundle_says_in_the_story_that_it_is_one(desk):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(BUDGET + 3))

    *_, bundle = here.claim(NOW)

    assert any(isinstance(each, Bundled) for each in here.story(bundle.notification.page))


def test_machines_get_each_message_by_itself(desk):
    hook = person("Hook", "webhook")
    here = desk(directory(hook), plan(step(target(hook))))
    here.report(*many(3 * BUDGET))

    claimed = here.claim(NOW, machines=frozenset({"webhook"}))

    assert [len(each.bundled) for each in claimed] == [0] * 3 * BUDGET


def test_a_storm_in_one_service_does_not_delay_the_first_word_of_another(desk):
    here = desk(directory(BEN), plan(step(target(BEN))))
    here.report(*many(200, severity=Severity.CRITICAL))
    here.deliver(NOW)
    quiet = replace(event(dedup_key="quiet", severity=Severity.INFO), service=OTHER_SERVICE)

    here.report(quiet, at=NOW + SECOND)

    assert len(here.deliver(NOW + SECOND)) == 1


def test_good_news_goes_to_whoever_was_told_and_to_nobody_else(desk):
    here = desk(HERE, plan(step(target(ANA)), step(target(BEN), after=5)))
    here.report(event())
    here.deliver(NOW)

    here.report(resolved(), at=NOW + MINUTE)

    (news,) = here.claim(NOW + MINUTE)
    assert (news.notification.kind, news.notification.address) == (NotificationKind.RESOLVED, SMS)


def test_what_was_not_sent_when_the_trouble_was_over_is_never_sent(desk):
    here = desk(HERE, ONE)
    here.report(event())

    here.report(resolved(), at=NOW + SECOND)

    assert here.claim(NOW + SECOND) == ()
    assert states(here) == ["dropped"]


def test_somebody_whose_rules_were_deleted_meanwhile_has_no_next_rule(desk):
    here = desk(HERE, ONE)
    here.report(event())
    claimed = here.claim(NOW)
    here.do(lambda tx: people.save(tx, replace(ANA, rules=rules(ANA.id, "sms")), ANA))

    here.record(claimed, NOW, Outcome.NEVER)

    assert [each.then for each in here.story() if isinstance(each, DeliveryFailed)] == [
        "no notification rule of theirs is left"
    ]


def test_good_news_does_not_overtake_bad_news_that_is_on_its_way(desk):
    here = desk(HERE, ONE)
    here.report(event())
    on_its_way = here.claim(NOW)
    here.report(resolved(), at=NOW + SECOND)

    assert here.claim(NOW + SECOND) == ()
    here.record(on_its_way, NOW + 3 * SECOND)

    assert [each.notification.kind for each in here.claim(NOW + 6 * SECOND)] == [NotificationKind.RESOLVED]


def test_nobody_hears_that_trouble_is_over_of_which_they_never_heard(desk):
    here = desk(HERE, ONE)
    here.report(event())
    on_its_way = here.claim(NOW)
    here.report(resolved(), at=NOW + SECOND)
    here.claim(NOW + SECOND)
    here.record(on_its_way, NOW + 3 * SECOND, Outcome.NEVER)

    assert here.claim(NOW + 6 * SECOND) == ()
    assert states(here) == ["failed", "dropped"]


SPOIL_PAGE = two_forms(
    sqlite="UPDATE pages SET responders = :text WHERE id = :id",
    postgresql="UPDATE pages SET responders = %(text)s WHERE id = %(id)s",
)
SPOIL_MESSAGE = two_forms(
    sqlite="UPDATE notifications SET kind = 'unheard of' WHERE id = :id",
    postgresql="UPDATE notifications SET kind = 'unheard of' WHERE id = %(id)s",
)


def test_a_message_whose_page_cannot_be_read_is_put_off_and_stops_no_other(desk):
    here = desk(HERE, ONE)
    here.report(*many(3))
    poisoned = here.messages()[1]
    here.do(lambda tx: tx.run(SPOIL_PAGE, id=poisoned.page, text="[{}]"))

    claimed = here.claim(NOW)

    assert len(claimed) == 2
    put_off = next(each for each in here.messages() if each.id == poisoned.id)
    assert (put_off.state, put_off.due, put_off.attempts) == (NotificationState.QUEUED, NOW + SECOND, 1)
    assert put_off.last_error


def test_a_message_that_cannot_be_read_has_failed_and_stops_no_other(desk):
    here = desk(HERE, ONE)
    here.report(*many(3))
    poisoned = here.messages()[1]
    here.do(lambda tx: tx.run(SPOIL_MESSAGE, id=poisoned.id))

    assert len(here.claim(NOW)) == 2
    state = here.do(lambda tx: tx.one(STATE_OF, id=poisoned.id))
    assert state[0] == "failed"
    assert "unheard of" in state[1]


STATE_OF = two_forms(
    sqlite="SELECT state, last_error FROM notifications WHERE id = :id",
    postgresql="SELECT state, last_error FROM notifications WHERE id = %(id)s",
)


def test_texts_that_a_rule_gathers_go_one_at_once_and_then_together(desk):
    gathers = NotificationRule(
        id=901, user=ANA.id, importance=Importance.DEFAULT, position=0, channel="sms", gather=2 * MINUTE
    )
    ana = replace(ANA, rules=(gathers,))
    here = desk(directory(ana), plan(step(target(ana))))
    for second in range(4):
        here.report(event(dedup_key=f"db-{second}"), at=NOW + second * SECOND)

    assert here.deliver(NOW + 3 * SECOND) == [SMS]
    assert here.deliver(NOW + MINUTE) == []
    (bundle,) = here.claim(NOW + 2 * MINUTE + 3 * SECOND)

    assert len(bundle.bundled) == 2
    assert any(isinstance(each, Gathered) for page in here.pages() for each in here.story(page.id))


def test_what_a_rule_gathers_has_its_own_measure_and_does_not_wait_for_the_budget(desk):
    gathers = NotificationRule(
        id=901, user=ANA.id, importance=Importance.DEFAULT, position=0, channel="sms", gather=2 * MINUTE
    )
    ana = replace(ANA, rules=(gathers,))
    here = desk(directory(ana), plan(step(target(ana))))
    full = Spent(because=HeldBack(sent=BUDGET, until=NOW + MINUTE), worst={event().service: 5})
    here.database.note_spent({(WORKSPACE, "sms", SMS): full})

    here.report(event())

    (message,) = here.messages()
    assert message.due == NOW
    assert len(here.claim(NOW)) == 1
