"""Notes on alerts."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from tocsin.core.errors import NotFound
from tocsin.core.ids import AlertId, NoteId, WorkspaceId
from tocsin.core.note import Note
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import instant, micros
from tocsin.store.statements import Statement, number, words
from tocsin.store.tables import alert_notes
from tocsin.store.transaction import Row, Tx

_n = alert_notes.c
_INSERT = into(alert_notes)
_FIND = Statement(select(alert_notes).where(_n.id == number("note")))
_OF_ALERT = Statement(select(alert_notes).where(_n.alert_id == number("alert")).order_by(_n.id))
_mine = _n.workspace_id == number("workspace")
_LIST = Statement(
    select(alert_notes).where(_mine).order_by(_n.id).limit(number("limit")).offset(number("offset"))
)
_COUNT = Statement(select(func.count()).select_from(alert_notes).where(_mine))
_COUNT_OF_ALERT = Statement(
    select(func.count()).select_from(alert_notes).where(_n.alert_id == number("alert"))
)
_SET_TEXT = Statement(update(alert_notes).where(_n.id == number("note")).values(text=words("text")))
_DELETE = Statement(delete(alert_notes).where(_n.id == number("note")))


def add(tx: Tx, note: Note) -> None:
    """Store a new note."""
    tx.run_many(
        _INSERT,
        [
            (
                note.id,
                note.workspace,
                note.alert,
                note.author,
                note.author_name,
                note.text,
                micros(note.created_at),
            )
        ],
    )


def find(tx: Tx, workspace: WorkspaceId, note_id: NoteId) -> Note:
    """Read one note of *workspace*; raise NotFound when it has none of that id."""
    row = tx.one(_FIND, note=note_id)
    if row is None or row[1] != workspace:
        raise NotFound("note", str(note_id))
    return _note(row)


def of_alert(tx: Tx, alert: AlertId) -> list[Note]:
    """Read the notes on *alert*, the oldest first."""
    return _notes(tx.rows(_OF_ALERT, alert=alert))


def count(tx: Tx, workspace: WorkspaceId) -> int:
    """Count the notes of *workspace*."""
    found: int = tx.scalar(_COUNT, workspace=workspace)
    return found


def count_of_alert(tx: Tx, alert: AlertId) -> int:
    """Count the notes on *alert*."""
    found: int = tx.scalar(_COUNT_OF_ALERT, alert=alert)
    return found


def stretch(tx: Tx, workspace: WorkspaceId, *, offset: int, limit: int) -> list[Note]:
    """Read notes of *workspace*, the oldest first, from the *offset*-th on."""
    return _notes(tx.rows(_LIST, workspace=workspace, offset=offset, limit=limit))


def set_text(tx: Tx, note: NoteId, text: str) -> None:
    """Let a note say *text*."""
    tx.run(_SET_TEXT, note=note, text=text)


def delete_(tx: Tx, note: NoteId) -> None:
    """Delete a note."""
    tx.run(_DELETE, note=note)


def _notes(rows: Sequence[Row]) -> list[Note]:
    return [_note(row) for row in rows]


def _note(row: Row) -> Note:
    return Note(
        id=row[0],
        workspace=row[1],
        alert=row[2],
        author=row[3],
        author_name=row[4],
        text=row[5],
        created_at=instant(row[6]),
    )
