"""The steps of an escalation plan, as JSON has them."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, assert_never

from msgspec import Meta

from tocsin.core import plan
from tocsin.core.escalation import (
    REPEATS_MAX,
    STEPS_MAX,
    TARGETS_MAX,
    Action,
    Assignment,
    Condition,
    MoreAlertsThan,
    NotifyTargets,
    RepeatSteps,
    ResolveAlerts,
    Step,
    WithinWindow,
)
from tocsin.core.ids import UNMADE, StepId
from tocsin.core.people import Importance
from tocsin.core.spelling import native
from tocsin.dialects.native.wire import windows
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, seconds, span
from tocsin.dialects.native.wire.spelled import reference
from tocsin.dialects.native.wire.targets import AnyTarget, show_targets, targets
from tocsin.dialects.native.wire.windows import Window, show_window, window

MONTH_S = 30 * 86_400

Otherwise = Annotated[
    Literal["wait", "skip"], Meta(description="what to do when it does not hold: wait until it does, or skip")
]

WORDS: Words = (
    (re.compile(r"(steps\[\d+\])\.after$"), r"\1.after_s"),
    (re.compile(r"(steps\[\d+\])\.(targets|times)\b"), r"\1.action.\2"),
    (re.compile(r"\bcondition\.within$"), "condition.within_s"),
    *windows.WORDS,
)


class Notify(Body, tag="notify"):
    """Ask all targets, or one of them in turn from page to page."""

    targets: Annotated[list[AnyTarget], Meta(min_length=1, max_length=TARGETS_MAX)]
    assignment: Assignment = Assignment.ALL
    importance: Importance | None = None


class Resolve(Body, tag="resolve"):
    """Resolve every alert of the page; nothing comes after it."""


class Repeat(Body, tag="repeat"):
    """Take the first step again, so many times at most."""

    times: Annotated[int, Meta(ge=0, le=REPEATS_MAX)]


class Pause(Body, tag="pause"):
    """Ask nobody: wait for the condition, then go on to the next step in its time."""


class Within(Body, tag="within"):
    """Holds inside a time window."""

    window: Window
    otherwise: Otherwise = "wait"


class MoreThan(Body, tag="more_alerts_than"):
    """Holds when more than *count* events came in the last *within_s* seconds."""

    count: Annotated[int, Meta(ge=0, le=1_000_000)]
    within_s: Annotated[int, Meta(ge=1, le=MONTH_S)]
    otherwise: Otherwise = "wait"


AnyAction = Notify | Resolve | Repeat | Pause


class PlanStep(Body, kw_only=True):
    """An action, so many seconds after the step before it; *id* keeps its turn when steps are replaced."""

    id: Id | None = None
    after_s: Annotated[int, Meta(ge=0, le=MONTH_S, description="seconds since the step before")] = 0
    action: AnyAction
    condition: Within | MoreThan | None = None


Steps = Annotated[list[PlanStep], Meta(min_length=1, max_length=STEPS_MAX)]


def steps(given: Sequence[PlanStep], path: str = "steps") -> tuple[Step, ...]:
    """Read steps; raise Invalid below *path*. One without an id is still to be given one."""
    return tuple(_step(each, f"{path}[{place}]") for place, each in enumerate(given))


def show_steps(values: Iterable[Step]) -> list[PlanStep]:
    """Write steps."""
    return [
        PlanStep(
            id=native("step", each.id),
            after_s=seconds(each.after),
            action=_show_action(each.action),
            condition=None if each.condition is None else _show_condition(each.condition),
        )
        for each in values
    ]


def _step(given: PlanStep, path: str) -> Step:
    identifier = UNMADE if given.id is None else reference(given.id, "step", f"{path}.id")
    return Step(
        id=StepId(identifier),
        after=span(given.after_s),
        action=_action(given.action, f"{path}.action"),
        condition=None if given.condition is None else _condition(given.condition),
    )


def _action(given: AnyAction, path: str) -> Action:
    match given:
        case Notify(targets=asked, assignment=assignment, importance=importance):
            whom = targets(asked, f"{path}.targets")
            return NotifyTargets(targets=whom, assignment=assignment, importance=importance)
        case Resolve():
            return ResolveAlerts()
        case Repeat(times=times):
            return RepeatSteps(times=times)
        case Pause():
            return plan.Pause()
        case _:
            assert_never(given)


def _condition(given: Within | MoreThan) -> Condition:
    skip = given.otherwise == "skip"
    match given:
        case Within(window=when):
            return WithinWindow(window=window(when), skip=skip)
        case MoreThan(count=count, within_s=within_s):
            return MoreAlertsThan(count=count, within=span(within_s), skip=skip)
        case _:
            assert_never(given)


def _show_action(value: Action) -> AnyAction:
    match value:
        case NotifyTargets(targets=asked, assignment=assignment, importance=importance):
            return Notify(targets=show_targets(asked), assignment=assignment, importance=importance)
        case ResolveAlerts():
            return Resolve()
        case RepeatSteps(times=times):
            return Repeat(times=times)
        case plan.Pause():
            return Pause()
        case _:
            assert_never(value)


def _show_condition(value: Condition) -> Within | MoreThan:
    otherwise: Literal["wait", "skip"] = "skip" if value.skip else "wait"
    match value:
        case WithinWindow(window=when):
            return Within(window=show_window(when), otherwise=otherwise)
        case MoreAlertsThan(count=count, within=within):
            return MoreThan(count=count, within_s=seconds(within), otherwise=otherwise)
        case _:
            assert_never(value)
