"""What an escalation plan is: a list of steps from an alert to a human, whom they ask, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.core.calendar import TimeWindow, check_window
from tocsin.core.errors import Invalid, check_text
from tocsin.core.ids import (
    DestinationId,
    EscalationPolicyId,
    PlanId,
    ScheduleId,
    StepId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.people import Importance
from tocsin.core.schedule import Position

STEPS_MAX = 50
TARGETS_MAX = 50
AFTER_MAX = timedelta(days=30)
REPEATS_MAX = 10_000
ADDRESS_LENGTH_MAX = 320
OUTSIDE_CHANNELS = ("email", "sms", "voice")  # those by which people are reached
WITHIN_MAX = timedelta(days=30)
MENTIONS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTarget:
    """One person; *via* names channels that replace the person's own rules."""

    user: UserId
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamTarget:
    """Every member of a team."""

    team: TeamId
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTarget:
    """Whoever holds *position* of a schedule when the step is taken."""

    schedule: ScheduleId
    position: Position = Position.CURRENT
    via: tuple[str, ...] = ()


Mention = UserTarget | TeamTarget | ScheduleTarget
"""People whom a message names; by which ways they are asked elsewhere is nothing to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationTarget:
    """Somewhere that is not a person; what is said there names the people of *mentions*."""

    destination: DestinationId
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTarget:
    """An address that is nobody's here: *address* on *channel*, as somebody outside who wants to be told."""

    channel: str
    address: str


Target = UserTarget | TeamTarget | ScheduleTarget | DestinationTarget | AddressTarget


class Assignment(StrEnum):
    """Whether a step asks all its targets, or one of them, in turn from page to page."""

    ALL = "all"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyTargets:
    """Ask *targets*; *importance* None means the page's own."""

    targets: tuple[Target, ...]
    assignment: Assignment = Assignment.ALL
    importance: Importance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveAlerts:
    """Resolve every alert of the page, in nobody's name; nothing comes after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSteps:
    """Take the first step again, at once; when that was done *times* times, pass on to the next step."""

    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Ask nobody: wait for the step's condition, then go on to the next step in its time."""


Action = NotifyTargets | ResolveAlerts | RepeatSteps | Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinWindow:
    """Holds inside *window*. Outside it the step waits for the window, or is passed when *skip* is set."""

    window: TimeWindow
    skip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreAlertsThan:
    """Holds when more than *count* events came in the *within* before now.

    Otherwise the step waits and is looked at again with each new event, or is passed when *skip* is set.
    """

    count: int
    within: timedelta
    skip: bool = False


Condition = WithinWindow | MoreAlertsThan


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An *action*, *after* so long since the step before it (the first: since the page began)."""

    id: StepId
    after: timedelta = timedelta(0)
    action: Action
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPlan:
    """A list of steps from an alert to a human; *policy* is set when it is a named escalation policy's.

    Plans are never changed: a policy that is edited gets a new plan, and pages that run keep the old one.
    """

    id: PlanId
    name: str
    steps: tuple[Step, ...]
    policy: EscalationPolicyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """A named escalation plan; *plan* is the one that its pages begin with now."""

    id: EscalationPolicyId
    workspace: WorkspaceId
    name: str
    description: str = ""
    plan: EscalationPlan
    teams: tuple[TeamId, ...] = ()


def check(steps: Sequence[Step], path: str = "steps", *, unfinished: bool = False) -> None:
    """Raise Invalid, naming the place below *path*, unless *steps* can be a plan.

    An *unfinished* one may still ask nobody; whoever owns the workspace hears of it when it should.
    """
    if not 1 <= len(steps) <= STEPS_MAX:
        raise Invalid(path, f"has {len(steps)} steps", f"must have 1 to {STEPS_MAX}")
    for number, step in enumerate(steps):
        _check_step(step, f"{path}[{number}]")
    if not unfinished and not any(isinstance(step.action, NotifyTargets) for step in steps):
        raise Invalid(path, "asks nobody", "must have a step that notifies somebody")


def _check_targets(targets: Sequence[Target], path: str) -> None:
    if not 1 <= len(targets) <= TARGETS_MAX:
        raise Invalid(path, f"has {len(targets)} targets", f"must have 1 to {TARGETS_MAX}")
    for place, target in enumerate(targets):
        if isinstance(target, DestinationTarget) and len(target.mentions) > MENTIONS_MAX:
            problem = f"has {len(target.mentions)} entries"
            raise Invalid(f"{path}[{place}].mentions", problem, f"must have at most {MENTIONS_MAX}")
        if isinstance(target, AddressTarget):
            if target.channel not in OUTSIDE_CHANNELS:
                problem = f"is {target.channel[:ADDRESS_LENGTH_MAX]!r}"
                remedy = f"must be one of {', '.join(OUTSIDE_CHANNELS)}; other places are destinations"
                raise Invalid(f"{path}[{place}].channel", problem, remedy)
            check_text(target.address, f"{path}[{place}].address", shortest=3, longest=ADDRESS_LENGTH_MAX)


def _check_step(step: Step, path: str) -> None:
    if not timedelta(0) <= step.after <= AFTER_MAX:
        raise Invalid(f"{path}.after", f"is {step.after}", f"must be 0 to {AFTER_MAX.days} days")
    match step.action:
        case NotifyTargets(targets=targets):
            _check_targets(targets, f"{path}.targets")
        case RepeatSteps(times=times) if not 0 <= times <= REPEATS_MAX:
            raise Invalid(f"{path}.times", f"is {times}", f"must be 0 to {REPEATS_MAX}")
        case _:
            pass
    match step.condition:
        case WithinWindow(window=window):
            check_window(window, f"{path}.condition.window")
        case MoreAlertsThan(count=count) if count < 0:
            raise Invalid(f"{path}.condition.count", f"is {count}", "must be 0 or more")
        case MoreAlertsThan(within=within) if not timedelta(0) < within <= WITHIN_MAX:
            remedy = f"must be more than 0 and at most {WITHIN_MAX.days} days"
            raise Invalid(f"{path}.condition.within", f"is {within}", remedy)
        case _:
            pass
