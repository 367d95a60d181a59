"""What would happen over the days to come, for every class of alerts: who is reached, when, by how many ways.

The deciders are asked, as `explain` asks them, at every instant at which the outcome can change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tocsin.core import schedule as schedules
from tocsin.core.because import moment, span
from tocsin.core.calendar import TimeWindow, next_change
from tocsin.core.classes import PLAIN_TITLE, Kind, kinds_of
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan, NotifyTargets, ScheduleTarget, WithinWindow
from tocsin.core.event import Severity
from tocsin.core.findings import KINDS, Finding, findings_of, overtaken, unmet
from tocsin.core.foresight import Explanation, explain
from tocsin.core.ids import UNMADE, DestinationId, RuleId, UserId
from tocsin.core.notification import NotificationKind
from tocsin.core.verdict import Passed, Routed, Unrouted

DAYS_MAX: Final = 92
ASKED_MAX: Final = 1_500  # instants at which the deciders are asked, for all classes together
_SAID: Final = ("source", "host", "monitor_id", "monitor_name", "event_type", "message")
CHANGES_MAX: Final = 2_000  # of one schedule or window that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Somebody, or some place, that is reached: *after* how long, and by which *ways*."""

    name: str
    after: timedelta
    ways: tuple[str, ...]
    person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """From *starts_at* to *ends_at* whatever begins goes the same way; *why* says why nobody is reached."""

    starts_at: datetime
    ends_at: datetime
    reached: tuple[Reached, ...]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassProof:
    """What becomes of alerts of one class, over time; *whole* tells whether all the days were looked at."""

    name: str
    severities: tuple[Severity, ...]
    rules: tuple[str, ...]
    spells: tuple[Spell, ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who is reached over the days from *starts_at* to *ends_at*, and what stands in the way."""

    starts_at: datetime
    ends_at: datetime
    classes: tuple[ClassProof, ...]
    findings: tuple[Finding, ...]
    whole: bool


def prove(directory: Directory, now: datetime, *, days: int) -> Proof:
    """Prove what the configuration does over the next *days*, as it stands, if nobody answers."""
    ends_at = now + timedelta(days=days)
    kinds = kinds_of(directory, now)
    names = _rule_names(directory)
    share = max(1, ASKED_MAX // max(1, len(kinds.kinds)))
    asked = _Asked(directory=directory, names=names)
    classes = [asked.about(kind, now, ends_at, share) for kind in kinds.kinds]
    findings = (
        *findings_of(directory, now, ends_at),
        *(unmet(names[rule], sure=sure) for rule, sure in kinds.unmet.items()),
        *(overtaken(names[rule], why) for rule, why in asked.why_not.items() if rule not in asked.routed),
        *(hole for each in classes for hole in _holes(each)),
    )
    return Proof(
        starts_at=now,
        ends_at=ends_at,
        classes=tuple(classes),
        findings=tuple(sorted(dict.fromkeys(findings), key=lambda each: KINDS.index(each.kind))),
        whole=kinds.whole and all(each.whole for each in classes),
    )


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What the deciders said so far: which rules have *routed*, and why the others did not."""

    directory: Directory
    names: Mapping[RuleId, str]
    routed: set[RuleId] = field(default_factory=set)
    why_not: dict[RuleId, str] = field(default_factory=dict)

    def about(self, kind: Kind, starts_at: datetime, ends_at: datetime, most: int) -> ClassProof:
        """Ask about alerts of *kind* at each instant at which the answer can change, *most* of them."""
        starts = _changes(self.directory, kind, starts_at, ends_at)
        spells: list[Spell] = []
        for begins, ends in pairwise([*starts, ends_at][: most + 1]):
            told = explain(self.directory, kind.event, begins)
            self._note(kind, told)
            reached = reached_by(told, self.directory)
            why = "" if reached else _why_nobody(told)
            last = spells[-1] if spells else None
            same = last is not None and (last.reached, last.why) == (reached, why)
            since = spells.pop().starts_at if same else begins
            spells.append(Spell(starts_at=since, ends_at=ends, reached=reached, why=why))
        return ClassProof(
            name=_describe(kind, self.directory),
            severities=kind.severities,
            rules=tuple(self.names[rule] for rule in kind.rules),
            spells=tuple(spells),
            whole=len(starts) <= most,
        )

    def _note(self, kind: Kind, told: Explanation) -> None:
        for verdict in told.judgement.verdicts if told.judgement is not None else ():
            if isinstance(verdict, Routed) and verdict.rule is not None:
                self.routed.add(verdict.rule)
            elif isinstance(verdict, Unrouted):
                self.routed |= set(kind.rules)  # one of them takes it and is there to page nobody
            elif isinstance(verdict, Passed) and verdict.rule in kind.rules and verdict.rule is not None:
                self.why_not[verdict.rule] = verdict.because.sentence()


def reached_by(
    told: Explanation, directory: Directory, *, until: datetime | None = None
) -> tuple[Reached, ...]:
    """List whom the pages of *told* reach, before *until* if that is given, the earliest first."""
    first: dict[str, tuple[timedelta, bool]] = {}
    ways: dict[str, list[str]] = {}
    for run in told.runs:
        for each in run.moments:
            for message in each.messages:
                if message.kind is not NotificationKind.PAGE or (until is not None and each.at >= until):
                    continue
                name = _name(message.user, directory) or message.address
                place = directory.destinations.get(message.destination or DestinationId(UNMADE))
                name = place.name if place is not None else name
                after, person = each.at - told.at, message.user is not None
                first[name] = min(first.get(name, (after, person)), (after, person))
                ways.setdefault(name, []).append(message.channel)
    ordered = sorted(first.items(), key=lambda each: (each[1][0], each[0]))
    return tuple(
        Reached(name=name, after=after, ways=tuple(dict.fromkeys(ways[name])), person=person)
        for name, (after, person) in ordered
    )


def _name(user: UserId | None, directory: Directory) -> str:
    known = directory.users.get(user) if user is not None else None
    return known.display_name if known is not None else ""


def _why_nobody(told: Explanation) -> str:
    """Say why nobody is reached: what the policies said, or what the pages met."""
    if told.judgement is not None:
        said = [each.because.sentence() for each in told.judgement.verdicts if not isinstance(each, Passed)]
        nobody = [each for each in told.judgement.verdicts if isinstance(each, Unrouted)]
        if nobody:
            return nobody[-1].because.sentence()
        met = [reason.sentence() for run in told.runs for each in run.moments for reason in each.because]
        return (met or said or ["no policy takes it"])[-1]
    return "it opens no alert"


def _changes(directory: Directory, kind: Kind, starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """Give the instants from *starts_at* on at which what becomes of *kind* can change."""
    rules = [rule for policy in directory.asking for rule in policy.rules if rule.id in kind.rules]
    windows: list[TimeWindow] = [window for rule in rules for window in rule.windows]
    plans = [
        directory.plans[each]
        for rule in rules
        for each in rule.escalation_policies
        if each in directory.plans
    ]
    plans += [plan for rule in rules for plan in rule.plans]
    if directory.catch_all_plan is not None:
        plans.append(directory.catch_all_plan)
    if any(rule.team is not None for rule in rules):
        windows += [window for policy in directory.asking for rule in policy.rules for window in rule.windows]
        plans += list(directory.plans.values())
    found = {starts_at}
    for plan in plans:
        found |= set(_of_plan(plan, directory, starts_at, ends_at))
        windows += [each.condition.window for each in plan.steps if isinstance(each.condition, WithinWindow)]
    windows += [each.recurring for each in directory.silences if each.recurring is not None]
    for window in dict.fromkeys(windows):
        found |= set(_of_window(window, starts_at, ends_at))
    for silence in directory.silences:
        found |= {each for each in (silence.starts_at, silence.ends_at) if each is not None}
    return sorted(each for each in found if starts_at <= each < ends_at)


def _of_plan(
    plan: EscalationPlan, directory: Directory, starts_at: datetime, ends_at: datetime
) -> Iterator[datetime]:
    for step in plan.steps:
        targets = step.action.targets if isinstance(step.action, NotifyTargets) else ()
        for target in targets:
            if isinstance(target, ScheduleTarget) and target.schedule in directory.schedules:
                shifts = schedules.timeline(directory.schedules[target.schedule], starts_at, ends_at)
                for shift in shifts[:CHANGES_MAX]:
                    yield from (each for each in (shift.starts_at, shift.ends_at) if each is not None)


def _of_window(window: TimeWindow, starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    at: datetime | None = starts_at
    for _ in range(CHANGES_MAX):
        at = next_change(window, at) if at is not None else None
        if at is None or at >= ends_at:
            return
        yield at


def _rule_names(directory: Directory) -> dict[RuleId, str]:
    return {
        rule.id: f"{rule.name or f'no. {number}'} of {policy.name}"
        for policy in directory.alert_policies
        for number, rule in enumerate(policy.rules, 1)
    }


def _describe(kind: Kind, directory: Directory) -> str:
    """Name a class by what its event says, as far as the configuration asks for it."""
    event = kind.event
    said = {f"labels.{name}": value for name, value in event.labels.items()}
    said |= {f"dimensions.{name}": value for name, value in event.dimensions.items()}
    said |= {name: getattr(event, name) for name in _SAID if getattr(event, name)}
    if event.title != PLAIN_TITLE:
        said["title"] = event.title
    if event.service != directory.default_service and event.service in directory.services:
        said["service"] = directory.services[event.service].name
    if event.metric is not None:
        said["metric"] = (
            f"{event.metric.name} {event.metric.value if event.metric.value is not None else ''}".strip()
        )
    if event.integration is not None and event.integration in directory.integrations:
        said["integration"] = directory.integrations[event.integration].name
    words = ", ".join(f"{name} = {value}" for name, value in said.items())
    return words or "alerts like any other"


def _holes(proof: ClassProof) -> Iterator[Finding]:
    """Tell of the times at which nobody at all is reached about a class of alerts."""
    holes = [spell for spell in proof.spells if not any(each.person for each in spell.reached)]
    if not holes:
        return
    total = sum((hole.ends_at - hole.starts_at for hole in holes), timedelta())
    first = holes[0]
    whose = f"{'/'.join(proof.severities)} ({proof.name})"
    nobody = "no person is reached" + (", only a place," if first.reached else "")
    when = f"first from {moment(first.starts_at)} to {moment(first.ends_at)}"
    why = f": {first.why}" if first.why else ""
    yield Finding(kind="hole", text=f"{whose}: {nobody} for {span(total)} of these days, {when}{why}")
