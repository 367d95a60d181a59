"""What people write down about an alert, for those who meet the same trouble again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.core.errors import check_text
from tocsin.core.ids import AlertId, NoteId, UserId, WorkspaceId

TEXT_LENGTH_MAX: Final = 65_536
NOTES_MAX: Final = 1_000  # of one alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on *alert*. *author_name* is the name as it was when it was written."""

    id: NoteId
    workspace: WorkspaceId
    alert: AlertId
    author: UserId | None = None
    author_name: str = ""
    text: str
    created_at: datetime


def check(note: Note) -> None:
    """Raise Invalid for a note that cannot be."""
    check_text(note.text, "text", shortest=1, longest=TEXT_LENGTH_MAX)
