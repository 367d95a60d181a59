"""Silences: a filter and when it holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from tocsin.core.calendar import TimeWindow
from tocsin.core.filters import parse
from tocsin.core.ids import WorkspaceId
from tocsin.core.silence import Silence
from tocsin.store.codec import dump, load_any
from tocsin.store.columns import from_json, instant, instant_or_none, micros, micros_or_none, to_json
from tocsin.store.configuration import Kept
from tocsin.store.statements import Statement, number
from tocsin.store.tables import silences
from tocsin.store.transaction import Row, Tx

_RECURRING: Any = TimeWindow | None
_NOT_OVER = Statement(
    select(silences)
    .where(silences.c.workspace_id == number("workspace"))
    .where(or_(silences.c.ends_at.is_(None), silences.c.ends_at > number("since")))
    .order_by(silences.c.id)
)


class _Silences(Kept[Silence]):
    noun = "silence"
    table = silences

    def row(self, tx: Tx, value: Silence) -> Row:  # noqa: ARG002  # others need it
        return (
            value.id,
            value.workspace,
            value.name,
            value.comment,
            value.filter.text,
            to_json(sorted(value.services)),
            micros(value.starts_at),
            micros_or_none(value.ends_at),
            None if value.recurring is None else to_json(dump(_RECURRING, value.recurring)),
            value.created_by,
        )

    def values(self, tx: Tx, rows: Sequence[Row]) -> list[Silence]:  # noqa: ARG002  # others need it
        return [
            Silence(
                id=row[0],
                workspace=row[1],
                name=row[2],
                comment=row[3],
                filter=parse(row[4]),
                services=frozenset(from_json(row[5])),
                starts_at=instant(row[6]),
                ends_at=instant_or_none(row[7]),
                recurring=None if row[8] is None else load_any(_RECURRING, from_json(row[8])),
                created_by=row[9],
            )
            for row in rows
        ]

    def rows_since(self, tx: Tx, workspace: WorkspaceId, since: datetime) -> list[Row]:
        """Read the rows of those that had not ended by *since*."""
        return tx.rows(_NOT_OVER, workspace=workspace, since=micros(since))


kept = _Silences()
add = kept.add
save = kept.save
delete = kept.delete
find = kept.find
get_many = kept.get_many
all_ = kept.all_
list_ = kept.list_
