"""Rules of a team to and fro: the domain's rules of the team's alert policy.

Escalation policies, another team, weekly windows, hours, importance and the limit of acknowledgements are the
domain's. Slack, Teams and workflow actions are messages to the destination of that name; where there is none,
the action is kept and does nothing, and a rule that could do nothing else is no rule of the domain: what
matches it goes on to the next. How a rule was written is kept beside the policy, and shown for as long as it
still says what the domain does.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from tocsin.core.alert_policy import AlertPolicy, Mode, Rule, Scope
from tocsin.core.calendar import TimeWindow, WeeklyWindow
from tocsin.core.errors import Invalid
from tocsin.core.escalation import DestinationTarget, EscalationPlan, NotifyTargets, Step
from tocsin.core.filters import EVERYTHING, Filter
from tocsin.core.ids import (
    UNMADE,
    AlertPolicyId,
    DestinationId,
    EscalationPolicyId,
    PlanId,
    RuleId,
    StepId,
    TeamId,
    WorkspaceId,
)
from tocsin.core.people import Importance, Team
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.hours import show_spans, spans_of
from tocsin.dialects.datadog.jsonapi import Reference, ToMany, to_one
from tocsin.dialects.datadog.routing.query import read_query, to_query
from tocsin.dialects.datadog.routing.wire import (
    ACK_TIMEOUT_MAX,
    ACK_TIMEOUT_MIN,
    ROUTING,
    Action,
    Escalate,
    Hours,
    Message,
    Reroute,
    RoutingDocument,
    RoutingLinks,
    RoutingObject,
    RuleAttributes,
    RuleBody,
    RuleLinks,
    RuleObject,
    RunWorkflow,
    SendSlack,
    SendTeams,
    SupportHours,
    Urgency,
)
from tocsin.dialects.datadog.spelled import reference

KIND: Final = "alert policy"
MESSAGES: Final = "Messages"
NAME_LENGTH_MAX: Final = 255
WORDS: Final = (
    (re.compile(r"^(rules\[\d+\])\.escalation_policies\[\d+\]$"), r"\1.policy_id"),
    (re.compile(r"^(rules\[\d+\])\.team$"), r"\1.destination_team_id"),
    (re.compile(r"^(rules\[\d+\])\.window"), r"\1.time_restriction"),
    (re.compile(r"^(rules\[\d+\])\.hours"), r"\1.support_hours"),
    (re.compile(r"\.spans"), ".restrictions"),
)
_MINUTE: Final = timedelta(minutes=1)
_IMPORTANCES: Final[Mapping[Urgency, Importance | None]] = {
    "high": Importance.IMPORTANT,
    "low": Importance.DEFAULT,
    "dynamic": None,
}
_URGENCIES: Final[Mapping[Importance | None, Urgency]] = {
    importance: urgency for urgency, importance in _IMPORTANCES.items()
}

Places = Mapping[str, DestinationId]
"""Destinations by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A rule as it was written, under its id; *acts* tells whether the domain has it."""

    id: RuleId
    body: RuleBody
    acts: bool


def new_policy(team: Team) -> AlertPolicy:
    """Make the policy that holds the rules of *team*."""
    return AlertPolicy(
        id=AlertPolicyId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=f"Routing of {team.name}"[:NAME_LENGTH_MAX],
        scope=Scope(team=team.id, filter=EVERYTHING),
        mode=Mode.FIRST,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A rule that was read, and its id here; *rule* is None when there is nothing that it could do."""

    id: RuleId
    rule: Rule | None


def drafted(
    given: RuleBody, path: str, *, places: Places, was: Mapping[RuleId, Rule], kept: Collection[RuleId]
) -> Drafted:
    """Read a rule, which may be one that *was* there, in the domain or only *kept*."""
    number = RuleId(UNMADE if not given.id else reference(given.id, "rule", f"{path}.id"))
    if number != UNMADE and number not in was and number not in kept:
        raise Invalid(f"{path}.id", f"names {given.id}, which is no rule of this team", "must be left out")
    before = was.get(number) or Rule(id=RuleId(UNMADE), filter=EVERYTHING)
    escalation = _escalation(given)
    _must_be_one(given, before, f"{path}.actions")
    reroute = next((each for each in given.actions or () if isinstance(each, Reroute)), None)
    urgency = (escalation.urgency if escalation is not None else None) or given.urgency
    rule = replace(
        before,
        filter=_filter(given, was.get(number), f"{path}.query"),
        window=_hidden(before.window) if given.time_restriction is None else _window(given.time_restriction),
        importance=_IMPORTANCES[urgency or "dynamic"],
        escalation_policies=_policies(escalation, before, f"{path}.policy_id"),
        inline=_inline(given.actions or (), places, before),
        team=None if reroute is None else _team(reroute, f"{path}.destination_team_id"),
        hours=_hours(escalation, before),
        held_for=_held_for(escalation, before),
    )
    acts = bool(rule.escalation_policies or rule.inline) or rule.team is not None
    if acts:
        return Drafted(id=number, rule=replace(rule, nobody=False))
    return Drafted(id=number, rule=rule if rule.nobody or rule.lasting else None)


