"""Whether whoever has an alert still has it: when they are asked, and how long they may take to answer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.ids import UserId

ASK_AFTER_MIN: Final = timedelta(minutes=5)
ASK_AFTER_MAX: Final = timedelta(days=7)
ANSWER_WITHIN_MIN: Final = timedelta(minutes=1)
ANSWER_WITHIN_MAX: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Ask people whether they still have what they acknowledged, every *ask_after*.

    Without an answer *within* so long nobody has it any more; when that is None they are only reminded.
    """

    ask_after: timedelta
    within: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """How far one acknowledgement is with that.

    Whoever has it is asked at *ask_at*; or has been asked at *asked_at*, and is to answer by *answer_by*.
    """

    ask_at: datetime | None = None
    asked_at: datetime | None = None
    answer_by: datetime | None = None

    @property
    def wake_at(self) -> datetime | None:
        """Tell when there is something to do."""
        return self.ask_at if self.answer_by is None else self.answer_by


def first(reminders: Reminders | None, by: UserId | None, now: datetime) -> Reminder | None:
    """Begin with what *by* acknowledges at *now*, or has just answered for; a source is never asked."""
    if reminders is None or by is None:
        return None
    return Reminder(ask_at=now + reminders.ask_after)


def asked(reminder: Reminder, reminders: Reminders, now: datetime) -> Reminder:
    """Go on from *reminder* when its time to ask has come."""
    if reminders.within is None:
        return replace(reminder, asked_at=now, ask_at=now + reminders.ask_after)
    return Reminder(asked_at=now, answer_by=now + reminders.within)


def check(reminders: Reminders, path: str) -> None:
    """Raise Invalid, naming the field below *path*, for reminders that cannot be."""
    if not ASK_AFTER_MIN <= reminders.ask_after <= ASK_AFTER_MAX:
        raise Invalid(f"{path}.ask_after", "is out of bounds", "must be 5 minutes to 7 days")
    within = reminders.within
    if within is not None and not ANSWER_WITHIN_MIN <= within <= ANSWER_WITHIN_MAX:
        raise Invalid(f"{path}.within", "is out of bounds", "must be 1 minute to 24 hours, or left out")
