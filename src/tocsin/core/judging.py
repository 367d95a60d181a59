"""What alert policies say of an alert: who is paged about it, who is not, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from tocsin.core.aggregation import GatherBy, group_key
from tocsin.core.alert import Alert, AlertStatus, PolicyMemory, Routing, is_acknowledged
from tocsin.core.alert_by_hand import is_snoozed
from tocsin.core.alert_policy import AlertPolicy, Mode, Rule, policy_of
from tocsin.core.because import Because
from tocsin.core.because_routing import (
    AnotherWindowDecides,
    FallbackNotNeeded,
    FilterNotMatched,
    HandedInACircle,
    HandedOn,
    HandedToNobody,
    HeldByAcknowledgement,
    NoPlan,
    NoRules,
    NotTheFirst,
    OutOfScope,
    OutsideWindow,
    PagesNobody,
    PayloadNotMatched,
    PlanMissing,
    RuleMatched,
    SeverityNotListed,
    SilencedBy,
    Snoozed,
    TakenBefore,
    TakerWithdrawn,
    WatchedWhileItLasts,
)
from tocsin.core.calendar import TimeWindow, contains
from tocsin.core.compiled import compiled_once
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.evolve import evolve
from tocsin.core.ids import AlertPolicyId, EscalationPolicyId, TeamId
from tocsin.core.people import Importance
from tocsin.core.repeats import keep_quiet, together, worst
from tocsin.core.silence import Silence, covers, ends_at
from tocsin.core.verdict import (
    Judgement,
    Passed,
    Quiet,
    Routed,
    Silenced,
    Unrouted,
    Verdict,
    any_routes,
    caught,
    each_once,
)

CATCH_ALL: Final = AlertPolicyId(0)
"""The id under which an alert remembers that the workspace's catch-all has taken it."""

LOUD: Final = frozenset({Severity.CRITICAL, Severity.ERROR, Severity.NODATA})
"""The severities of which an alert is important where a rule leaves that to the alert."""


_NONE_OPEN: Final[tuple[TimeWindow | None, str | None]] = (None, None)
GROUPS_KEPT: Final = 1_000  # for each rule, the verdicts on alerts that came lately


class _Table(NamedTuple):
    """What is on the table when policies are asked; the teams *asked* have handed the alert on already.

    *said_at* is when the event was said that is judged at *now*.
    """

    policies: Sequence[AlertPolicy]
    plans: Mapping[EscalationPolicyId, EscalationPlan]
    alert: Alert
    now: datetime
    said_at: datetime
    asked: tuple[TeamId | None, ...] = ()


def ask_team(
    policies: Sequence[AlertPolicy],
    team: TeamId,
    plans: Mapping[EscalationPolicyId, EscalationPlan],
    alert: Alert,
    now: datetime,
) -> tuple[Verdict, ...]:
    """Ask the rules of *team* about *alert*, which somebody wants it to have whatever the scopes say."""
    policy = policy_of(policies, team)
    return () if policy is None else tuple(_ask_rules(_Table(policies, plans, alert, now, now), policy))


class Decision(NamedTuple):
    """What the policies say of an alert, and how it is to remember that."""

    routing: Routing | None
    memory: tuple[PolicyMemory, ...]
    verdicts: tuple[Verdict, ...]


def judge(
    policies: Sequence[AlertPolicy],
    silences: Sequence[Silence],
    plans: Mapping[EscalationPolicyId, EscalationPlan],
    alert: Alert,
    now: datetime,
    *,
    catch_all: EscalationPlan | None,
    among: Sequence[AlertPolicy] | None = None,
    said_at: datetime | None = None,
) -> Judgement:
    """Decide who is paged about *alert* at *now*; a firing one is never passed over without a word.

    *policies* are the enabled ones; each decides alone and remembers alone. *plans* are those of the named
    escalation policies. A silence comes first, then an acknowledgement. The catch-all takes what no policy
    routes, unless one has routed this alert before, no less bad than it is now.

    Only the policies *among* those are asked, if that is given: the others are known to pass the alert by.
    *said_at* is the time of the event that is judged, *now* if there is none.
    """
    return apply(
        alert,
        decide(policies, silences, plans, alert, now, catch_all=catch_all, among=among, said_at=said_at),
    )


def apply(alert: Alert, decision: Decision) -> Judgement:
    """Let *alert* remember what was decided about it, or about one that is alike."""
    changed = _remember(alert, decision.routing, decision.memory)
    return Judgement(alert=changed, verdicts=decision.verdicts)


