"""Monitors by the key that events carry."""

from collections.abc import Sequence

from tocsin.core.monitor import Monitor
from tocsin.store.configuration import Kept
from tocsin.store.tables import monitors
from tocsin.store.transaction import Row, Tx


class _Monitors(Kept[Monitor]):
    noun = "monitor"
    table = monitors
    unique = "key"
    called = "key"

    def row(self, tx: Tx, value: Monitor) -> Row:  # noqa: ARG002  # others need it
        return (value.id, value.workspace, value.key, value.name, value.description)

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Monitor]:  # noqa: ARG002  # others need it
        return [
            Monitor(id=row[0], workspace=row[1], key=row[2], name=row[3], description=row[4]) for row in rows
        ]


kept = _Monitors()
add = kept.add
save = kept.save
delete = kept.delete
find = kept.find
get_many = kept.get_many
all_ = kept.all_
list_ = kept.list_
