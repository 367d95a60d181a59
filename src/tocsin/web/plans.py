"""Escalation plans in a form, in words, and as a ladder in time: who is asked when, and how. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from tocsin.core.because import listing, span
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    AddressTarget,
    Assignment,
    Condition,
    EscalationPlan,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    Step,
    Target,
    WithinWindow,
)
from tocsin.core.ids import UNMADE, StepId
from tocsin.core.people import Importance, User
from tocsin.core.plan import OUTSIDE_CHANNELS, Action
from tocsin.core.responder import methods_of
from tocsin.core.spelling import from_native, native
from tocsin.web import choosing, lengths, windows
from tocsin.web.forms import SHOWN_MAX, Form, Reader, Values, said

ACTIONS: Final = (
    ("all", "ask everybody named"),
    ("round_robin", "ask one of them, in turn"),
    ("repeat", "begin again from the first step"),
    ("resolve", "resolve the alerts"),
    ("pause", "ask nobody, and go on"),
)
ASKING: Final = ("all", "round_robin")
LOUDNESS: Final = (
    ("", "as the alert's rule says"),
    ("important", "as important"),
    ("default", "as not urgent"),
)
ONLY: Final = (
    ("", "whatever else"),
    ("window", "only at certain times"),
    ("count", "only if many events came"),
)
OUTSIDE: Final = "outside"
WAYS: Final = ("email", "sms", "voice", "push", "slack", "telegram")
TIMES_DEFAULT: Final = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the fields of steps offer: whom to ask, by which *channels*, whom to name, and the rest."""

    targets: choosing.Groups
    besides: choosing.Groups
    named: choosing.Groups
    channels: choosing.Options = tuple((name, name) for name in WAYS)
    outside: choosing.Options = tuple((name, name) for name in OUTSIDE_CHANNELS)
    actions: choosing.Options = ACTIONS
    asking: str = "|".join(ASKING)
    loudness: choosing.Options = LOUDNESS
    only: choosing.Options = ONLY
    only_at_times: choosing.Options = ONLY[:2]
    windows: choosing.Options = windows.KINDS[1:]

    @classmethod
    def of(cls, directory: Directory, form: Form) -> "Offer":
        """Offer what there is, and what *form* holds already."""
        present = [text for name in form.values if name.endswith(".targets") for text in form.all(name)]
        there = choosing.targets(directory)
        nobody = ("", [("", "choose…"), (OUTSIDE, "somebody outside, at an address")])
        return cls(
            targets=choosing.targets(directory, present),
            besides=[nobody, *there],
            named=[group for group in there if group[0] != "Destinations"],
        )


def new_step(zone: str, after: str = "5m") -> dict[str, Sequence[str]]:
    """Give the fields of a step that nobody has filled in yet."""
    held = {"id": "", "after": after, "what": "all", "targets": "", "importance": "", "times": TIMES_DEFAULT}
    held |= {"only": "", "condition.count": "3", "condition.within": "10m"}
    window = windows.fresh("condition.window", zone, windows.HOURS)
    return {**{name: [text] for name, text in held.items()}, **window}


def lists(name: str, zone: str) -> Mapping[str, Values]:
    """Give what a new step of the list of this *name* holds, and whom one asks in a way of their own."""
    also = {"whom": [""], "via": [], "names": [""], "channel": ["email"], "address": [""]}
    return {name: new_step(zone), f"{name}.*.also": also}


def values_of(name: str, steps: Sequence[Step], zone: str) -> Values:
    """Give the fields of *steps*, a list below *name*."""
    found: dict[str, Sequence[str]] = {}
    for number, step in enumerate(steps):
        found |= {f"{name}.{number}.{field}": held for field, held in _values(step, zone).items()}
    return found


def _values(step: Step, zone: str) -> Values:
    held = new_step(zone, lengths.spelled(step.after)) | {
        "id": [native("step", step.id)] if step.id != UNMADE else [""],
        "what": [_what(step.action)],
    }
    if isinstance(step.action, NotifyTargets):
        held["targets"] = [choosing.written(target) for target in step.action.targets]
        held["importance"] = [step.action.importance.value if step.action.importance is not None else ""]
    if isinstance(step.action, RepeatSteps):
        held["times"] = [str(step.action.times)]
    match step.condition:
        case WithinWindow(window=window, skip=skip):
            held |= windows.values_of("condition.window", window, zone)
            held |= {"only": ["window"], "skip": _box(skip)}
        case MoreAlertsThan(count=count, within=within, skip=skip):
            held |= {"condition.count": [str(count)], "condition.within": [lengths.spelled(within)]}
            held |= {"only": ["count"], "skip": _box(skip)}
        case _:
            pass
    return held


