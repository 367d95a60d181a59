"""What is told afterwards: what came in, the story of an alert or a page, the log of what people changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.core.because import Because
from tocsin.core.event import Event
from tocsin.core.ids import AlertId, AuditId, KeyId, PageId, TimelineId, UserId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledEvent:
    """An *event* and the *alert* that it belongs to; none when it spoke of trouble that was not open."""

    event: Event
    alert: AlertId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """All that was decided at one moment about an *alert* or a *page*, in the order in which it was."""

    id: TimelineId
    alert: AlertId | None = None
    page: PageId | None = None
    at: datetime
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A change that somebody made: *action* ("created", "changed", "deleted", ...) on the *kind* of thing.

    *by_name* and *name* are the names as they were then. *changes* maps each field that differs to its value
    before and after, without secrets.
    """

    id: AuditId
    workspace: WorkspaceId
    at: datetime
    by: UserId | None = None
    key: KeyId | None = None
    by_name: str
    how: str
    action: str
    kind: str
    subject: int | None = None
    name: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
