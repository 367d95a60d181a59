"""The reasons of paging: steps taken and passed, people told or not, messages sent, held and given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.because import Because, lateness, listing, moment, span

# --- the steps of an escalation plan ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken(Because):
    """Step *step* of *steps*, counted from 1, was taken and asks *asked*, *late* so long after its time.

    *pause* is the pace of the workspace, which passes before the next step.
    """

    plan: str
    step: int
    steps: int
    asked: tuple[str, ...]
    late: timedelta = timedelta(0)
    pause: timedelta = timedelta(0)

    def sentence(self) -> str:
        """Say which step of which plan asks whom."""
        step = f"step {self.step} of {self.steps} of {self.plan}"
        return f"{step} asks {listing(self.asked)}{lateness(self.late)}{_pace(self.pause)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPassed(Because):
    """A step was passed at once, without waiting for anybody."""

    plan: str
    step: int
    why: str

    def sentence(self) -> str:
        """Say which step was passed, and why."""
        return f"step {self.step} of {self.plan} is passed: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWaits(Because):
    """A step's condition does not hold yet; *until* is when it will, if that is known."""

    plan: str
    step: int
    why: str
    until: datetime | None = None

    def sentence(self) -> str:
        """Say which step waits, for what and until when."""
        until = "" if self.until is None else f", until {moment(self.until)}"
        return f"step {self.step} of {self.plan} waits: {self.why}{until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsRepeated(Because):
    """The plan starts over, for the *round*-th of *times* times, after *wait*."""

    plan: str
    round: int
    times: int
    wait: timedelta = timedelta(0)

    def sentence(self) -> str:
        """Say that the plan starts over, and when."""
        when = f"in {span(self.wait)}" if self.wait else "at once"
        return f"{self.plan} starts over {when}, repeat {self.round} of {self.times}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEnded(Because):
    """The plan is at its end; *reached* tells whether it has asked anybody at all."""

    plan: str
    reached: bool

    def sentence(self) -> str:
        """Say that there is nobody else to ask."""
        if self.reached:
            return f"{self.plan} is at its end: there is nobody else to ask"
        return f"{self.plan} is at its end and has reached nobody: check whom its steps name"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedByPlan(Because):
    """A step of the plan resolves the alerts, in nobody's name."""

    plan: str
    step: int

    def sentence(self) -> str:
        """Say which step resolves."""
        return f"step {self.step} of {self.plan} resolves the alerts of the page"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowClosed(Because):
    """The window in which alerts were gathered is over; *joined* alerts came after the first."""

    joined: int

    def sentence(self) -> str:
        """Say how many alerts came together."""
        if self.joined == 0:
            return "the gathering window closed and no more alerts had come"
        return f"the gathering window closed with {self.joined} more alert{'s' * (self.joined != 1)}"


# --- people, and the ways to reach them ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked(Because):
    """*name*, a person or something that a step names, gives nobody to ask."""

    name: str
    why: str

    def sentence(self) -> str:
        """Say who is not asked, and why."""
        return f"{self.name} is not asked: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable(Because):
    """*name* should be asked and has no way to be reached."""

    name: str

    def sentence(self) -> str:
        """Say who cannot be reached, and what would help."""
        return f"{self.name} cannot be reached: none of their contact methods is verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class StillAsked(Because):
    """*name* is asked again while already going through their rules, which go on as they were."""

    name: str

    def sentence(self) -> str:
        """Say that the running rules go on."""
        return f"{self.name} is being asked already, and their notification rules go on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Because):
    """A message goes to *name*: *why* they are asked, by which *rule* it goes, how *late* that is.

    *pause* is the pace of the workspace, which passes before their next rule.
    """

    name: str
    why: str
    rule: str
    late: timedelta = timedelta(0)
    pause: timedelta = timedelta(0)

    def sentence(self) -> str:
        """Say why this person or place is told, in this way."""
        why = f" is {self.why}" if self.why else " is asked"
        return f"{self.name}{why}; {self.rule}{lateness(self.late)}{_pace(self.pause)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePassed(Because):
    """A way of reaching *name* was passed, because it cannot be used."""

    name: str
    rule: str
    why: str

    def sentence(self) -> str:
        """Say which rule was passed, and why."""
        return f"{self.name}: {self.rule} is passed: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed(Because):
    """A message to *name* could not be delivered; *then* is what happens instead."""

    name: str
    then: str

    def sentence(self) -> str:
        """Say who did not get a message, and what happens instead."""
        return f"a message to {self.name} could not be delivered; {self.then}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut(Because):
    """*name* wants no more messages about this page."""

    name: str

    def sentence(self) -> str:
        """Say who wishes not to be asked any more."""
        return f"{self.name} wants to be left out of this page and is not asked about it any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyLeft(Because):
    """Everybody whom the page has asked wants to be left out, and its plan has no further step."""

    plan: str

    def sentence(self) -> str:
        """Say that nobody is asked any more, and why."""
        return (
            f"everybody who was asked wants to be left out, and {self.plan} has no further step: "
            "nobody is asked about this page any more"
        )


# --- messages -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAtOnce(Because):
    """A message goes out without waiting for others; *why* it may."""

    why: str

    def sentence(self) -> str:
        """Say why the message does not wait."""
        return f"the message goes at once: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack(Because):
    """A message waits until *until*, because *sent* went to the same address shortly before."""

    sent: int
    until: datetime

    def sentence(self) -> str:
        """Say how long the message waits, and why."""
        return (
            f"the message waits until {moment(self.until)}, to go together with others: "
            f"{self.sent} went to the same address within a minute"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Because):
    """A message waits until *until*, because whoever gets it wants what comes *within* a span as one."""

    until: datetime
    within: timedelta

    def sentence(self) -> str:
        """Say how long the message waits, and why."""
        return (
            f"the message waits until {moment(self.until)}, to go together with others: "
            f"their rule gathers for {span(self.within)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled(Because):
    """*messages* to the same address go as one."""

    messages: int

    def sentence(self) -> str:
        """Say how many messages go as one."""
        return f"{self.messages} messages to the same address go as one"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFailed(Because):
    """A message template of *integration* could not be filled in, because of *problem*."""

    integration: str
    channel: str
    template: str
    problem: str

    def sentence(self) -> str:
        """Say which one, why, and what the message says instead."""
        return (
            f"the {self.channel} {self.template} template of {self.integration} could not be filled in "
            f"({self.problem}); the message says what it says without one"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedAgain(Because):
    """An attempt failed with *error*; the next, the *attempt*-th with *provider*, is at *at*."""

    error: str
    at: datetime
    provider: int
    attempt: int

    def sentence(self) -> str:
        """Say what failed and what is tried next."""
        tried = f"try {self.attempt} with provider {self.provider + 1}"
        return f"it could not be sent ({self.error or 'no reason given'}); {tried} at {moment(self.at)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUp(Because):
    """The message is not tried any more."""

    error: str
    why: str

    def sentence(self) -> str:
        """Say why it is not tried any more."""
        return f"it could not be sent ({self.error or 'no reason given'}); given up: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlready(Because):
    """Another rule of the same policy has told the same place of the same alert in the same moment."""

    address: str

    def sentence(self) -> str:
        """Say where nothing more is sent."""
        return f"nothing more goes to {self.address}: it has just been told the same"


def _pace(pause: timedelta) -> str:
    return f"; {span(pause)} pass before the next, by the workspace's pace" if pause else ""
