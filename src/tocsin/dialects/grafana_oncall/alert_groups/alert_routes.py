"""``/alerts`` and ``/resolution_notes``: what an alert group is made of, and what is noted down about it."""

from collections.abc import Sequence
from typing import Final

from tocsin.actions import looking_up, notes
from tocsin.actions.actor import Permission
from tocsin.actions.looking_up import Sought
from tocsin.core.errors import NotFound
from tocsin.core.ids import AlertId, EventId, NoteId
from tocsin.core.note import TEXT_LENGTH_MAX, Note
from tocsin.core.story import FiledEvent
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.alert_groups import wire
from tocsin.dialects.grafana_oncall.alert_groups.show import show_alert
from tocsin.dialects.grafana_oncall.errors import NO_OBJECT
from tocsin.dialects.grafana_oncall.fields import Fields
from tocsin.dialects.grafana_oncall.handling import Ask, Resource
from tocsin.dialects.grafana_oncall.integrations.show import instant
from tocsin.dialects.grafana_oncall.pages import Window
from tocsin.dialects.grafana_oncall.spelled import write, write_or_none

SOURCE: Final = "Web"
SEARCH_LENGTH_MAX: Final = 1_000

ALERTS = Resource("alerts", "alert", shown=wire.Alert, noun="alert")
NOTES = Resource(
    "resolution_notes",
    "note",
    shown=wire.Note,
    noun="resolution note",
    may_write=Permission.RESPOND,
)
ROUTES = (ALERTS.routes, NOTES.routes)


def _alerts(_ask: Ask, found: Sequence[FiledEvent]) -> list[wire.Alert]:
    return [show_alert(each.event, each.alert) for each in found if each.alert is not None]


@ALERTS.lists(_alerts, long=True)
def list_alerts(ask: Ask) -> Window[FiledEvent] | Sequence[FiledEvent]:
    """Find those that fit every filter, the newest first."""
    event, group, text = ask.query.one("id"), ask.query.one("alert_group_id"), ask.query.one("search")
    ids = {"alert": event, "alert_group": group}
    read = {kind: spelled.read(kind, given) for kind, given in ids.items() if given}
    if None in read.values():
        return ()
    sought = Sought(
        event=EventId(found) if (found := read.get("alert")) is not None else None,
        alert=AlertId(found) if (found := read.get("alert_group")) is not None else None,
        text=(text or "")[:SEARCH_LENGTH_MAX],
    )
    return Window(
        count=looking_up.count_events(ask.tx, ask.actor, sought),
        fetch=lambda offset, limit: looking_up.events_sought(
            ask.tx, ask.actor, sought, offset=offset, limit=limit
        ),
    )


def show_note(note: Note) -> wire.Note:
    """Write one resolution note."""
    return wire.Note(
        id=write("note", note.id),
        alert_group_id=write("alert_group", note.alert),
        author=write_or_none("user", note.author),
        source=SOURCE,
        created_at=instant(note.created_at),
        text=note.text,
    )


def _notes(_ask: Ask, found: Sequence[Note]) -> list[wire.Note]:
    return [show_note(note) for note in found]


@NOTES.lists(_notes)
def list_resolution_notes(ask: Ask) -> Window[Note] | Sequence[Note]:
    """Find all of them, or those about one alert group, the oldest first."""
    group = ask.query.one("alert_group_id")
    if group:
        alert = spelled.read("alert_group", group)
        try:
            return () if alert is None else notes.of_alert(ask.tx, ask.actor, AlertId(alert))
        except NotFound:
            return ()
    return Window(
        count=notes.count(ask.tx, ask.actor),
        fetch=lambda offset, limit: notes.stretch(ask.tx, ask.actor, offset=offset, limit=limit),
    )


@NOTES.reads
def read_resolution_note(ask: Ask, identifier: int) -> wire.Note:
    """Read one of them."""
    return show_note(notes.get(ask.tx, ask.actor, NoteId(identifier)))


@NOTES.creates(wire.NoteBody)
def create_resolution_note(ask: Ask, fields: Fields) -> wire.Note:
    """Write one, in one's own name."""
    group = fields.text("alert_group_id", required=True)
    text = fields.text("text", required=True, longest=TEXT_LENGTH_MAX, trimmed=False)
    if isinstance(text, str) and not text.strip():
        fields.wrong("text", "This field may not be blank.")
    alert = spelled.read("alert_group", group)
    if isinstance(group, str) and alert is None:
        fields.wrong("alert_group_id", NO_OBJECT)
    fields.must_be_right()
    try:
        return show_note(notes.add(ask.tx, ask.actor, AlertId(alert or 0), str(text), now=ask.now))
    except NotFound:
        fields.wrong("alert_group_id", NO_OBJECT)
        fields.must_be_right()
        raise


@NOTES.changes(wire.NoteBody)
def change_resolution_note(ask: Ask, identifier: int, fields: Fields) -> wire.Note:
    """Change what it says."""
    text = fields.text("text", longest=TEXT_LENGTH_MAX, trimmed=False)
    if isinstance(text, str) and not text.strip():
        fields.wrong("text", "This field may not be blank.")
    fields.must_be_right()
    was = notes.get(ask.tx, ask.actor, NoteId(identifier))
    if not isinstance(text, str):
        return show_note(was)
    return show_note(notes.rewrite(ask.tx, ask.actor, was.id, text, now=ask.now))


@NOTES.deletes
def delete_resolution_note(ask: Ask, identifier: int) -> None:
    """Delete one of them."""
    notes.delete(ask.tx, ask.actor, NoteId(identifier), now=ask.now)
