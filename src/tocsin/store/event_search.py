"""Events of alerts, in numbered pages: all of a workspace, those of an alert, those that hold a text."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Select, Subquery, func, select

from tocsin.core.ids import AlertId, EventId, WorkspaceId
from tocsin.core.story import FiledEvent
from tocsin.store import events as stored
from tocsin.store.statements import Statement, containing, number, words
from tocsin.store.tables import events
from tocsin.store.transaction import Tx

LOOKED_THROUGH_MAX = 10_000
"""How many of the newest events of a workspace are looked through and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which events are sought: those that fit all that is given; *text* is part of what they said."""

    event: EventId | None = None
    alert: AlertId | None = None
    text: str = ""

    @property
    def given(self) -> dict[str, int | str]:
        """What is given, by the names of filters."""
        found: dict[str, int | str] = {}
        if self.event is not None:
            found["event"] = self.event
        if self.alert is not None:
            found["alert"] = self.alert
        if self.text:
            found["text"] = containing(self.text)
        return found


def count(tx: Tx, workspace: WorkspaceId, sought: Sought) -> int:
    """Count the events that are sought, among the LOOKED_THROUGH_MAX newest of all or of the alert."""
    given = sought.given
    _, counting = _statements(frozenset(given))
    found: int = tx.scalar(counting, **given, workspace=workspace, most=LOOKED_THROUGH_MAX)
    return found


def stretch(tx: Tx, workspace: WorkspaceId, sought: Sought, *, offset: int, limit: int) -> list[FiledEvent]:
    """Read the events that are sought, the newest first, from the *offset*-th on."""
    given = sought.given
    listing, _ = _statements(frozenset(given))
    rows = tx.rows(listing, **given, workspace=workspace, most=LOOKED_THROUGH_MAX, offset=offset, limit=limit)
    return stored.filed(rows)


@cache
def _statements(filters: frozenset[str]) -> tuple[Statement, Statement]:
    newest = _newest(filters)
    wanted: list[ColumnElement[bool]] = []
    if "text" in filters:
        wanted.append(func.lower(newest.c.payload).like(func.lower(words("text")), escape="\\"))
    found: Select[tuple[int]] = select(newest).where(*wanted).order_by(newest.c.id.desc())
    return (
        Statement(found.limit(number("limit")).offset(number("offset"))),
        Statement(select(func.count()).select_from(newest).where(*wanted)),
    )


def _newest(filters: frozenset[str]) -> Subquery:
    kept = [events.c.workspace_id == number("workspace"), events.c.alert_id.is_not(None)]
    if "event" in filters:
        kept.append(events.c.id == number("event"))
    if "alert" in filters:
        kept.append(events.c.alert_id == number("alert"))
    return select(events).where(*kept).order_by(events.c.id.desc()).limit(number("most")).subquery()
