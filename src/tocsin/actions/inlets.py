"""Which alert policies are tried on the payloads of an integration."""

from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.service import Integration
from tocsin.store import directories
from tocsin.store.transaction import Tx


def policies_for(tx: Tx, integration: Integration) -> tuple[AlertPolicy, ...]:
    """Find the enabled policies whose rules test payloads: first those that name *integration*."""
    policies = directories.current(tx, integration.workspace).alert_policies
    named = [policy for policy in policies if integration.id in policy.scope.integrations]
    others = [
        policy
        for policy in policies
        if not policy.scope.integrations and any(rule.payload is not None for rule in policy.rules)
    ]
    return (*named, *others)
