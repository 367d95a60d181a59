"""Links of a chain: this API's steps, and the steps of an escalation plan that they are put into.

A wait becomes the time before the step behind it, a condition that of the step behind it. What has none
behind it, or one that has a condition already, is a pause.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from itertools import count
from typing import Any, Final

from tocsin.core.calendar import Restriction, WeeklyWindow
from tocsin.core.escalation import (
    Assignment,
    Condition,
    DestinationTarget,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    ScheduleTarget,
    Step,
    Target,
    TeamTarget,
    UserTarget,
    WithinWindow,
)
from tocsin.core.ids import UNMADE, DestinationId, ScheduleId, StepId, TeamId, UserId
from tocsin.core.people import Importance

WAIT: Final = "wait"
PERSONS: Final = "notify_persons"
NEXT_PERSON: Final = "notify_person_next_each_time"
ON_CALL: Final = "notify_on_call_from_schedule"
TEAM: Final = "notify_team_members"
GROUP: Final = "notify_user_group"
WEBHOOK: Final = "trigger_webhook"
RESOLVE: Final = "resolve"
HOURS: Final = "notify_if_time_from_to"
ALERTS: Final = "notify_if_num_alerts_in_window"
REPEAT: Final = "repeat_escalation"

USUAL_WAIT: Final = timedelta(minutes=5)
REPEATS: Final = 5
_WEEK: Final = range(7)
_NUMBER_AT: Final = 50  # where the ids of a step's further links differ from its own

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step of a chain: its *values* are the fields of its type, references as numbers.

    *step* is the plan's step that it was put into, if it is one by itself.
    """

    id: int
    position: int
    type: str
    values: Values = field(default_factory=dict)
    step: int = UNMADE


def kept(link: Link) -> dict[str, Any]:
    """Give a link as it is kept."""
    return {
        "id": link.id,
        "position": link.position,
        "type": link.type,
        "values": dict(link.values),
        "step": link.step,
    }


def links_of(stored: Iterable[Values]) -> tuple[Link, ...]:
    """Read links as they are kept."""
    return tuple(Link(**each) for each in stored)


def compiled(links: Sequence[Link]) -> list[tuple[Step, int | None]]:
    """Put links into the steps of a plan; with each step comes the id of the link that it is."""
    steps: list[tuple[Step, int | None]] = []
    after, condition = timedelta(0), None
    for link in links:
        if link.type == WAIT:
            if condition is not None:  # the wait begins when the condition holds
                steps.append((_pause(after, condition), None))
                after, condition = timedelta(0), None
            after += _wait(link.values)
            continue
        holds = _condition(link)
        if link.type in {HOURS, ALERTS}:
            if condition is not None and holds is not None:
                steps.append((_pause(after, condition), None))
                after = timedelta(0)
            condition = holds or condition
            continue
        action = _action(link)
        steps.append((Step(id=StepId(link.step), after=after, action=action, condition=condition), link.id))
        after, condition = timedelta(0), None
    if condition is not None:
        steps.append((_pause(after, condition), None))
    if not steps:
        steps.append((_pause(after, None), None))
    return steps


def says_the_same(links: Sequence[Link], steps: Sequence[Step]) -> bool:
    """Tell whether *links* still are what the plan says."""
    made = [_plain(step) for step, _ in compiled(links)]
    return made == [_plain(step) for step in steps]


def taken_apart(steps: Sequence[Step]) -> Iterator[Link]:
    """Take a plan's steps apart into links, as far as this API has words for them."""
    if len(steps) == 1 and isinstance(steps[0].action, Pause) and steps[0].condition is None:
        return
    position = 0
    for step in steps:
        for link in _links(step):
            yield replace(link, position=position)
            position += 1


def _links(step: Step) -> Iterator[Link]:
    """Give the links that a step is: its wait and its condition first, whose ids are made from its own."""
    if step.after:
        seconds = int(step.after.total_seconds())
        yield Link(id=_beside(step.id, 3), position=0, type=WAIT, values={"duration": seconds})
    if step.condition is not None:
        yield Link(id=_beside(step.id, 2), position=0, **_shown_condition(step.condition))
    match step.action:
        case ResolveAlerts():
            yield Link(id=step.id, position=0, type=RESOLVE, step=step.id)
        case RepeatSteps():
            yield Link(id=step.id, position=0, type=REPEAT, step=step.id)
        case NotifyTargets() as action:
            yield from _shown_targets(step.id, action)
        case _:
            return


