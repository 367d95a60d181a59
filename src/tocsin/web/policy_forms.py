"""The form of an alert policy: what it holds, and the policy that is made of it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from tocsin.core import filters
from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, Lasting, Mode, RepeatSilence, Rule, Scope
from tocsin.core.directory import Directory
from tocsin.core.errors import Invalid
from tocsin.core.escalation import EscalationPlan
from tocsin.core.event import Severity
from tocsin.core.filters import EVERYTHING, Filter
from tocsin.core.ids import (
    UNMADE,
    AlertPolicyId,
    EscalationPolicyId,
    IntegrationId,
    RuleId,
    ServiceId,
    TeamId,
    WorkspaceId,
)
from tocsin.core.payload_test import Language, PayloadTest
from tocsin.core.people import Importance
from tocsin.core.spelling import from_native, native
from tocsin.web import choosing, lengths, own_plans, windows
from tocsin.web.editing import Around
from tocsin.web.forms import Form, Reader, Values

WHILE_IT_LASTS: Final = "once"
"""What people type for a silence that ends with the alert."""

BY_SEVERITY: Final = "severity"
DOES: Final = (
    ("plans", "run policies or steps"),
    ("team", "let a team's rules decide"),
    ("nobody", "page nobody"),
)

I = TypeVar("I", bound=int)  # noqa: E741 - an id
T = TypeVar("T")


def fresh(zone: str) -> dict[str, Sequence[str]]:
    """Give the fields of a policy that nobody has filled in yet, with one rule."""
    first = {f"rules.0.{name}": held for name, held in fresh_rule(zone).items()}
    held = {"enabled": "on", "notify_resolved": "on", "mode": "first", "time_zone": zone}
    held |= {"gathering.by": "none", "gathering.first_at_once": "on", "gathering.window": "5m"}
    return {**{name: [text] for name, text in held.items()}, **first}


def fresh_rule(zone: str) -> dict[str, Sequence[str]]:
    """Give the fields of a rule that nobody has filled in yet."""
    held = {
        "id": "",
        "name": "",
        "filter": "",
        "does": "plans",
        "escalation_policies": "",
        "team": "",
        "importance": BY_SEVERITY,
    }
    return {
        **{name: [text] for name, text in held.items()},
        "severities": [],
        **windows.fresh("window", zone),
        **windows.fresh("hours", zone),
        "payload.language": ["regex"],
    }


def values_of(policy: AlertPolicy, zone: str) -> Values:
    """Give what the form of *policy* holds."""
    held: dict[str, Sequence[str]] = {
        "name": [policy.name],
        "description": [policy.description],
        "enabled": _box(policy.enabled),
        "notify_resolved": _box(policy.notify_resolved),
        "mode": [policy.mode.value],
        "time_zone": [policy.time_zone],
    }
    held |= _scope_values(policy.scope) | _gathering_values(policy) | _repeat_values(policy.repeat)
    for number, rule in enumerate(policy.rules):
        told = _rule_values(rule, rule.name or policy.name, zone)
        held |= {f"rules.{number}.{name}": values for name, values in told.items()}
    return held


def _scope_values(scope: Scope) -> dict[str, Sequence[str]]:
    return {
        "scope.services": [native("service", each) for each in sorted(scope.services)],
        "scope.integrations": [native("integration", each) for each in sorted(scope.integrations)],
        "scope.monitors": ["\n".join(sorted(scope.monitors))],
        "scope.team": [native("team", scope.team) if scope.team is not None else ""],
        "scope.filter": [scope.filter.text],
    }


def _gathering_values(policy: AlertPolicy) -> dict[str, Sequence[str]]:
    gathering = policy.gathering
    return {
        "gathering.by": [gathering.by.value],
        "gathering.fields": [", ".join(gathering.fields)],
        "gathering.first_labels": ["\n".join(gathering.first_labels)],
        "gathering.window": [lengths.spelled(gathering.window)],
        "gathering.first_at_once": _box(gathering.first_at_once),
        "gathering.digest": _box(gathering.digest),
    }


def _repeat_values(repeat: RepeatSilence) -> dict[str, Sequence[str]]:
    held: dict[str, Sequence[str]] = {
        "repeat.after": [_silence_text(repeat.after)],
        "repeat.each_severity": _box(repeat.each_severity),
    }
    for severity in Severity:
        given = severity in repeat.by_severity
        held[f"repeat.by_severity.{severity}"] = [
            _silence_text(repeat.by_severity[severity]) if given else ""
        ]
    return held


def _rule_values(rule: Rule, called: str, zone: str) -> dict[str, Sequence[str]]:
    does = "nobody" if rule.nobody else "team" if rule.team is not None else "plans"
    runs = [native("escalation_policy", each) for each in rule.escalation_policies]
    importance = BY_SEVERITY if rule.importance is None else rule.importance.value
    held: dict[str, Sequence[str]] = {
        "id": [native("rule", rule.id)] if rule.id != UNMADE else [""],
        "name": [rule.name],
        "filter": [rule.filter.text],
        "severities": [each.value for each in Severity if each in rule.severities],
        "fallback": _box(rule.fallback),
        "does": [does],
        "escalation_policies": runs or [""],
        "team": [native("team", rule.team) if rule.team is not None else ""],
        "importance": [importance],
        "held_for": [lengths.spelled(rule.held_for)],
        "payload.language": [rule.payload.language.value if rule.payload is not None else "regex"],
        "payload.text": [rule.payload.text if rule.payload is not None else ""],
    }
    return {
        **held,
        **windows.values_of("window", rule.window, zone),
        **windows.values_of("hours", rule.hours, zone),
        **own_plans.values_of(rule, called, zone),
    }


# --- read ---------------------------------------------------------------------------------------------


def read(form: Form, around: Around, was: AlertPolicy | None) -> AlertPolicy:
    """Make a policy of what the form holds; what it does not show is as it *was*. Raise Faulty."""
    reader, here = Reader(form), around.directory
    before = {rule.id: rule for rule in was.rules} if was is not None else {}
    new = was or AlertPolicy(
        id=AlertPolicyId(UNMADE), workspace=WorkspaceId(UNMADE), name="", scope=Scope(filter=EVERYTHING)
    )
    mode = form("mode")
    made = replace(
        new,
        name=form("name"),
        description=form("description"),
        enabled=form.ticked("enabled"),
        notify_resolved=form.ticked("notify_resolved"),
        mode=Mode(mode) if mode in tuple(Mode) else _refused(reader, "mode", new.mode),
        time_zone=form("time_zone") or new.time_zone,
        scope=_scope(reader, here, new.scope),
        gathering=_gathering(reader, new.gathering),
        repeat=_repeat(reader),
        rules=tuple(_rule(reader, here, part, before) for part in form.parts("rules")),
    )
    reader.done()
    return made


def _scope(reader: Reader, here: Directory, was: Scope) -> Scope:
    team = reader.take(
        "scope.team",
        lambda text: choosing.chosen(text, "team", here.teams, TeamId, was=[was.team] if was.team else ()),
        None,
    )
    return Scope(
        services=frozenset(
            _many(reader, "scope.services", "service", here.services, ServiceId, was.services)
        ),
        integrations=frozenset(
            _many(
                reader,
                "scope.integrations",
                "integration",
                here.integrations,
                IntegrationId,
                was.integrations,
            )
        ),
        monitors=frozenset(_listed(reader.form("scope.monitors"), "\n")),
        team=team,
        filter=_filter(reader, "scope.filter"),
    )


def _gathering(reader: Reader, was: Gathering) -> Gathering:
    form = reader.form
    by = form("gathering.by")
    if by not in tuple(GatherBy):
        return _refused(reader, "gathering.by", was)
    if by == GatherBy.NONE:
        return Gathering()
    return Gathering(
        by=GatherBy(by),
        fields=tuple(_listed(form("gathering.fields"), ",")),
        first_labels=tuple(_listed(form("gathering.first_labels"), "\n")),
        window=reader.take("gathering.window", lengths.length, timedelta(0)),
        first_at_once=form.ticked("gathering.first_at_once"),
        digest=form.ticked("gathering.digest"),
    )


def _repeat(reader: Reader) -> RepeatSilence:
    own: dict[Severity, timedelta | None] = {}
    for severity in Severity:
        name = f"repeat.by_severity.{severity}"
        if reader.form(name):
            own[severity] = reader.take(name, _silence, None)
    return RepeatSilence(
        after=reader.take("repeat.after", _silence, None),
        by_severity=own,
        each_severity=reader.form.ticked("repeat.each_severity"),
    )


def _rule(reader: Reader, here: Directory, part: str, before: Mapping[RuleId, Rule]) -> Rule:
    form = reader.form
    spelled = form(f"{part}.id")
    number = RuleId(from_native(spelled, "rule") or UNMADE) if spelled else RuleId(UNMADE)
    was = before.get(number) or Rule(id=RuleId(UNMADE), filter=EVERYTHING)
    does = form(f"{part}.does") or "plans"
    plans: Iterable[EscalationPolicyId] = ()
    inline: tuple[EscalationPlan, ...] = ()
    lasting: tuple[Lasting, ...] = ()
    if does != "nobody":
        known, name = here.escalation_policies, f"{part}.escalation_policies"
        plans = _many(reader, name, "escalation_policy", known, EscalationPolicyId, was.escalation_policies)
        called = form(f"{part}.name") or form("name")
        inline = own_plans.read(reader, part, was, called)
        lasting = own_plans.read_lasting(reader, part, was, called)
    team = _team(reader, here, part, was) if does == "team" else None
    return replace(
        was,
        name=form(f"{part}.name"),
        filter=_filter(reader, f"{part}.filter"),
        severities=own_plans.severities(form, f"{part}.severities"),
        window=windows.read(reader, f"{part}.window", was.window, here.date_sets),
        hours=windows.read(reader, f"{part}.hours", was.hours, here.date_sets),
        fallback=form.ticked(f"{part}.fallback"),
        importance=_importance(reader, f"{part}.importance"),
        escalation_policies=tuple(plans),
        inline=inline,
        lasting=lasting,
        team=team,
        nobody=does == "nobody",
        held_for=reader.take(f"{part}.held_for", lengths.length_or_none, None),
        payload=_payload(form, part),
    )


def _team(reader: Reader, here: Directory, part: str, was: Rule) -> TeamId | None:
    known = [was.team] if was.team is not None else ()
    team = reader.take(
        f"{part}.team", lambda text: choosing.chosen(text, "team", here.teams, TeamId, was=known), None
    )
    if team is None:
        reader.refuse(f"{part}.team", "Choose the team whose rules decide.")
    return team


def _payload(form: Form, part: str) -> PayloadTest | None:
    text = form(f"{part}.payload.text")
    template = form(f"{part}.payload.language") == Language.TEMPLATE
    return (
        PayloadTest(language=Language.TEMPLATE if template else Language.REGEX, text=text) if text else None
    )


def _importance(reader: Reader, name: str) -> Importance | None:
    text = reader.form(name) or BY_SEVERITY
    if text == BY_SEVERITY:
        return None
    return Importance(text) if text in tuple(Importance) else _refused(reader, name, None)


def _filter(reader: Reader, name: str) -> Filter:
    return reader.take(name, filters.parse, EVERYTHING)


def _many(
    reader: Reader,
    name: str,
    kind: str,
    there: Iterable[int],
    make: Callable[[int], I],
    *known: Iterable[int],
) -> list[I]:
    was = [each for some in known for each in some]
    found = [
        reader.take_text(name, text, lambda each: choosing.chosen(each, kind, there, make, was=was))
        for text in dict.fromkeys(reader.form.all(name))
    ]
    return [each for each in found if each is not None]


def _refused(reader: Reader, name: str, otherwise: T) -> T:
    reader.refuse(name, "Choose one of these.")
    return otherwise


def _listed(text: str, by: str) -> list[str]:
    """Cut *text* at commas, or at the ends of lines alone where what is listed may hold commas."""
    cut = text.replace(by, "\n").split("\n")
    return [each.strip() for each in cut if each.strip()]


def _silence(text: str) -> timedelta | None:
    if text.casefold() in ("", WHILE_IT_LASTS):
        return None
    try:
        return lengths.length(text)
    except Invalid as error:
        raise Invalid("", error.problem, f"{error.remedy}, or {WHILE_IT_LASTS}") from None


def _silence_text(length: timedelta | None) -> str:
    return WHILE_IT_LASTS if length is None else lengths.spelled(length)


def _box(ticked: object) -> list[str]:
    return ["on"] if ticked else [""]
