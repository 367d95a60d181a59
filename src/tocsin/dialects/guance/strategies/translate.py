"""From what a strategy says to an alert policy: a rule for each target of each entry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from tocsin.core.aggregation import UNGATHERED, GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Lasting, Mode, RepeatSilence, Rule, Scope
from tocsin.core.alert_policy_check import REPEAT_SILENCE_MAX
from tocsin.core.calendar import CronWindow, DateSetWindow, TimeWindow
from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    EscalationPlan,
    NotifyTargets,
    Step,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.filter_tree import Compare, Operator, all_of
from tocsin.core.filters import EVERYTHING, Filter, from_expression
from tocsin.core.ids import (
    UNMADE,
    AlertPolicyId,
    DateSetId,
    DestinationId,
    PlanId,
    RuleId,
    StepId,
    TeamId,
    UserId,
    WorkspaceId,
)
from tocsin.core.plan import AFTER_MAX, TARGETS_MAX
from tocsin.dialects.guance import attributes
from tocsin.dialects.guance.spelled import DATES, MEMBER, NOTIFY, TEAM, read
from tocsin.dialects.guance.strategies.moments import Moment, Repeating
from tocsin.dialects.guance.strategies.search import parse_search, tags_filter
from tocsin.dialects.guance.strategies.wire import SECURITY, AggType, AlertOpt, Entry, Info, Upgrade
from tocsin.dialects.guance.strategies.wire import Target as WireTarget

NEVER: Final = "0 0 30 2 *"  # no year has that day
CLUSTER: Final = "CLUSTER"
RECIPIENTS_MAX: Final = 1_000
_FIELDS: Final = {
    "df_monitor_checker_id": "monitor_id",
    "df_dimension_tags": "dimensions",
    "df_label": "monitor_labels",
    "df_title": "title",
    "df_message": "message",
}
_WAYS: Final = {"email": "email", "mail": "email", "sms": "sms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an ``alertOpt`` makes of a policy."""

    gathering: Gathering
    repeat: RepeatSilence
    notify_resolved: bool
    rules: tuple[Rule, ...]


NOTHING: Final = Meaning(
    gathering=UNGATHERED, repeat=RepeatSilence(each_severity=True), notify_resolved=True, rules=()
)
"""What a strategy without ``alertOpt`` means: it takes events, and notifies nobody."""


def meaning_of(opt: AlertOpt, zone: str) -> Meaning:
    """Say what *opt* means where the clocks are those of *zone*."""
    return Meaning(
        gathering=_gathering(opt),
        repeat=RepeatSilence(
            after=_silence(opt.silent_timeout or 0),
            by_severity={level: _silence(silence) for level, silence in opt.by_status},
            each_severity=True,
        ),
        notify_resolved=not opt.ignore_ok,
        rules=tuple(_rules(opt, zone)),
    )


def drafted(name: str, description: str, zone: str, monitors: Iterable[str], meaning: Meaning) -> AlertPolicy:
    """Make a new policy of what a strategy says."""
    empty = AlertPolicy(
        id=AlertPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=name,
        description=description,
        time_zone=zone,
        mode=Mode.FIRST_WINDOW,
        scope=Scope(monitors=frozenset(monitors), filter=EVERYTHING),
    )
    return meaning_in(empty, meaning)


def meaning_in(policy: AlertPolicy, meaning: Meaning) -> AlertPolicy:
    """Put *meaning* into *policy*."""
    return replace(
        policy,
        mode=Mode.FIRST_WINDOW,
        gathering=meaning.gathering,
        repeat=meaning.repeat,
        notify_resolved=meaning.notify_resolved,
        rules=meaning.rules,
    )


def still_means(policy: AlertPolicy, meaning: Meaning) -> bool:
    """Tell whether *policy* is still what *meaning* made of it, whatever its plans are called."""
    return (
        policy.mode is Mode.FIRST_WINDOW
        and policy.gathering == meaning.gathering
        and policy.repeat == meaning.repeat
        and policy.notify_resolved == meaning.notify_resolved
        and tuple(map(_without_ids, policy.rules)) == tuple(map(_without_ids, meaning.rules))
    )


