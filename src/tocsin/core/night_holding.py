"""Whoever has the alert in a night that has not happened: until when, and what they are asked meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.core import alert as trouble
from tocsin.core import reminding
from tocsin.core.alert import Alert
from tocsin.core.because import Because
from tocsin.core.directory import Directory
from tocsin.core.effects import Effect

QUESTIONS_MAX: Final = 3  # who is only reminded is so again and again


@dataclass(slots=True, kw_only=True)
class Holding:
    """Looks after whoever has the alert, by the *directory*; *asked* counts the questions to them."""

    directory: Directory
    asked: int = 0

    def next_at(self, alert: Alert, *, paged: bool) -> datetime | None:
        """Tell when the acknowledgement of *alert* ends, or there is a question, as far as that is told."""
        held = alert.acknowledgement
        asks_at = reminding.wake_at(alert) if paged and self.asked < QUESTIONS_MAX else None
        ends = (held.until if held is not None else None, asks_at)
        return min((each for each in ends if each is not None), default=None)

    def goes_on(self, alert: Alert) -> bool:
        """Tell whether there would be more questions about *alert* than are told."""
        return self.asked >= QUESTIONS_MAX and reminding.wake_at(alert) is not None

    def look_after(self, alert: Alert, now: datetime, *, paged: bool) -> tuple[Alert, tuple[Because, ...]]:
        """Do what is due: let the acknowledgement end, ask about it, or let go of what was not answered for.

        Nobody is asked about an alert that is not *paged*.
        """
        ended, because = trouble.expire(alert, now)
        if ended is not alert:
            return ended, because
        return reminding.remind(alert, self.directory.reminders, now) if paged else (alert, ())

    def question(self, alert: Alert, now: datetime) -> tuple[Effect, ...]:
        """Ask whoever has *alert* whether that is still so, if it has just come to that."""
        held = alert.acknowledgement
        if held is None or held.by is None or held.reminder is None or held.reminder.asked_at != now:
            return ()
        self.asked += held.reminder.answer_by is None
        return reminding.ask(self.directory.users.get(held.by), held.by_name, (alert,), now)
