"""Alert policies, each whole in one JSON document; the plans in its rules are stored beside it as well."""

from collections.abc import Sequence

from tocsin.core.alert_policy import AlertPolicy
from tocsin.store import plans
from tocsin.store.codec import dump, load
from tocsin.store.columns import from_json, to_json
from tocsin.store.configuration import Kept
from tocsin.store.tables import alert_policies
from tocsin.store.transaction import Row, Tx

_IN_COLUMNS = ("id", "workspace", "name", "enabled")


class _AlertPolicies(Kept[AlertPolicy]):
    noun = "alert policy"
    table = alert_policies

    def row(self, tx: Tx, value: AlertPolicy) -> Row:
        plans.add_many(tx, value.workspace, [plan for rule in value.rules for plan in rule.plans])
        definition = dump(AlertPolicy, value)
        for name in _IN_COLUMNS:
            del definition[name]
        return (value.id, value.workspace, value.name, int(value.enabled), to_json(definition))

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[AlertPolicy]:  # noqa: ARG002  # others need it
        return [policy(row) for row in rows]


def policy(row: Row) -> AlertPolicy:
    """Turn a row into an alert policy, compiling its filters."""
    identifier, workspace, name, enabled, definition = row
    head = {"id": identifier, "workspace": workspace, "name": name, "enabled": bool(enabled)}
    return load(AlertPolicy, {**head, **from_json(definition)})


kept = _AlertPolicies()
add = kept.add
save = kept.save
delete = kept.delete
find = kept.find
get_many = kept.get_many
all_ = kept.all_
list_ = kept.list_