def decide(
    policies: Sequence[AlertPolicy],
    silences: Sequence[Silence],
    plans: Mapping[EscalationPolicyId, EscalationPlan],
    alert: Alert,
    now: datetime,
    *,
    catch_all: EscalationPlan | None,
    among: Sequence[AlertPolicy] | None = None,
    said_at: datetime | None = None,
) -> Decision:
    """Do what `judge` does, and leave it to `apply` to change the alert."""
    if alert.status is AlertStatus.RESOLVED:
        return Decision(alert.routing, alert.memory, ())
    for silence in silences:
        if covers(silence, alert, now):
            because = SilencedBy(silence=silence.name, until=ends_at(silence, now))
            verdict = Silenced(silence=silence.id, because=because)
            return Decision(Routing.SILENCED, alert.memory, (verdict,))
    snooze = alert.snooze
    if snooze is not None and is_snoozed(alert, now):
        quiet = Quiet(policy=None, because=Snoozed(by_name=snooze.by_name, until=snooze.until))
        return Decision(Routing.SILENCED, alert.memory, (quiet,))
    held = alert.acknowledgement
    if held is not None and is_acknowledged(alert, now):
        kept = HeldByAcknowledgement(by_name=held.by_name, until=held.until)
        routing = Routing.ROUTED if alert.memory else alert.routing
        if routing is Routing.SILENCED:  # it was, and has yet to be routed when nobody holds it any more
            routing = None
        return Decision(routing, alert.memory, (Quiet(policy=None, because=kept),))
    table = _Table(policies, plans, alert, now, said_at or now)
    return _ask_everybody(table, policies if among is None else among, catch_all)


def _ask_everybody(  # noqa: C901 - one for each way in which policies can answer
    table: _Table, policies: Sequence[AlertPolicy], catch_all: EscalationPlan | None
) -> Decision:
    alert, now = table.alert, table.now
    memory = {entry.policy: entry for entry in alert.memory} if alert.memory else {}
    beside = [each for each in alert.memory if memory[each.policy] is not each]
    verdicts: list[Verdict] = []
    took, kept_quiet = 0, False
    for policy in policies:
        last = memory.get(policy.id)
        if last is not None and (quiet := keep_quiet(policy, last, alert, now)) is not None:
            verdicts.append(quiet)
            kept_quiet = True
            continue
        stranger = _out_of_scope(policy, alert)
        said = [stranger] if stranger is not None else _ask_rules(table, policy)
        verdicts += said
        if any_routes(said):
            if policy.repeat.each_severity and last is not None:
                beside.append(last)
            memory[policy.id] = PolicyMemory(policy=policy.id, severity=alert.severity, routed_at=now)
            took += 1
        elif last is not None and alert.severity.rank <= (bad := worst(policy, last, alert)).severity.rank:
            before = TakenBefore(policy=policy.name, severity=bad.severity, routed_at=bad.routed_at)
            verdicts.append(Quiet(policy=policy.id, because=before))
            kept_quiet = True
    if took > 1:
        verdicts = each_once(verdicts)
    if _stays_withdrawn(alert) and not (took or kept_quiet):
        verdicts.append(Quiet(policy=None, because=TakerWithdrawn()))
        return Decision(alert.routing, alert.memory, tuple(verdicts))
    if not (took or kept_quiet):
        rest = _rest(verdicts, catch_all, memory.get(CATCH_ALL), alert)
        if isinstance(rest, Unrouted):
            return Decision(Routing.UNROUTED, alert.memory, tuple(verdicts))
        if isinstance(rest, Routed):
            memory[CATCH_ALL] = PolicyMemory(policy=CATCH_ALL, severity=alert.severity, routed_at=now)
            took += 1
    remembered = together(memory, beside) if took else alert.memory
    return Decision(Routing.ROUTED, remembered, tuple(verdicts))


def _stays_withdrawn(alert: Alert) -> bool:
    """Tell whether *alert* was withdrawn and is no worse than when a policy had taken it."""
    if alert.routing is not Routing.WITHDRAWN:
        return False
    return any(entry.severity.rank >= alert.severity.rank for entry in alert.memory)


