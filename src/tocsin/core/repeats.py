"""What a policy remembers of an alert, and whether it keeps quiet because it has let it through before."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tocsin.core.alert import Alert, PolicyMemory
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.because_routing import RepeatKeptQuiet
from tocsin.core.ids import AlertPolicyId
from tocsin.core.verdict import Quiet


def together(
    memory: Mapping[AlertPolicyId, PolicyMemory], beside: Sequence[PolicyMemory]
) -> tuple[PolicyMemory, ...]:
    """Remember what each policy let through last, and *beside* it what it did at other severities."""
    if not beside:
        return tuple(memory.values())
    others = [each for each in beside if each.severity is not memory[each.policy].severity]
    return (*others, *memory.values())


def worst(policy: AlertPolicy, last: PolicyMemory, alert: Alert) -> PolicyMemory:
    """Find the worst severity at which *policy* has let *alert* through."""
    if not policy.repeat.each_severity:
        return last
    return max(
        (each for each in alert.memory if each.policy == policy.id), key=lambda each: each.severity.rank
    )


def keep_quiet(policy: AlertPolicy, last: PolicyMemory, alert: Alert, now: datetime) -> Quiet | None:
    """Keep quiet about *alert* when it is a repeat, by memory alone; None when *policy* has to decide."""
    if policy.repeat.each_severity:
        mine = (each for each in alert.memory if each.policy == policy.id)
        same = next((each for each in mine if each.severity is alert.severity), None)
        if same is None:
            return None
        last = same
    elif alert.severity.rank > last.severity.rank:
        return None
    after = policy.repeat.by_severity.get(alert.severity, policy.repeat.after)
    until = None if after is None else last.routed_at + after
    if until is not None and until <= now:
        return None
    because = RepeatKeptQuiet(
        policy=policy.name, severity=last.severity, routed_at=last.routed_at, until=until
    )
    return Quiet(policy=policy.id, because=because)