def read(reader: Reader, name: str, was: Sequence[Step]) -> tuple[Step, ...]:
    """Read the steps of the list below *name*; one that has an id is that step, changed."""
    before = {step.id: step for step in was}
    return tuple(_read(reader, part, before) for part in reader.form.parts(name))


def _read(reader: Reader, part: str, before: dict[StepId, Step]) -> Step:
    spelled = reader.form(f"{part}.id")
    number = StepId(from_native(spelled, "step") or UNMADE) if spelled else StepId(UNMADE)
    was = before.get(number)
    return Step(
        id=number if was is not None else StepId(UNMADE),
        after=reader.take(f"{part}.after", lengths.length, timedelta(0)),
        action=_action(reader, part),
        condition=_condition(reader, part, was.condition if was is not None else None),
    )


def _action(reader: Reader, part: str) -> Action:
    what = reader.form(f"{part}.what") or "all"
    match what:
        case "repeat":
            return RepeatSteps(times=reader.take(f"{part}.times", _number, 0))
        case "resolve":
            return ResolveAlerts()
        case "pause":
            return Pause()
        case "all" | "round_robin":
            importance = reader.form(f"{part}.importance")
            if importance not in ("", *Importance):
                reader.refuse(f"{part}.importance", "Choose one of these.")
                importance = ""
            targets = _targets(reader, part)
            if not targets:
                reader.refuse(f"{part}.targets", "Choose somebody to ask.")
            return NotifyTargets(
                targets=targets,
                assignment=Assignment(what),
                importance=Importance(importance) if importance else None,
            )
        case _:
            reader.refuse(f"{part}.what", "Choose one of these.")
            return Pause()


def _targets(reader: Reader, part: str) -> tuple[Target, ...]:
    found: list[Target] = []
    for text in reader.form.all(f"{part}.targets"):
        try:
            found.append(choosing.target_of(text))
        except Invalid:
            reader.refuse(f"{part}.targets", f"{text[:SHOWN_MAX]!r} is none of the choices.")
    also = [_composed(reader, name) for name in reader.form.parts(f"{part}.also")]
    return tuple(dict.fromkeys([*found, *(each for each in also if each is not None)]))


def _composed(reader: Reader, name: str) -> Target | None:
    """Read whom a step asks in a way of their own: by certain channels, by naming people, or outside."""
    form = reader.form
    whom, via, names = form(f"{name}.whom"), form.all(f"{name}.via"), form.all(f"{name}.names")
    if whom == OUTSIDE:
        address = form(f"{name}.address")
        if not address:
            reader.refuse(f"{name}.address", "Type the address.")
        return AddressTarget(channel=form(f"{name}.channel"), address=address)
    if not whom:
        reader.refuse(f"{name}.whom", "Choose whom to ask so, or take this away.")
        return None
    try:
        return choosing.composed(whom, via, names)
    except Invalid as error:
        reader.refuse(f"{name}.whom", said(error))
        return None


def _condition(reader: Reader, part: str, was: Condition | None) -> Condition | None:
    skip = reader.form.ticked(f"{part}.skip")
    match reader.form(f"{part}.only"):
        case "":
            return None
        case "window":
            window = windows.read(
                reader, f"{part}.condition.window", was.window if isinstance(was, WithinWindow) else None
            )
            return WithinWindow(window=window, skip=skip) if window is not None else None
        case "count":
            count = reader.take(f"{part}.condition.count", _number, 0)
            within = reader.take(f"{part}.condition.within", lengths.length, timedelta(minutes=1))
            return MoreAlertsThan(count=count, within=within, skip=skip)
        case _:
            reader.refuse(f"{part}.only", "Choose one of these.")
            return None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be a whole number")
    return int(text)


def _what(action: Action) -> str:
    match action:
        case NotifyTargets(assignment=assignment):
            return assignment.value
        case RepeatSteps():
            return "repeat"
        case ResolveAlerts():
            return "resolve"
        case Pause():
            return "pause"
        case _:
            assert_never(action)