def _rest(
    verdicts: list[Verdict], catch_all: EscalationPlan | None, last: PolicyMemory | None, alert: Alert
) -> Verdict:
    """Let the catch-all take what no policy took, unless a rule is there to page nobody."""
    nobody = next((verdict for verdict in verdicts if isinstance(verdict, Unrouted)), None)
    if nobody is not None:
        return nobody
    rest = caught(catch_all, last, alert)
    verdicts.append(rest)
    return rest


def _ask_rules(table: _Table, policy: AlertPolicy) -> list[Verdict]:
    """Ask *policy*, rule by rule, whatever its scope."""
    if not policy.rules:
        return [Passed(policy=policy.id, rule=None, because=NoRules(policy=policy.name))]
    alert, by_window = table.alert, policy.mode is Mode.FIRST_WINDOW
    now = table.said_at if by_window else table.now
    words, hours = _worded(policy)
    decides, inside = next((each for each in hours if contains(each[0], now)), _NONE_OPEN)
    first: str | None = None
    verdicts: list[Verdict] = []
    for rule, said in words:
        if first is not None:
            because = NotTheFirst(policy=policy.name, rule=said.name, first=first)
            passed: Passed | None = Passed(policy=policy.id, rule=rule.id, because=because)
        elif said.filter_decides:
            passed = None if rule.filter.matches(alert) else said.unmatched
        else:
            passed = _passed(policy, rule, said, alert, now=now, inside=inside)
            if by_window and passed is None and rule.window is not None and rule.window != decides:
                stands_back = AnotherWindowDecides(policy=policy.name, rule=said.name, windowed=inside or "")
                passed = Passed(policy=policy.id, rule=rule.id, because=stands_back)
        if passed is not None:
            verdicts.append(passed)
            continue
        routes = _routes(policy, rule, said, table)
        if rule.team is not None:
            routes += _hand_on(table, policy, rule, rule.team, said.name)
        verdicts += routes
        if policy.mode is Mode.FIRST and (rule.nobody or any_routes(routes)):
            first = said.name
    return verdicts


def _hand_on(table: _Table, policy: AlertPolicy, rule: Rule, team: TeamId, name: str) -> list[Verdict]:
    """Let the rules of *team* decide, unless they have handed the alert on already."""
    asked = (*table.asked, policy.scope.team)
    other = None if team in asked else policy_of(table.policies, team)
    because: Because
    if other is not None:
        because = HandedOn(policy=policy.name, rule=name, to=other.name)
    elif team in asked:
        because = HandedInACircle(policy=policy.name, rule=name)
    else:
        because = HandedToNobody(policy=policy.name, rule=name)
    said = Passed(policy=policy.id, rule=rule.id, because=because)
    return [said] if other is None else [said, *_ask_rules(table._replace(asked=asked), other)]


@dataclass(frozen=True, slots=True)
class _RuleWords:
    """What is said of a rule again and again: its name, why it passes an alert, and why it runs a plan."""

    name: str
    filter_decides: bool  # whether nothing else decides if it takes an alert
    unmatched: Passed
    matched: dict[int, RuleMatched] = field(default_factory=dict)
    routed: dict[tuple[int, Importance, str | None], Routed] = field(default_factory=dict)


@compiled_once
def _worded(
    policy: AlertPolicy,
) -> tuple[tuple[tuple[Rule, _RuleWords], ...], tuple[tuple[TimeWindow, str], ...]]:
    """Put into words once what would otherwise be said anew for every alert: each rule, and each window."""
    rules = []
    for number, rule in enumerate(policy.rules, 1):
        name = rule.name or str(number)
        because = FilterNotMatched(policy=policy.name, rule=name, filter=rule.filter.text)
        unmatched = Passed(policy=policy.id, rule=rule.id, because=because)
        plain = rule.window is None and not rule.fallback and not rule.severities and rule.payload is None
        rules.append((rule, _RuleWords(name, plain, unmatched)))
    return tuple(rules), tuple((rule.window, said.name) for rule, said in rules if rule.window is not None)


def _out_of_scope(policy: AlertPolicy, alert: Alert) -> Passed | None:
    scope, text = policy.scope, ""
    if scope.services and alert.service not in scope.services:
        part = "service"
    elif scope.integrations and alert.integration not in scope.integrations:
        part = "integration"
    elif scope.monitors and alert.monitor_id not in scope.monitors:
        part = "monitor"
    elif not scope.filter.matches(alert):
        part, text = "filter" if scope.team is None else "team", scope.filter.text
    else:
        return None
    because = OutOfScope(policy=policy.name, part=part, filter=text)
    return Passed(policy=policy.id, rule=None, because=because)


