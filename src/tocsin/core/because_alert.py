"""The reasons for what became of an alert: what its events made of it, and what people did about it."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.because import Because, moment
from tocsin.core.event import EventStatus, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOpened(Because):
    """A firing event found no open alert of its dedup key."""

    severity: Severity
    source: str

    def sentence(self) -> str:
        """Say who opened it, and how bad it is."""
        return f"{_named(self.source)} reported new trouble of severity {self.severity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRose(Because):
    """A firing event was worse than what the alert had come to."""

    before: Severity
    after: Severity

    def sentence(self) -> str:
        """Say from what to what."""
        return f"the severity rose from {self.before} to {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityFell(Because):
    """A firing event was less bad than what the alert had come to."""

    before: Severity
    after: Severity

    def sentence(self) -> str:
        """Say from what to what."""
        return f"the severity fell from {self.before} to {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingOpen(Because):
    """An event spoke of trouble that is not open, so that there was nothing to change."""

    status: EventStatus
    dedup_key: str

    def sentence(self) -> str:
        """Say which dedup key was looked for, or that there was none."""
        if not self.dedup_key:
            return f"the event says {self.status}, but has no dedup key, so it names no alert"
        return f"the event says {self.status}, but no open alert has the dedup key {self.dedup_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOver(Because):
    """A source says that one part of the trouble is over, and *left* parts are not."""

    left: int

    def sentence(self) -> str:
        """Say how many are left."""
        return f"one part of the trouble is over, and {self.left} still fire{'s' * (self.left == 1)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSnoozed(Because):
    """Somebody wants nobody to be paged about the alert for a while."""

    by_name: str
    until: datetime | None = None

    def sentence(self) -> str:
        """Say who, and until when."""
        until = "until it is resolved" if self.until is None else f"until {moment(self.until)}"
        return f"{_named(self.by_name)} silenced the alert {until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWoken(Because):
    """The silence of one alert is over before the alert is; *by_name* is empty when its time had come."""

    by_name: str
    silenced_by: str

    def sentence(self) -> str:
        """Say whose silence ended, and who ended it."""
        if not self.by_name:
            return f"the silence of the alert by {_named(self.silenced_by)} has ended, and it still fires"
        return f"{self.by_name} ended the silence of the alert by {_named(self.silenced_by)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReopened(Because):
    """Somebody says that the trouble is not over."""

    by_name: str

    def sentence(self) -> str:
        """Say who."""
        return f"{_named(self.by_name)} took back that the alert is resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertErased(Because):
    """Somebody had all that the alert and its events said erased."""

    by_name: str

    def sentence(self) -> str:
        """Say who."""
        return f"{_named(self.by_name)} erased what the alert said"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidTooEarly(Because):
    """A resolve or an acknowledgement is older than the newest firing event, and may mean earlier trouble."""

    status: EventStatus
    occurred_at: datetime
    last_seen_at: datetime

    def sentence(self) -> str:
        """Say both moments."""
        said, fired = moment(self.occurred_at), moment(self.last_seen_at)
        return f"the event says {self.status} as of {said}, but the alert fired after that, at {fired}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyAcknowledged(Because):
    """A source acknowledged what somebody has already."""

    by_name: str

    def sentence(self) -> str:
        """Say who has it."""
        return f"{_named(self.by_name)} had acknowledged the alert already"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillMeetsTrouble(Because):
    """A drill's event has the dedup key of real trouble, which it must not touch."""

    dedup_key: str

    def sentence(self) -> str:
        """Say that the alert is real."""
        return f"the event belongs to a drill, but the open alert of the dedup key {self.dedup_key} is real"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillTurnedReal(Because):
    """A real firing event has the dedup key of a drill's alert, which is a drill no longer."""

    source: str

    def sentence(self) -> str:
        """Say that the trouble is real, and what follows."""
        return f"{_named(self.source)} reports the trouble of this drill for real: it is routed anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(Because):
    """Somebody said "I have it"."""

    by_name: str
    how: str
    until: datetime | None = None
    comment: str = ""

    def sentence(self) -> str:
        """Say who, how, until when and with what words."""
        until = "until it is resolved" if self.until is None else f"until {moment(self.until)}"
        said = f', saying "{self.comment}"' if self.comment else ""
        return f"{_named(self.by_name)} acknowledged the alert ({self.how}) {until}{said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUnacknowledged(Because):
    """Somebody took an acknowledgement back, perhaps with a *comment*."""

    by_name: str
    acknowledged_by: str
    comment: str = ""

    def sentence(self) -> str:
        """Say who took back whose."""
        said = f', saying "{self.comment}"' if self.comment else ""
        return f"{_named(self.by_name)} took back the acknowledgement by {_named(self.acknowledged_by)}{said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCommented(Because):
    """Somebody said something about the alert, and nothing else."""

    by_name: str
    comment: str

    def sentence(self) -> str:
        """Say who said what."""
        return f'{_named(self.by_name)} said "{self.comment}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementEnded(Because):
    """The moment came until which an alert was acknowledged, and it still fires."""

    by_name: str
    until: datetime

    def sentence(self) -> str:
        """Say whose acknowledgement ended and when."""
        whose = _named(self.by_name)
        return f"the acknowledgement by {whose} ended at {moment(self.until)}, and the alert still fires"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementQuestioned(Because):
    """Whoever has the alert is asked whether that is still so."""

    by_name: str
    since: datetime
    answer_by: datetime | None = None

    def sentence(self) -> str:
        """Say who is asked, how long they have had it, and by when they are to answer."""
        by = "" if self.answer_by is None else f", with an answer due by {moment(self.answer_by)}"
        since = f"{self.by_name} has had the alert since {moment(self.since)}"
        return f"{since} and is asked whether that is still so{by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementConfirmed(Because):
    """Whoever was asked whether they still have the alert says that they do."""

    by_name: str
    how: str
    comment: str = ""

    def sentence(self) -> str:
        """Say who still has it, and with what words."""
        said = f', saying "{self.comment}"' if self.comment else ""
        return f"{self.by_name} still has the alert ({self.how}){said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementUnanswered(Because):
    """Whoever was asked whether they still have the alert did not answer in time, and it still fires."""

    by_name: str
    asked_at: datetime

    def sentence(self) -> str:
        """Say who did not answer, and that the alert is nobody's now."""
        asked = f"{self.by_name} was asked at {moment(self.asked_at)} whether they still have the alert"
        return f"{asked} and has not answered: nobody has it now, and it still fires"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved(Because):
    """The trouble is over. *how* is ``event``, ``person`` or ``plan``: who said so."""

    by_name: str
    how: str

    def sentence(self) -> str:
        """Say who resolved it."""
        who = "a step of its escalation plan" if self.how == "plan" else _named(self.by_name)
        return f"{who} resolved the alert"


def _named(name: str) -> str:
    return name or "the source"
