"""Dates that have a name, each set whole in one row."""

from collections.abc import Sequence
from datetime import date

from tocsin.core.date_set import DateSet
from tocsin.store.columns import from_json, to_json
from tocsin.store.configuration import Kept
from tocsin.store.tables import date_sets
from tocsin.store.transaction import Row, Tx


class _DateSets(Kept[DateSet]):
    noun = "date set"
    table = date_sets

    def row(self, tx: Tx, value: DateSet) -> Row:  # noqa: ARG002  # others need it
        return (value.id, value.workspace, value.name, to_json([each.isoformat() for each in value.dates]))

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[DateSet]:  # noqa: ARG002  # others need it
        return [
            DateSet(
                id=row[0],
                workspace=row[1],
                name=row[2],
                dates=tuple(map(date.fromisoformat, from_json(row[3]))),
            )
            for row in rows
        ]


kept = _DateSets()
add = kept.add
save = kept.save
delete = kept.delete
find = kept.find
get_many = kept.get_many
all_ = kept.all_
list_ = kept.list_
