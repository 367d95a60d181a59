"""What is wrong with an alert policy that can be stored: windows that never open, places that are gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.alert_policy import AlertPolicy, Rule
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, TimeWindow, next_change, with_dates
from tocsin.core.cron import parse
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.escalation import EscalationPlan, NotifyTargets


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWarning:
    """What is wrong, with the part of the policy at *path*, and what would help."""

    path: str
    problem: str
    remedy: str

    @property
    def text(self) -> str:
        """The warning as a sentence."""
        return f"{self.path} {self.problem}; {self.remedy}"


def warnings(policy: AlertPolicy, directory: Directory, now: datetime) -> tuple[PolicyWarning, ...]:
    """Find what keeps rules of *policy* from ever acting or reaching anybody, as things stand at *now*."""
    found: list[PolicyWarning] = []
    if not policy.rules:
        found.append(PolicyWarning(path="rules", problem="is empty", remedy="nobody is notified without one"))
    for place, rule in enumerate(policy.rules):
        found += _of_rule(rule, directory, now, f"rules[{place}]")
    return tuple(found)


def _of_rule(rule: Rule, directory: Directory, now: datetime, path: str) -> Iterator[PolicyWarning]:
    for name, window in (("window", rule.window), ("hours", rule.hours)):
        if window is not None:
            yield from _of_window(window, directory, now, f"{path}.{name}")
    plans = rule.escalation_policies or rule.inline or rule.lasting
    if not plans and not rule.nobody and rule.team is None:
        yield PolicyWarning(path=path, problem="notifies nobody", remedy="give it somebody to notify")
    if rule.team is not None and rule.team not in directory.teams:
        yield PolicyWarning(path=f"{path}.team", problem="is no team here", remedy="name one that is")
    for place, each in enumerate(rule.escalation_policies):
        if each not in directory.escalation_policies:
            where = f"{path}.escalation_policies[{place}]"
            yield PolicyWarning(path=where, problem="is not here any more", remedy="name one that is")
    for place, plan in enumerate(rule.inline):
        yield from _of_plan(plan, directory, f"{path}.plans[{place}]")
    for place, lasting in enumerate(rule.lasting):
        yield from _of_plan(lasting.plan, directory, f"{path}.lasting[{place}].plan")


def _of_plan(plan: EscalationPlan, directory: Directory, path: str) -> Iterator[PolicyWarning]:
    for number, step in enumerate(plan.steps):
        targets = step.action.targets if isinstance(step.action, NotifyTargets) else ()
        for place, target in enumerate(targets):
            if not directory.has(target):
                yield PolicyWarning(
                    path=f"{path}.steps[{number}].targets[{place}]",
                    problem=f"is {directory.describe(target)}, which is not here",
                    remedy="it is skipped until there is one",
                )


def _of_window(window: TimeWindow, directory: Directory, now: datetime, path: str) -> Iterator[PolicyWarning]:
    match window:
        case CronWindow(expression=expression) if not _comes(expression):
            yield PolicyWarning(
                path=path,
                problem=f"never opens: no day fits {expression!r}",
                remedy="name a day that exists",
            )
        case DateSetWindow(sets=sets):
            known = {number: each.dates for number, each in directory.date_sets.items()}
            for place, missing in enumerate(sets):
                if missing not in known:
                    where = f"{path}.sets[{place}]"
                    yield PolicyWarning(path=where, problem="is no date set here", remedy="it has no dates")
            yield from _over(with_dates(window, known), now, path)
        case DatedWindow():
            yield from _over(window, now, path)
        case _:
            pass


def _over(window: DatedWindow, now: datetime, path: str) -> Iterator[PolicyWarning]:
    if next_change(window, now) is None:
        yield PolicyWarning(path=path, problem="never opens again", remedy="name dates that are to come")


def _comes(expression: str) -> bool:
    try:
        return parse(expression, may_never_come=True).comes
    except Invalid:
        return False
