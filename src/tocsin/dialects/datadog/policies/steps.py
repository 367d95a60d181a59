"""Steps to and fro: one ladder, counted otherwise.

Here a step says how long it waits for an answer; in the domain the step after it does. So what the last step
waits belongs to a RepeatSteps behind it, which also has the retries and may be 0 times; a ResolveAlerts may
follow. Conditions, destinations, importance and channels have no place in this API: a step that is kept by
its id keeps them, and a plan that comes back as it is shown stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import TypeVar, assert_never

from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    AddressTarget,
    Assignment,
    DestinationTarget,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    Step,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import UNMADE, ScheduleId, StepId, TeamId, UserId
from tocsin.core.schedule import Position
from tocsin.dialects.datadog.policies.wire import (
    ESCALATE_AFTER_DEFAULT_S,
    ESCALATE_AFTER_MAX_S,
    ESCALATE_AFTER_MIN_S,
    RETRIES_MAX,
    PolicyBody,
    StepBody,
    TargetBody,
)
from tocsin.dialects.datadog.spelled import reference

A = TypeVar("A", RepeatSteps, ResolveAlerts)
ShownTarget = UserTarget | TeamTarget | ScheduleTarget

_DEFAULT = timedelta(seconds=ESCALATE_AFTER_DEFAULT_S)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step as this API has it."""

    id: StepId
    assignment: Assignment
    escalate_after_s: int
    targets: tuple[ShownTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPlan:
    """A plan as this API has it: what it cannot say is left out."""

    steps: tuple[ShownStep, ...]
    retries: int
    resolves: bool


def shown(steps: Sequence[Step]) -> ShownPlan:
    """Tell what this API has of a plan's steps."""
    repeat = _of(steps, RepeatSteps)
    return ShownPlan(
        steps=tuple(
            ShownStep(
                id=step.id,
                assignment=action.assignment,
                escalate_after_s=_seconds(after),
                targets=tuple(_shown_targets(action.targets)),
            )
            for step, action, after in _asking(steps)
        ),
        retries=0 if repeat is None else _retries(repeat[1]),
        resolves=_of(steps, ResolveAlerts) is not None,
    )


def steps_of(body: PolicyBody, was: Sequence[Step] = ()) -> tuple[Step, ...]:
    """Read the steps of a policy, which *was* before; one without an id is still to be given one."""
    kept = {step.id: (step, after) for step, _, after in _asking(was)}
    first = next(iter(kept), None)
    pauses = _pauses(was)
    steps: list[Step] = []
    after = timedelta(0)
    number: StepId | None = None
    for place, given in enumerate(body.steps):
        path = f"steps[{place}]"
        number = StepId(UNMADE if given.id is None else reference(given.id, "step", f"{path}.id"))
        before, waited = kept.get(number, (None, None))
        lead = pauses.get(number, ())
        if before is not None and not place and first == number:
            after = sum((each.after for each in lead), before.after)
        steps += lead
        steps.append(_step(given, number, _left(after, lead), before, path))
        after = _after(given, waited)
    tail = pauses.get(None, ()) if number == next(reversed(kept), None) else ()
    new = (*steps, *tail, *_ending(body, _left(after, tail), was))
    return tuple(was) if was and shown(new) == shown(was) else new


def target_id(target: ShownTarget) -> tuple[str, int]:
    """Give the kind and the id of what a target names."""
    match target:
        case UserTarget(user=user):
            return "users", user
        case TeamTarget(team=team):
            return "teams", team
        case ScheduleTarget(schedule=schedule):
            return "schedules", schedule
        case _:
            assert_never(target)


def _asking(steps: Sequence[Step]) -> Iterator[tuple[Step, NotifyTargets, timedelta]]:
    """Give the steps that ask somebody, each with how long it waits for an answer, pauses included."""
    for place, step in enumerate(steps):
        if isinstance(step.action, NotifyTargets):
            behind = steps[place + 1 :]
            pauses = list(takewhile(_pauses_only, behind))
            waits = [each.after for each in behind[: len(pauses) + 1]]
            yield step, step.action, sum(waits, timedelta(0)) if waits else _DEFAULT


def _pauses_only(step: Step) -> bool:
    return isinstance(step.action, Pause)


def _pauses(steps: Sequence[Step]) -> dict[StepId | None, tuple[Step, ...]]:
    """Give the pauses in front of each step that asks somebody; under None those in front of the ending."""
    found: dict[StepId | None, tuple[Step, ...]] = {}
    lead: list[Step] = []
    for step in steps:
        if isinstance(step.action, Pause):
            lead.append(step)
            continue
        if lead:
            found.setdefault(step.id if isinstance(step.action, NotifyTargets) else None, tuple(lead))
        lead = []
    if lead:
        found.setdefault(None, tuple(lead))
    return found


def _left(after: timedelta, pauses: Sequence[Step]) -> timedelta:
    """Tell what is left of a wait behind *pauses*."""
    return max(timedelta(0), after - sum((each.after for each in pauses), timedelta(0)))


def _step(given: StepBody, number: StepId, after: timedelta, before: Step | None, path: str) -> Step:
    targets = tuple(_target(each, f"{path}.targets[{n}]") for n, each in enumerate(given.targets))
    if not targets and not (before is not None and _tells_others(before)):
        raise Invalid(f"{path}.targets", "is empty", "must have at least 1 entry")
    assignment = Assignment.ROUND_ROBIN if given.assignment == "round-robin" else Assignment.ALL
    if before is None or not isinstance(before.action, NotifyTargets):
        return Step(id=number, after=after, action=NotifyTargets(targets=targets, assignment=assignment))
    action = replace(
        before.action, targets=_with_hidden(targets, before.action.targets), assignment=assignment
    )
    return replace(before, after=after, action=action)


def _tells_others(step: Step) -> bool:
    """Tell whether *step* tells somebody whom this API has no words for."""
    targets = step.action.targets if isinstance(step.action, NotifyTargets) else ()
    return any(isinstance(each, DestinationTarget | AddressTarget) for each in targets)


def _with_hidden(targets: Sequence[ShownTarget], was: Sequence[Target]) -> tuple[Target, ...]:
    """Let *targets* keep the channels by which they were to be asked, and the destinations stay."""
    if targets == tuple(_shown_targets(was)):
        return tuple(was)
    via = {
        replace(each, via=()): each for each in was if not isinstance(each, DestinationTarget | AddressTarget)
    }
    destinations = (each for each in was if isinstance(each, DestinationTarget | AddressTarget))
    return (*(via.get(each, each) for each in targets), *destinations)


def _ending(body: PolicyBody, after: timedelta, was: Sequence[Step]) -> Iterator[Step]:
    """Give what comes when nobody has answered the last step."""
    repeat, resolve = _of(was, RepeatSteps), _of(was, ResolveAlerts)
    times = body.retries or 0
    if repeat is not None and _retries(repeat[1]) == times:
        times = repeat[1].times
    number = StepId(UNMADE) if repeat is None else repeat[0].id
    yield Step(id=number, after=after, action=RepeatSteps(times=times))
    if body.resolve_page_on_policy_end:
        yield Step(id=StepId(UNMADE) if resolve is None else resolve[0].id, action=ResolveAlerts())


def _target(given: TargetBody, path: str) -> ShownTarget:
    if given.config is not None and given.type != "schedules":
        raise Invalid(f"{path}.config", f"is given for {given.type}", "must be left out but for schedules")
    match given.type:
        case "users":
            return UserTarget(user=UserId(reference(given.id, "user", f"{path}.id")))
        case "teams":
            return TeamTarget(team=TeamId(reference(given.id, "team", f"{path}.id")))
        case "schedules":
            found = ScheduleId(reference(given.id, "schedule", f"{path}.id"))
            config = given.config.schedule if given.config is not None else None
            position = config.position if config is not None else None
            return ScheduleTarget(schedule=found, position=position or Position.CURRENT)
        case _:
            assert_never(given.type)


def _after(given: StepBody, waited: timedelta | None) -> timedelta:
    """Tell how long a step waits; as long as it did, if that is shown as what is *given*."""
    seconds = given.escalate_after_seconds or ESCALATE_AFTER_DEFAULT_S
    return waited if waited is not None and _seconds(waited) == seconds else timedelta(seconds=seconds)


def _shown_targets(targets: Sequence[Target]) -> Iterator[ShownTarget]:
    for target in targets:
        if not isinstance(target, DestinationTarget | AddressTarget):
            yield replace(target, via=())


def _seconds(after: timedelta) -> int:
    return min(max(after // _SECOND, ESCALATE_AFTER_MIN_S), ESCALATE_AFTER_MAX_S)


def _retries(action: RepeatSteps) -> int:
    return min(action.times, RETRIES_MAX)


def _of(steps: Sequence[Step], kind: type[A]) -> tuple[Step, A] | None:
    """Find the first step with an action of *kind*."""
    return next(((step, step.action) for step in steps if isinstance(step.action, kind)), None)