def _without_ids(rule: Rule) -> Rule:
    return replace(
        rule,
        id=RuleId(UNMADE),
        inline=tuple(map(_plan_without_ids, rule.inline)),
        lasting=tuple(replace(each, plan=_plan_without_ids(each.plan)) for each in rule.lasting),
    )


def _plan_without_ids(plan: EscalationPlan) -> EscalationPlan:
    steps = tuple(replace(step, id=StepId(UNMADE)) for step in plan.steps)
    return replace(plan, id=PlanId(UNMADE), name="", steps=steps)


def _silence(seconds: int) -> timedelta | None:
    """Read a silence: 0 is for as long as the fault lasts, and so is what is longer than a year."""
    span = timedelta(seconds=min(seconds, 10**9))
    return None if not seconds or span > REPEAT_SILENCE_MAX else span


def _gathering(opt: AlertOpt) -> Gathering:
    if not opt.interval:
        return UNGATHERED
    kind = opt.agg_type or (AggType.CLUSTER if CLUSTER in opt.agg_fields else AggType.FIELDS)
    by, fields = GatherBy.FIELDS, _fields(opt.agg_fields)
    labels: tuple[str, ...] = ()
    if kind is AggType.CLUSTER:
        by, fields = GatherBy.SIMILARITY, _fields(opt.cluster_fields or ("df_title",))
    elif kind is AggType.AI:
        by, fields = GatherBy.MEANING, ("title",)
    elif "df_label" in opt.agg_fields:
        labels = opt.agg_labels
    return Gathering(
        by=by,
        fields=fields,
        first_labels=labels,
        window=timedelta(seconds=opt.interval),
        first_at_once=opt.first_at_once,
        digest=True,
    )


def _fields(names: Iterable[str]) -> tuple[str, ...]:
    known = (_FIELDS.get(name) or attributes.fields_of(name)[0] for name in names if name != CLUSTER)
    return tuple(dict.fromkeys(known))


def _rules(opt: AlertOpt, zone: str) -> Iterator[Rule]:
    taken: set[TimeWindow] = set()
    for entry in opt.entries:
        window = _window(entry.moment, zone)
        if window in taken:
            continue  # the entry before it is always the first whose window is open
        if window is not None:
            taken.add(window)
        for info in entry.infos:
            for target in info.targets:
                yield _rule(opt, entry, info, target, window)


def _rule(opt: AlertOpt, entry: Entry, info: Info, target: WireTarget, window: TimeWindow | None) -> Rule:
    name = " / ".join(part for part in (entry.name, info.name) if part)[:255]
    if len(info.members) > RECIPIENTS_MAX:
        problem = f"has {len(info.members)} entries"
        raise Invalid(f"{info.path}.memberInfo", problem, f"must have at most {RECIPIENTS_MAX}")
    to = _recipients(target.to, info.members, by_member=opt.by_member)
    plan = _plan(name, to, timedelta(0), f"{target.path}.to") if to else None
    return Rule(
        id=RuleId(UNMADE),
        name=name,
        filter=_filter(info, target),
        severities=target.levels,
        window=window,
        fallback=window is None,
        importance=None,
        inline=(plan,) if plan is not None else (),
        lasting=tuple(_lastings(opt, name, target)),
    )


def _lastings(opt: AlertOpt, name: str, target: WireTarget) -> Iterator[Lasting]:
    for place, upgrade in enumerate(target.upgrades):
        if upgrade.to:
            yield _lasting(opt, name, upgrade, f"{target.path}.upgradeTargets[{place}]")