def dumped(written: Iterable[Written]) -> dict[str, Any]:
    """Write what is kept beside the policy."""
    return {
        "rules": [
            {"id": each.id, "acts": each.acts, "body": msgspec.to_builtins(each.body)} for each in written
        ]
    }


def loaded(kept: Mapping[str, Any]) -> list[Written]:
    """Read what was kept beside the policy."""
    return [
        Written(id=RuleId(each["id"]), acts=each["acts"], body=msgspec.convert(each["body"], RuleBody))
        for each in kept.get("rules", ())
    ]


def in_order(policy: AlertPolicy | None, kept: Sequence[Written]) -> list[RuleObject]:
    """Write the rules of a team: those of the domain, and between them those that can do nothing here."""
    rules = () if policy is None else policy.rules
    here = {rule.id for rule in rules}
    known = {each.id: each.body for each in kept}
    behind: dict[RuleId, list[Written]] = {}
    last = RuleId(UNMADE)
    for each in kept:
        if each.acts:
            last = each.id if each.id in here else last
        else:
            behind.setdefault(last, []).append(each)
    shown = [_show_idle(each) for each in behind.get(RuleId(UNMADE), ())]
    for rule in rules:
        shown.append(_show_rule(rule, known.get(rule.id)))
        shown += [_show_idle(each) for each in behind.get(rule.id, ())]
    return shown


def show_routing(
    team: TeamId, policy: AlertPolicy | None, kept: Sequence[Written], *, included: bool
) -> RoutingDocument:
    """Write the rules of a team."""
    shown = in_order(policy, kept)
    links = RoutingLinks(ToMany([Reference(rule.id, ROUTING) for rule in shown]))
    return RoutingDocument(RoutingObject(to_uuid(team), links), shown if included else UNSET)


def _show_idle(written: Written) -> RuleObject:
    body = written.body
    attributes = RuleAttributes(
        body.query or "", list(body.actions or ()), body.urgency or UNSET, body.time_restriction or UNSET
    )
    return RuleObject(to_uuid(written.id), attributes, RuleLinks())


def _show_rule(rule: Rule, body: RuleBody | None) -> RuleObject:
    policies = rule.escalation_policies
    attributes = RuleAttributes(
        _query(rule, body or RuleBody()),
        list(_actions(rule, body)),
        _urgency(rule, body),
        UNSET if not isinstance(rule.window, WeeklyWindow) else _show_hours(rule.window),
    )
    links = RuleLinks(to_one("policies", policies[0])) if policies else RuleLinks()
    return RuleObject(to_uuid(rule.id), attributes, links)


def _query(rule: Rule, body: RuleBody) -> str:
    """Give the query as it was written, or what the filter has become since, as far as that can be said."""
    written = body.query or ""
    try:
        same = read_query(written, "query") == rule.filter
    except Invalid:
        same = False
    if same:
        return written
    found = to_query(rule.filter)
    return rule.filter.text if found is None else found


def _urgency(rule: Rule, body: RuleBody | None) -> Urgency | UnsetType:
    """Give the urgency, which is not there where that is how it was written and it still means the same."""
    if rule.importance is None and body is not None:
        escalation = _escalation(body)
        if not (body.urgency or (escalation is not None and escalation.urgency)):
            return UNSET
    return _URGENCIES[rule.importance]


def _actions(rule: Rule, body: RuleBody | None) -> Iterator[Action]:
    """Give the actions in the order in which they were written, those of the domain as they are now."""
    escalations = [_show_escalation(rule, body, policy) for policy in rule.escalation_policies]
    reroutes = [] if rule.team is None else [Reroute(to_uuid(rule.team))]
    for each in (body.actions or ()) if body is not None else ():
        match each:
            case Escalate():
                yield from escalations[:1]
                escalations = escalations[1:]
            case Reroute():
                yield from reroutes
                reroutes = []
            case _:
                yield each
    yield from escalations
    yield from reroutes


def _show_escalation(rule: Rule, body: RuleBody | None, policy: EscalationPolicyId) -> Escalate:
    written = None if body is None else _escalation(body)
    hours = written.support_hours if written is not None else None
    if isinstance(rule.hours, WeeklyWindow):
        shown = _show_hours(rule.hours)
        hours = SupportHours(shown.time_zone, shown.restrictions)
    elif hours is not None and hours.restrictions:  # they have gone since
        hours = None
    urgency = _urgency(rule, body)
    return Escalate(
        to_uuid(policy),
        None if urgency is UNSET else urgency,
        None if rule.held_for is None else _minutes(rule.held_for),
        hours,
    )


