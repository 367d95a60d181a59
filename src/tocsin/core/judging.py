"""What alert policies say of an alert: who is paged about it, who is not, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tocsin.core.alert import Alert, AlertStatus, PolicyMemory, Routing, is_acknowledged
from tocsin.core.alert_by_hand import is_snoozed
from tocsin.core.alert_policy import AlertPolicy, policy_of
from tocsin.core.because_routing import (
    HeldByAcknowledgement,
    OutOfScope,
    SilencedBy,
    Snoozed,
    TakenBefore,
    TakerWithdrawn,
)
from tocsin.core.escalation import EscalationPlan
from tocsin.core.evolve import carrier
from tocsin.core.ids import AlertPolicyId, EscalationPolicyId, TeamId
from tocsin.core.repeats import keep_quiet, together, worst
from tocsin.core.ruling import LOUD, Table, ask_rules
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

__all__ = ["CATCH_ALL", "LOUD", "Decision", "apply", "ask_team", "decide", "judge", "remember"]

CATCH_ALL: Final = AlertPolicyId(0)
"""The id under which an alert remembers that the workspace's catch-all has taken it."""

_judged = carrier(Alert, Alert, given=("routing", "memory", "version"))


def ask_team(
    policies: Sequence[AlertPolicy],
    team: TeamId,
    plans: Mapping[EscalationPolicyId, EscalationPlan],
    alert: Alert,
    now: datetime,
) -> tuple[Verdict, ...]:
    """Ask the rules of *team* about *alert*, which somebody wants it to have whatever the scopes say."""
    policy = policy_of(policies, team)
    return () if policy is None else tuple(ask_rules(Table(policies, plans, alert, now, now), policy))


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


def remember(alert: Alert, decision: Decision) -> Alert:
    """Let *alert* remember what was decided about it, or about one that is alike."""
    routing, memory, _verdicts = decision
    if routing is alert.routing and memory == alert.memory:
        return alert
    return _judged(alert, routing=routing, memory=memory, version=alert.version + 1)


def apply(alert: Alert, decision: Decision) -> Judgement:
    """Do that, and give the verdicts with it."""
    return Judgement(alert=remember(alert, decision), verdicts=decision.verdicts)


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
    table = Table(policies, plans, alert, now, said_at or now)
    return _ask_everybody(table, policies if among is None else among, catch_all)


def _ask_everybody(  # noqa: C901 - one for each way in which policies can answer
    table: Table, policies: Sequence[AlertPolicy], catch_all: EscalationPlan | None
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
        said = [stranger] if stranger is not None else ask_rules(table, policy)
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
