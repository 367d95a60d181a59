"""Whoever acknowledged an alert is asked whether they still have it, and loses it without an answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, NOW, person
from routing_builders import event
from tocsin.core import reminders, reminding
from tocsin.core.alert import Alert, acknowledge, fold, resolve
from tocsin.core.because_alert import (
    AcknowledgementConfirmed,
    AcknowledgementQuestioned,
    AcknowledgementUnanswered,
)
from tocsin.core.because_paging import NotAsked, Unreachable
from tocsin.core.effects import Notify, Record
from tocsin.core.errors import Invalid
from tocsin.core.ids import AlertId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance, NotificationRule, UserStatus
from tocsin.core.reminders import Reminder, Reminders

HOUR = 60 * MINUTE
ANA = person("Ana", "sms", "email")
BEN = person("Ben", "sms")
STRICT = Reminders(ask_after=3 * HOUR, within=30 * MINUTE)
LENIENT = Reminders(ask_after=3 * HOUR)
ASKED_AT = NOW + 3 * HOUR
LOST_AT = ASKED_AT + 30 * MINUTE


def held(settings=STRICT, *, by=ANA, until=None) -> Alert:
    """An alert that *by* has acknowledged just now."""
    opened = fold(None, event(), NOW, alert_id=AlertId(7)).alert
    alert, _ = acknowledge(
        opened,
        by=by.id if by else None,
        by_name=by.display_name if by else "a source",
        until=until,
        comment="mine",
        how="api",
        reminders=settings,
        now=NOW,
    )
    return alert


def asked(settings=STRICT, **how) -> Alert:
    """The same when its time to be asked has come."""
    return reminding.remind(held(settings, **how), settings, ASKED_AT)[0]


def test_whoever_has_an_alert_is_asked_when_the_time_has_come_and_not_a_moment_before():
    early, _ = reminding.remind(held(), STRICT, ASKED_AT - timedelta(microseconds=1))
    alert, because = reminding.remind(held(), STRICT, ASKED_AT)

    assert early == held()
    assert alert.acknowledgement.reminder == Reminder(asked_at=ASKED_AT, answer_by=LOST_AT)
    assert because == (AcknowledgementQuestioned(by_name="Ana", since=NOW, answer_by=LOST_AT),)


def test_without_an_answer_in_time_nobody_has_the_alert():
    still, _ = reminding.remind(asked(), STRICT, LOST_AT - timedelta(microseconds=1))
    lost, because = reminding.remind(asked(), STRICT, LOST_AT)

    assert still.acknowledgement is not None
    assert lost.acknowledgement is None
    assert because == (AcknowledgementUnanswered(by_name="Ana", asked_at=ASKED_AT),)
    assert because[0].text == (
        "Ana was asked at 2026-03-06T12:00:00Z whether they still have the alert and has not answered: "
        "nobody has it now, and it still fires."
    )


def test_who_is_only_reminded_keeps_the_alert_and_is_asked_again_and_again():
    alert = asked(LENIENT)
    assert alert.acknowledgement.reminder == Reminder(asked_at=ASKED_AT, ask_at=ASKED_AT + 3 * HOUR)

    again, because = reminding.remind(alert, LENIENT, ASKED_AT + 3 * HOUR)

    assert again.acknowledgement.reminder.asked_at == ASKED_AT + 3 * HOUR
    assert because[0].answer_by is None


def test_acknowledging_again_is_the_answer_and_leaves_its_end_and_what_was_said_as_they_were():
    end = NOW + 24 * HOUR

    alert, because = reminding.answer(
        asked(until=end), STRICT, by=ANA.id, comment="", how="link", now=ASKED_AT + MINUTE
    )

    still = alert.acknowledgement
    assert (still.at, still.until, still.comment) == (NOW, end, "mine")
    assert still.reminder == Reminder(ask_at=ASKED_AT + MINUTE + 3 * HOUR)
    assert because == (AcknowledgementConfirmed(by_name="Ana", how="link"),)
    assert because[0].text == "Ana still has the alert (link)."


def test_an_answer_may_say_something_new():
    alert, because = reminding.answer(
        asked(), STRICT, by=ANA.id, comment="nearly done", how="link", now=ASKED_AT
    )

    assert alert.acknowledgement.comment == "nearly done"
    assert because[0].text == 'Ana still has the alert (link), saying "nearly done".'


@pytest.mark.parametrize(
    ("alert", "by", "why"),
    [
        (held(), ANA, "nobody has been asked yet"),
        (asked(), BEN, "somebody else was asked"),
        (asked(), None, "a source is nobody"),
        (held(None), ANA, "nobody is ever asked"),
        (resolve(asked(), by=ANA.id, by_name="Ana", now=ASKED_AT)[0], ANA, "it is over"),
        (asked(until=ASKED_AT + timedelta(seconds=1)), ANA, "it has ended by itself"),
    ],
)
def test_what_is_no_answer_is_an_acknowledgement_like_any_other(alert, by, why):
    by_id = by.id if by else None

    assert reminding.answer(alert, STRICT, by=by_id, comment="", how="api", now=ASKED_AT + MINUTE) is None, (
        why
    )


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        (held(None), "there were no reminders when it was acknowledged"),
        (held(by=None), "a source acknowledged it"),
        (resolve(held(), by=None, by_name="", now=NOW)[0], "it is over"),
        (replace(held(), acknowledgement=None), "nobody has it"),
    ],
)
def test_nobody_is_asked_about(alert, why):
    assert reminding.wake_at(alert) is None, why
    assert reminding.remind(alert, STRICT, NOW + 100 * HOUR) == (alert, ()), why


def test_whoever_has_an_alert_keeps_it_when_nobody_is_to_be_asked_any_more():
    alert, because = reminding.remind(asked(), None, LOST_AT)

    assert alert.acknowledgement.reminder is None
    assert because == ()


def test_a_question_goes_by_the_default_rules_up_to_the_first_wait_and_names_the_last_moment():
    sms = NotificationRule(user=ANA.id, id=1, importance=Importance.DEFAULT, position=0, channel="sms")
    wait = NotificationRule(user=ANA.id, id=2, importance=Importance.DEFAULT, position=1, wait=5 * MINUTE)
    mail = NotificationRule(user=ANA.id, id=3, importance=Importance.DEFAULT, position=2, channel="email")
    ana = replace(ANA, rules=(sms, wait, mail))

    (message,) = reminding.ask(ana, "Ana", [asked(), asked()], ASKED_AT)

    assert (message.kind, message.channel) == (NotificationKind.REMINDER, "sms")
    assert message.because.text.startswith(
        "Ana is to say by 2026-03-06T12:30:00Z whether they still have it, or others are asked again; rule 1"
    )


def test_who_has_no_rules_is_asked_on_every_verified_contact_method():
    messages = reminding.ask(ANA, "Ana", [asked(LENIENT)], ASKED_AT)

    assert [each.channel for each in messages if isinstance(each, Notify)] == ["sms", "email"]


@pytest.mark.parametrize(
    ("who", "because"),
    [
        (None, NotAsked),
        (replace(ANA, status=UserStatus.DEACTIVATED), NotAsked),
        (replace(ANA, contact_methods=()), Unreachable),
    ],
)
def test_who_cannot_be_asked_is_named_in_the_story(who, because):
    (effect,) = reminding.ask(who, "Ana", [asked()], ASKED_AT)

    assert isinstance(effect, Record)
    assert isinstance(effect.because, because)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Reminders(ask_after=4 * MINUTE), "ask_after"),
        (Reminders(ask_after=timedelta(days=8)), "ask_after"),
        (Reminders(ask_after=HOUR, within=timedelta(0)), "within"),
        (Reminders(ask_after=HOUR, within=25 * HOUR), "within"),
    ],
)
def test_lengths_out_of_bounds_are_refused(settings, field):
    with pytest.raises(Invalid, match="out of bounds") as refused:
        reminders.check(settings, "reminders")

    assert refused.value.path == f"reminders.{field}"
