"""Asking people whether they still have what they acknowledged, and what follows when nobody answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.core import reminders, responder
from tocsin.core.alert import COMMENT_LENGTH_MAX, Alert, AlertStatus
from tocsin.core.because import Because, moment
from tocsin.core.because_alert import (
    AcknowledgementConfirmed,
    AcknowledgementQuestioned,
    AcknowledgementUnanswered,
)
from tocsin.core.because_paging import NotAsked
from tocsin.core.effects import Effect, Notify, Record
from tocsin.core.errors import check_text
from tocsin.core.evolve import evolve
from tocsin.core.ids import UserId
from tocsin.core.notification import NotificationKind
from tocsin.core.people import Importance, User, UserStatus
from tocsin.core.reminders import Reminder, Reminders

Told = tuple[Alert, tuple[Because, ...]]


def wake_at(alert: Alert) -> datetime | None:
    """Tell when there is something to do about whoever has *alert*."""
    held = alert.acknowledgement
    if held is None or held.reminder is None or alert.status is AlertStatus.RESOLVED:
        return None
    return held.reminder.wake_at


def remind(alert: Alert, settings: Reminders | None, now: datetime) -> Told:
    """Do what is due: have whoever has *alert* asked, or let go of it because they did not answer in time.

    Early, late or again is harmless. When nobody is to be asked any more, whoever has it keeps it.
    """
    held, due = alert.acknowledgement, wake_at(alert)
    if held is None or held.reminder is None or due is None or now < due:
        return alert, ()
    if settings is None:
        return _with(alert, None), ()
    if held.reminder.answer_by is not None:
        because = AcknowledgementUnanswered(by_name=held.by_name, asked_at=held.reminder.asked_at or due)
        return evolve(alert, acknowledgement=None, version=alert.version + 1), (because,)
    asked = reminders.asked(held.reminder, settings, now)
    return _with(alert, asked), (
        AcknowledgementQuestioned(by_name=held.by_name, since=held.at, answer_by=asked.answer_by),
    )


def put_off(alert: Alert, settings: Reminders, now: datetime) -> Alert:
    """Ask whoever has *alert* another time: it pages nobody now, so that there is nothing to ask about."""
    held = alert.acknowledgement
    return alert if held is None else _with(alert, reminders.first(settings, held.by, now))


def answer(
    alert: Alert, settings: Reminders | None, *, by: UserId | None, comment: str, how: str, now: datetime
) -> Told | None:
    """Take an acknowledgement by *by* as the answer of whoever was asked; None when it is not that.

    Until when they have it stays as it was, and so does what they said unless there is a new *comment*.
    """
    held = alert.acknowledgement
    if held is None or by is None or held.by != by or alert.status is AlertStatus.RESOLVED:
        return None
    if held.reminder is None or held.reminder.asked_at is None:
        return None
    if held.until is not None and held.until <= now:
        return None
    check_text(comment, "comment", longest=COMMENT_LENGTH_MAX)
    again = replace(held, comment=comment or held.comment, reminder=reminders.first(settings, by, now))
    because = AcknowledgementConfirmed(by_name=held.by_name, how=how, comment=comment)
    return evolve(alert, acknowledgement=again, version=alert.version + 1), (because,)


def ask(person: User | None, name: str, questions: Sequence[Alert], now: datetime) -> tuple[Effect, ...]:
    """Ask *person*, called *name*, about the alerts of one page: by their default rules up to the first wait.

    Whoever has no rule that can be used is asked on every verified contact method.
    """
    if person is None or person.status is not UserStatus.ACTIVE:
        return (Record(because=NotAsked(name=name, why="they are not here any more")),)
    ends = [
        held.reminder.answer_by
        for alert in questions
        if (held := alert.acknowledgement) is not None and held.reminder is not None
    ]
    by = min((end for end in ends if end is not None), default=None)
    why = "asked whether they still have it"
    if by is not None:
        why = f"to say by {moment(by)} whether they still have it, or others are asked again"
    asking = responder.ask(person, Importance.DEFAULT, now, why=why)
    _, effects = responder.advance(asking, person, now)
    return tuple(_as_reminder(effect) for effect in effects)


def _as_reminder(effect: Effect) -> Effect:
    return evolve(effect, kind=NotificationKind.REMINDER) if isinstance(effect, Notify) else effect


def _with(alert: Alert, reminder: Reminder | None) -> Alert:
    held = alert.acknowledgement
    if held is None:
        return alert
    return evolve(alert, acknowledgement=replace(held, reminder=reminder), version=alert.version + 1)
