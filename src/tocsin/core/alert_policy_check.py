"""What makes an alert policy one that can be stored."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tocsin.core import aggregation, payload_test
from tocsin.core.alert_policy import AlertPolicy, Lasting, RepeatSilence, Rule, Scope
from tocsin.core.calendar import check_window, known_zone
from tocsin.core.errors import Invalid, check_text
from tocsin.core.escalation import MoreAlertsThan

NAME_LENGTH_MAX: Final = 255
DESCRIPTION_LENGTH_MAX: Final = 1_000
RULES_MAX: Final = 1_000
PLANS_PER_RULE_MAX: Final = 20
LASTING_MAX: Final = 20
SCOPE_ENTRIES_MAX: Final = 10_000
HELD_FOR_MIN: Final = timedelta(minutes=1)
HELD_FOR_MAX: Final = timedelta(days=30)
REPEAT_SILENCE_MAX: Final = timedelta(days=366)


def check(policy: AlertPolicy, *, strict: bool = True) -> None:
    """Raise Invalid for the first fault of *policy*; its path is the field's, as in ``rules[2].window``.

    Filters have been parsed, and steps of inline plans are checked with the plan. A window that never opens
    is no fault of a policy: its health tells of that. Nor is a rule that notifies nobody, unless *strict*.
    """
    check_text(policy.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_text(policy.description, "description", longest=DESCRIPTION_LENGTH_MAX)
    if not known_zone(policy.time_zone):
        problem = f"is {policy.time_zone[:NAME_LENGTH_MAX]!r}, which is no time zone"
        raise Invalid("time_zone", problem, "must be an IANA name such as Europe/Berlin")
    _check_scope(policy.scope)
    aggregation.check(policy.gathering)
    _check_repeat(policy.repeat)
    if len(policy.rules) > RULES_MAX:
        raise Invalid("rules", f"has {len(policy.rules)} entries", f"must have at most {RULES_MAX}")
    for place, rule in enumerate(policy.rules):
        _check_rule(rule, f"rules[{place}]", strict=strict)


def _check_scope(scope: Scope) -> None:
    for path, count in (
        ("scope.services", len(scope.services)),
        ("scope.integrations", len(scope.integrations)),
        ("scope.monitors", len(scope.monitors)),
    ):
        if count > SCOPE_ENTRIES_MAX:
            raise Invalid(path, f"has {count} entries", f"must have at most {SCOPE_ENTRIES_MAX}")
    for monitor in sorted(scope.monitors):
        check_text(monitor, "scope.monitors", shortest=1, longest=NAME_LENGTH_MAX)


def _check_repeat(repeat: RepeatSilence) -> None:
    spans = {"repeat.after": repeat.after}
    spans |= {f"repeat.by_severity.{severity}": span for severity, span in repeat.by_severity.items()}
    for path, span in spans.items():
        if span is not None and not timedelta(0) <= span <= REPEAT_SILENCE_MAX:
            most = f"{REPEAT_SILENCE_MAX.total_seconds():.0f}"
            remedy = f"must be 0 to {most} seconds, or nothing for as long as the alert lasts"
            raise Invalid(path, f"is {span.total_seconds():.0f} seconds", remedy)


def _check_rule(rule: Rule, path: str, *, strict: bool) -> None:
    check_text(rule.name, f"{path}.name", longest=NAME_LENGTH_MAX)
    if rule.window is not None:
        check_window(rule.window, f"{path}.window", of_policy=True)
        if rule.fallback:
            problem = "is set on a rule with a time window"
            raise Invalid(f"{path}.fallback", problem, "must be left out, or the window must be")
    if rule.hours is not None:
        check_window(rule.hours, f"{path}.hours", of_policy=True)
    if rule.held_for is not None and not HELD_FOR_MIN <= rule.held_for <= HELD_FOR_MAX:
        remedy = f"must be {HELD_FOR_MIN.total_seconds():.0f} to {HELD_FOR_MAX.total_seconds():.0f} seconds"
        raise Invalid(f"{path}.held_for", f"is {rule.held_for.total_seconds():.0f} seconds", remedy)
    if strict and not rule.escalation_policies and not rule.inline and rule.team is None and not rule.nobody:
        raise Invalid(
            path, "has no escalation plan", "must name an escalation policy, or hold steps of its own"
        )
    _check_special(rule, path)
    if len(rule.escalation_policies) + len(rule.inline) > PLANS_PER_RULE_MAX:
        raise Invalid(path, "has too many escalation plans", f"must have at most {PLANS_PER_RULE_MAX}")
    _check_lasting(rule.lasting, f"{path}.lasting")
    for place, plan in enumerate(rule.escalation_policies):
        if plan in rule.escalation_policies[:place]:
            where = f"{path}.escalation_policies[{place}]"
            raise Invalid(where, "is named before", "must be there once")


def _check_special(rule: Rule, path: str) -> None:
    if rule.nobody and (rule.escalation_policies or rule.inline or rule.lasting or rule.team is not None):
        raise Invalid(f"{path}.nobody", "is set on a rule that pages somebody", "must be left out")
    if rule.payload is not None:
        payload_test.check(rule.payload, f"{path}.payload")


def _check_lasting(every: Sequence[Lasting], path: str) -> None:
    """Let no step wait for events: it waits for a severity to last."""
    if len(every) > LASTING_MAX:
        raise Invalid(path, f"has {len(every)} entries", f"must have at most {LASTING_MAX}")
    for place, lasting in enumerate(every):
        for number, step in enumerate(lasting.plan.steps):
            if isinstance(step.condition, MoreAlertsThan):
                remedy = "must be left out, or be a time window: the plan waits for a severity to last"
                where = f"{path}[{place}].plan.steps[{number}].condition"
                raise Invalid(where, "counts events", remedy)