def _lasting(opt: AlertOpt, name: str, upgrade: Upgrade, path: str) -> Lasting:
    after = timedelta(seconds=min(upgrade.duration, 10**9))
    if after > AFTER_MAX:
        remedy = f"must be 0 to {AFTER_MAX.total_seconds():.0f} seconds"
        raise Invalid(f"{path}.duration", f"is {upgrade.duration}", remedy)
    if len(upgrade.to) > RECIPIENTS_MAX:
        problem = f"has {len(upgrade.to)} entries"
        raise Invalid(f"{path}.to", problem, f"must have at most {RECIPIENTS_MAX}")
    if opt.by_member:
        to = _recipients(upgrade.ways, upgrade.to, by_member=True)
    else:
        to = _recipients(upgrade.to, (), by_member=False)
    return Lasting(severities=upgrade.levels or frozenset(), plan=_plan(name, to, after, f"{path}.to"))


def _plan(name: str, to: Sequence[Target], after: timedelta, path: str) -> EscalationPlan:
    """Make a plan that asks all of *to*, at once, when *after* is over."""
    if len(to) > RECIPIENTS_MAX:
        raise Invalid(path, f"has {len(to)} entries", f"must have at most {RECIPIENTS_MAX}")
    parts = [tuple(to[start : start + TARGETS_MAX]) for start in range(0, len(to), TARGETS_MAX)]
    steps = tuple(
        Step(
            id=StepId(UNMADE),
            after=after if not place else timedelta(0),
            action=NotifyTargets(targets=part),
        )
        for place, part in enumerate(parts)
    )
    return EscalationPlan(id=PlanId(UNMADE), name=name or "notification rule", steps=steps)


def _recipients(to: Sequence[str], members: Sequence[str], *, by_member: bool) -> tuple[Target, ...]:
    """Find whom *to* names; by member, ways of reaching *members* stand there beside places."""
    found: list[Target] = []
    for name in to:
        way = _WAYS.get(name) if by_member else None
        if way is not None:
            found += [_recipient(member, way) for member in members]
        else:
            found.append(_recipient(name, "email", members))
    return tuple(dict.fromkeys(found))


def _recipient(name: str, way: str, members: Sequence[str] = ()) -> Target:
    """Find one; what is none of ours stays as it is written, so that the story can say who was not there."""
    if (member := read(name, MEMBER)) is not None:
        return UserTarget(user=UserId(member), via=(way,))
    if (team := read(name, TEAM)) is not None:
        return TeamTarget(team=TeamId(team), via=(way,))
    if (place := read(name, NOTIFY)) is not None:
        named = (_recipient(member, "") for member in members)
        mentions = tuple(replace(each, via=()) for each in named if isinstance(each, UserTarget | TeamTarget))
        return DestinationTarget(destination=DestinationId(place), mentions=mentions)
    return AddressTarget(channel=way, address=name[:320])


def _filter(info: Info, target: WireTarget) -> Filter:
    """Put the filters together that a target has: its members', and its own string or, without one, tags."""
    found = [parse_search(info.filter_string, f"{info.path}.filterString")]
    if target.filter_string.strip():
        path = f"{target.path}.filterString"
        found.append(parse_search(target.filter_string, path))
    else:
        path = f"{target.path}.tags"
        found.append(tags_filter(_tags(target.tags), path))
    parts = [each.expression for each in found if each is not EVERYTHING]
    if target.security:
        parts.append(Compare("source", Operator.EQUAL, SECURITY))
    if not parts:
        return EVERYTHING
    return from_expression(attributes.with_source(all_of(*parts)), path)


def _tags(tags: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    return {name: values for name, values in tags.items() if name not in ("", "-")}


def _window(moment: Moment | None, zone: str) -> TimeWindow | None:
    match moment:
        case None:
            return None
        case Repeating(crontab=crontab, duration=duration):
            return CronWindow(expression=crontab, duration=duration, time_zone=zone)
        case _:
            sets = tuple(
                DateSetId(found) for each in moment.dates if (found := read(each, DATES)) is not None
            )
            if not sets:  # they may come later under another id, but never under this one
                return CronWindow(expression=NEVER, duration=moment.duration, time_zone=zone)
            return DateSetWindow(sets=sets, start=moment.start, duration=moment.duration, time_zone=zone)
