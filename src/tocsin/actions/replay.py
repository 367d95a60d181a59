"""What a policy that is about to be saved would have made of the newest alerts; nothing is written."""

from dataclasses import dataclass, replace
from typing import Final

from tocsin.actions import alert_policies
from tocsin.actions.actor import Actor, Permission
from tocsin.core.alert import Alert
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.directory import Directory
from tocsin.core.ids import UNMADE, AlertPolicyId
from tocsin.core.replay import Rerouted, rerouted
from tocsin.store import directories, lists
from tocsin.store.transaction import Tx

ALERTS_MAX: Final = 200
NEWEST: Final = AlertPolicyId((1 << 62) - 1)  # stands for the id of a policy that has none yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of the newest alerts: so many were *judged*, and *moved* are those that go elsewhere."""

    judged: int
    moved: tuple[Rerouted, ...]


def with_policy(tx: Tx, actor: Actor, policy: AlertPolicy) -> Replayed:
    """Tell which of the newest alerts would go elsewhere if *policy* were as it is given, new or changed."""
    actor.must(Permission.READ)
    before = directories.current(tx, actor.workspace)
    if policy.id == UNMADE:
        policy = replace(policy, id=NEWEST, workspace=actor.workspace)
    return _replayed(tx, actor, before, _put(before, policy))


def without_policy(tx: Tx, actor: Actor, policy_id: AlertPolicyId) -> Replayed:
    """Tell which of the newest alerts would go elsewhere without a policy."""
    policy = alert_policies.get(tx, actor, policy_id)
    before = directories.current(tx, actor.workspace)
    return _replayed(tx, actor, before, _put(before, replace(policy, enabled=False)))


def _put(before: Directory, policy: AlertPolicy) -> Directory:
    others = [each for each in before.alert_policies if each.id != policy.id]
    enabled = [*others, policy] if policy.enabled else others
    return replace(before, alert_policies=tuple(sorted(enabled, key=lambda each: each.id)))


def _replayed(tx: Tx, actor: Actor, before: Directory, after: Directory) -> Replayed:
    newest = lists.list_alerts(tx, actor.workspace, limit=ALERTS_MAX).items
    alerts: tuple[Alert, ...] = tuple(alert for alert in newest if not alert.erased)
    return Replayed(judged=len(alerts), moved=rerouted(before, after, alerts))
