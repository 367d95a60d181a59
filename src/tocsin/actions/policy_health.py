"""The health of alert policies: what of them can never act, or reaches nobody."""

from datetime import datetime

from tocsin.actions.actor import Actor, Permission
from tocsin.core import policy_health
from tocsin.core.ids import AlertPolicyId
from tocsin.core.policy_health import PolicyWarning
from tocsin.store import alert_policies, directories
from tocsin.store.transaction import Tx


def health(tx: Tx, actor: Actor, policy_id: AlertPolicyId, *, now: datetime) -> tuple[PolicyWarning, ...]:
    """Find what is wrong with an alert policy, enabled or not, as things stand."""
    actor.must(Permission.READ)
    policy = alert_policies.find(tx, actor.workspace, policy_id)
    return policy_health.warnings(policy, directories.current(tx, actor.workspace), now)
