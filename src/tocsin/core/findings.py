"""What stands between an alert and a person over the days to come, a sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.core import gaps
from tocsin.core.clock_changes import oddities
from tocsin.core.directory import Directory
from tocsin.core.escalation import NotifyTargets, ScheduleTarget, TeamTarget, UserTarget
from tocsin.core.ids import ScheduleId, UserId
from tocsin.core.schedule import timeline

KINDS: Final = ("hole", "gap", "dead end", "never", "clock change", "one way")
"""The sorts of findings, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that keeps a page from somebody, or may do so; *kind* is one word for its sort."""

    kind: str
    text: str


def findings_of(directory: Directory, starts_at: datetime, ends_at: datetime) -> Iterator[Finding]:
    """Look at the configuration as a whole: gaps, dead ends, clock changes, people with one way alone."""
    for text in gaps.find(directory, starts_at, horizon=ends_at - starts_at):
        yield Finding(kind="gap" if text.startswith("nobody is on call") else "dead end", text=text)
    for schedule in directory.schedules.values():
        for odd in oddities(schedule, starts_at, ends_at):
            yield Finding(kind="clock change", text=odd.text)
    for user in sorted(_asked(directory, starts_at, ends_at)):
        known = directory.users.get(user)
        channels = {each.channel for each in known.reachable} if known is not None else set[str]()
        if known is not None and len(channels) == 1:
            way = f"in one way alone, {min(channels)}"
            text = f"{known.display_name} is reached {way}: nothing is left if that fails"
            yield Finding(kind="one way", text=text)


def unmet(rule: str, *, sure: bool) -> Finding:
    """Say that no alert was found that *rule* takes."""
    if sure:
        return Finding(kind="never", text=f"rule {rule} can never match: what it asks cannot all be true")
    return Finding(kind="never", text=f"rule {rule}: no alert was found that it takes; see to its patterns")


def overtaken(rule: str, why: str) -> Finding:
    """Say that *rule* acts on nothing in these days, though there are alerts that it would take."""
    return Finding(kind="never", text=f"rule {rule} takes nothing in these days: {why}")


def _asked(directory: Directory, starts_at: datetime, ends_at: datetime) -> set[UserId]:
    """Name everybody whom a step may ask in these days."""
    found: set[UserId] = set()
    schedules: set[ScheduleId] = set()
    plans = [*directory.plans.values()]
    plans += [plan for policy in directory.alert_policies for rule in policy.rules for plan in rule.plans]
    for plan in plans:
        for step in plan.steps:
            for target in step.action.targets if isinstance(step.action, NotifyTargets) else ():
                match target:
                    case UserTarget(user=user):
                        found.add(user)
                    case TeamTarget(team=team) if team in directory.teams:
                        found |= set(directory.teams[team].members)
                    case ScheduleTarget(schedule=schedule):
                        schedules.add(schedule)
                    case _:
                        pass
    for each in schedules & directory.schedules.keys():
        found |= {shift.user for shift in timeline(directory.schedules[each], starts_at, ends_at)}
    return found