def _escalation(given: RuleBody) -> Escalate | None:
    """Find the escalation of a rule, in whichever of the two forms it was written."""
    found = next((each for each in given.actions or () if isinstance(each, Escalate)), None)
    if found is None and given.policy_id:
        return Escalate(given.policy_id, given.urgency)
    return found


def _policies(escalation: Escalate | None, before: Rule, path: str) -> tuple[EscalationPolicyId, ...]:
    if escalation is None:
        return ()
    named = EscalationPolicyId(reference(escalation.policy_id, "escalation policy", path))
    others = before.escalation_policies[1:]
    return (named, *(each for each in others if each != named))


def _team(action: Reroute, path: str) -> TeamId:
    return TeamId(reference(action.destination_team_id, "team", path))


def _window(hours: Hours | SupportHours) -> WeeklyWindow:
    return WeeklyWindow(spans=spans_of(hours.restrictions), time_zone=hours.time_zone)


def _hours(escalation: Escalate | None, before: Rule) -> TimeWindow | None:
    if escalation is None and not before.escalation_policies:
        return before.hours
    hours = escalation.support_hours if escalation is not None else None
    return _window(hours) if hours is not None and hours.restrictions else _hidden(before.hours)


def _held_for(escalation: Escalate | None, before: Rule) -> timedelta | None:
    if escalation is None and not before.escalation_policies:
        return before.held_for  # it is shown with an escalation policy only
    minutes = escalation.ack_timeout_minutes if escalation is not None else None
    if minutes is None:
        return None
    was = before.held_for
    return was if was is not None and _minutes(was) == minutes else minutes * _MINUTE


def _minutes(held_for: timedelta) -> int:
    """Give how long an acknowledgement holds, as far as this API has words for it."""
    return min(max(held_for // _MINUTE, ACK_TIMEOUT_MIN), ACK_TIMEOUT_MAX)


def _hidden(window: TimeWindow | None) -> TimeWindow | None:
    """Give the window of a rule that this API cannot show, and so cannot be asked to take away."""
    return None if isinstance(window, WeeklyWindow) else window


def _filter(given: RuleBody, before: Rule | None, path: str) -> Filter:
    """Read the query; a filter that was shown in our own language stays when it comes back as shown."""
    back = before is not None and bool(given.query) and given.query == before.filter.text
    if before is not None and back and to_query(before.filter) is None:
        return before.filter
    return read_query(given.query or "", path)


def _must_be_one(given: RuleBody, before: Rule, path: str) -> None:
    """Raise Invalid for several escalation policies, unless they are those that the rule had before."""
    named = [each.policy_id.lower() for each in given.actions or () if isinstance(each, Escalate)]
    if len(named) > 1 and named != [to_uuid(each) for each in before.escalation_policies]:
        raise Invalid(path, "has more than one escalation policy", "must have at most one")


def _show_hours(window: WeeklyWindow) -> Hours:
    return Hours(window.time_zone, show_spans(window.spans))


def _inline(actions: Iterable[Action], places: Places, before: Rule) -> tuple[EscalationPlan, ...]:
    """Give the plans that stand in the rule itself: what it had, and one that tells destinations."""
    found = (
        next((places[name] for name in names_of(each) if name in places), None)
        for each in actions
        if not isinstance(each, Escalate | Reroute)
    )
    told = dict.fromkeys(place for place in found if place is not None)
    targets = tuple(DestinationTarget(destination=place) for place in told)
    own = next((plan for plan in before.inline if _tells_places(plan)), None)
    others = tuple(plan for plan in before.inline if plan is not own)
    if not targets:
        return others
    if own is not None and own.steps[0].action == NotifyTargets(targets=targets):
        return (*others, own)
    step = Step(id=StepId(UNMADE), action=NotifyTargets(targets=targets))
    return (*others, EscalationPlan(id=PlanId(UNMADE), name=MESSAGES, steps=(step,)))


def names_of(action: Message) -> tuple[str, ...]:
    """Give the names of a destination that an action can mean."""
    match action:
        case SendSlack(channel=channel):
            return (channel,) if channel.startswith("#") else (f"#{channel}", channel)
        case SendTeams(team=team, channel=channel):
            return (f"{team}/{channel}", channel)
        case RunWorkflow(handle=handle):
            return (handle,)


def _tells_places(plan: EscalationPlan) -> bool:
    (step, *rest) = plan.steps
    if rest or not isinstance(step.action, NotifyTargets) or plan.name != MESSAGES:
        return False
    return all(isinstance(target, DestinationTarget) for target in step.action.targets)
