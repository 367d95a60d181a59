"""What a policy, a silence or the catch-all says of an alert, each with its because."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.core.aggregation import UNGATHERED, Gathering
from tocsin.core.alert import Alert, PolicyMemory
from tocsin.core.because import Because
from tocsin.core.because_routing import CATCH_ALL_NAME, CaughtAll, NobodyTookIt, RepeatKeptQuiet
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.evolve import quickly_made
from tocsin.core.ids import AlertPolicyId, RuleId, SilenceId
from tocsin.core.people import Importance


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Page by *plan*. *policy* and *rule* are None for the catch-all; so is *group_key* without gathering.

    With a *level* the plan is for an alert that stays at that severity: see ``alert_policy.Lasting``.
    """

    policy: AlertPolicyId | None
    rule: RuleId | None
    plan: EscalationPlan
    importance: Importance = Importance.DEFAULT
    group_key: str | None = None
    gathering: Gathering = UNGATHERED
    level: Severity | None = None
    because: Because


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Page nobody now, for somebody was told; *policy* is None for the catch-all and for acknowledgements."""

    policy: AlertPolicyId | None
    because: Because


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """*policy*, or one *rule* of it, has nothing to do with the alert."""

    policy: AlertPolicyId
    rule: RuleId | None
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """*silence* covers the alert: nobody is paged, whatever the policies say."""

    silence: SilenceId
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrouted:
    """Nobody takes the alert."""

    because: Because


Verdict = Routed | Quiet | Passed | Silenced | Unrouted


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The *alert*, remembering who took it, and a verdict for everything that had a say, in order."""

    alert: Alert
    verdicts: tuple[Verdict, ...]


def any_routes(verdicts: Sequence[Verdict]) -> bool:
    """Tell whether anybody is to be paged."""
    for verdict in verdicts:  # noqa: SIM110 - a generator would cost more than the look
        if isinstance(verdict, Routed):
            return True
    return False


def caught(catch_all: EscalationPlan | None, last: PolicyMemory | None, alert: Alert) -> Verdict:
    """Let the workspace's catch-all take *alert*, if there is one; *last* is when it did so before."""
    if last is not None and alert.severity.rank <= last.severity.rank:
        kept = RepeatKeptQuiet(policy=CATCH_ALL_NAME, severity=last.severity, routed_at=last.routed_at)
        return Quiet(policy=None, because=kept)
    if catch_all is None:
        return Unrouted(because=NobodyTookIt())
    return Routed(policy=None, rule=None, plan=catch_all, because=CaughtAll(plan=catch_all.name))


def each_once(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Leave out a page that an earlier verdict asks for: rules can be reached by more than one policy."""
    kept: list[Verdict] = []
    asked: set[tuple[int | None, int | None, int]] = set()
    for verdict in verdicts:
        if isinstance(verdict, Routed):
            page = (verdict.policy, verdict.rule, verdict.plan.id)
            if page in asked:
                continue
            asked.add(page)
        kept.append(verdict)
    return kept
