"""Alert policies in words: which alerts they look at, what they do with them, and each rule. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Mode, RepeatSilence, Rule, Scope
from tocsin.core.because import listing, span
from tocsin.core.directory import Directory
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.people import Importance
from tocsin.web import plans, windows
from tocsin.web.differing import Words

MODES = {
    Mode.ALL: "every rule that fits acts",
    Mode.FIRST: "the first rule that fits acts",
    Mode.FIRST_WINDOW: "the rules of the first window that is open act",
}
GATHERING = {
    GatherBy.NONE: "each alert is on its own",
    GatherBy.FIELDS: "alerts with the same fields",
    GatherBy.SIMILARITY: "alerts whose texts are alike",
    GatherBy.MEANING: "alerts whose texts mean the same",
}


def words(policy: AlertPolicy, directory: Directory) -> Words:
    """Tell the whole of a policy, part by part."""
    told: dict[str, Sequence[str]] = {
        "Name": [policy.name],
        "Description": [policy.description] if policy.description else [],
        "State": ["switched on" if policy.enabled else "switched off"],
        "Looks at": looks_at(policy.scope, directory),
        "Gathers": [gathers(policy.gathering)],
        "Says again": says_again(policy.repeat),
        "At the end": ["says when it is over" if policy.notify_resolved else "does not say when it is over"],
        "Which rules act": [MODES[policy.mode]],
        "Time zone": [policy.time_zone],
    }
    names: dict[str, int] = {}
    for number, rule in enumerate(policy.rules, 1):
        name = rule.name or f"number {number}"
        names[name] = names.get(name, 0) + 1
        again = f" ({names[name]})" if names[name] > 1 else ""
        told[f"Rule {name}{again}"] = [*takes(rule, directory), *runs(rule, directory)]
    told["Order of rules"] = [rule.name or f"number {number}" for number, rule in enumerate(policy.rules, 1)]
    return told


def looks_at(scope: Scope, directory: Directory) -> list[str]:
    """Say which alerts a policy looks at."""
    services = sorted(directory.services[each].name for each in scope.services if each in directory.services)
    doors = [
        directory.integrations[each].name for each in scope.integrations if each in directory.integrations
    ]
    team = directory.teams.get(scope.team) if scope.team is not None else None
    found = [f"service {listing(services)}"] if services else []
    found += [f"integration {listing(sorted(doors))}"] if doors else []
    found += [f"team {team.name}"] if team is not None else []
    found += [scope.filter.text] if scope.filter.text else []
    if scope.monitors:
        found.append(
            f"monitors {listing(sorted(scope.monitors))}"
            if len(scope.monitors) < 6
            else f"{len(scope.monitors)} monitors"
        )
    return found or ["every alert"]


def gathers(gathering: Gathering) -> str:
    """Say what is gathered, and for how long."""
    if gathering.by is GatherBy.NONE:
        return GATHERING[GatherBy.NONE]
    fields = f" ({', '.join(gathering.fields)})" if gathering.fields else ""
    first = "the first at once" if gathering.first_at_once else "all at the end"
    digest = ", as a digest of what happened" if gathering.digest else ""
    labels = f", by the first of {', '.join(gathering.first_labels)}" if gathering.first_labels else ""
    return f"{GATHERING[gathering.by]}{fields} for {span(gathering.window)}, {first}{digest}{labels}"


def says_again(repeat: RepeatSilence) -> list[str]:
    """Say when a repeat of the same alert is told."""
    found = [f"about a repeat: {_after(repeat.after)}"]
    found += [
        f"{severity}: {_after(repeat.by_severity[severity])}"
        for severity in Severity
        if severity in repeat.by_severity
    ]
    if repeat.each_severity:
        found.append("every severity is silenced by itself")
    return found


def takes(rule: Rule, directory: Directory) -> list[str]:
    """Say which alerts a rule takes."""
    found = [rule.filter.text] if rule.filter.text else []
    if rule.severities:
        found.append(listing([each.value for each in Severity if each in rule.severities]))
    if rule.window is not None:
        found.append(windows.in_words(rule.window, directory.date_sets))
    if rule.payload is not None:
        found.append(f"payload fits the {rule.payload.language} {rule.payload.text}")
    if rule.fallback:
        found.append("when no other rule's window is open")
    return found or ["every alert"]


def runs(rule: Rule, directory: Directory) -> list[str]:
    """Say what a rule does with the alerts that it takes."""
    named = directory.escalation_policies
    found = [
        f"runs {named[each].name}" if each in named else "runs a deleted policy"
        for each in rule.escalation_policies
    ]
    for plan in rule.inline:
        found += own_steps(plan, directory)
    for lasting in rule.lasting:
        at = (
            f"it stays {listing([each.value for each in Severity if each in lasting.severities])}"
            if lasting.severities
            else "it lasts"
        )
        found += [f"if {at}: {text}" for text in own_steps(lasting.plan, directory)]
    if rule.team is not None:
        team = directory.teams.get(rule.team)
        found.append(f"the rules of team {team.name if team is not None else 'that is deleted'} decide")
    if rule.nobody:
        found.append("pages nobody")
    found.append(_loudness(rule.importance))
    if rule.hours is not None:
        found.append(f"pages begin only {windows.in_words(rule.hours, directory.date_sets)}")
    if rule.held_for is not None:
        found.append(f"an acknowledgement holds for {span(rule.held_for)} at most")
    return [each for each in found if each]


def own_steps(plan: EscalationPlan, directory: Directory) -> list[str]:
    """Say what the steps of a rule itself do."""
    return [f"step {number}: {text}" for number, text in enumerate(plans.lines(plan.steps, directory), 1)]


def _loudness(importance: Importance | None) -> str:
    if importance is None:
        return "as important as its severity"
    return "as important" if importance is Importance.IMPORTANT else ""


def _after(length: timedelta | None) -> str:
    if length is None:
        return "not again while it lasts"
    return f"again after {span(length)}" if length else "every time"