def _shown_targets(step: StepId, action: NotifyTargets) -> Iterator[Link]:
    important = action.importance is Importance.IMPORTANT
    people = [target.user for target in action.targets if isinstance(target, UserTarget)]
    made = count()

    def link(type_: str, **values: Any) -> Link:
        number = next(made)
        identifier = step if not number else _beside(step, 0) ^ number << _NUMBER_AT
        return Link(id=identifier, position=0, type=type_, values=values, step=step)

    if people and action.assignment is Assignment.ROUND_ROBIN:
        yield link(NEXT_PERSON, persons=people, important=important)
    elif people:
        yield link(PERSONS, persons=people, important=important)
    for target in action.targets:
        match target:
            case ScheduleTarget(schedule=schedule):
                yield link(ON_CALL, schedule=schedule, important=important)
            case TeamTarget(team=team):
                yield link(TEAM, team=team, important=important)
            case DestinationTarget(destination=destination):
                yield link(WEBHOOK, webhook=destination)
            case _:
                continue


def _action(link: Link) -> NotifyTargets | ResolveAlerts | RepeatSteps | Pause:
    match link.type:
        case "resolve":
            return ResolveAlerts()
        case "repeat_escalation":
            return RepeatSteps(times=REPEATS)
        case _:
            targets = tuple(_targets(link))
    if not targets:
        return Pause()
    in_turn = link.type == NEXT_PERSON
    return NotifyTargets(
        targets=targets,
        assignment=Assignment.ROUND_ROBIN if in_turn else Assignment.ALL,
        importance=Importance.IMPORTANT if link.values.get("important") else None,
    )


def _targets(link: Link) -> Iterator[Target]:
    values = link.values
    for person in values.get("persons", ()):
        yield UserTarget(user=UserId(person))
    if values.get("schedule") is not None:
        yield ScheduleTarget(schedule=ScheduleId(values["schedule"]))
    if values.get("team") is not None:
        yield TeamTarget(team=TeamId(values["team"]))
    if values.get("webhook") is not None:
        yield DestinationTarget(destination=DestinationId(values["webhook"]))


def _wait(values: Values) -> timedelta:
    seconds = values.get("duration")
    return USUAL_WAIT if seconds is None else timedelta(seconds=seconds)


def _pause(after: timedelta, condition: Condition | None) -> Step:
    return Step(id=StepId(UNMADE), after=after, action=Pause(), condition=condition)


def _condition(link: Link) -> Condition | None:
    values = link.values
    if link.type == HOURS and values.get("from") and values.get("to"):
        start, end = (time.fromisoformat(values[name]) for name in ("from", "to"))
        if start == end:  # the whole day
            return None
        later = int(end <= start)
        spans = tuple(
            Restriction(start_day=day, start_time=start, end_day=(day + later) % 7, end_time=end)
            for day in _WEEK
        )
        return WithinWindow(window=WeeklyWindow(spans=spans, time_zone="UTC"))
    if link.type == ALERTS and None not in (values.get("alerts"), values.get("minutes")):
        return MoreAlertsThan(count=values["alerts"], within=timedelta(minutes=values["minutes"]))
    return None


def _shown_condition(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, MoreAlertsThan):
        minutes = max(1, int(condition.within.total_seconds()) // 60)
        return {"type": ALERTS, "values": {"alerts": condition.count, "minutes": minutes}}
    window = condition.window
    spans = window.spans if isinstance(window, WeeklyWindow) else ()
    daily = {(span.start_time, span.end_time) for span in spans}
    if len(daily) != 1 or len(spans) != len(_WEEK):
        return {"type": HOURS, "values": {"from": None, "to": None}}
    ((start, end),) = daily
    return {"type": HOURS, "values": {"from": start.isoformat(), "to": end.isoformat()}}


def _beside(step: int, which: int) -> int:
    """Make the id of a link that is part of a step: its two highest bits tell it from the step's own."""
    return (step & ~(3 << 58)) | (which << 58)


def _plain(step: Step) -> Step:
    """Give a step without what says nothing: its id, and the order of those who take turns."""
    action = step.action
    if isinstance(action, NotifyTargets) and action.assignment is Assignment.ROUND_ROBIN:
        action = replace(action, targets=tuple(sorted(action.targets, key=repr)))
    return replace(step, id=StepId(UNMADE), action=action)
