"""``/policies``: which alerts go where, by which rules, and whom the plans ask, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from starlette.responses import Response

from tocsin.actions import alert_policies, history
from tocsin.actions.actor import Actor, Permission
from tocsin.core.aggregation import GatherBy
from tocsin.core.alert_policy import AlertPolicy, Rule
from tocsin.core.because import listing, span
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, TimeWindow, WeeklyWindow
from tocsin.core.directory import Directory
from tocsin.core.event import Severity
from tocsin.core.plan import (
    Assignment,
    EscalationPlan,
    MoreAlertsThan,
    NotifyTargets,
    Pause,
    RepeatSteps,
    ResolveAlerts,
    Step,
    WithinWindow,
)
from tocsin.httpkit.requests import Call
from tocsin.httpkit.routes import Routes
from tocsin.web.browsers import signed_in
from tocsin.web.rendering import page
from tocsin.world import Tx

ROUTES = Routes("", tag="Pages")
POLICIES_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan: its *steps* in words."""

    name: str
    steps: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule: which alerts it takes, and the *plans* that it runs."""

    name: str
    takes: Sequence[str]
    plans: Sequence[PlanView]
    named: Sequence[str]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """An alert policy: which alerts it looks at, what it does with them, and its rules."""

    name: str
    description: str
    enabled: bool
    looks_at: Sequence[str]
    does: Sequence[str]
    rules: Sequence[RuleView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that the page shows."""

    alert_policies: Sequence[PolicyView]
    escalation_policies: Sequence[PlanView]
    catch_all: str


@ROUTES.get("/policies", permission=Permission.READ, summary="Show the policies", hidden=True)
async def show_policies(call: Call) -> Response:
    """Show which alerts go where."""
    found = await call.ask(_look)
    return page("policies.html", now=call.now, user=signed_in(call.request).user, found=found)


def _look(tx: Tx, actor: Actor) -> Policies:
    directory = history.directory(tx, actor)
    named = sorted(directory.escalation_policies.values(), key=lambda each: each.name.casefold())
    catch_all = directory.catch_all_plan
    return Policies(
        alert_policies=[
            _policy(policy, directory) for policy in alert_policies.list_(tx, actor, limit=POLICIES_MAX).items
        ],
        escalation_policies=[PlanView(name=each.name, steps=_steps(each.plan, directory)) for each in named],
        catch_all=catch_all.name if catch_all is not None else "",
    )


def _policy(policy: AlertPolicy, directory: Directory) -> PolicyView:
    scope = policy.scope
    services = [directory.services[each].name for each in scope.services if each in directory.services]
    team = directory.teams.get(scope.team) if scope.team is not None else None
    looks_at = [f"service {listing(sorted(services))}"] if services else []
    looks_at += [f"team {team.name}"] if team is not None else []
    looks_at += [scope.filter.text] if scope.filter.text else []
    looks_at += [f"{len(scope.monitors)} monitors"] if scope.monitors else []
    gathering, does = policy.gathering, []
    if gathering.by is not GatherBy.NONE:
        by = listing(gathering.fields) if gathering.fields else gathering.by.value
        first = "the first at once" if gathering.first_at_once else "all at the end"
        does.append(f"gathers by {by} for {span(gathering.window)}, {first}")
    after = policy.repeat.after
    does.append("tells once" if after is None else f"tells again after {span(after)}")
    if not policy.notify_resolved:
        does.append("does not say when it is over")
    return PolicyView(
        name=policy.name,
        description=policy.description,
        enabled=policy.enabled,
        looks_at=looks_at or ["every alert"],
        does=does,
        rules=[_rule(rule, number, directory) for number, rule in enumerate(policy.rules, 1)],
    )


def _rule(rule: Rule, number: int, directory: Directory) -> RuleView:
    takes = [rule.filter.text] if rule.filter.text else []
    if rule.severities:
        takes.append(listing([each.value for each in Severity if each in rule.severities]))
    if rule.window is not None:
        takes.append(_window(rule.window))
    if rule.fallback:
        takes.append("when no other rule's window is open")
    named = [
        directory.escalation_policies[each].name
        for each in rule.escalation_policies
        if each in directory.escalation_policies
    ]
    team = directory.teams.get(rule.team) if rule.team is not None else None
    note = f"the rules of team {team.name} decide" if team is not None else ""
    return RuleView(
        name=rule.name or f"Rule {number}",
        takes=takes or ["every alert"],
        plans=[PlanView(name=plan.name, steps=_steps(plan, directory)) for plan in rule.plans],
        named=named,
        note="pages nobody" if rule.nobody else note,
    )


def _steps(plan: EscalationPlan, directory: Directory) -> list[str]:
    return [_step(step, directory) for step in plan.steps]


def _step(step: Step, directory: Directory) -> str:
    when = f"after {span(step.after)} " if step.after else ""
    match step.action:
        case NotifyTargets(targets=targets, assignment=assignment):
            names = listing([directory.describe(each) for each in targets])
            what = f"asks {names}" + (", in turn" if assignment is Assignment.ROUND_ROBIN else "")
        case ResolveAlerts():
            what = "resolves the alerts"
        case RepeatSteps(times=times):
            what = f"begins again, {times} times at most"
        case Pause():
            what = "goes on"
        case _:
            assert_never(step.action)
    match step.condition:
        case WithinWindow(window=window):
            return f"{when}{what}, {_window(window)}"
        case MoreAlertsThan(count=count, within=within):
            return f"{when}{what}, if more than {count} events came within {span(within)}"
        case _:
            return f"{when}{what}"


def _window(window: TimeWindow) -> str:
    match window:
        case CronWindow(expression=expression, duration=duration):
            return f"for {span(duration)} from each {expression!r} on, in {window.time_zone}"
        case DatedWindow(dates=dates, start=start, duration=duration):
            return f"on {len(dates)} days from {start:%H:%M} for {span(duration)}, in {window.time_zone}"
        case WeeklyWindow(spans=spans):
            return f"in {len(spans)} spans of the week, in {window.time_zone}"
        case DateSetWindow(start=start, duration=duration):
            return f"on the days of a set, from {start:%H:%M} for {span(duration)}, in {window.time_zone}"
        case _:
            assert_never(window)