def _box(ticked: object) -> list[str]:
    return ["on"] if ticked else [""]


# --- in words -----------------------------------------------------------------------------------------


def lines(steps: Iterable[Step], directory: Directory) -> list[str]:
    """Say what the steps of a plan do, one after the other."""
    return [line(step, directory) for step in steps]


def line(step: Step, directory: Directory) -> str:
    """Say what a step does, and how long after the one before."""
    when = f"after {span(step.after)} " if step.after else ""
    return f"{when}{doing(step.action, directory)}{condition(step.condition)}"


def doing(action: Action, directory: Directory) -> str:
    """Say what is done: "asks Ana Alba and team Ops, in turn"."""
    match action:
        case NotifyTargets(targets=targets, assignment=assignment, importance=importance):
            names = listing([choosing.described(choosing.written(each), directory) for each in targets])
            turn = ", in turn" if assignment is Assignment.ROUND_ROBIN else ""
            loud = "" if importance is None else f", {dict(LOUDNESS)[importance.value]}"
            return f"asks {names}{turn}{loud}"
        case ResolveAlerts():
            return "resolves the alerts"
        case RepeatSteps(times=times):
            return f"begins again, {times} {'time' if times == 1 else 'times'} at most"
        case Pause():
            return "goes on"
        case _:
            assert_never(action)


def condition(found: Condition | None) -> str:
    """Say on what a step depends, and what happens otherwise."""
    match found:
        case None:
            return ""
        case WithinWindow(window=window, skip=skip):
            text = f", {windows.in_words(window)}"
        case MoreAlertsThan(count=count, within=within, skip=skip):
            text = f", if more than {count} events came within {span(within)}"
        case _:
            assert_never(found)
    return text + (" (else it is passed over)" if skip else " (else it waits for that)")


# --- the ladder in time -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody, or somewhere, that a step would reach as things stand: *why*, and *how* they are told."""

    name: str
    why: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A step at its time: *at* so long after the page began, if nobody answers."""

    at: str
    text: str
    asked: tuple[Asked, ...] = ()
    missing: tuple[str, ...] = ()
    asks: bool = False


def ladder(plan: EscalationPlan, directory: Directory, now: datetime) -> list[Rung]:
    """Tell when each step comes, and whom it would ask if that were *now*."""
    rungs, reached, waits = [], timedelta(0), False
    for number, step in enumerate(plan.steps):
        asked = number > 0 and isinstance(plan.steps[number - 1].action, NotifyTargets)
        reached += step.after + (directory.pace if asked else timedelta(0))
        waits = waits or step.condition is not None
        at = "at once" if not reached else f"after {span(reached)}"
        rungs.append(_rung(step, f"{at}{' or later' if waits else ''}", directory, now))
    return rungs


def _rung(step: Step, at: str, directory: Directory, now: datetime) -> Rung:
    action = step.action
    text = f"{doing(action, directory)}{condition(step.condition)}"
    if not isinstance(action, NotifyTargets):
        return Rung(at=at, text=text)
    importance, pace = action.importance or Importance.DEFAULT, directory.pace
    asked: dict[int | str, Asked] = {}
    missing: list[str] = []
    for target in action.targets:
        found = directory.find(target, now)
        missing += [because.text for because in found.missing]
        for each in found.recipients:
            how = ways(each.who, importance, pace) if isinstance(each.who, User) else each.who.channel
            asked.setdefault(each.who.id or each.name, Asked(name=each.name, why=each.why, how=how))
    return Rung(at=at, text=text, asked=tuple(asked.values()), missing=tuple(missing), asks=True)


def ways(user: User, importance: Importance, pace: timedelta) -> str:
    """Say how somebody is told: "email at once, sms after 5 minutes"; without rules, every way at once.

    After each rule that can be used the *pace* passes.
    """
    told, waited = list[str](), timedelta(0)
    for rule in user.ladder(importance):
        if rule.channel is not None:
            told.append(f"{rule.channel} {f'after {span(waited)}' if waited else 'at once'}")
        used = rule.channel is None or methods_of(user.reachable, rule)
        waited += rule.wait + (pace if used else timedelta(0))
    if told:
        return ", ".join(told)
    channels = dict.fromkeys(method.channel for method in user.reachable)
    return f"{listing(channels)} at once" if channels else "in no way"
