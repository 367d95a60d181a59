"""What the rules of a team must not be, in the words of the vendor where those are known."""

from collections.abc import Sequence

from tocsin.core.errors import Invalid
from tocsin.dialects.datadog.routing.wire import Escalate, Reroute, RuleBody, RunWorkflow


def check_rules(rules: Sequence[RuleBody]) -> None:
    """Raise Invalid unless *rules* can be those of a team; the last one must take what is left."""
    for place, rule in enumerate(rules):
        _check_actions(rule, f"rules[{place}]")
    if not rules:
        return
    last = rules[-1]
    if (last.query or "").strip() or last.time_restriction is not None:
        problem = "the last rule must not use a query or a time restriction"
        raise Invalid("rules.default_rule", problem)
    if not last.policy_id and not any(isinstance(each, Escalate | Reroute) for each in last.actions or ()):
        raise Invalid("rule.escalation_policy", "escalation policy is required")


def _check_actions(rule: RuleBody, path: str) -> None:
    actions = rule.actions or ()
    escalations = [each for each in actions if isinstance(each, Escalate)]
    reroutes = [each for each in actions if isinstance(each, Reroute)]
    if escalations and rule.policy_id:
        raise Invalid(f"{path}.actions", "has more than one escalation policy", "must have at most one")
    if rule.time_restriction is not None and any(each.support_hours is not None for each in escalations):
        problem = "has support hours beside a time restriction"
        raise Invalid(f"{path}.time_restriction", problem, "must be left out, or the support hours must be")
    if len(reroutes) > 1:
        raise Invalid(f"{path}.actions", "reroutes to more than one team", "must reroute to one")
    if reroutes and (escalations or rule.policy_id):
        raise Invalid(f"{path}.actions", "reroutes beside an escalation policy", "must do one or the other")
    if reroutes and any(isinstance(each, RunWorkflow) for each in actions):
        raise Invalid(f"{path}.actions", "reroutes beside a workflow", "must do one or the other")