def _passed(
    policy: AlertPolicy, rule: Rule, said: _RuleWords, alert: Alert, *, now: datetime, inside: str | None
) -> Passed | None:
    """Say why *rule* has nothing to do with *alert*, or None when it takes it."""
    because: Because
    if rule.fallback and inside is not None:
        because = FallbackNotNeeded(policy=policy.name, rule=said.name, windowed=inside)
    elif rule.window is not None and not contains(rule.window, now):
        because = OutsideWindow(policy=policy.name, rule=said.name, at=now)
    elif rule.severities and alert.severity not in rule.severities:
        listed = tuple(severity for severity in Severity if severity in rule.severities)
        because = SeverityNotListed(
            policy=policy.name, rule=said.name, severity=alert.severity, listed=listed
        )
    elif rule.payload is not None and rule.id not in alert.rules:
        because = PayloadNotMatched(policy=policy.name, rule=said.name, test=rule.payload.text)
    elif not rule.filter.matches(alert):
        return said.unmatched
    else:
        return None
    return Passed(policy=policy.id, rule=rule.id, because=because)


def _routes(policy: AlertPolicy, rule: Rule, said: _RuleWords, table: _Table) -> list[Verdict]:
    """Let *rule*, which matches the alert, run each of its plans; say so when there is none to run."""
    if rule.nobody:
        return [Unrouted(because=PagesNobody(policy=policy.name, rule=said.name))]
    alert = table.alert
    key = group_key(policy.gathering, alert) if policy.gathering.by is not GatherBy.NONE else None
    importance = rule.importance or _own_importance(alert)
    verdicts: list[Verdict] = []
    named = [table.plans.get(policy_id) for policy_id in rule.escalation_policies]
    for plan in (*named, *rule.inline):
        if plan is not None:
            same = said.routed.get((plan.id, importance, key))
            verdicts.append(same or _routed(policy, rule, said, plan, importance, key))
    if rule.lasting:
        verdicts += _lasting(policy, rule, said, alert)
    if None in named:
        missing = PlanMissing(policy=policy.name, rule=said.name)
        verdicts.append(Passed(policy=policy.id, rule=rule.id, because=missing))
    elif not verdicts and rule.team is None:
        none = NoPlan(policy=policy.name, rule=said.name)
        verdicts.append(Passed(policy=policy.id, rule=rule.id, because=none))
    return verdicts


def _routed(  # noqa: PLR0917 - all that makes one such verdict differ from another
    policy: AlertPolicy,
    rule: Rule,
    said: _RuleWords,
    plan: EscalationPlan,
    importance: Importance,
    key: str | None,
) -> Routed:
    """Say that *rule* runs *plan*; the same is said of the next alert of that group."""
    because = said.matched.get(plan.id)
    if because is None:
        text = rule.filter.text
        because = RuleMatched(policy=policy.name, rule=said.name, plan=plan.name, filter=text)
        said.matched[plan.id] = because
    if len(said.routed) >= GROUPS_KEPT:
        said.routed.clear()
    verdict = said.routed[plan.id, importance, key] = Routed(
        policy=policy.id,
        rule=rule.id,
        plan=plan,
        importance=importance,
        group_key=key,
        gathering=policy.gathering,
        because=because,
    )
    return verdict


def _lasting(policy: AlertPolicy, rule: Rule, said: _RuleWords, alert: Alert) -> Iterator[Routed]:
    """Let *rule* run its plans for alerts that last, as soon as this one has."""
    for lasting in rule.lasting:
        if lasting.severities and alert.severity not in lasting.severities:
            continue
        because = WatchedWhileItLasts(
            policy=policy.name,
            rule=said.name,
            plan=lasting.plan.name,
            severity=alert.severity,
            after=lasting.plan.steps[0].after,
        )
        yield Routed(
            policy=policy.id,
            rule=rule.id,
            plan=lasting.plan,
            importance=rule.importance or _own_importance(alert),
            level=alert.severity,
            because=because,
        )


def _own_importance(alert: Alert) -> Importance:
    return Importance.IMPORTANT if alert.severity in LOUD else Importance.DEFAULT


def _remember(alert: Alert, routing: Routing | None, memory: tuple[PolicyMemory, ...]) -> Alert:
    if routing is alert.routing and memory == alert.memory:
        return alert
    return evolve(alert, routing=routing, memory=memory, version=alert.version + 1)
