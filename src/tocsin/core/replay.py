"""What another configuration would have made of alerts that were: who is paged now, and who would be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan
from tocsin.core.foreseen import judge_in
from tocsin.core.people import Importance
from tocsin.core.verdict import Routed, Silenced

_OWN_STEPS = "steps of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerouted:
    """An *alert* that would go elsewhere: the plans that it began, and those that it would."""

    alert: Alert
    was: tuple[str, ...]
    now: tuple[str, ...]


def rerouted(before: Directory, after: Directory, alerts: Iterable[Alert]) -> tuple[Rerouted, ...]:
    """Judge each of *alerts* as if it had just opened, at its worst, in either configuration.

    Those about which both say the same are left out.
    """
    found = []
    for alert in alerts:
        fresh = replace(
            alert,
            status=AlertStatus.FIRING,
            severity=alert.worst_severity,
            severity_since=alert.opened_at,
            acknowledgement=None,
            snooze=None,
            resolved_at=None,
            resolved_by=None,
            routing=None,
            memory=(),
        )
        was, now = _ways(before, fresh), _ways(after, fresh)
        if was != now:
            found.append(Rerouted(alert=alert, was=tuple(dict(was).values()), now=tuple(dict(now).values())))
    return tuple(found)


def _ways(directory: Directory, alert: Alert) -> Sequence[tuple[object, str]]:
    """Give where *alert* goes: what tells one way from another, and its name, each once and in order."""
    judged = judge_in(directory, alert, alert.opened_at, said_at=alert.opened_at)
    ways: dict[object, str] = {}
    for verdict in judged.verdicts:
        match verdict:
            case Routed():
                ways[_means(verdict)] = _called(verdict)
            case Silenced():
                ways["silenced"] = "nobody, for a silence covers it"
            case _:
                pass
    return sorted(ways.items(), key=lambda way: way[1]) or [("nobody", "nobody")]


def _means(verdict: Routed) -> object:
    plan = verdict.plan
    return (plan.policy or (plan.name, plan.steps), verdict.importance, verdict.gathering, verdict.level)


def _called(verdict: Routed) -> str:
    loud = ", as important" if verdict.importance is Importance.IMPORTANT else ""
    gathered = ", gathered" if verdict.gathering.window else ""
    lasting = f", if it stays {verdict.level}" if verdict.level is not None else ""
    return f"{_name(verdict.plan)}{loud}{gathered}{lasting}"


def _name(plan: EscalationPlan) -> str:
    return plan.name or _OWN_STEPS
