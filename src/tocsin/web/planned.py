"""What steps of a plan do, in words. Pure."""

from typing import assert_never

from tocsin.core.because import listing, span
from tocsin.core.directory import Directory
from tocsin.core.escalation import (
    Assignment,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    Step,
    WithinWindow,
)


def step_words(step: Step, directory: Directory) -> str:
    """Say what *step* does, and when."""
    when = f"after {span(step.after)} " if step.after else ""
    return f"{when}{_action(step, directory)}{_condition(step)}"


def sentence(text: str) -> str:
    """Give *text* a capital at its beginning and a full stop at its end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _action(step: Step, directory: Directory) -> str:
    match step.action:
        case NotifyTargets(targets=targets, assignment=assignment):
            names = listing([directory.describe(each) for each in targets])
            return f"asks {names}" + (", in turn" if assignment is Assignment.ROUND_ROBIN else "")
        case ResolveAlerts():
            return "resolves the alerts"
        case RepeatSteps(times=times):
            return f"begins again, {times} times at most"
        case Pause():
            return "goes on"
        case _:
            assert_never(step.action)


def _condition(step: Step) -> str:
    match step.condition:
        case WithinWindow(skip=skip):
            return ", in its hours" + (" or not at all" if skip else ", and waits for them")
        case MoreAlertsThan(count=count, within=within):
            return f", if more than {count} events came within {span(within)}"
        case None:
            return ""
        case _:
            assert_never(step.condition)
