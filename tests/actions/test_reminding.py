"""Questions to whoever has an alert: when they go out, how they are answered, and what follows if not."""

from dataclasses import replace

import pytest

from builders import MINUTE, NOW, directory, person, plan, step, target
from desk import OPERATOR
from routing_builders import event, resolved
from tocsin.actions import alerts as people_do
from tocsin.actions import answering, workspace
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.because_alert import AcknowledgementQuestioned, AcknowledgementUnanswered
from tocsin.core.because_page import PageStartedOver
from tocsin.core.escalation import PageStatus
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Role
from tocsin.core.receipt import Outcome
from tocsin.core.reminders import Reminders

HOUR = 60 * MINUTE
ANA = person("Ana", "sms", role=Role.OWNER)
BEN = person("Ben", "sms")
SMS_ANA, SMS_BEN = (each.contact_methods[0].address for each in (ANA, BEN))
SETTINGS = Reminders(ask_after=HOUR, within=10 * MINUTE)
HERE = replace(directory(ANA, BEN), reminders=SETTINGS)
PLAN = plan(step(target(ANA)), step(target(BEN), after=5))
ASKED_AT = NOW + HOUR


@pytest.fixture
def here(desk):
    """A desk at which Ana acknowledged the only alert as it came."""
    there = desk(HERE, PLAN)
    there.report(event())
    there.deliver(NOW)
    there.acknowledge(NOW, by=ANA)
    return there


def reminders(here) -> list[str]:
    return [each.address for each in here.messages() if each.kind is NotificationKind.REMINDER]


def test_who_acknowledged_is_asked_and_without_an_answer_the_page_starts_over(here):
    assert here.run(NOW, 59) == []
    assert here.run(ASKED_AT, 9) == [(0, SMS_ANA)]

    assert here.run(ASKED_AT + 10 * MINUTE, 6) == [(0, SMS_ANA), (5, SMS_BEN)]

    story = here.alert_story(here.alert().id)
    assert any(isinstance(each, AcknowledgementQuestioned) for each in story)
    assert any(isinstance(each, AcknowledgementUnanswered) for each in story)
    assert any(isinstance(each, PageStartedOver) for each in here.story())
    assert here.alert().acknowledgement is None


def test_who_answers_keeps_it_and_is_asked_again_after_as_long(here):
    here.run(ASKED_AT, 1)
    here.acknowledge(ASKED_AT + 5 * MINUTE, by=ANA)

    assert here.run(ASKED_AT + 5 * MINUTE, 59) == []
    assert here.run(ASKED_AT + 65 * MINUTE, 1) == [(0, SMS_ANA)]
    assert here.alert().acknowledgement.at == NOW


def test_somebody_else_may_take_it_and_is_asked_from_then_on(here):
    here.run(ASKED_AT, 1)
    here.acknowledge(ASKED_AT + 5 * MINUTE, by=BEN)

    assert here.run(ASKED_AT + 5 * MINUTE, 60) == [(60, SMS_BEN)]


def test_an_alert_that_is_resolved_asks_nobody(here):
    here.report(resolved(), at=ASKED_AT - MINUTE)

    assert here.timers() == []


def test_a_question_that_waits_when_the_alert_is_over_is_not_sent(here):
    here.turn(ASKED_AT)
    here.report(resolved(), at=ASKED_AT)

    claimed = [each.notification.kind for each in here.claim(ASKED_AT)]
    assert claimed == [NotificationKind.RESOLVED]


def test_who_acknowledged_many_alerts_of_one_page_is_asked_once(desk):
    there = desk(
        HERE, PLAN, gathering=Gathering(by=GatherBy.FIELDS, fields=("labels.team",), window=10 * MINUTE)
    )
    there.report(*(event(dedup_key=f"db-{number}") for number in range(5)))
    there.acknowledge(NOW, by=ANA)

    there.turn(ASKED_AT)

    assert reminders(there) == [SMS_ANA]
    there.turn(ASKED_AT + 10 * MINUTE)
    assert there.page().status is PageStatus.TRIGGERED


def test_of_what_pages_nobody_nobody_is_asked_and_nobody_loses_it(desk):
    there = desk(HERE)
    there.report(event())
    there.acknowledge(NOW, by=ANA)

    there.turn(ASKED_AT)

    assert reminders(there) == []
    assert [(each.kind, each.due) for each in there.timers()] == [("ack_reminder", ASKED_AT + HOUR)]


def test_a_question_that_cannot_be_delivered_asks_nobody_else_and_the_page_starts_over_in_time(here):
    here.turn(ASKED_AT)
    here.record(here.claim(ASKED_AT), ASKED_AT, Outcome.NEVER)

    assert here.page().status is PageStatus.ACKNOWLEDGED
    assert here.run(ASKED_AT, 10)[-1] == (10, SMS_ANA)


def test_an_answer_in_words_is_found_by_the_address_that_was_asked(here):
    nobody = here.do(lambda tx: answering.asked_at(tx, "sms", SMS_ANA, ASKED_AT))
    here.turn(ASKED_AT)
    here.deliver(ASKED_AT)

    (asked,) = here.do(lambda tx: answering.asked_at(tx, "sms", SMS_ANA, ASKED_AT))

    assert nobody == ()
    assert (asked.user, asked.page) == (ANA.id, here.page().id)


def test_reminders_that_are_turned_off_leave_everybody_what_they_have(here):
    here.turn(ASKED_AT)
    here.do(lambda tx: workspace.change(tx, OPERATOR, lambda was: replace(was, reminders=None), now=ASKED_AT))

    here.turn(ASKED_AT + 10 * MINUTE)

    assert here.page().status is PageStatus.ACKNOWLEDGED
    assert here.timers() == []


def test_what_was_taken_back_by_hand_is_not_asked_about(here):
    alert = here.alert().id
    here.do(lambda tx: people_do.unacknowledge(tx, OPERATOR, [alert], now=NOW + MINUTE))

    assert all(each.kind == "page" for each in here.timers())
