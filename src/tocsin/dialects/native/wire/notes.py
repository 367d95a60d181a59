"""Notes on alerts over the wire."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from tocsin.core.directory import Directory
from tocsin.core.note import TEXT_LENGTH_MAX, Note
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.naming import PersonName, name_person
from tocsin.dialects.native.wire.shapes import SPAN_MAX_S, Body, Instant, View


class NoteBody(Body):
    """What to note down."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]


class NoteView(View):
    """What somebody noted down about an alert."""

    id: str
    alert_id: str
    author: PersonName | None
    author_name: str
    text: str
    created_at: datetime


class NoteList(View):
    """The notes on an alert, the oldest first."""

    notes: list[NoteView]


class SnoozeBody(Body):
    """Until when nobody is paged about an alert; without an end that is until it is resolved."""

    until: Annotated[Instant, Meta(description="an RFC 3339 time in the future")] | None = None
    for_s: (
        Annotated[int, Meta(ge=1, le=SPAN_MAX_S, description="seconds from now, in place of until")] | None
    ) = None


def show_note(note: Note, directory: Directory) -> NoteView:
    """Write a note."""
    return NoteView(
        id=native("note", note.id),
        alert_id=native("alert", note.alert),
        author=name_person(note.author, directory),
        author_name=note.author_name,
        text=note.text,
        created_at=note.created_at,
    )
