"""Escalation policies: named plans. An edited one gets a new plan; the old one stays for its pages."""

from collections.abc import Sequence

from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import PlanId
from tocsin.store import plans
from tocsin.store.columns import from_json, to_json
from tocsin.store.configuration import Kept
from tocsin.store.tables import escalation_policies
from tocsin.store.transaction import Row, Tx


class _EscalationPolicies(Kept[EscalationPolicy]):
    noun = "escalation policy"
    table = escalation_policies

    def row(self, tx: Tx, value: EscalationPolicy) -> Row:
        plans.add_many(tx, value.workspace, (value.plan,))
        return (
            value.id,
            value.workspace,
            value.name,
            value.description,
            value.plan.id,
            to_json(value.teams),
        )

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[EscalationPolicy]:
        known = plans.get_many(tx, (PlanId(row[4]) for row in rows))
        return [
            EscalationPolicy(
                id=row[0],
                workspace=row[1],
                name=row[2],
                description=row[3],
                plan=known[row[4]],
                teams=tuple(from_json(row[5])),
            )
            for row in rows
        ]


_policies = _EscalationPolicies()
add = _policies.add
save = _policies.save
delete = _policies.delete
find = _policies.find
get_many = _policies.get_many
all_ = _policies.all_
list_ = _policies.list_
