"""Which messages are sent next when more are due than there is room for: of every lane some, in turn.

A lane is what goes to one address. The lanes that wait are found by leaping from one to the next along an
index: what this costs depends on how many there are, and not on how much waits in any of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.ids import WorkspaceId
from tocsin.core.notification import BUNDLE_MAX, Address
from tocsin.store.columns import micros
from tocsin.store.notification_rows import mark_of
from tocsin.store.statements import two_forms
from tocsin.store.transaction import Tx

LANES_MAX = 5_000  # looked at in one go

# Every workspace has an id above 0. To say so is to choose the index: it is there for this statement alone,
# and others, whose plans may be made while the table is empty, must not take it for theirs.
_FAIR = """
WITH RECURSIVE leaps(workspace_id, address_mark, number) AS (
    SELECT workspace_id, address_mark, 1 FROM (
        SELECT workspace_id, address_mark FROM notifications
        WHERE state = 'queued' AND bundled_into IS NULL AND workspace_id > 0
        ORDER BY workspace_id, address_mark LIMIT 1
    ) AS head
    UNION ALL
    {next_lane}
    WHERE leaps.number < {lanes_max}
),
lanes AS (
    SELECT workspace_id, address_mark FROM leaps
    WHERE {open_workspaces} AND {open_marks}
),
each_some AS (
    SELECT n.id, lanes.workspace_id, n.due,
        row_number() OVER (PARTITION BY lanes.workspace_id, lanes.address_mark ORDER BY n.due, n.id) AS place
    FROM lanes {some_of_lane}
)
SELECT id FROM (
    SELECT id, due,
        row_number() OVER (PARTITION BY workspace_id ORDER BY place, due, id) AS turn
    FROM each_some
) AS in_turn
ORDER BY turn, due, id LIMIT {limit}
"""
_NEXT = """
    SELECT {columns} FROM notifications AS q
    WHERE q.state = 'queued' AND q.bundled_into IS NULL AND q.workspace_id > 0
    AND (q.workspace_id, q.address_mark) > (leaps.workspace_id, leaps.address_mark)
    ORDER BY q.workspace_id, q.address_mark LIMIT 1
"""
_SOME = """
    SELECT {columns} FROM notifications AS q
    WHERE q.state = 'queued' AND q.bundled_into IS NULL AND q.workspace_id > 0
    AND q.workspace_id = lanes.workspace_id AND q.address_mark = lanes.address_mark
    AND q.due <= {now} AND {open_channels}
    ORDER BY q.due, q.id LIMIT (SELECT {least}(1 + 2 * {limit} / count(*), {bundle_max}) FROM lanes)
"""
# SQLite joins a row by its id as fast as PostgreSQL joins a subquery laterally; each is slow at the other.
_BY_ID = "JOIN notifications AS n ON n.id {sign} ({query})"
_LATERALLY = "CROSS JOIN LATERAL ({query}) AS n"
_LEAP = "SELECT n.workspace_id, n.address_mark, leaps.number + 1 FROM leaps {joined}"


def _sqlite() -> str:
    given = {"now": ":now", "limit": ":limit", "least": "min", "bundle_max": BUNDLE_MAX}
    channels = "q.channel NOT IN (SELECT value FROM json_each(:channels))"
    some = _SOME.format(columns="q.id", open_channels=channels, **given)
    return _FAIR.format(
        next_lane=_LEAP.format(joined=_BY_ID.format(sign="=", query=_NEXT.format(columns="q.id"))),
        some_of_lane=_BY_ID.format(sign="IN", query=some),
        lanes_max=LANES_MAX,
        open_workspaces="workspace_id NOT IN (SELECT value FROM json_each(:workspaces))",
        open_marks="address_mark NOT IN (SELECT value FROM json_each(:marks))",
        limit=given["limit"],
    )


def _postgresql() -> str:
    given = {"now": "%(now)s", "limit": "%(limit)s", "least": "least", "bundle_max": BUNDLE_MAX}
    columns = "q.workspace_id, q.address_mark"
    some = _SOME.format(columns="q.id, q.due", open_channels="q.channel <> ALL(%(channels)s)", **given)
    return _FAIR.format(
        next_lane=_LEAP.format(joined=_LATERALLY.format(query=_NEXT.format(columns=columns))),
        some_of_lane=_LATERALLY.format(query=some),
        lanes_max=LANES_MAX,
        open_workspaces="workspace_id <> ALL(%(workspaces)s)",
        open_marks="address_mark <> ALL(%(marks)s)",
        limit=given["limit"],
    )


_IN_TURN = two_forms(
    sqlite=_sqlite(),
    postgresql=_postgresql(),
    lists={"workspaces": "whole", "marks": "whole", "channels": "text"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What nothing more is to be sent to for the moment, for so much is on its way there."""

    addresses: Collection[Address] = ()
    channels: Collection[str] = ()
    workspaces: Collection[WorkspaceId] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is closed."""
        return bool(self.addresses or self.channels or self.workspaces)

    def has_more_than(self, other: "Closed") -> bool:
        """Tell whether anything is closed here that is open in *other*."""
        return (
            not set(self.addresses) <= set(other.addresses)
            or not set(self.channels) <= set(other.channels)
            or not set(self.workspaces) <= set(other.workspaces)
        )


def in_turn(tx: Tx, closed: Closed, *, now: datetime, limit: int) -> list[int]:
    """Name up to *limit* messages that are due, one of each workspace, and of each address in it, in turn."""
    rows = tx.rows(
        _IN_TURN,
        now=micros(now),
        limit=limit,
        workspaces=sorted(closed.workspaces),
        marks=sorted({mark_of(tx.vault, address) for address in closed.addresses}),
        channels=sorted(closed.channels),
    )
    return [row[0] for row in rows]
