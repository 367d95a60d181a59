"""Notes on alerts: what was wrong, and what helped."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit
from tocsin.actions.actor import Actor, Permission
from tocsin.core.errors import Conflict
from tocsin.core.ids import AlertId, NoteId
from tocsin.core.note import NOTES_MAX, Note, check
from tocsin.store import alert_notes, alerts
from tocsin.store.transaction import Tx


def add(tx: Tx, actor: Actor, alert_id: AlertId, text: str, *, now: datetime) -> Note:
    """Write a note on an alert, in the actor's name. Raise Conflict when the alert has NOTES_MAX already."""
    actor.must(Permission.RESPOND)
    alerts.find(tx, actor.workspace, alert_id, lock=True)
    if alert_notes.count_of_alert(tx, alert_id) >= NOTES_MAX:
        raise Conflict(f"the alert has {NOTES_MAX} notes already; delete some first")
    note = Note(
        id=NoteId(tx.new_id()),
        workspace=actor.workspace,
        alert=alert_id,
        author=actor.user,
        author_name=actor.name,
        text=text,
        created_at=now,
    )
    check(note)
    alert_notes.add(tx, note)
    return note


def get(tx: Tx, actor: Actor, note_id: NoteId) -> Note:
    """Read a note."""
    actor.must(Permission.READ)
    return alert_notes.find(tx, actor.workspace, note_id)


def of_alert(tx: Tx, actor: Actor, alert_id: AlertId) -> Sequence[Note]:
    """Read the notes on an alert, the oldest first."""
    actor.must(Permission.READ)
    alerts.find(tx, actor.workspace, alert_id)
    return alert_notes.of_alert(tx, alert_id)


def count(tx: Tx, actor: Actor) -> int:
    """Count the notes of the workspace."""
    actor.must(Permission.READ)
    return alert_notes.count(tx, actor.workspace)


def stretch(tx: Tx, actor: Actor, *, offset: int, limit: int) -> Sequence[Note]:
    """Read notes of the workspace, the oldest first, from the *offset*-th on."""
    actor.must(Permission.READ)
    return alert_notes.stretch(tx, actor.workspace, offset=offset, limit=limit)


def rewrite(tx: Tx, actor: Actor, note_id: NoteId, text: str, *, now: datetime) -> Note:
    """Let a note say *text*; whose it is stays."""
    actor.must(Permission.RESPOND)
    was = alert_notes.find(tx, actor.workspace, note_id)
    new = replace(was, text=text)
    check(new)
    alert_notes.set_text(tx, note_id, text)
    audit.did(tx, actor, "changed", "note", new, name="", now=now)
    return new


def delete(tx: Tx, actor: Actor, note_id: NoteId, *, now: datetime) -> None:
    """Delete a note."""
    actor.must(Permission.RESPOND)
    was = alert_notes.find(tx, actor.workspace, note_id)
    alert_notes.delete_(tx, note_id)
    audit.did(tx, actor, "deleted", "note", was, name="", now=now)
