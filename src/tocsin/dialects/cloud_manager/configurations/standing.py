"""The configurations that stand: the alert policies that are for one project and one type of event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.compiled import compiled_once
from tocsin.core.directory import Directory
from tocsin.core.filter_tree import And, Compare, Expression, Operator, Or
from tocsin.core.filters import Filter
from tocsin.core.ids import AlertPolicyId, ServiceId

EVENT_TYPE = "event_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A configuration as far as alerts need it; *delay* is how long it waits before it tells anybody."""

    id: AlertPolicyId
    service: ServiceId
    event_type: str
    delay: timedelta
    filter: Filter = field(repr=False)

    def takes(self, alert: Alert) -> bool:
        """Tell whether *alert* is one of its own."""
        return alert.service == self.service and self.filter.matches(alert)


def standing(policy: AlertPolicy) -> Standing | None:
    """Read *policy* as a configuration; None for one that is not for one project and one type of event."""
    event_type = event_type_in(policy.scope.filter.expression)
    if event_type is None or len(policy.scope.services) != 1:
        return None
    (service,) = policy.scope.services
    plans = [plan for rule in policy.rules for plan in rule.inline]
    delay = min((plan.steps[0].after for plan in plans), default=timedelta(0))
    return Standing(
        id=policy.id, service=service, event_type=event_type, delay=delay, filter=policy.scope.filter
    )


@compiled_once
def standing_of(directory: Directory) -> Mapping[AlertPolicyId, Standing]:
    """Give the configurations among the enabled policies of *directory*."""
    found = map(standing, directory.alert_policies)
    return {each.id: each for each in found if each is not None}


def event_type_in(expression: Expression) -> str | None:
    """Find the one type of event that *expression* asks for."""
    parts = expression.parts if isinstance(expression, And) else (expression,)
    for part in parts:
        first = part.parts[0] if isinstance(part, Or) else part
        if isinstance(first, Compare) and first.field == EVENT_TYPE and first.operator is Operator.EQUAL:
            return first.value
    return None
